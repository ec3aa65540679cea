"""Mixing Secrets: numbered names are all there is to go by."""

from pathlib import Path

import pytest
from dataset_sounds import resound

from bridge.datasets import MixKind, Processing, find_songs, read_songs, to_session
from console.errors import SessionError
from console.session import Role

TRACKS = {
    "01_KickIn": 1,
    "02_SnareUp": 1,
    "03_OverheadsL": 1,
    "04_OverheadsR": 1,
    "05_Bass DI": 1,
    "06_ElecGtr1": 1,
    "07_LeadVox": 1,
    "08_BackingVox1": 1,
    "09_Piano": 2,
    "10_ClickTrack": 1,
}


def _song(folder: str) -> dict[str, int]:
    return {f"{folder}/{name}.wav": channels for name, channels in TRACKS.items()}


@pytest.fixture
def secrets(lay):
    return lay(
        {
            **_song("ABand_ASong_Full"),
            **_song("Other_LongTitle_Part_Edited"),
            "ABand_ASong_Full_Preview.mp3": 2,
            "Unrelated_Preview.mp3": 2,
        }
    )


def test_titles_and_excerpts_from_folders(secrets: Path) -> None:
    assert find_songs(secrets)[0].kind == "mixing-secrets"
    first, second = read_songs(secrets)
    assert (first.id, first.artist, first.title, first.excerpt) == (
        "ABand_ASong_Full",
        "ABand",
        "ASong",
        False,
    )
    assert (second.artist, second.title, second.excerpt) == ("Other", "LongTitle Part", True)
    assert not first.licence.may_train_weights
    assert first.licence.name == "educational"


def test_roles_by_names_and_sides_joined(secrets: Path) -> None:
    song = next(read_songs(secrets))
    assert [(track.id, track.role, track.detail, track.in_mix) for track in song.tracks] == [
        ("01_KickIn", Role.KICK, "in", True),
        ("02_SnareUp", Role.SNARE, "top", True),
        ("03_Overheads", Role.OVERHEAD, "", True),
        ("05_Bass DI", Role.BASS, "di", True),
        ("06_ElecGtr1", Role.ELECTRIC_GUITAR, "", True),
        ("07_LeadVox", Role.LEAD_VOCAL, "", True),
        ("08_BackingVox1", Role.BACKING_VOCAL, "", True),
        ("09_Piano", Role.KEYS, "", True),
        ("10_ClickTrack", Role.CLICK, "", False),
    ]
    overheads = song.tracks[2]
    assert ([file.name for file in overheads.files], overheads.header.channels) == (
        ["03_OverheadsL.wav", "04_OverheadsR.wav"],
        2,
    )
    assert song.processings == (Processing.DRY,)


def test_the_preview_is_no_mix_that_lines_up(secrets: Path) -> None:
    first, second = read_songs(secrets)
    assert [(mix.file.name, mix.kind, mix.aligned) for mix in first.mixes] == [
        ("ABand_ASong_Full_Preview.mp3", MixKind.PREVIEW, None)
    ]
    assert first.human_mix is None
    assert second.mixes == ()


def test_a_rough_mix_among_the_tracks_is_a_preview(secrets: Path) -> None:
    resound(secrets / "ABand_ASong_Full" / "11_RoughMix.wav", channels=2)
    song = next(read_songs(secrets))
    assert len(song.tracks) == 9
    assert [mix.file.name for mix in song.mixes] == ["ABand_ASong_Full_Preview.mp3", "11_RoughMix.wav"]


def test_the_session_is_that_of_an_import(secrets: Path) -> None:
    from bridge.sessions import load_session

    song = next(read_songs(secrets))
    ours, usual = to_session(song), load_session([secrets / "ABand_ASong_Full"])
    wanted = [(t.id, t.role, t.role_confidence, t.included, t.channels, t.content_hash) for t in usual.tracks]
    got = [(t.id, t.role, t.role_confidence, t.included, t.channels, t.content_hash) for t in ours.tracks]
    assert got == wanted


def test_an_archive_in_a_folder_of_its_own(lay) -> None:
    root = lay({**_song("ABand_ASong/Full"), **_song("ABand_ASong/Edited")})
    assert [song.id for song in read_songs(root)] == ["ABand_ASong/Edited", "ABand_ASong/Full"]


def test_one_song_may_be_given(secrets: Path) -> None:
    (song,) = read_songs(secrets / "ABand_ASong_Full")
    assert len(song.tracks) == 9


def test_broken_files_are_told_and_the_rest_remains(secrets: Path) -> None:
    folder = secrets / "ABand_ASong_Full"
    (folder / "07_LeadVox.wav").write_bytes(b"RIFF")
    resound(folder / "09_Piano.wav", channels=6)
    (folder / "05_Bass DI.wav").write_bytes(b"")
    song = next(read_songs(secrets))
    assert {trouble.file.name: trouble.text.split(":")[0] for trouble in song.troubles} == {
        "05_Bass DI.wav": "is an empty file",
        "07_LeadVox.wav": "is not audio that can be decoded",
        "09_Piano.wav": "has 6 channels; a track has 1 or 2",
    }
    assert len(song.tracks) == 6
    assert not any(trouble.missing for trouble in song.troubles)


def test_sides_of_two_lengths_stay_apart(secrets: Path) -> None:
    resound(secrets / "ABand_ASong_Full" / "04_OverheadsR.wav", frames=900)
    song = next(read_songs(secrets))
    assert {"03_OverheadsL", "04_OverheadsR"} <= {track.id for track in song.tracks}


def test_a_folder_of_other_sounds_is_no_song(lay) -> None:
    root = lay({"samples/kick.wav": 1, "samples/snare.wav": 1, "samples/01_one.wav": 1, "texts/a.txt": "x"})
    with pytest.raises(SessionError, match="no data set that can be read"):
        find_songs(root)
