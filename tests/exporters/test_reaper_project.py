"""The files of a hand-over, read by the independent parser and by struct alone: they hold the Mix's values."""

import json
import math
import struct
import uuid
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import rpp
from reaper_cases import (
    RATE_HZ,
    audio,
    blocks,
    floats,
    load_rpp,
    reaeq_bands,
    row,
    rows,
    small_mix,
    small_session,
    state_bytes,
    track,
    tracks_by_name,
)

from console.errors import ExportError
from console.frozen import FrozenMap
from console.mix import Compressor, Highpass, Input, Limiter, Master, Mix, TrackStrip
from console.session import Session, SessionTrack
from exporters.reaper.writer import write_project
from exporters.report import ExportReport, Outcome

PLUGINS = ("ReaEQ", "ReaGate", "ReaComp", "ReaLimit", "ReaVerbate", "ReaDelay")


@pytest.fixture
def handed_over(tmp_path: Path) -> tuple[Path, ExportReport]:
    out = tmp_path / "out"
    return out, write_project(small_mix(), small_session(tmp_path / "song"), out, platform="win64")


def db(level_db: float) -> float:
    return 10.0 ** (level_db / 20.0)


def test_the_files_that_are_written(handed_over: tuple[Path, ExportReport]) -> None:
    out, report = handed_over
    names = {path.relative_to(out).as_posix() for path in report.files}
    assert names == {
        "Small song.rpp",
        "mixbridge.RTrackTemplate",
        *(f"chains/{name}.RfxChain" for name in ("Kick", "Vox", "drums", "reverb", "echo", "master")),
        *(f"presets/{name}.RPL" for name in PLUGINS),
    }
    assert names == {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}


def test_folders_sends_and_levels(handed_over: tuple[Path, ExportReport]) -> None:
    root = load_rpp(handed_over[0] / "Small song.rpp")
    assert row(root, "SAMPLERATE")[0] == "48000"
    assert row(root, "PANLAW") == ["1"]
    assert row(root, "PANMODE") == ["3"]
    assert float(row(root, "MASTER_VOLUME")[0]) == pytest.approx(db(-2.0))
    tracks = tracks_by_name(root)
    assert list(tracks) == ["drums", "Kick", "OH", "OH L", "OH R", "Gtr", "Vox", "reverb", "echo"]
    folders = {name: row(item, "ISBUS") for name, item in tracks.items()}
    assert folders["drums"] == folders["OH"] == ["1", "1"]
    assert folders["OH R"] == ["2", "-2"]
    assert all(folders[name] == ["0", "0"] for name in ("Kick", "OH L", "Gtr", "Vox", "reverb", "echo"))
    depth = sum(int(value[1]) for value in folders.values())
    assert depth == 0
    sends = [(int(values[0]), values[1], float(values[2])) for values in rows(tracks["reverb"], "AUXRECV")]
    assert sends == [(1, "0", pytest.approx(db(-18.0))), (2, "0", pytest.approx(db(-12.0)))]
    assert [int(values[0]) for values in rows(tracks["echo"], "AUXRECV")] == [2]
    assert row(tracks["Vox"], "MUTESOLO")[0] == "1"
    assert row(tracks["Kick"], "MUTESOLO")[0] == "0"
    assert row(tracks["Kick"], "IPHASE") == ["1"]
    # −6.5 dB, and 3 dB of make-up over what ReaComp can give
    volume, pan, law = (float(value) for value in row(tracks["Kick"], "VOLPAN")[:3])
    assert (volume, pan) == (pytest.approx(db(-6.5 + 3.0)), -0.3)
    assert law == pytest.approx(math.sqrt(0.5))
    for side, wanted in (("OH L", "-1"), ("OH R", "1")):
        assert row(tracks[side], "VOLPAN")[:3] == ["1", wanted, "-1"]


