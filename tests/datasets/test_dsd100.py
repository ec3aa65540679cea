"""DSD100: Mixtures and Sources side by side."""

from pathlib import Path

import pytest

from bridge.datasets import Processing, Split, find_songs, read_songs, to_session
from console.session import Role

STEMS = ("bass", "drums", "other", "vocals")


def _song(split: str, name: str) -> dict[str, int]:
    return {
        f"Mixtures/{split}/{name}/mixture.wav": 2,
        **{f"Sources/{split}/{name}/{stem}.wav": 2 for stem in STEMS},
    }


@pytest.fixture
def dsd(lay):
    return lay(
        {
            **_song("Dev", "051 - A Band - A Song"),
            **_song("Test", "001 - Other - Thing"),
            "dsd100.xlsx": b"PK",
        }
    )


def test_sources_and_mixtures_are_one_song(dsd: Path) -> None:
    assert find_songs(dsd)[0].kind == "dsd100"
    first, second = read_songs(dsd)
    assert (first.id, first.artist, first.title, first.split) == (
        "051 - A Band - A Song",
        "A Band",
        "A Song",
        Split.TRAIN,
    )
    assert second.split is Split.TEST
    assert [track.role for track in first.tracks] == [Role.BASS, Role.DRUMS, Role.OTHER, Role.LEAD_VOCAL]
    assert first.processings == (Processing.WET,)
    assert first.human_mix is not None
    assert first.human_mix.aligned is True
    assert first.human_mix.file == dsd / "Mixtures" / "Dev" / first.id / "mixture.wav"
    assert not first.licence.may_train_weights
    assert len(to_session(first).tracks) == 4


def test_a_song_without_its_mixture_keeps_its_stems(dsd: Path) -> None:
    (dsd / "Mixtures" / "Dev" / "051 - A Band - A Song" / "mixture.wav").unlink()
    song = next(read_songs(dsd))
    assert len(song.tracks) == 4
    assert song.human_mix is None
    (trouble,) = song.troubles
    assert trouble.missing
    assert trouble.file.name == "mixture.wav"


def test_sources_alone_are_another_layout(lay) -> None:
    from console.errors import SessionError

    root = lay({"Sources/Dev/051 - A - B/bass.wav": 2})
    with pytest.raises(SessionError, match="holds no songs of DSD100"):
        find_songs(root, "dsd100")


def test_folders_in_other_letters_are_found(lay) -> None:
    song = {name.lower(): channels for name, channels in _song("Dev", "051 - a - b").items()}
    (one,) = read_songs(lay(song))
    assert (len(one.tracks), one.troubles, one.split) == (4, (), Split.TRAIN)
