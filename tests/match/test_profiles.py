"""Saved styles: exact enough there and back, strict on reading, never hurt by a name."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from match_cases import reference

from console.errors import ParamError
from console.estimators.reference import StyleProfile
from console.losses.sound import distance
from presets.profiles import dump_profile, load_profile, profile_names, read_profile

SOUND = reference()


@given(st.text(), st.lists(st.text(), max_size=3))
def test_round_trip_with_any_name(name: str, sources: list[str]) -> None:
    again = read_profile(dump_profile(StyleProfile(name, SOUND, tuple(sources))), source="test")
    assert (again.name, again.sources) == (name, tuple(sources))
    assert distance(again.sound, SOUND).total < 0.04


def test_writing_twice_changes_nothing() -> None:
    text = dump_profile(StyleProfile("mine", SOUND))
    assert dump_profile(read_profile(text, source="test")) == text


@pytest.mark.parametrize("name", profile_names())
def test_profiles_that_come_with_the_package(name: str) -> None:
    profile = load_profile(name)
    assert profile.name == name
    assert profile.sources
    assert not profile.sound.mono


def test_a_profile_of_the_user(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(dump_profile(StyleProfile("mine", SOUND)), encoding="utf-8")
    assert load_profile(path).name == "mine"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no style profile"),
        ("schema = 'mixbridge.target/1'", "no style profile"),
        ("schema = ", "not TOML"),
        ("schema = 'mixbridge.profile/1'\nname = 'x'", "lacks sound"),
        ("schema = 'mixbridge.profile/1'\nname = 'x'\nsoudn = 1", "did you mean 'sound'"),
        (dump_profile(StyleProfile("x", SOUND)).replace("crest_db = ", "crest_db = nan #"), "finite"),
        (dump_profile(StyleProfile("x", SOUND)).replace("mid_db = [", "mid_db = [ 1.0,"), "25 entries"),
    ],
)
def test_what_is_no_profile(text: str, words: str) -> None:
    with pytest.raises(ParamError, match=words):
        read_profile(text, source="test")


def test_missing_profiles(tmp_path: Path) -> None:
    with pytest.raises(ParamError, match="cannot be read"):
        load_profile(tmp_path / "none.toml")
    with pytest.raises(ParamError, match="no style profile 'brod'; did you mean 'broad'"):
        load_profile("brod")