def test_items_stand_to_the_sample(handed_over: tuple[Path, ExportReport]) -> None:
    tracks = tracks_by_name(load_rpp(handed_over[0] / "Small song.rpp"))
    kick = tracks["Kick"].find("ITEM")
    # 2 ms early: cut from the file's head, as nothing lies before the project's start
    assert float(row(kick, "POSITION")[0]) == 0.0
    assert float(row(kick, "SOFFS")[0]) * RATE_HZ == pytest.approx(96.0, abs=1e-9)
    assert float(row(kick, "LENGTH")[0]) * RATE_HZ == pytest.approx(3 * RATE_HZ - 96, abs=1e-6)
    assert float(row(kick, "VOLPAN")[0]) == pytest.approx(db(3.0))
    for side in ("OH L", "OH R"):
        item = tracks[side].find("ITEM")
        assert float(row(item, "POSITION")[0]) * RATE_HZ == pytest.approx(480 + 72, abs=1e-9)
        assert float(row(item, "SOFFS")[0]) == 0.0
    assert tracks["OH"].find("ITEM") is None


def test_sources_are_relative_and_of_the_right_kind(
    handed_over: tuple[Path, ExportReport], tmp_path: Path
) -> None:
    root = load_rpp(handed_over[0] / "Small song.rpp")
    sources = {item.attrib[0]: row(item, "FILE")[0] for item in root.findall(".//SOURCE")}
    assert sources["FLAC"] == "../song/gtr.flac"
    assert sources["VORBIS"] == "../song/vox.ogg"
    assert sources["WAVE"].startswith("../song/")
    assert str(tmp_path) not in (handed_over[0] / "Small song.rpp").read_text("utf-8")


def test_a_project_beside_its_files_names_them_plainly(tmp_path: Path) -> None:
    (tmp_path / "song").mkdir()
    write_project(small_mix(), small_session(tmp_path / "song"), tmp_path / "song")
    text = (tmp_path / "song" / "Small song.rpp").read_text("utf-8")
    assert "FILE 01_Kick.wav\n" in text
    assert 'FILE "OH L.wav"\n' in text


def test_plugins_hold_the_values_of_the_mix(handed_over: tuple[Path, ExportReport]) -> None:
    text = (handed_over[0] / "chains" / "Kick.RfxChain").read_text("utf-8")
    filters, equalizer = (reaeq_bands(state_bytes(block)) for block in blocks(text, "ReaEQ"))
    assert [(kind, on, hz) for kind, on, hz, _, _ in filters] == [(4, 1, 40.0), (4, 1, 40.0)]
    (bell, shelf) = equalizer
    assert bell[:3] == (8, 1, 400.0)
    assert bell[3] == pytest.approx(db(-3.0), rel=1e-12)
    w = 2 * math.pi * 400 / RATE_HZ
    assert bell[4] == pytest.approx(2 * math.asinh(1 / 2.4) / math.log(2) * math.sin(w) / w, rel=1e-12)
    assert shelf[:3] == (1, 1, 8000.0)
    compressor = floats(state_bytes(blocks(text, "ReaComp")[0]))
    assert len(compressor) == 21
    assert compressor[0] == pytest.approx(db(-22.0), rel=1e-6)
    assert 1 + 99 * compressor[1] == pytest.approx(3.3, rel=1e-6)
    assert 500 * compressor[2] == pytest.approx(8.0, rel=1e-6)
    assert 5000 * compressor[3] == pytest.approx(120.0, rel=1e-6)
    assert compressor[10] == 0.0
    assert compressor[11] == pytest.approx(db(6.0), rel=1e-6)
    assert compressor[13] == 0.0
    assert 24 * compressor[14] == pytest.approx(6.0, rel=1e-6)
    gate = floats(state_bytes(blocks(text, "ReaGate")[0]))
    assert gate[0] == pytest.approx(db(-40.0), rel=1e-6)
    assert (500 * gate[1], 5000 * gate[2], 1000 * gate[4]) == pytest.approx((1.5, 150.0, 30.0), rel=1e-6)
    assert gate[9] + gate[10] == pytest.approx(1.0)
    assert gate[9] == pytest.approx(db(-20.0), rel=1e-6)


