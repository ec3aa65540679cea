"""A real Ardour opens our sessions and saves them: what it saved reads as what we wrote, patched or not."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from ardour_cases import CHOICES
from ardour_daw import Ardour, fan_out, missing, pairs
from reaper_cases import RATE_HZ, small_mix
from round_trips import assert_alike

from console.dsp.pan import balance_gains, pan_gains
from console.mix import Automation, Mix, TrackStrip
from console.session import AudioFile, Session, SessionTrack
from exporters.ardour.opening import open_project
from exporters.ardour.patching import patch_project
from exporters.ardour.quantise import quantise
from exporters.ardour.reader import read_project
from exporters.ardour.writer import write_project
from exporters.project import TrackKind

pytestmark = [
    pytest.mark.xdist_group("ardour"),
    pytest.mark.daw,
    pytest.mark.skipif(
        bool(missing("lsp-plugins", "fil4", "dpl")), reason=missing("lsp-plugins", "fil4", "dpl")
    ),
]

LSP, FIL4, ACE = CHOICES
SAMPLES = RATE_HZ


def noise(folder: Path, name: str, channels: int, seed: int) -> AudioFile:
    data = np.random.default_rng(seed).standard_normal((SAMPLES, channels)) * 0.05
    soundfile.write(folder / name, data, RATE_HZ, subtype="FLOAT")
    return AudioFile(folder / name, RATE_HZ, channels, SAMPLES, str(seed))


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """The small session with real files; two of them have one name, in two folders."""
    root = tmp_path_factory.mktemp("song")
    (root / "a").mkdir()
    (root / "b").mkdir()
    tracks = (
        SessionTrack("Kick", (noise(root / "a", "x.wav", 1, 1),), 1, SAMPLES),
        SessionTrack("OH", (noise(root, "OH L.wav", 1, 2), noise(root, "OH R.wav", 1, 3)), 2, SAMPLES, 480),
        SessionTrack("Gtr", (noise(root, "gtr.wav", 2, 4),), 2, SAMPLES),
        SessionTrack("Vox", (noise(root / "b", "x.wav", 1, 5),), 1, SAMPLES),
    )
    return Session("Small söng", root, RATE_HZ, tracks)


@pytest.fixture(scope="module")
def daw(tmp_path_factory: pytest.TempPathFactory) -> Ardour:
    return Ardour(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def saved(daw: Ardour, session: Session, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The small mix with each set of plugins, written by us, opened and saved by Ardour."""
    root = tmp_path_factory.mktemp("saved")
    files = {
        choice["equalizer"]: write_project(
            small_mix(), session, root / choice["equalizer"], audio=audio, **choice
        ).files[0]
        for choice, audio in zip(CHOICES, ("embed", "copy", "embed"), strict=True)
    }
    before = {name: file.read_bytes() for name, file in files.items()}
    daw.run([(file, "save") for file in files.values()])
    assert all(file.read_bytes() != before[name] for name, file in files.items())
    return files


@pytest.mark.parametrize("choice", CHOICES, ids=lambda choice: choice["equalizer"])
def test_what_ardour_saves_reads_as_what_we_wrote(
    saved: dict[str, Path], session: Session, choice: dict[str, str]
) -> None:
    wanted = quantise(small_mix(), session, **choice)
    read = read_project(saved[choice["equalizer"]])
    if choice is FIL4:  # its copies have names of their own
        read = replace(
            read, tracks=tuple(replace(one, files=wanted.track(one.id).files) for one in read.tracks)
        )
    # The moves' last point is behind the session's end in Ardour's eyes, but stays.
    assert_alike(read, wanted, within=2e-5)  # 32-bit floats


