"""Projects that a patch set or that others wrote, read as a mix: ours exactly, theirs as far as it goes."""

import base64
import struct
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reaper_cases import (
    GUIDS,
    RATE_HZ,
    USERS_ENVELOPE,
    USERS_HEAD,
    assert_alike,
    project_text,
    small_mix,
    small_session,
    track_text,
    users_mix,
    users_session,
    users_tracks,
    wave_item,
)
from strategies import mixes

from console.errors import ExportError
from console.mix import BandType, Mix
from exporters.reaper.patching import patch_project
from exporters.reaper.quantise import quantise
from exporters.reaper.reader import read_project
from exporters.reaper.reaeq import decode_reaeq, encode_reaeq
from exporters.reaper.writer import write_project

IDS = ("Kick", "Snare", "Bass", "Vox", "Gtr")

LOW_SHELF, HIGH_SHELF, OLD_BAND, LOW_PASS, HIGH_PASS, NOTCH, BAND = 0, 1, 2, 3, 4, 6, 8


def without_users_moves() -> str:
    return project_text(*users_tracks(), head=USERS_HEAD).replace(
        "\n".join(
            "    " + line if line[0] in "<>" else "      " + line for line in USERS_ENVELOPE.splitlines()
        )
        + "\n",
        "",
    )


def eq_state(*bands: tuple[int, int, float, float, float], version: int = 33, rest: bytes = b"") -> bytes:
    """A ReaEQ state by struct alone: type, enabled, Hz, linear gain, octaves."""
    layout = "<iidddB" if version == 33 else "<iiddd"
    mark = (1,) if version == 33 else ()
    rows = b"".join(struct.pack(layout, *band, *mark) for band in bands)
    return struct.pack("<ii", version, len(bands)) + rows + struct.pack("<iid", 1, 1, 1.0) + rest


def vst(
    state: bytes, name: str = "ReaEQ", code: bytes = b"qeer", magic: int = 0xFEED5EEE, word: str = ""
) -> str:
    """A plugin's lines as REAPER writes them, by struct alone."""
    ids = {"ReaEQ": "1919247729<56535472656571726561657100000000>", "ReaComp": "1919247213"}
    pins = struct.pack("<I2QI2Q", 2, 1, 2, 2, 1, 2)
    header = struct.pack("<4sI", code, magic) + pins + struct.pack("<3I", len(state), 1, 0x00100000)
    rows = [base64.b64encode(unit).decode() for unit in (header, state, b"\0\0\x10\0\0\0")]
    told = f'{ids[name]} ""' if not word else word
    return "\n".join([f'<VST "VST: {name} (Cockos)" {name.lower()}.dll 0 "" {told}', *rows, ">"])


def comp_state(*numbers: float) -> bytes:
    return bytes.fromhex("efbeadde0df0adde") + struct.pack(f"<{len(numbers)}f", *numbers)


def comp(*numbers: float, on: bool = True) -> str:
    block = vst(comp_state(*numbers), "ReaComp", b"mcer", 0xFEED5EEF)
    return f"BYPASS {int(not on)} 0 0\n{block}"


def read(tmp_path: Path, *plugins: str, lines: str = "") -> Mix:
    chain = "\n".join(["<FXCHAIN", "SHOW 0", *plugins, ">"])
    path = tmp_path / "theirs.rpp"
    text = project_text(track_text(GUIDS[0], "A", lines, chain), head=USERS_HEAD)
    path.write_text(text, encoding="utf-8")
    return read_project(path)


