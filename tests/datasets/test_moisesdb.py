"""MoisesDB: data.json and files called by ids."""

import json
import os
from typing import Any

import pytest

from bridge.datasets import Processing, find_songs, read_songs, to_session
from console.errors import SessionError
from console.session import Role

SONG = "0a1b2c3d-0000-4000-8000-000000000001"


def _track(kind: str, name: str, *, bleed: bool | None = False) -> dict[str, Any]:
    return {"trackType": kind, "id": name, "extension": "wav", "type": "audio/x-wav", "has_bleed": bleed}


ABOUT = {
    "song": "Señal",
    "artist": "A Singer",
    "genre": "pop",
    "stems": [
        {
            "id": "s1",
            "stemName": "vocals",
            "tracks": [_track("lead_female_singer", "v1"), _track("background_vocals", "v2")],
        },
        {
            "id": "s2",
            "stemName": "drums",
            "tracks": [_track("overheads", "d1", bleed=True), _track("kick_drum", "d2")],
        },
        {
            "id": "s3",
            "stemName": "guitar",
            "tracks": [_track("acoustic_guitar", "g1"), _track("acoustic_guitar", "g2")],
        },
        {"id": "s4", "stemName": "bass", "tracks": [_track("bass_guitar", "b1", bleed=None)]},
        {
            "id": "s5",
            "stemName": "other_keys",
            "tracks": [_track("organ,_electric_organ", "k1"), _track("???", "k2")],
        },
    ],
}
FILES = (
    "vocals/v1",
    "vocals/v2",
    "drums/d1",
    "drums/d2",
    "guitar/g1",
    "guitar/g2",
    "bass/b1",
    "other_keys/k1",
    "other_keys/k2",
)


def _set(about: Any = ABOUT, folder: str = f"moisesdb_v0.1/{SONG}") -> dict[str, Any]:
    text = about if isinstance(about, str | bytes) else json.dumps(about, ensure_ascii=False)
    return {f"{folder}/data.json": text, **{f"{folder}/{name}.wav": 2 for name in FILES}}


def test_stems_and_tracks_with_roles(lay) -> None:
    root = lay(_set())
    assert find_songs(root)[0].kind == "moisesdb"
    (song,) = read_songs(root)
    assert (song.id, song.title, song.artist, song.genre) == (SONG, "Señal", "A Singer", "pop")
    assert [(track.id, track.role, track.group, track.bleed) for track in song.tracks] == [
        ("vocals - lead female singer", Role.LEAD_VOCAL, "vocals", False),
        ("vocals - background vocals", Role.BACKING_VOCAL, "vocals", False),
        ("drums - overheads", Role.OVERHEAD, "drums", True),
        ("drums - kick drum", Role.KICK, "drums", False),
        ("guitar - acoustic guitar", Role.ACOUSTIC_GUITAR, "guitar", False),
        ("guitar - acoustic guitar (2)", Role.ACOUSTIC_GUITAR, "guitar", False),
        ("bass - bass guitar", Role.BASS, "bass", None),
        ("other_keys - organ, electric organ", Role.ORGAN, "other_keys", False),
        ("other_keys - ???", Role.KEYS, "other_keys", False),
    ]
    assert song.groups["drums"] == ("drums - overheads", "drums - kick drum")
    assert song.mixes == ()
    assert song.processings == (Processing.WET,)
    assert song.licence.name == "CC BY-NC-SA 4.0"
    assert not song.licence.may_train_weights
    assert song.licence.credit == "A Singer"


@pytest.mark.parametrize("depth", ["", "moisesdb_v0.1", f"moisesdb_v0.1/{SONG}"])
def test_the_set_a_provider_or_a_song_may_be_given(lay, depth: str) -> None:
    (song,) = read_songs(lay(_set()) / depth)
    assert len(song.tracks) == 9


def test_the_session_keeps_roles_and_groups(lay) -> None:
    session = to_session(next(read_songs(lay(_set()))))
    assert session.track("drums - kick drum").group == "drums"
    assert session.track("drums - kick drum").role is Role.KICK
    assert session.track("other_keys - ???").role_confidence < 0.75


def test_missing_files_are_counted(lay) -> None:
    root = lay(_set())
    (root / "moisesdb_v0.1" / SONG / "bass" / "b1.wav").unlink()
    (song,) = read_songs(root)
    assert [trouble.file.name for trouble in song.troubles if trouble.missing] == ["b1.wav"]
    assert len(song.tracks) == 8


@pytest.mark.parametrize(
    ("about", "message"),
    [
        ("{", "is no JSON in line 1"),
        ("[" * 100_000, "nested too deeply"),
        ("[]", "does not hold a song's metadata"),
        ('{"song": "x"}', "has no list 'stems'"),
        ('{"stems": [1]}', "has no list 'stems' of objects"),
        ('{"stems": [{"stemName": "bass"}]}', "has no list 'tracks'"),
        ('{"stems": [{"stemName": "bass", "tracks": [{"trackType": "x"}]}]}', "stem 'bass' and id ''"),
        (
            '{"stems": [{"stemName": "..", "tracks": [{"id": "b1", "extension": "wav"}]}]}',
            "no file in the song",
        ),
        ('{"stems": [{"stemName": "bass", "tracks": [{"id": "../../x"}]}]}', "no file in the song"),
        (b"\xff\xfe\x00", "is no JSON"),
        (b"{\0}", "is no text"),
    ],
)
def test_broken_metadata_names_its_file(lay, about: Any, message: str) -> None:
    root = lay({**_set(), **_set(about, "moisesdb_v0.1/broken")})
    with pytest.raises(SessionError, match=message) as caught:
        list(read_songs(root))
    assert "data.json" in str(caught.value)
    told: list[str] = []
    songs = list(read_songs(root, on_broken=lambda place, error: told.append(place.id)))
    assert ([song.id for song in songs], told) == ([SONG], ["broken"])


def test_metadata_in_an_old_encoding_is_read(lay) -> None:
    root = lay(_set(json.dumps({**ABOUT, "artist": "Müller"}, ensure_ascii=False).encode("cp1252")))
    assert next(read_songs(root)).artist == "Müller"
    lay(_set(json.dumps({**ABOUT, "artist": "Müller"}, ensure_ascii=False).encode("utf-16")))
    assert next(read_songs(root)).artist == "Müller"


def test_any_folder_with_data_json_is_no_set(lay) -> None:
    root = lay({"a/data.json": "{}", "b/data.json": '{"stems": 3}', "c/data.json": "{"})
    with pytest.raises(SessionError, match="no data set that can be read"):
        find_songs(root)


@pytest.mark.skipif(os.name == "nt", reason="no such permissions there")
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_told(lay) -> None:
    root = lay(_set())
    (root / "moisesdb_v0.1" / SONG / "bass" / "b1.wav").chmod(0)
    assert "permission denied" in next(read_songs(root)).troubles[0].text
