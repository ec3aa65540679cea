"""The words of the shared options become what the jobs take."""

import click
import pytest

from bridge.cli.options import read_amounts, read_session_options
from console.mix.blend import GROUPS
from console.session import Role


@pytest.mark.parametrize(
    ("words", "only", "expected"),
    [
        ([], None, 1.0),
        (["60"], None, 0.6),
        (["30", "60"], None, 0.6),
        ([" 12.5 "], None, 0.125),
        ([], "eq", {**dict.fromkeys(GROUPS, 0.0), "eq": 1.0}),
        (["60"], "eq, fader", {**dict.fromkeys(GROUPS, 0.0), "eq": 0.6, "fader": 0.6}),
        (["eq=50"], None, {**dict.fromkeys(GROUPS, 1.0), "eq": 0.5}),
        (["80", "eq=50"], None, {**dict.fromkeys(GROUPS, 0.8), "eq": 0.5}),
        (["eq=50"], "pan", {**dict.fromkeys(GROUPS, 0.0), "eq": 0.5, "pan": 1.0}),
    ],
)
def test_amounts(words: list[str], only: str | None, expected: object) -> None:
    assert read_amounts(words, only) == expected


@pytest.mark.parametrize(
    "words", [["-1"], ["101"], ["inf"], ["nan"], ["half"], [""], ["eq="], ["eq=x"], ["=50"]]
)
def test_amounts_that_are_none(words: list[str]) -> None:
    with pytest.raises(click.BadParameter):
        read_amounts(words, None)


@pytest.mark.parametrize("only", ["", "eq,", "EQ", "all"])
def test_parts_that_are_none(only: str) -> None:
    with pytest.raises(click.BadParameter, match="is no part of a strip"):
        read_amounts([], only)


@pytest.mark.parametrize(
    ("word", "name", "locks"),
    [
        ("Lead Vox", "Lead Vox", ("all",)),
        ("Lead Vox=pan", "Lead Vox", ("pan",)),
        ("Lead Vox=pan, compressor.ratio", "Lead Vox", ("pan", "compressor.ratio")),
        ("Take=2", "Take=2", ("all",)),
        ("Take=2=equalizer", "Take=2", ("equalizer",)),
        ("=pan", "=pan", ("all",)),
    ],
)
def test_locks(word: str, name: str, locks: tuple[str, ...]) -> None:
    assert dict(read_session_options(locks=[word]).locks) == {name: locks}


def test_locks_of_one_track_add_up() -> None:
    options = read_session_options(locks=["Bass=pan", "Bass=equalizer", "Kick"])
    assert dict(options.locks) == {"Bass": ("pan", "equalizer"), "Kick": ("all",)}


def test_roles() -> None:
    options = read_session_options(roles=["Audio 7=lead_vocal", "a=b=kick"], leave_out=["Rough Mix"])
    assert dict(options.roles) == {"Audio 7": Role.LEAD_VOCAL, "a=b": Role.KICK}
    assert options.leave_out == ("Rough Mix",)


@pytest.mark.parametrize("word", ["Audio 7", "=kick", "Audio 7=", "Audio 7=Kick"])
def test_roles_that_are_none(word: str) -> None:
    with pytest.raises(click.BadParameter):
        read_session_options(roles=[word])
