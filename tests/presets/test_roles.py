"""The table of track names: consistent, complete, and strict about mistakes."""

import pytest

from console.errors import ParamError
from console.session import Role
from presets import load_roles
from presets.roles import GUITAR, VOCAL, Strength, fold, parse_roles

TABLE = """
precedence = ["kick", "bass"]
[roles.kick]
names = ["Kick", "bass drum"]
[roles.bass]
names = ["bass"]
weak = ["bs"]
[words]
guide = ["guide"]
[details]
in = ["in", "Inside"]
"""


def test_every_role_has_a_name() -> None:
    named = {alias.kind for alias in load_roles().aliases.values() if alias.strength is Strength.NAME}
    assert named == ({*Role, GUITAR, VOCAL} - {Role.OTHER})


def test_aliases_are_folded() -> None:
    assert all(text == fold(text) and text for text in load_roles().aliases)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Hi-Hat", "hihat"),
        ("Ch\u0153ur 2", "ch\u0153ur2"),
        ("Voix Féminine", "voixfeminine"),
        ("Ｂａｓｓ", "bass"),
        ("БАС", "бас"),
        ("", ""),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_table_is_read() -> None:
    table = parse_roles(TABLE)
    assert table.aliases["bassdrum"].kind == Role.KICK
    assert table.aliases["bs"].strength is Strength.WEAK
    assert table.details["inside"] == "in"
    assert table.longest == len("bassdrum")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("[roles.bass]", "[roles.base]"), "'base' is no role"),
        (('"kick", "bass"]', '"kick"]'), "'bass' is no role with a precedence"),
        (('["bass"]', '["kick"]'), "'kick' is both kick and bass"),
    ],
)
def test_mistakes_are_named(change: tuple[str, str], said: str) -> None:
    with pytest.raises(ParamError, match=said):
        parse_roles(TABLE.replace(*change))
