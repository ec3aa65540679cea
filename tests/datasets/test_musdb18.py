"""MUSDB18-HQ as its zip unpacks, MUSDB18 that cannot be read, and what a copy on a real disk suffers."""

import os
from pathlib import Path

import pytest

from bridge.datasets import MixKind, Processing, Split, find_songs, read_songs, to_session
from console.errors import SessionError
from console.session import Role

STEMS = ("bass", "drums", "other", "vocals")


def _song(folder: str) -> dict[str, int]:
    return {f"{folder}/{name}.wav": 2 for name in ("mixture", *STEMS)}


@pytest.fixture
def musdb(lay):
    return lay(
        {
            **_song("train/A Band - A Song"),
            **_song("train/ANiMAL - Rockshow"),
            **_song("test/Ünïcode – Weiß - L'été"),
        }
    )


def test_songs_in_order_with_their_splits(musdb: Path) -> None:
    songs = {song.id: song for song in read_songs(musdb)}
    assert {name: song.split for name, song in songs.items()} == {
        "A Band - A Song": Split.TRAIN,
        "ANiMAL - Rockshow": Split.VALIDATION,
        "Ünïcode – Weiß - L'été": Split.TEST,
    }
    assert {song.dataset for song in songs.values()} == {"musdb18hq"}
    assert (songs["A Band - A Song"].artist, songs["A Band - A Song"].title) == ("A Band", "A Song")


def test_stems_are_wet_and_the_mix_lines_up(musdb: Path) -> None:
    song = next(read_songs(musdb))
    assert [(track.id, track.role) for track in song.tracks] == [
        ("bass", Role.BASS),
        ("drums", Role.DRUMS),
        ("other", Role.OTHER),
        ("vocals", Role.LEAD_VOCAL),
    ]
    assert song.processings == (Processing.WET,)
    assert song.human_mix is not None
    assert (song.human_mix.kind, song.human_mix.aligned) == (MixKind.HUMAN, True)
    assert song.human_mix.file == musdb / "train" / "A Band - A Song" / "mixture.wav"
    assert not song.licence.may_train_weights
    assert song.seconds == pytest.approx(0.1)


def test_a_split_or_one_song_may_be_given(musdb: Path) -> None:
    assert [song.split for song in read_songs(musdb / "train")] == [Split.TRAIN, Split.VALIDATION]
    (one,) = read_songs(musdb / "train" / "ANiMAL - Rockshow")
    assert (one.split, len(one.tracks)) == (Split.VALIDATION, 4)


def test_a_folder_around_the_set_is_looked_through(lay) -> None:
    root = lay(_song("musdb18hq/test/A - B"))
    layout, places = find_songs(root)
    assert (layout.kind, len(places)) == ("musdb18hq", 1)


def test_the_session_is_ready_to_mix(musdb: Path) -> None:
    session = to_session(next(read_songs(musdb)))
    assert [(track.id, track.role, track.role_confidence, track.channels) for track in session.tracks] == [
        ("bass", Role.BASS, 1.0, 2),
        ("drums", Role.DRUMS, 1.0, 2),
        ("other", Role.OTHER, 1.0, 2),
        ("vocals", Role.LEAD_VOCAL, 0.8, 2),
    ]
    assert all(track.included and track.content_hash for track in session.tracks)
    assert session.sample_rate_hz == 8_000


def test_missing_and_broken_stems_are_told(musdb: Path) -> None:
    folder = musdb / "train" / "A Band - A Song"
    (folder / "bass.wav").unlink()
    (folder / "drums.wav").write_bytes((folder / "drums.wav").read_bytes()[:-2000])
    (folder / "other.wav").write_bytes(b"")
    (folder / "mixture.wav").write_text("not audio")
    song = next(read_songs(musdb))
    assert [track.id for track in song.tracks] == ["vocals"]
    told = {trouble.file.name: (trouble.missing, trouble.text) for trouble in song.troubles}
    assert told["bass.wav"] == (True, "is missing")
    assert "cut short" in told["drums.wav"][1]
    assert told["other.wav"] == (False, "is an empty file")
    assert "not audio" in told["mixture.wav"][1]
    assert song.human_mix is None
    finding = next(item for item in to_session(song).findings if item.code == "media-missing")
    assert "4 files" in finding.text
    assert "'bass.wav' is missing" in finding.text


def test_a_mix_of_another_length_does_not_line_up(musdb: Path) -> None:
    from dataset_sounds import resound

    resound(musdb / "train" / "A Band - A Song" / "mixture.wav", frames=2_000)
    song = next(read_songs(musdb))
    assert song.mixes[0].aligned is False


def test_capital_letters_and_flac_do_not_matter(lay) -> None:
    root = lay({f"Train/A - B/{name.upper()}.flac": 2 for name in ("mixture", *STEMS)})
    (song,) = read_songs(root)
    assert (len(song.tracks), song.split, song.troubles) == (4, Split.TRAIN, ())


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_links_are_followed_and_dead_ones_told(musdb: Path, tmp_path: Path) -> None:
    folder = musdb / "train" / "A Band - A Song"
    (folder / "bass.wav").rename(tmp_path / "elsewhere.wav")
    (folder / "bass.wav").symlink_to(tmp_path / "elsewhere.wav")
    (folder / "drums.wav").unlink()
    (folder / "drums.wav").symlink_to(tmp_path / "nowhere.wav")
    (folder / "other.wav").unlink()
    (folder / "other.wav").symlink_to(folder / "other.wav")
    (musdb / "train" / "Zirkel").symlink_to(musdb / "train", target_is_directory=True)
    songs = list(read_songs(musdb))
    assert [song.id for song in songs][:2] == ["A Band - A Song", "ANiMAL - Rockshow"]
    assert len(songs) == 3
    assert [track.id for track in songs[0].tracks] == ["bass", "vocals"]
    assert {trouble.file.name for trouble in songs[0].troubles} == {"drums.wav", "other.wav"}


def test_resource_forks_are_no_songs(musdb: Path, lay) -> None:
    lay({"train/._A Band - A Song": b"\0\5\x16\7", "train/.hidden/bass.wav": 1, "train/._x/bass.wav": 1})
    assert len(list(read_songs(musdb))) == 3


def test_the_native_format_says_what_to_do(lay) -> None:
    root = lay({"train/A - B.stem.mp4": b"ftyp", "test/C - D.stem.mp4": b"ftyp"})
    assert find_songs(root)[0].kind == "musdb18"
    with pytest.raises(SessionError, match=r"\.stem\.mp4.*without ffmpeg.*MUSDB18-HQ"):
        next(read_songs(root))


def test_a_song_without_any_stem_has_no_session(lay) -> None:
    root = lay({"train/A - B/mixture.wav": 2})
    (song,) = read_songs(root)
    assert song.usable
    with pytest.raises(SessionError, match=r"'A - B' of musdb18hq has no tracks.*bass\.wav"):
        to_session(song)


def test_no_wet_song_has_dry_tracks(musdb: Path) -> None:
    with pytest.raises(SessionError, match="has no dry tracks; it has wet ones"):
        to_session(next(read_songs(musdb)), Processing.DRY)