def test_what_ardour_saves_opens_as_the_project_it_is(saved: dict[str, Path], session: Session) -> None:
    project = open_project(saved["lsp"])
    kinds = {track.name: track.kind for track in project.tracks}
    assert kinds == {
        "Kick": TrackKind.AUDIO,
        "OH": TrackKind.AUDIO,
        "Gtr": TrackKind.AUDIO,
        "Vox": TrackKind.AUDIO,
        "drums": TrackKind.GROUP,
        "reverb": TrackKind.RETURN,
        "echo": TrackKind.RETURN,
    }
    by_name = {track.name: track for track in project.tracks}
    assert by_name["Kick"].output == by_name["drums"].key
    for track in session.tracks:
        items = by_name[track.id].items
        assert [item.file for item in items] == [file.path for file in track.files], "embedded where they are"
        assert all(item.length_s == pytest.approx(1.0, abs=0.01) for item in items)
        assert {item.position_s for item in items} == {track.start_samples / RATE_HZ}, (
            "without the mix's delay"
        )
        assert {item.gain_db for item in items} == {0.0}
    assert (project.sample_rate_hz, [tempo.bpm for tempo in project.tempo]) == (RATE_HZ, [120.0])
    copied = {item.file for track in open_project(saved["fil4"]).tracks for item in track.items}
    folder = saved["fil4"].parent / "interchange" / saved["fil4"].stem / "audiofiles"
    assert {path.parent for path in copied if path is not None} == {folder}
    assert len(copied) == 5
    assert all(path is not None and path.is_file() for path in copied)


def test_a_patched_session_opens_and_holds_the_new_mix(
    daw: Ardour, saved: dict[str, Path], session: Session
) -> None:
    keys = {track.name: track.key for track in open_project(saved["lsp"]).tracks}
    origin = replace(
        session,
        project=saved["lsp"],
        tracks=tuple(replace(track, key=keys[track.id]) for track in session.tracks),
    )
    before = saved["lsp"].read_bytes()
    new = replace(
        small_mix(),
        tracks=tuple(
            replace(
                strip,
                pan=-strip.pan,
                fader_db=-11.5,
                automation=Automation(),
                input=replace(strip.input, delay_ms=0.0),
            )
            for strip in small_mix().tracks
        ),
    )
    target = saved["lsp"].with_name("patched.ardour")
    patch_project(new, origin, target, **LSP)
    assert saved["lsp"].read_bytes() == before
    daw.run([(target, "save")])
    read, wanted = read_project(target), quantise(new, session, **LSP)
    # What Ardour has saved still shows what of it is ours: plugins, moves, sends, places of regions.
    for strip in wanted.tracks:
        assert_alike(read.track(strip.id), strip, strip.id, within=2e-5)
    for bus in wanted.buses:
        assert_alike(read.bus(bus.id), bus, bus.id, within=2e-5)
    assert_alike(read.master, wanted.master, within=2e-5)


def test_pan_positions_and_gains_are_exact(daw: Ardour, session: Session, tmp_path: Path) -> None:
    pans = (-1.0, -0.7, -0.33, 0.0, 0.1, 0.5, 0.98, 1.0)
    mono, stereo = session.track("Kick"), session.track("Gtr")
    tracks = [replace(mono, id=f"mono {pan}") for pan in pans] + [
        replace(stereo, id=f"stereo {pan}") for pan in pans
    ]
    song = Session("pans", tmp_path, RATE_HZ, tuple(tracks))
    mix = Mix(
        RATE_HZ,
        tuple(TrackStrip(track.id, pan=float(track.id.split()[1]), fader_db=-6.5) for track in tracks),
    )
    file = write_project(mix, song, tmp_path / "out", **ACE).files[0]
    names = fan_out(file, tmp_path / "apart")
    ((audio, _),) = daw.render(tmp_path / "apart" / "apart.ardour")
    heard = pairs(audio, names)
    fader = 10.0 ** (-6.5 / 20.0)
    for track in tracks:
        pan = mix.track(track.id).pan
        source, _ = soundfile.read(track.files[0].path, always_2d=True)
        gains = np.array(pan_gains(pan) if track.channels == 1 else balance_gains(pan))
        assert heard[track.id][:SAMPLES] == pytest.approx(source * gains * fader, abs=2e-7), track.id
