"""Left and right files: which become one stereo track, and which stay two."""

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from bridge.sessions import load_session
from console.session import Role
from console.session.reader import TrackReader


@pytest.mark.parametrize(
    ("left", "right", "joined"),
    [
        ("OH L", "OH R", "OH"),
        ("OH_L", "OH_R", "OH"),
        ("Room.L", "Room.R", "Room"),
        ("OHL", "OHR", "OH"),
        ("AmbL", "AmbR", "Amb"),
        ("Piano Left", "Piano Right", "Piano"),
        ("PianoLeft", "PianoRight", "Piano"),
        ("synth-l", "synth-r", "synth"),
        ("Pad (L)", "Pad (R)", "Pad"),
        ("Room_L_01", "Room_R_01", "Room_01"),
        ("07_OH L", "08_OH R", "07_OH"),
        ("Xyzzy_L", "Xyzzy_R", "Xyzzy"),
        ("EGtr.L", "EGtr.R", "EGtr"),
        ("Lead Vox.L", "Lead Vox.R", "Lead Vox"),
    ],
)
def test_joined(tmp_path: Path, write, left: str, right: str, joined: str) -> None:
    write(f"{left}.wav")
    write(f"{right}.wav")
    write("Kick.wav")
    session = load_session([tmp_path])
    track = session.track(joined)
    assert len(session.tracks) == 2
    assert (track.channels, [file.path.stem for file in track.files]) == (2, [left, right])
    assert [item.tracks for item in session.findings if item.code == "joined"] == [(joined,)]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("EGtr L", "EGtr R"),
        ("Gtr Left", "Gtr Right"),
        ("AcGtr_L", "AcGtr_R"),
        ("BV L", "BV R"),
        ("KdrumL", "KdrumR"),
        ("RideL", "RideR"),
        ("Bell", "Belr"),
        ("L", "R"),
        ("01_L", "01_R"),
        ("control", "contror"),
    ],
)
def test_kept_apart(tmp_path: Path, write, left: str, right: str) -> None:
    write(f"{left}.wav")
    write(f"{right}.wav")
    assert [track.id for track in load_session([tmp_path]).tracks] == [left, right]


@pytest.mark.parametrize(
    ("left", "right"),
    [({"channels": 2}, {"channels": 2}), ({"frames": 100}, {}), ({"rate_hz": 44_100}, {}), ({}, None)],
)
def test_only_what_fits_is_joined(tmp_path: Path, write, left: dict, right: dict | None) -> None:
    write("OH L.wav", **left)
    if right is not None:
        write("OH R.wav", **right)
    write("Kick.wav")
    assert "OH" not in {track.id for track in load_session([tmp_path]).tracks}


def test_session_file_joins_and_splits(tmp_path: Path, write) -> None:
    for name in ("EGtr L", "EGtr R", "OH L", "OH R", "Bass DI", "Bass Amp"):
        write(f"{name}.wav")
    (tmp_path / "session.toml").write_text(
        "[[join]]\nleft = 'EGtr L'\nright = 'EGtr R.wav'\n"
        "[[join]]\nleft = 'Bass DI'\nright = 'Bass Amp'\nname = 'Bass both'\n"
        "[[split]]\ntrack = 'OH'\n[tracks.'Bass both']\ngroup = 'low'\n",
        encoding="utf-8",
    )
    session = load_session([tmp_path])
    assert {track.id: track.channels for track in session.tracks} == {
        "Bass both": 2,
        "EGtr": 2,
        "OH L": 1,
        "OH R": 1,
    }
    assert session.track("Bass both").group == "low"


def test_a_given_role_decides(tmp_path: Path, write) -> None:
    write("Twang L.wav")
    write("Twang R.wav")
    (tmp_path / "session.toml").write_text("[tracks.Twang]\nrole = 'electric_guitar'", encoding="utf-8")
    session = load_session([tmp_path])
    assert [track.id for track in session.tracks] == ["Twang L", "Twang R"]
    (tmp_path / "session.toml").write_text("[tracks.'EGtr L']\nrole = 'keys'", encoding="utf-8")
    write("EGtr L.wav")
    write("EGtr R.wav")
    assert load_session([tmp_path]).track("EGtr").role is Role.KEYS


def test_one_side_left_out_leaves_the_other_alone(tmp_path: Path, write) -> None:
    write("OH L.wav")
    write("OH R.wav")
    (tmp_path / "session.toml").write_text("[tracks.'OH L']\nleave_out = true", encoding="utf-8")
    session = load_session([tmp_path])
    assert [track.id for track in session.included] == ["OH R"]


def test_a_name_that_is_taken_is_not_given_again(tmp_path: Path, write) -> None:
    for name in ("OH L", "OH R", "OH"):
        write(f"{name}.wav")
    assert {track.id for track in load_session([tmp_path]).tracks} == {"OH", "OH (2)"}


def test_left_is_left(tmp_path: Path) -> None:
    for value, name in ((0.25, "Room R"), (0.5, "Room L")):
        sf.write(tmp_path / f"{name}.wav", np.full(100, value), 48_000, subtype="FLOAT")
    session = load_session([tmp_path])
    with TrackReader(session.track("Room"), 48_000) as reader:
        np.testing.assert_array_equal(reader.read(100)[:, 0], [0.5, 0.25])
