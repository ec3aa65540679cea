"""Loads and checks the table of names that engineers give to tracks."""

import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from importlib import resources
from typing import Any

from console.errors import ParamError
from console.frozen import FrozenMap
from console.session import Role

#: Kinds beside the roles: the rest of the name, or of the session, says which role they are.
GUITAR = "guitar"
VOCAL = "vocal"


class Strength(IntEnum):
    """How surely an alias says what a track is."""

    HINT = 0
    WEAK = 1
    NAME = 2


@dataclass(frozen=True, slots=True)
class Alias:
    """What an alias stands for: a role's name, "guitar" or "vocal"; its place in the precedence, 0 first."""

    kind: str
    strength: Strength
    rank: int


@dataclass(frozen=True, slots=True)
class RoleTable:
    """The aliases, and words and details that stand beside them; keys are folded by `fold`, without spaces."""

    aliases: FrozenMap[Alias]
    words: FrozenMap[frozenset[str]]
    details: FrozenMap[str]

    @property
    def longest(self) -> int:
        """Length of the longest alias in letters."""
        return max(map(len, self.aliases))


def fold(text: str) -> str:
    """A text without case, accents and width variants, letters and digits only."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if letter.isalnum())


@cache
def load_roles() -> RoleTable:
    """The shipped table.

    Raises:
        ParamError: the table is not consistent.
    """
    text = resources.files("presets").joinpath("roles.toml").read_text(encoding="utf-8")
    return parse_roles(text)


def parse_roles(text: str) -> RoleTable:
    """A table from TOML text.

    Raises:
        ParamError: an unknown kind, a kind without precedence, or an alias that stands for two kinds.
    """
    data = tomllib.loads(text)
    precedence = data["precedence"]
    known = {*Role, GUITAR, VOCAL}
    for kind in (*data["roles"], *precedence):
        if kind not in known or kind not in precedence:
            raise ParamError(f"roles.toml: {kind!r} is no role with a precedence; use one of {sorted(known)}")
    aliases: dict[str, Alias] = {}
    for kind, lists in data["roles"].items():
        for key, strength in _STRENGTHS.items():
            for name in lists.get(key, ()):
                _add(aliases, name, Alias(kind, strength, precedence.index(kind)))
    details = {fold(word): detail for detail, words in data["details"].items() for word in words}
    return RoleTable(FrozenMap(aliases), _words(data["words"]), FrozenMap(details))


_STRENGTHS = {"names": Strength.NAME, "weak": Strength.WEAK, "hints": Strength.HINT}


def _add(aliases: dict[str, Alias], name: str, alias: Alias) -> None:
    key = fold(name)
    if key in aliases and aliases[key] != alias:
        raise ParamError(f"roles.toml: {name!r} is both {aliases[key].kind} and {alias.kind}; keep one")
    aliases[key] = alias


def _words(data: Mapping[str, Any]) -> FrozenMap[frozenset[str]]:
    return FrozenMap({kind: frozenset(map(fold, words)) for kind, words in data.items()})
