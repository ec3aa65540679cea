"""The REAPER project of the example session, mixed by hand from its text, sounds like our own stems."""

import math
from pathlib import Path

import numpy as np
import pytest
import rpp
import soundfile
from reaper_cases import load_rpp, reaeq_bands, reaeq_section, row, rows, state_bytes
from scipy.signal import lfilter, welch

from bridge.jobs import MixOutcome, MixRequest, mix_session

#: Strips that ReaEQ, faders and pans say all about: mono and stereo, late, turned over, panned, steeply cut.
TRACKS = {
    "drums": ("03_Snare Top", "04_Snare Bot", "05_HiHat", "08_Room"),
    "guitars": ("10_EGtr L", "11_EGtr R"),
    "keys": ("14_Pad",),
    "vocals": ("16_BV 1", "17_BV 2"),
}


@pytest.fixture(scope="module")
def done(example_session: Path, tmp_path_factory: pytest.TempPathFactory) -> MixOutcome:
    output = tmp_path_factory.mktemp("against") / "out"
    return mix_session(MixRequest((example_session,), output, stems=True, report=False))


@pytest.fixture(scope="module")
def folder(done: MixOutcome) -> Path:
    return next(path.parent for path in done.files if path.name == "mix.json")


@pytest.fixture(scope="module")
def project(folder: Path) -> rpp.Element:
    return load_rpp(folder / "reaper" / "session.rpp")


def named(project: rpp.Element, name: str) -> rpp.Element:
    (found,) = (track for track in project.findall("TRACK") if row(track, "NAME")[0] == name)
    return found


def play(project: rpp.Element, track: rpp.Element, folder: Path, rate_hz: int, samples: int) -> np.ndarray:
    """What a track of the project sends to its folder, (samples, 2), by REAPER's meaning of each line."""
    audio = np.zeros((samples, 2))
    for item in track.findall("ITEM"):
        source, _ = soundfile.read(folder / row(item.find("SOURCE"), "FILE")[0], always_2d=True)
        begin, length = (round(float(row(item, key)[0]) * rate_hz) for key in ("SOFFS", "LENGTH"))
        at = round(float(row(item, "POSITION")[0]) * rate_hz)
        piece = source[begin : begin + length] * float(row(item, "VOLPAN")[0]) * np.ones(2)
        audio[at : at + len(piece)] += piece
    chain = track.find("FXCHAIN")
    for switch, plugin in zip(rows(chain, "BYPASS"), chain.findall("VST"), strict=True):
        assert "ReaEQ" in plugin.attrib[0]
        for kind, enabled, hz, gain, octaves in reaeq_bands(state_bytes([*plugin.children])):
            if enabled and switch[0] == "0":
                audio = lfilter(*reaeq_section(kind, hz, gain, octaves, rate_hz), audio, axis=0)
    volume, pan, law = map(float, row(track, "VOLPAN")[:3])
    law = float(row(project, "PANLAW")[0]) if law == -1 else law
    angle = (1 + pan) * math.pi / 4
    if law == 1.0:
        assert pan == 0.0
        gains = np.ones(2)
    else:
        assert law == pytest.approx(math.sqrt(0.5))
        gains = np.array([math.cos(angle), math.sin(angle)])
    return audio * gains * volume * (-1 if row(track, "IPHASE")[0] == "1" else 1)


@pytest.mark.parametrize(
    ("group", "name"), [(group, name) for group, all_ in TRACKS.items() for name in all_]
)
def test_a_track_of_the_project_is_our_stem(
    done: MixOutcome, folder: Path, project: rpp.Element, group: str, name: str
) -> None:
    strip = done.mix.track(name)
    assert not strip.compressor.enabled
    assert not strip.gate.enabled
    stem, rate_hz = soundfile.read(folder / "stems" / group / f"{name}.wav", always_2d=True)
    theirs = play(project, named(project, name), folder / "reaper", rate_hz, len(stem))
    for ours, same in zip(stem.T, theirs.T, strict=True):
        assert 10 * np.log10((same**2).sum() / (ours**2).sum()) == pytest.approx(0.0, abs=0.1)
        hz, power = welch(ours, rate_hz, nperseg=8192)
        audible = (hz > 20.0) & (power > power.max() * 1e-8)
        off_db = 10 * np.log10(welch(same, rate_hz, nperseg=8192)[1][audible] / power[audible])
        assert np.abs(off_db).max() < 0.1
        # In time and polarity, too: what is left of the difference is far below the sound.
        assert 10 * np.log10(((ours - same) ** 2).sum() / (ours**2).sum()) < -60.0


def test_folders_hold_the_groups_and_sends_come_from_the_right_tracks(
    done: MixOutcome, project: rpp.Element
) -> None:
    tracks = project.findall("TRACK")
    names = [row(track, "NAME")[0] for track in tracks]
    depth, inside, homes = 0, [], {}
    for name, track in zip(names, tracks, strict=True):
        homes[name] = inside[-1] if inside else "master"
        kind, change = map(int, row(track, "ISBUS")[:2])
        assert (kind, change) == (0, 0) or (kind == 1 and change == 1) or (kind == 2 and change < 0)
        inside = [*inside, name] if change > 0 else inside[: len(inside) + change]
        depth += change
    assert depth == 0
    for strip in done.mix.tracks:
        assert homes[strip.id] == strip.output
        assert row(named(project, strip.id), "MUTESOLO")[0] == str(int(strip.muted))
    for bus in ("reverb", "echo"):
        arriving = {
            names[int(source)]: 20 * math.log10(float(gain))
            for source, mode, gain, *_ in rows(named(project, bus), "AUXRECV")
            if mode == "0"
        }
        sent = {strip.id: strip.sends[bus] for strip in done.mix.tracks if bus in strip.sends}
        assert arriving == pytest.approx(sent, abs=1e-6)


def test_the_late_overhead_is_cut_and_the_master_is_set(done: MixOutcome, project: rpp.Element) -> None:
    for side in "LR":
        (item,) = named(project, f"07_OH {side}").findall("ITEM")
        assert float(row(item, "POSITION")[0]) == 0.0
        assert float(row(item, "SOFFS")[0]) == pytest.approx(0.007, abs=1e-9)
    assert row(named(project, "04_Snare Bot"), "IPHASE")[0] == "1"
    volume = float(row(project, "MASTER_VOLUME")[0])
    assert 20 * math.log10(volume) == pytest.approx(done.mix.master.fader_db, abs=1e-6)
