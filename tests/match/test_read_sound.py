"""What --reference may name, and saving a style."""

from pathlib import Path

import pytest
import soundfile
from match_cases import RATE, finished

from bridge.jobs.references import make_profile, read_sound
from console.errors import ParamError
from console.losses.sound import distance
from presets.profiles import load_profile


@pytest.fixture
def song(tmp_path: Path) -> Path:
    path = tmp_path / "song.wav"
    soundfile.write(path, finished().T, RATE, "FLOAT")
    return path


def test_a_saved_style_is_the_song_it_was_made_of(song: Path, tmp_path: Path) -> None:
    profile = make_profile([f"{song}@1-3"], tmp_path / "mine.toml")
    assert (profile.name, profile.sources) == ("mine", ("song.wav@1-3",))
    assert distance(read_sound([str(tmp_path / "mine.toml")]), read_sound([f"{song}@1-3"])).total < 0.04


def test_songs_and_profiles_mix(song: Path) -> None:
    both = read_sound([str(song), "broad"])
    expected = (read_sound([str(song)]).crest_db + load_profile("broad").sound.crest_db) / 2
    assert both.crest_db == pytest.approx(expected)


def test_nothing_of_the_users_is_replaced_unasked(song: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("precious")
    with pytest.raises(ParamError, match="exists already"):
        make_profile([str(song)], path)
    assert path.read_text() == "precious"
    make_profile([str(song)], path, force=True)
    assert load_profile(path).name == "mine"
    with pytest.raises(ParamError, match=r"\.toml"):
        make_profile([str(song)], tmp_path / "mine.wav")


def test_no_reference_at_all() -> None:
    with pytest.raises(ParamError, match="0 references"):
        read_sound([])
