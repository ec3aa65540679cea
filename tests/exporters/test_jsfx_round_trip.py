"""A project written with the JSFX strip gives the strip back to the last bit."""

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
import rpp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reaper_cases import load_rpp, small_mix, small_session, track, tracks_by_name
from round_trips import sessions_for
from strategies import compressors, equalizers, gates, highpasses, knobs, lowpasses, mixes

from console.errors import ExportError, ParamError
from console.mix import Automation, Compressor, Equalizer, Master, Mix, TrackStrip
from console.session import Session
from exporters.reaper.jsfx import (
    EFFECT_FILE,
    StripSettings,
    decode_state,
    effect_source,
    encode_state,
    settings_of,
)
from exporters.reaper.jsfxsliders import FIELDS, SLIDERS
from exporters.reaper.quantise import quantise
from exporters.reaper.reader import read_project
from exporters.reaper.writer import write_project
from exporters.report import Outcome

SETTINGS = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])

strip_settings = st.builds(
    StripSettings,
    gain_db=knobs("input.gain_db"),
    invert_polarity=st.booleans(),
    highpass=highpasses,
    lowpass=lowpasses,
    gate=gates,
    equalizer=equalizers(),
    compressor=compressors,
    width=knobs("strip.width"),
)


def there_and_back(mix: Mix, session: Session) -> Mix:
    with tempfile.TemporaryDirectory() as folder:
        report = write_project(mix, session, Path(folder) / "out", strip="jsfx")
        return read_project(report.files[0])


@given(strip_settings)
@SETTINGS
def test_any_strip_comes_back_from_its_line_to_the_last_bit(wanted: StripSettings) -> None:
    line = encode_state(wanted)
    assert len(line.split()) == FIELDS
    assert decode_state(line) == wanted


@given(st.data())
@SETTINGS
def test_any_mix_comes_back_as_it_is_quantised(data: st.DataObject) -> None:
    mix = data.draw(mixes())
    mix = replace(mix, tracks=tuple(replace(strip, automation=Automation()) for strip in mix.tracks))
    session = data.draw(sessions_for(mix))
    read = there_and_back(mix, session)
    assert read == quantise(mix, session, strip="jsfx")
    for strip in read.tracks:
        assert settings_of(strip) == settings_of(mix.track(strip.id))
    for bus in read.buses:
        assert (bus.equalizer, bus.compressor) == (mix.bus(bus.id).equalizer, mix.bus(bus.id).compressor)
    assert read.master.equalizer == mix.master.equalizer
    assert read.master.compressor == mix.master.compressor


@given(st.data())
@SETTINGS
def test_reading_and_writing_again_changes_nothing_more(data: st.DataObject) -> None:
    mix = data.draw(mixes())
    mix = replace(mix, tracks=tuple(replace(strip, automation=Automation()) for strip in mix.tracks))
    session = data.draw(sessions_for(mix))
    once = quantise(mix, session, strip="jsfx")
    assert quantise(once, session, strip="jsfx") == once


def test_another_parser_reads_the_strip_with_its_sixty_four_fields(tmp_path: Path) -> None:
    report = write_project(small_mix(), small_session(tmp_path / "song"), tmp_path / "out", strip="jsfx")
    kick = tracks_by_name(load_rpp(report.files[0]))["Kick"]
    chain = next(
        child for child in kick.children if isinstance(child, rpp.Element) and child.tag == "FXCHAIN"
    )
    strip = next(child for child in chain.children if isinstance(child, rpp.Element) and child.tag == "JS")
    assert list(strip.attrib) == [EFFECT_FILE, "mixbridge strip"]
    fields = strip.children[0]
    assert len(fields) == FIELDS
    by_name = dict(zip((slider.variable for slider in SLIDERS), fields, strict=False))
    assert float(by_name["input_gain_db"]) == 3.0
    assert float(by_name["invert_polarity"]) == 1.0
    assert (float(by_name["highpass_frequency_hz"]), float(by_name["highpass_slope"])) == (40.0, 1.0)
    assert float(by_name["gate_ratio"]) == 4.0
    assert float(by_name["compressor_makeup_db"]) == 9.0
    assert [float(by_name[f"band{number}_on"]) for number in range(1, 7)] == [1, 1, 0, 0, 0, 0]
    assert float(by_name["band2_type"]) == 2.0
    assert set(fields[len(SLIDERS) :]) == {"-"}