def test_master_and_returns_hold_the_values_of_the_mix(handed_over: tuple[Path, ExportReport]) -> None:
    chains = handed_over[0] / "chains"
    master = (chains / "master.RfxChain").read_text("utf-8")
    state = state_bytes(blocks(master, "ReaLimit")[0])
    # 2 dB of make-up over ReaComp's end drive the limiter
    assert struct.unpack_from("<dd", state, 8) == pytest.approx((-3.5, -1.5))
    echo = state_bytes(blocks((chains / "echo.RfxChain").read_text("utf-8"), "ReaDelay")[0])
    assert struct.unpack_from("<I", echo, 8)[0] == 1
    tap = struct.unpack_from("<11f", echo, 32)
    assert tap[2] * 10000 == pytest.approx(250.0, rel=1e-6)
    assert tap[4] == pytest.approx(0.4, rel=1e-6)
    assert (tap[5] * 20000, tap[6] * 20000) == pytest.approx((6000.0, 200.0), rel=1e-6)
    assert struct.unpack_from("<ff", echo, 24) == (1.0, 0.0)
    reverb = floats(state_bytes(blocks((chains / "reverb.RfxChain").read_text("utf-8"), "ReaVerbate")[0]))
    assert reverb[1] == 0.0
    assert 500 * reverb[5] == pytest.approx(15.0, rel=1e-6)
    assert (20000 * reverb[6], 20000 * reverb[7]) == pytest.approx((9000.0, 180.0), rel=1e-6)
    assert 0.7 < reverb[2] < 0.95  # 1.15 s was measured at 0.8 and 2.1 s at 0.9


def test_a_moving_fader_is_an_envelope_within_a_hundredth_of_a_decibel(
    handed_over: tuple[Path, ExportReport],
) -> None:
    gtr = tracks_by_name(load_rpp(handed_over[0] / "Small song.rpp"))["Gtr"]
    points = [(float(time), float(gain)) for time, gain, _ in rows(gtr.find("VOLENV2"), "PT")]
    assert row(gtr.find("VOLENV2"), "ACT")[0] == "1"
    moves = ((0.0, -6.5), (10.0, -5.0), (20.5, 0.0))
    for step in range(206):
        time = step / 10
        (t0, g0), (t1, g1) = next((a, b) for a, b in pairwise(points) if a[0] <= time <= b[0])
        gain = g0 + (time - t0) / (t1 - t0) * (g1 - g0)
        (m0, d0), (m1, d1) = next((a, b) for a, b in pairwise(moves) if a[0] <= time <= b[0])
        assert 20 * math.log10(gain) == pytest.approx(d0 + (time - m0) / (m1 - m0) * (d1 - d0), abs=0.005)
    # the fader itself only trims: here what the pan of a stereo track needs
    assert float(row(gtr, "VOLPAN")[0]) > 1.0


def test_the_template_is_the_console_without_items(handed_over: tuple[Path, ExportReport]) -> None:
    text = (handed_over[0] / "mixbridge.RTrackTemplate").read_text("utf-8")
    root = rpp.loads(f"<WRAP\n{text}>\n")
    assert list(tracks_by_name(root)) == [
        "drums",
        "Kick",
        "OH",
        "OH L",
        "OH R",
        "Gtr",
        "Vox",
        "reverb",
        "echo",
    ]
    assert root.findall(".//ITEM") == []
    assert [int(values[0]) for values in rows(tracks_by_name(root)["reverb"], "AUXRECV")] == [1, 2]
    assert len(blocks(text, "ReaComp")) == 2


def test_chains_have_the_lines_of_reapers_own(handed_over: tuple[Path, ExportReport], shared: Path) -> None:
    ours = (handed_over[0] / "chains" / "Kick.RfxChain").read_text("utf-8").splitlines()
    real = (
        (shared / "fixtures/reaper/ultraschall_mac_Default_Track_Chain.RfxChain")
        .read_text("utf-8")
        .splitlines()
    )
    known = {item.split()[0] for item in real if item[:1].isupper()} | {"FXID"}
    assert {item.split()[0] for item in ours if item[:1].isupper()} <= known
    assert ours[0].startswith("BYPASS 0 0")
    assert not ours[0].startswith(" ")