@given(st.data())
@settings(max_examples=25)
def test_a_patched_project_reads_as_the_mix_quantised(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    tmp_path = tmp_path_factory.mktemp("p")
    strip = data.draw(st.sampled_from(("rea", "jsfx")))
    fx = data.draw(st.sampled_from(("after", "container")))
    drawn = data.draw(mixes(track_ids=IDS, group_ids=("drums", "all"), fx_ids=("hall", "slap")))
    mix = replace(drawn, sample_rate_hz=RATE_HZ)
    session = users_session(tmp_path, without_users_moves())
    path = patch_project(mix, session, tmp_path / "out.rpp", strip=strip, fx=fx).files[0]
    found, wanted = read_project(path), quantise(mix, session, strip=strip)
    ours = {one.id: one for one in found.tracks}
    for track in wanted.tracks:
        one = ours[track.id]
        if track.output == "master" and track.id in ("Kick", "Snare"):
            # What the mix sends to the master stays in the user's folder.
            one = replace(one, output="master" if one.output in ("Drums", "drums", "all") else one.output)
        assert_alike(one, track)
    buses = {one.id: one for one in found.buses}
    filled = {track.output for track in mix.tracks}
    for bus in wanted.buses:
        if bus.kind == "fx" or bus.id in filled:
            assert_alike(buses[bus.id], bus)
    assert_alike(found.master, wanted.master)


def test_the_users_own_plugins_on_a_patched_track_are_not_read_as_ours(tmp_path: Path) -> None:
    text = project_text(*users_tracks(), head=USERS_HEAD).replace(
        "      LASTSEL 0\n      DOCKED 0\n      BYPASS 0 0 0\n",
        "      LASTSEL 0\n      DOCKED 0\n" + comp(0.5, 0.1, 0.1, 0.1) + "\n      BYPASS 0 0 0\n",
        1,
    )
    session = users_session(tmp_path, text)
    assert "ReaComp" in text
    path = patch_project(users_mix(), session, tmp_path / "out.rpp").files[0]
    assert not read_project(path).track("Bass").compressor.enabled
    assert read_project(tmp_path / "user.rpp").track("Bass").compressor.enabled


def test_a_project_of_ours_in_containers_reads_the_same(tmp_path: Path) -> None:
    mix, session = small_mix(), small_session(tmp_path / "song")
    plain = write_project(mix, session, tmp_path / "plain").files[0]
    contained = write_project(mix, session, tmp_path / "contained", fx="container").files[0]
    assert "<CONTAINER Container mixbridge" in contained.read_text(encoding="utf-8")
    assert read_project(contained) == read_project(plain)


def test_more_bands_than_the_console_has_are_merged_and_named(tmp_path: Path) -> None:
    bands = [(BAND, 1, 1000.0 + 100.0 * place, 1.1 + 0.1 * place, 1.0) for place in range(6)]
    same = [(BAND, 1, 100.0, 2.0, 1.0), (BAND, 1, 100.0, 0.5, 1.0)]
    state = eq_state((LOW_SHELF, 1, 80.0, 2.0, 2.0), (LOW_SHELF, 1, 120.0, 1.2, 2.0), *same, *bands)
    strip = read(tmp_path, f"BYPASS 0 0 0\n{vst(state)}").tracks[0]
    kinds = [band.type for band in strip.equalizer.bands]
    assert kinds == [BandType.LOW_SHELF, *[BandType.BELL] * 4]
    assert [band.frequency_hz for band in strip.equalizer.bands] == [80.0, 1200.0, 1300.0, 1400.0, 1500.0]
    told = " ".join(reason.text for reason in strip.reasons)
    assert "120 Hz" in told
    assert "1100 Hz" in told
    assert len(strip.reasons) == 4


def test_bands_of_one_frequency_are_one_before_any_goes(tmp_path: Path) -> None:
    bands = [(BAND, 1, 1000.0 * place, 2.0, 1.0) for place in range(1, 5)]
    strip = read(tmp_path, f"BYPASS 0 0 0\n{vst(eq_state(*bands, bands[0]))}").tracks[0]
    assert [band.frequency_hz for band in strip.equalizer.bands] == [1000.0, 2000.0, 3000.0, 4000.0]
    assert strip.equalizer.bands[0].gain_db == pytest.approx(12.041, abs=1e-3)
    assert strip.reasons == ()


def test_several_equalizers_are_one_and_bypassed_ones_do_not_count(tmp_path: Path) -> None:
    units = [
        f"BYPASS {off} 0 0\n{vst(eq_state((BAND, 1, hz, 2.0, 1.0)))}"
        for off, hz in ((0, 100.0), (1, 200.0), (0, 300.0))
    ]
    equalizer = read(tmp_path, *units).tracks[0].equalizer
    assert equalizer.enabled
    assert [band.frequency_hz for band in equalizer.bands] == [100.0, 300.0]


def test_bands_that_the_console_has_no_kind_of_are_named(tmp_path: Path) -> None:
    state = eq_state((NOTCH, 1, 50.0, 1.0, 0.1), (NOTCH, 0, 60.0, 1.0, 0.1), (BAND, 1, 400.0, 0.5, 1.0))
    strip = read(tmp_path, f"BYPASS 0 0 0\n{vst(state)}").tracks[0]
    assert [band.frequency_hz for band in strip.equalizer.bands] == [400.0]
    assert [reason.text.split(" was")[0] for reason in strip.reasons] == ["a band of ReaEQ's type 6 at 50 Hz"]


@pytest.mark.parametrize("version", [32, 33])
@pytest.mark.parametrize("rest", [b"", struct.pack("<i", 0), struct.pack("<iii", 0, 527, 353)])
def test_states_of_reapers_early_years_are_read_and_come_back(
    tmp_path: Path, version: int, rest: bytes
) -> None:
    kind = OLD_BAND if version == 32 else BAND
    state = eq_state((HIGH_PASS, 1, 80.0, 1.0, 2.0), (kind, 1, 400.0, 0.5, 1.0), version=version, rest=rest)
    assert encode_reaeq(decode_reaeq(state)) == state
    strip = read(tmp_path, f"BYPASS 0 0\n{vst(state)}").tracks[0]
    assert strip.highpass.enabled
    assert strip.equalizer.bands[0].gain_db == pytest.approx(-6.0206, abs=1e-3)


@pytest.mark.parametrize("count", [15, 19, 21])
def test_compressors_with_fewer_numbers_are_read(tmp_path: Path, count: int) -> None:
    numbers = [0.5, 3 / 99, 0.02, 0.04, *[0.0] * 7, 1.0, 0.0, 0.05, 0.25, *[0.0] * 6][:count]
    compressor = read(tmp_path, comp(*numbers)).tracks[0].compressor
    assert compressor.enabled
    assert (compressor.ratio, compressor.attack_ms, compressor.release_ms) == pytest.approx(
        (4.0, 10.0, 200.0)
    )
    assert compressor.knee_db == pytest.approx(6.0)


def test_of_two_compressors_the_last_that_is_on_counts_and_the_other_is_named(tmp_path: Path) -> None:
    plugins = [comp(0.5, 1 / 99), comp(0.25, 2 / 99), comp(0.125, 3 / 99, on=False)]
    strip = read(tmp_path, *plugins).tracks[0]
    assert strip.compressor.enabled
    assert strip.compressor.ratio == pytest.approx(3.0)
    assert "one ReaComp of two" in strip.reasons[0].text


def test_a_plugin_without_an_id_is_known_by_its_module(tmp_path: Path) -> None:
    block = vst(eq_state((BAND, 1, 400.0, 0.5, 1.0))).split("\n")
    block[0] = r'<VST "VST: ReaEQ (Cockos)" "C:\Program Files\REAPER\Plugins\FX\reaeq.dll" 0 ""'
    strip = read(tmp_path, "BYPASS 0 0\n" + "\n".join(block)).tracks[0]
    assert strip.equalizer.bands[0].frequency_hz == 400.0


def test_names_that_come_twice_or_are_empty_become_ids(tmp_path: Path) -> None:
    path = tmp_path / "x.rpp"
    tracks = [
        track_text(guid, name) for guid, name in zip(GUIDS, ("A", "", "A", "master", "A (2)"), strict=False)
    ]
    path.write_text(project_text(*tracks), encoding="utf-8")
    assert [strip.id for strip in read_project(path).tracks] == [
        "A",
        "track 2",
        "A (2)",
        "master (2)",
        "A (2) (2)",
    ]


def test_items_of_others_are_no_delay(tmp_path: Path) -> None:
    path = tmp_path / "x.rpp"
    path.write_text(project_text(track_text(GUIDS[0], "A", items=wave_item("a.wav", 20.0))), encoding="utf-8")
    strip = read_project(path).tracks[0]
    assert strip.input.delay_ms == 0.0
    assert strip.files == ("a.wav",)


def test_buses_by_sends_are_groups(tmp_path: Path) -> None:
    path = tmp_path / "x.rpp"
    tracks = [
        track_text(GUIDS[0], "Kick", "MAINSEND 0 0", items=wave_item("k.wav")),
        track_text(GUIDS[1], "Bus", "AUXRECV 0 0 1 0 0 0 0 0 0 -1:U 0 -1 ''"),
    ]
    path.write_text(project_text(*tracks), encoding="utf-8")
    mix = read_project(path)
    assert [bus.id for bus in mix.buses] == ["Bus"]
    assert mix.track("Kick").output == "Bus"


def test_envelopes_that_jump_or_start_early_are_read(tmp_path: Path) -> None:
    envelope = "<VOLENV2\nACT 1\nPT -0.5 1 0\nPT 0 0.5 1\nPT 2 0.5 1\nPT 2 0.25 1\nPT 4 0.25 0\n>"
    path = tmp_path / "x.rpp"
    path.write_text(project_text(track_text(GUIDS[0], "A", items=envelope)), encoding="utf-8")
    moves = read_project(path).tracks[0].automation.fader_db
    assert [time_s for time_s, _ in moves] == [0.0, 2.0, 4.0]


@pytest.mark.parametrize(
    "state",
    [
        eq_state((BAND, 1, float("nan"), 1.0, 1.0)),
        eq_state((BAND, 1, 400.0, float("inf"), 1.0)),
        eq_state((BAND, 1, 400.0, 1.0, 1.0))[:30],
        struct.pack("<ii", 33, -1) + b"\0" * 64,
        struct.pack("<ii", 33, 2**30) + b"\0" * 64,
        b"",
    ],
)
def test_damaged_equalizers_are_refused_with_the_files_name(tmp_path: Path, state: bytes) -> None:
    with pytest.raises(ExportError, match=r"theirs\.rpp"):
        read(tmp_path, f"BYPASS 0 0 0\n{vst(state)}")


@pytest.mark.parametrize(
    "band",
    [
        (BAND, 1, 0.0, 1.0, 1.0),
        (BAND, 1, -5.0, -1.0, -1.0),
        (LOW_SHELF, 1, 1e300, 1e300, 1e300),
        (BAND, 1, 400.0, 0.0, 1e9),
        (BAND, 1, 1e-300, 1.0, 0.0),
    ],
)
def test_absurd_bands_are_held_to_the_consoles_ranges(
    tmp_path: Path, band: tuple[int, int, float, float, float]
) -> None:
    assert len(read(tmp_path, f"BYPASS 0 0 0\n{vst(eq_state(band))}").tracks[0].equalizer.bands) == 1


@pytest.mark.parametrize("rate", ["0", "-48000", "1e308", "999999999", "nan"])
def test_sample_rates_that_cannot_be_are_refused(tmp_path: Path, rate: str) -> None:
    path = tmp_path / "x.rpp"
    path.write_text(project_text(track_text(GUIDS[0], "A"), head=f"SAMPLERATE {rate} 1 0"), encoding="utf-8")
    with pytest.raises(ExportError, match=r"x\.rpp.*SAMPLERATE"):
        read_project(path)


def test_every_real_project_is_read(shared: Path) -> None:
    for path in sorted((shared / "fixtures" / "reaper").glob("*.RPP")):
        mix = read_project(path)
        assert mix.tracks
    voice = read_project(shared / "fixtures" / "reaper" / "rppp_vst2_reacomp.RPP").track("Two VST2s")
    assert voice.compressor.enabled
