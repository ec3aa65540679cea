"""Reading references: ranges, several songs, and everything that is no reference."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from match_cases import RATE, finished

from console.analysis import SessionAnalysis
from console.errors import ParamError, SessionError
from console.estimators.reference import ReferenceRange, parse_reference, read_reference, read_references
from console.losses.sound import distance, measure_sound
from console.session import Session


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("songs") / "song.wav"
    soundfile.write(path, finished().T, RATE, "FLOAT")
    return path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("song.flac", ReferenceRange(Path("song.flac"))),
        ("song.flac@30-60", ReferenceRange(Path("song.flac"), 30.0, 60.0)),
        ("song.flac@1:05-1:35.5", ReferenceRange(Path("song.flac"), 65.0, 95.5)),
        ("song.flac@1:00:00-", ReferenceRange(Path("song.flac"), 3600.0)),
        ("song.flac@-20", ReferenceRange(Path("song.flac"), 0.0, 20.0)),
        ("a@b/me@home.wav@2-3", ReferenceRange(Path("a@b/me@home.wav"), 2.0, 3.0)),
        ("me@home.wav", ReferenceRange(Path("me@home.wav"))),
    ],
)
def test_a_typed_reference(text: str, expected: ReferenceRange) -> None:
    assert parse_reference(text) == expected


@pytest.mark.parametrize(
    "text", ["song.flac@60-30", "song.flac@5-5", "song.flac@1:75-2:00:00:00", "song.flac@1..2-3"]
)
def test_a_range_that_is_none(text: str) -> None:
    with pytest.raises(ParamError, match="give"):
        parse_reference(text)


def test_a_file_whose_name_looks_like_a_range(tmp_path: Path) -> None:
    path = tmp_path / "live@1-2"
    path.write_bytes(b"")
    assert parse_reference(str(path)) == ReferenceRange(path)


def test_whole_and_range_are_what_numpy_cuts(song: Path) -> None:
    audio = finished().astype(np.float32)
    assert distance(read_reference(song), measure_sound(audio, RATE)).total < 1e-6
    cut = audio[:, round(1.5 * RATE) : round(3.25 * RATE)]
    assert distance(read_reference(song, 1.5, 3.25), measure_sound(cut, RATE)).total < 1e-6
    assert (
        distance(read_reference(song, 1.5, 99.0), measure_sound(audio[:, round(1.5 * RATE) :], RATE)).total
        < 1e-6
    )


def test_several_references_give_the_sound_between_them(song: Path) -> None:
    parts = ReferenceRange(song, 0.0, 2.0), ReferenceRange(song, 2.0)
    between = read_references(parts)
    one, other = (read_reference(r.path, r.start_s, r.end_s) for r in parts)
    assert between.crest_db == pytest.approx((one.crest_db + other.crest_db) / 2)
    assert between.side_db[7] == pytest.approx((one.side_db[7] + other.side_db[7]) / 2)
    with pytest.raises(ParamError, match="0 sounds"):
        read_references([])


def test_a_mono_song_counts_as_mono(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "mono.wav", finished()[0], RATE)
    assert read_reference(tmp_path / "mono.wav").mono


def write(folder: Path, audio: np.ndarray, name: str = "bad.wav") -> Path:
    soundfile.write(folder / name, audio, RATE, "FLOAT")
    return folder / name


@pytest.mark.parametrize(
    ("audio", "words"),
    [
        (np.zeros((3 * RATE, 2)), "silent"),
        (np.zeros((0, 2)), r"0\.00 s"),
        (0.1 * np.ones((RATE // 2, 2)), r"0\.50 s"),
        (np.full((2 * RATE, 2), np.nan), "not finite"),
        (np.full((2 * RATE, 1), np.inf), "not finite"),
        (np.zeros((2 * RATE, 6)), "6 channels"),
    ],
)
def test_what_has_no_sound_is_refused(tmp_path: Path, audio: np.ndarray, words: str) -> None:
    with pytest.raises(ParamError, match=words):
        read_reference(write(tmp_path, audio))


def test_a_range_beyond_the_end_is_refused(song: Path) -> None:
    with pytest.raises(ParamError, match="in the range"):
        read_reference(song, 60.0, 90.0)
    with pytest.raises(ParamError, match="in the range"):
        read_reference(song, 1.0, 1.5)


@pytest.mark.parametrize("content", [None, b"", b"no audio at all", b"RIFF\x00\x00\x00\x00WAVE"])
def test_a_file_that_is_no_song(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "song.wav"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SessionError, match="cannot be read"):
        read_reference(path)


def test_a_folder_is_no_song(tmp_path: Path) -> None:
    with pytest.raises(SessionError, match="cannot be read"):
        read_reference(tmp_path)


def test_a_stem_is_no_reference(
    material: tuple[Session, SessionAnalysis], tmp_path: Path, song: Path
) -> None:
    session, _ = material
    stem = session.tracks[0].files[0].path
    copy = tmp_path / "renamed.wav"
    copy.write_bytes(stem.read_bytes())
    for path in (stem, copy):
        with pytest.raises(ParamError, match="is the stem"):
            read_references([ReferenceRange(path)], session)
    assert read_references([ReferenceRange(song)], session) == read_reference(song)