@pytest.mark.parametrize("element", ["TRACK", "FXCHAIN", "VOLENV2", "ITEM"])
def test_keys_stand_in_the_order_of_reapers_own_files(
    handed_over: tuple[Path, ExportReport], shared: Path, element: str
) -> None:
    """Every line of ours is known from a real file's element, and pairs of lines stand in the same order."""
    # The one fader envelope of the fixtures is of version 5; a send's shows what version 6 adds.
    alike = [element, "AUXVOLENV"] if element == "VOLENV2" else [element]

    def orders(item: rpp.Element) -> list[list[str]]:
        return [
            [child[0] if isinstance(child, list) else child.tag for child in found.children]
            for kind in alike
            for found in item.findall(f".//{kind}")
        ]

    fixtures = sorted((shared / "fixtures" / "reaper").glob("*.RPP"))
    real = [keys for path in fixtures for keys in orders(rpp.loads(path.read_text("utf-8")))]
    ours = orders(load_rpp(handed_over[0] / "Small song.rpp"))
    assert ours
    before = {(a, b) for keys in real for i, a in enumerate(keys) for b in keys[i + 1 :]}
    for keys in ours:
        assert set(keys) <= {key for keys in real for key in keys}
        if element == "FXCHAIN":
            continue  # its lines repeat for every plugin
        for i, first in enumerate(keys):
            for second in keys[i + 1 :]:
                assert (second, first) not in before or (first, second) in before, (first, second)


def test_disabled_modules_keep_their_settings_bypassed_and_untouched_ones_are_left_out(
    tmp_path: Path,
) -> None:
    session = Session("s", tmp_path, RATE_HZ, (track(tmp_path, "A", "a.wav"), track(tmp_path, "B", "b.wav")))
    mix = Mix(
        RATE_HZ,
        (
            TrackStrip("A", highpass=Highpass(False, 120.0), compressor=Compressor(False, makeup_db=9.0)),
            TrackStrip("B"),
        ),
    )
    write_project(mix, session, tmp_path / "out")
    tracks = tracks_by_name(load_rpp(tmp_path / "out" / "s.rpp"))
    assert [values[0] for values in rows(tracks["A"].find("FXCHAIN"), "BYPASS")] == ["1", "1"]
    assert float(row(tracks["A"], "VOLPAN")[0]) == 1.0
    assert tracks["B"].find("FXCHAIN") is None


def test_master_make_up_goes_to_the_fader_when_the_limiter_is_off(tmp_path: Path) -> None:
    session = Session("s", tmp_path, RATE_HZ, ())
    mix = Mix(
        RATE_HZ, master=Master(compressor=Compressor(True, makeup_db=9.0), limiter=Limiter(), fader_db=-1.0)
    )
    report = write_project(mix, session, tmp_path / "out")
    root = load_rpp(tmp_path / "out" / "s.rpp")
    assert float(row(root, "MASTER_VOLUME")[0]) == pytest.approx(db(2.0))
    assert any("fader" in entry.sentence for entry in report.entries)
    assert not (tmp_path / "out" / "mixbridge.RTrackTemplate").exists()


def test_what_is_off_is_in_the_report(tmp_path: Path) -> None:
    session = Session(
        "s",
        tmp_path,
        RATE_HZ,
        (
            SessionTrack("A", (audio(tmp_path / "a.wav", 2, 44100),), 2, RATE_HZ),
            track(tmp_path, "B", "b.wav"),
        ),
    )
    mix = Mix(
        RATE_HZ,
        (
            TrackStrip("A", width=0.5, input=Input(delay_ms=0.01)),
            TrackStrip("B", width=0.5, highpass=Highpass(True, 15.0)),
        ),
    )
    report = write_project(mix, session, tmp_path / "out")
    found = {(entry.strip, entry.parameter): entry for entry in report.entries}
    width = found["A", "width"]
    assert width.outcome is Outcome.DROPPED
    assert width.deviation == pytest.approx(6.02, abs=0.01)
    assert report.partial
    assert ("B", "width") not in found  # a mono track has none
    delay = found["A", "input.delay_ms"]
    assert delay.outcome is Outcome.APPROXIMATED
    assert delay.deviation == pytest.approx(0.01)
    assert "44100 Hz" in found["A", "files"].sentence
    assert found["B", "highpass.frequency_hz"].deviation == 5.0
    data = json.loads(json.dumps(report.to_dict()))
    assert data["counts"]["dropped"] == 1
    assert data["partial"] is True


