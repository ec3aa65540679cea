"""The report tells everything: every track, every decision and its reason, every figure with its unit."""

import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape

import numpy as np
import pytest

from bridge.report import ReportData, render_report
from console.analysis.values import TrackAnalysis
from console.frozen import FrozenMap
from console.mix import Automation, Reason
from console.session import Finding, Role


def spoken(page: str) -> str:
    """The words of a page, without markup, with single spaces."""
    body = re.sub(r"<(style|script)>.*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def section(page: str, anchor: str) -> str:
    """The source of one strip's section."""
    found = re.search(rf'<article class="strip[^"]*" id="{anchor}".*?</article>', page, re.DOTALL)
    assert found is not None, anchor
    return found.group()


@pytest.fixture(scope="module")
def page(band: ReportData) -> str:
    return render_report(band)


def test_every_track_bus_and_the_master_has_a_section_and_tracks_a_row(page: str, band: ReportData) -> None:
    for index, strip in enumerate(band.mix.tracks):
        assert f"<bdi>{strip.id}</bdi></h3>" in section(page, f"t{index + 1}")
        assert f'<a href="#t{index + 1}"><bdi>{strip.id}</bdi></a></th>' in page
    for index, bus in enumerate(band.mix.buses):
        assert f"<bdi>{bus.id}</bdi>" in section(page, f"b{index + 1}")
    assert "Master" in section(page, "m")


def test_every_reason_stands_in_its_own_section(page: str, band: ReportData) -> None:
    anchored = [(f"t{i + 1}", s) for i, s in enumerate(band.mix.tracks)]
    anchored += [(f"b{i + 1}", b) for i, b in enumerate(band.mix.buses)] + [("m", band.mix.master)]
    told = 0
    for anchor, strip in anchored:
        words = spoken(section(page, anchor))
        for reason in strip.reasons:
            assert reason.text in words
            told += 1
    assert told > 60


def test_a_move_shows_the_setting_and_the_figures_behind_it(page: str) -> None:
    words = spoken(section(page, "t1"))
    assert "EQ band 1 −3.2 dB at 400 Hz, bell, Q 1.40 Masks the lead vocal" in words
    assert "masked 4.1 dB" in words
    assert "time 62 %" in words
    assert (
        "Compressor 3.3:1 above −24.0 dB, attack 8 ms, release 120 ms, knee 6.0 dB, make-up +2.5 dB" in words
    )


def test_moves_stand_along_the_way_of_the_signal(band: ReportData) -> None:
    given = tuple(
        Reason(name, "Because.") for name in ("output", "fader_db", "pan", "compressor", "equalizer.bands.1")
    )
    strip = replace(
        band.mix.tracks[0],
        reasons=(*given, Reason("equalizer.bands.0", "So."), Reason("input.gain_db", "So.")),
    )
    page = render_report(replace(band, mix=replace(band.mix, tracks=(strip, *band.mix.tracks[1:]))))
    names = [
        spoken(cell)
        for cell in re.findall(r'<tr><th scope="row">(.*?)</th><td class="set">', section(page, "t1"))
    ]
    assert names == ["Input gain", "EQ band 1", "EQ band 2", "Compressor", "Pan", "Fader", "Output"]


def test_what_no_reason_speaks_of_is_told_as_such(page: str, band: ReportData) -> None:
    words = spoken(section(page, "t4"))
    unexplained = words[words.index("without a stated reason") :]
    assert "Input polarity inverted" in unexplained
    assert "EQ band 2 +2.1 dB at 6 kHz" in unexplained
    assert "Send to reverb −20.0 dB" in unexplained
    assert "EQ band 1" not in unexplained
    same = replace(band, mix=replace(band.start, tool=band.mix.tool))
    assert "without a stated reason" not in spoken(render_report(same))


def test_a_new_bus_that_nobody_touched_has_nothing_to_explain(page: str) -> None:
    assert "without a stated reason" not in spoken(section(page, "b3"))


def test_locks_are_visible(page: str) -> None:
    assert "locked: pan" in spoken(section(page, "t14"))


def test_a_muted_track_is_marked_out_with_its_reason_in_both_places(page: str) -> None:
    row = re.search(r'<tr class="muted"><th scope="row" data-key="18_Click">.*?</tr>', page, re.DOTALL)
    assert row is not None
    assert "A metronome: 240 equal attacks" in row.group()
    assert "Left out of the mix. A metronome: 240 equal attacks" in spoken(section(page, "t17"))


def test_a_muted_track_without_a_reason_is_explained_by_the_finding(band: ReportData) -> None:
    strips = [replace(s, reasons=()) if s.role == Role.CLICK else s for s in band.mix.tracks]
    page = render_report(replace(band, mix=replace(band.mix, tracks=tuple(strips))))
    assert "Left out of the mix. '18_Click' is a metronome." in spoken(section(page, "t17"))


@pytest.mark.parametrize(
    ("code", "done"),
    [
        ("polarity", "Polarity inverted."),
        ("late-microphone", "Moved 3.21 ms earlier."),
        ("dc", "High-pass at 25 Hz, 12 dB/oct takes it out."),
        ("click", "Left out of the mix (muted)."),
        ("unequal-length", "Silence follows the shorter ones."),
    ],
)
def test_each_planted_problem_is_told_with_what_was_done(page: str, code: str, done: str) -> None:
    table = page[page.index('id="findings"') : page.index('id="tracks"')]
    row = next(row for row in table.split("<tr")[1:] if f"</span> {code}</th>" in row)
    assert done in spoken(f"<tr{row}")


def test_a_finding_that_nothing_was_done_about_says_so(band: ReportData) -> None:
    finding = Finding("polarity", "Perhaps upside down.", ("01_Kick In",))
    assert "Nothing was changed; listen and decide." in spoken(
        render_report(replace(band, findings=(finding,)))
    )


def test_the_head_has_session_estimator_seed_tool_hash_and_master(page: str) -> None:
    words = spoken(page[: page.index('id="findings"')])
    for told in (
        "Night Train",
        "Length 0:30",
        "Sample rate 48 kHz",
        "16 in the mix, 1 left out",
        "rules, seed 7",
        "mixbridge 0.1.0",
        "ab12cd34ef",
        "everything at 100 %",
        "Loudness −9.0 LUFS −17.0 LUFS",
        "True peak 5.2 dBTP −2.8 dBTP",
        "The loudest peak stands at −2.8 dBTP: 2.8 dB of headroom",
    ):
        assert told in words, told


def test_amounts_are_told_by_group(band: ReportData) -> None:
    assert "eq 60 %, fader 100 %" in spoken(render_report(replace(band, amounts={"eq": 0.6, "fader": 1.0})))
    assert "everything at 60 %" in spoken(render_report(replace(band, amounts={"eq": 0.6, "fader": 0.6})))


def test_a_mix_over_full_scale_is_not_called_headroom(
    band: ReportData, make_measured: Callable[..., TrackAnalysis]
) -> None:
    loud = make_measured(-12.0, 500.0, 30.0, channels=2)
    words = spoken(render_report(replace(band, master_after=loud)))
    assert "exceeds full scale by 2.2 dB" in words
    assert "of headroom" not in words


def test_overview_has_most_reduction_and_audibility_before_and_after(page: str, band: ReportData) -> None:
    row = next(line for line in page.split("<tr") if 'data-key="01_Kick In"' in line)
    most = float(np.max(band.gain_reduction["01_Kick In"]))
    assert f"−{most:.1f}" in spoken(f"<tr{row}")
    assert "−9.0 → −3.0" in spoken(f"<tr{row}")


def test_masked_pairs_stand_with_before_and_after(page: str, band: ReportData) -> None:
    table = spoken(page[page.index('class="pairs"') : page.index('id="strips"')])
    assert "17_BV 2 01_Kick In 300 Hz to 400 Hz 9.0 3.0 62 %" in table
    only_before = band.masking_before.pairs[7]
    assert f"{only_before.masked} {only_before.masker} 300 Hz to 400 Hz 2.0 under 0.5" in table


def test_export_outcomes_are_counted_and_equal_sentences_told_once(page: str) -> None:
    words = spoken(page[page.index('id="handover"') :])
    assert "1 dropped 16 approximated 16 exact" in words
    assert words.count("ReaEQ's bell is a little wider near Nyquist.") == 1
    assert "EQ band 1 q 0.17 dB" in words
    assert "ReaVerbate has no such knob." in words


def test_silence_is_minus_infinity_and_never_the_number_that_stands_for_it(
    make_report_data: Callable[..., ReportData],
) -> None:
    page = render_report(make_report_data((("dead", Role.OTHER, -160.0, 500.0, 0.0, 1),)))
    assert "−∞ LUFS" in spoken(page)
    assert "160.0" not in page
    assert "-160" not in page


def test_spectra_are_compared_with_the_plain_gains_taken_out(band: ReportData) -> None:
    strip = replace(band.mix.tracks[0], input=replace(band.mix.tracks[0].input, gain_db=6.0))
    gain_db = 6.0 + strip.compressor.makeup_db + strip.fader_db
    source = band.analysis.tracks[strip.id]
    data = replace(
        band,
        mix=replace(band.mix, tracks=(strip, *band.mix.tracks[1:])),
        after={**band.after, strip.id: source.behind_gain(gain_db)},
    )
    drawn = re.findall(r'<path d="(M[^"]*)" class="(before|after)"/>', section(render_report(data), "t1"))
    assert [kind for _, kind in drawn] == ["before", "after"]
    before, after = ([float(y) for y in re.findall(r" ([-\d.]+)", path)] for path, _ in drawn)
    np.testing.assert_allclose(before, after, atol=0.11)


def test_automation_and_unknown_parameters_do_not_break_a_move(band: ReportData) -> None:
    strip = replace(
        band.mix.tracks[0],
        automation=Automation(((0.0, -6.0), (12.0, -4.0))),
        reasons=(
            Reason("automation.fader_db", "The chorus needs it."),
            Reason("nowhere.at.all", "Odd."),
            Reason("equalizer.bands.9", "Odd too.", FrozenMap({"score": 0.25})),
        ),
    )
    words = spoken(
        section(
            render_report(replace(band, mix=replace(band.mix, tracks=(strip, *band.mix.tracks[1:])))), "t1"
        )
    )
    assert "The chorus needs it." in words
    assert "2 points, −6.0 dB to −4.0 dB" in words
    assert "Odd too. score 0.25" in words
