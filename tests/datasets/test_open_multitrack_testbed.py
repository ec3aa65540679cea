"""Open Multitrack Testbed: raw tracks, stems and mixes in folders of their own, metadata in several forms."""

import json
from pathlib import Path

import pytest

from bridge.datasets import Processing, find_songs, read_songs, to_session
from console.errors import SessionError
from console.session import Role

SOUNDS: dict[str, int | str] = {
    "Lead Me/Raw/Kick.wav": 1,
    "Lead Me/Raw/Audio 3.wav": 1,
    "Lead Me/Raw/LeadVox.wav": 1,
    "Lead Me/Stems/Drums.wav": 2,
    "Lead Me/Mixes/Mix A.wav": 2,
    "Lead Me/Mixes/Mix B.wav": 2,
}
ABOUT = {
    "Title": "Lead Me",
    "artist": "The Band",
    "genre": "pop",
    "licence": "CC BY 4.0",
    "tracks": [{"file": "Audio 3.wav", "instrument": "electric bass"}, {"instrument": "nothing"}, 3],
}


def test_tracks_mixes_and_metadata(lay) -> None:
    root = lay({**SOUNDS, "Lead Me/metadata.json": json.dumps(ABOUT)})
    assert find_songs(root)[0].kind == "open-multitrack-testbed"
    (song,) = read_songs(root)
    assert (song.title, song.artist, song.genre) == ("Lead Me", "The Band", "pop")
    assert {track.id: track.role for track in song.tracks_of(Processing.DRY)} == {
        "Audio 3": Role.BASS,
        "Kick": Role.KICK,
        "LeadVox": Role.LEAD_VOCAL,
    }
    assert [track.role for track in song.tracks_of(Processing.WET)] == [Role.DRUMS]
    assert [mix.file.name for mix in song.mixes] == ["Mix A.wav", "Mix B.wav"]
    assert song.human_mix == song.mixes[0]
    assert (song.licence.name, song.licence.may_train_weights) == ("CC BY 4.0", True)
    assert song.licence.credit == "The Band"
    assert len(to_session(song).tracks) == 3


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (
            "metadata.yaml",
            "title: Lead Me\nlicense: CC BY-NC 4.0\ntracks:\n  Audio 3.wav: {instrument: violin}\n",
        ),
        ("info.txt", "Title: Lead Me\nLicence: CC BY-NC 4.0\n"),
    ],
)
def test_other_forms_of_metadata(lay, file: str, text: str) -> None:
    (song,) = read_songs(lay({**SOUNDS, f"Lead Me/{file}": text}))
    assert song.title == "Lead Me"
    assert (song.licence.name, song.licence.may_train_weights) == ("CC BY-NC 4.0", False)


def test_without_metadata_the_licence_is_unknown(lay) -> None:
    (song,) = read_songs(lay(SOUNDS))
    assert (song.title, song.licence.name, song.licence.may_train_weights) == ("Lead Me", "unknown", False)


def test_one_song_may_be_given(lay) -> None:
    (song,) = read_songs(lay(SOUNDS) / "Lead Me")
    assert song.id == "Lead Me"


@pytest.mark.parametrize(
    ("name", "text"), [("metadata.json", "{"), ("metadata.yaml", "- a"), ("info.txt", "a\0b")]
)
def test_broken_metadata_names_its_file(lay, name: str, text: str) -> None:
    with pytest.raises(SessionError, match=name):
        next(read_songs(lay({**SOUNDS, f"Lead Me/{name}": text})))


def test_a_file_in_a_foreign_format_is_told(lay) -> None:
    root = lay({**SOUNDS, "Lead Me/Raw/Bass.wav": "nothing"})
    (song,) = read_songs(root)
    assert [Path(trouble.file).name for trouble in song.troubles] == ["Bass.wav"]