def test_nothing_of_the_strip_is_lost_or_approximated_but_the_fraction_of_a_delay(tmp_path: Path) -> None:
    session = small_session(tmp_path / "song")
    mix = small_mix()
    gtr = replace(mix.track("Gtr"), width=1.6)
    mix = replace(mix, tracks=tuple(gtr if strip.id == "Gtr" else strip for strip in mix.tracks))
    report = write_project(mix, session, tmp_path / "out", strip="jsfx")
    assert not report.partial
    ids = {strip.id for strip in mix.tracks}
    near = {
        (entry.strip, entry.parameter) for entry in report.select(Outcome.APPROXIMATED) if entry.strip in ids
    }
    assert near == {("Gtr", "automation.fader_db")}
    exact = {(entry.strip, entry.parameter) for entry in report.select(Outcome.EXACT)}
    assert {("Gtr", "width"), ("Kick", "gate"), ("Kick", "input.gain_db")} <= exact
    assert read_project(report.files[0]).track("Gtr").width == 1.6


def test_the_effect_lies_beside_the_project_and_the_report_says_where_it_belongs(tmp_path: Path) -> None:
    report = write_project(small_mix(), small_session(tmp_path / "song"), tmp_path / "out", strip="jsfx")
    effect = tmp_path / "out" / "Effects" / "mixbridge" / "mixbridge_strip.jsfx"
    assert effect in report.files
    assert effect.read_bytes() == effect_source()
    sentence = next(entry.sentence for entry in report.entries if entry.parameter == "strip")
    assert "Effects" in sentence
    assert "ReaPack" in sentence


def test_without_the_strip_no_effect_is_written(tmp_path: Path) -> None:
    session = Session("s", tmp_path, 48000, (track(tmp_path, "A", "a.wav"),))
    plain = Mix(48000, (TrackStrip("A", fader_db=-3.0),))
    for strip in ("rea", "jsfx"):
        report = write_project(plain, session, tmp_path / strip, strip=strip)
        assert not (tmp_path / strip / "Effects").exists()
        assert not [entry for entry in report.entries if entry.parameter == "strip"]


def test_a_bypassed_strip_sounds_like_nothing_but_keeps_its_knobs(tmp_path: Path) -> None:
    path = write_project(small_mix(), small_session(tmp_path / "song"), tmp_path / "out", strip="jsfx").files[
        0
    ]
    text = path.read_text(encoding="utf-8").replace("BYPASS 0 0 0", "BYPASS 1 0 0")
    path.write_text(text, encoding="utf-8")
    kick = read_project(path).track("Kick")
    assert not kick.gate.enabled
    assert not kick.equalizer.enabled
    assert (kick.input.gain_db, kick.input.invert_polarity, kick.width) == (0.0, False, 1.0)
    assert kick.gate.ratio == 4.0


@pytest.mark.parametrize(
    "place", ["mixbridge_strip.jsfx", r"Mix Bridge\MIXBRIDGE_strip.JSFX", "a/b/mixbridge_strip.jsfx"]
)
def test_the_strip_is_known_wherever_its_file_lies(tmp_path: Path, place: str) -> None:
    path = write_project(small_mix(), small_session(tmp_path / "song"), tmp_path / "out", strip="jsfx").files[
        0
    ]
    text = path.read_text(encoding="utf-8")
    assert EFFECT_FILE in text
    path.write_text(text.replace(f"<JS {EFFECT_FILE}", f'<JS "{place}"'), encoding="utf-8")
    assert read_project(path).track("Kick").gate == small_mix().track("Kick").gate


def test_a_line_that_is_cut_or_short_leaves_the_rest_at_defaults() -> None:
    assert decode_state(b"") == StripSettings()
    assert decode_state(b"-6 1") == StripSettings(gain_db=-6.0, invert_polarity=True)
    assert decode_state(b"999 - - 1e9") == StripSettings(
        gain_db=48.0, highpass=replace(StripSettings().highpass, frequency_hz=8000.0)
    )


@pytest.mark.parametrize("line", [b"loud", b"nan", b"inf", b"\xff\xfe", b"0x10"])
def test_a_field_that_is_no_number_is_named(line: bytes) -> None:
    with pytest.raises(ExportError, match="Input gain"):
        decode_state(line)


def test_more_shelves_than_the_console_has_are_refused() -> None:
    values = ["-"] * FIELDS
    for number in (1, 2):
        first = next(i for i, slider in enumerate(SLIDERS) if slider.variable == f"band{number}_on")
        values[first : first + 2] = ["1", "0"]
    with pytest.raises(ParamError, match="low_shelf"):
        decode_state(" ".join(values).encode())


def test_an_unknown_kind_of_strip_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="rea, jsfx"):
        write_project(small_mix(), small_session(tmp_path / "song"), tmp_path / "out", strip="vst")


def test_the_master_keeps_its_ceiling_in_realimit_and_its_make_up_in_the_strip(tmp_path: Path) -> None:
    session = Session("s", tmp_path, 48000, ())
    mix = Mix(48000, master=Master(equalizer=Equalizer(True), compressor=Compressor(True, makeup_db=20.0)))
    mix = replace(mix, master=replace(mix.master, limiter=replace(mix.master.limiter, enabled=True)))
    read = there_and_back(mix, session)
    assert read.master == mix.master