def test_a_track_without_a_strip_is_reported_as_left_out(tmp_path: Path) -> None:
    session = Session("s", tmp_path, RATE_HZ, (track(tmp_path, "A", "a.wav"), track(tmp_path, "B", "b.wav")))
    report = write_project(Mix(RATE_HZ, (TrackStrip("B"),)), session, tmp_path / "out")
    assert [entry.strip for entry in report.select(Outcome.DROPPED)] == ["A"]
    assert list(tracks_by_name(load_rpp(report.files[0]))) == ["B"]


def test_a_plain_mix_is_not_partial_and_says_what_is_exact(tmp_path: Path) -> None:
    session = Session("s", tmp_path, RATE_HZ, (track(tmp_path, "A", "a.wav"),))
    report = write_project(Mix(RATE_HZ, (TrackStrip("A", pan=0.2),)), session, tmp_path / "out")
    assert not report.partial
    assert {entry.outcome for entry in report.entries} == {Outcome.EXACT}
    assert {entry.parameter for entry in report.entries if entry.strip == "A"} == {"pan", "fader_db"}


def test_equal_input_gives_equal_bytes_wherever_it_lies(tmp_path: Path) -> None:
    made = []
    for name in ("one", "two"):
        root = tmp_path / name
        report = write_project(small_mix(), small_session(root / "song"), root / "out", platform="linux")
        made.append([path.read_bytes() for path in report.files])
    assert made[0] == made[1]


@pytest.mark.parametrize(
    ("system", "module", "version"),
    [
        ("win64", "reaeq.dll", "win64"),
        ("macos", "reaeq.vst.dylib", "macOS"),
        ("linux", "reaeq.vst.so", "linux"),
    ],
)
def test_modules_are_named_for_the_platform(tmp_path: Path, system: str, module: str, version: str) -> None:
    write_project(small_mix(), small_session(tmp_path), tmp_path / "out", platform=system)
    text = (tmp_path / "out" / "Small song.rpp").read_text("utf-8")
    assert f" {module} " in text
    assert version in text.splitlines()[0]


def test_identifiers_are_unique_and_well_formed(handed_over: tuple[Path, ExportReport]) -> None:
    root = load_rpp(handed_over[0] / "Small song.rpp")
    found = [item.attrib[0] for item in root.findall("TRACK")]
    for key in ("IGUID", "GUID"):
        found += [row(item, key)[0] for item in root.findall(".//ITEM")]
    for chain in (*root.findall(".//FXCHAIN"), *root.findall(".//MASTERFXLIST")):
        found += [values[0] for values in rows(chain, "FXID")]
    assert len(found) == len(set(found)) > 20
    assert [row(item, "IID")[0] for item in root.findall(".//ITEM")] == ["1", "2", "3", "4", "5"]
    for text in found:
        assert text == f"{{{str(uuid.UUID(text)).upper()}}}"


def test_mix_and_session_must_belong_together(tmp_path: Path) -> None:
    session = small_session(tmp_path)
    with pytest.raises(ExportError, match="44100 Hz"):
        write_project(Mix(44100), session, tmp_path / "out")
    with pytest.raises(ExportError, match="'Ghost'"):
        write_project(Mix(RATE_HZ, (TrackStrip("Ghost"),)), session, tmp_path / "out")
    with pytest.raises(ExportError, match="amiga"):
        write_project(small_mix(), session, tmp_path / "out", platform="amiga")
    assert not (tmp_path / "out").exists()


def test_five_hundred_tracks(tmp_path: Path) -> None:
    tracks = tuple(track(tmp_path, f"Track {index:03}", f"{index}.wav") for index in range(500))
    session = Session("big", tmp_path, RATE_HZ, tracks)
    model = small_mix()
    strips = tuple(
        replace(model.track("Kick"), id=item.id, sends=FrozenMap({"reverb": -20.0}), output="drums")
        for item in tracks
    )
    report = write_project(replace(model, tracks=strips), session, tmp_path / "out")
    root = load_rpp(tmp_path / "out" / "big.rpp")
    assert len(root.findall("TRACK")) == 503
    assert len(rows(tracks_by_name(root)["reverb"], "AUXRECV")) == 500
    assert len(report.files) == 500 + 3 + 1 + 2 + len(PLUGINS)
