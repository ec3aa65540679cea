"""The table of packages and licences: which file of which package may be used, under what, and to whose credit."""

import tomllib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib import resources
from pathlib import Path
from typing import Any

from console.codec import did_you_mean
from console.errors import ParamError

#: What a package can hold for us.
SOURCES = ("lmms", "tracker", "midi", "references", "impulses")
SOUNDFONT = "soundfont"
SPLITS = ("train", "validation", "test")

_RULE_KEYS = ("match", "spdx", "credit", "may_train_weights", "split", "kind", "note")


@dataclass(frozen=True, slots=True)
class Rule:
    """What holds for the files that `match` (a glob on the path inside the package).

    An empty `split` leaves that to the hash; `kind` says of an impulse response what rang, of a soundfont what it has.
    """

    match: str
    spdx: str
    credit: str
    may_train_weights: bool
    split: str = ""
    kind: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Package:
    """A package with its rules, of which the first that matches a file counts.

    `take` and `ignore`: globs of where its music is, and of what there is none.
    """

    name: str
    source: str
    rules: tuple[Rule, ...]
    take: tuple[str, ...] = ("*",)
    ignore: tuple[str, ...] = ()

    def holds(self, path: str) -> bool:
        """Whether a file is one to be judged at all."""
        taken, ignored = (
            any(fnmatchcase(path, glob) for glob in globs) for globs in (self.take, self.ignore)
        )
        return taken and not ignored

    @property
    def usable(self) -> bool:
        """Whether weights may be trained on anything in it."""
        return any(rule.may_train_weights for rule in self.rules)

    def rule_for(self, path: str) -> Rule | None:
        """The rule for a path inside the package, None where nothing is known of it."""
        return next((rule for rule in self.rules if fnmatchcase(path, rule.match)), None)


def load_table(path: Path | None = None) -> tuple[Package, ...]:
    """Read the table that comes with mixbridge, or one of the user's own.

    Raises:
        ParamError: no TOML, an unknown key, or a licence that lets weights be trained which is not among `allowed`.
    """
    if path is None:
        text = resources.files("bridge.datasets.build").joinpath("licences.toml").read_text("utf-8")
        where = "the table of licences"
    else:
        where = str(path)
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ParamError(f"{where} cannot be read ({error}); give a TOML file in UTF-8") from error
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ParamError(f"{where} is no TOML: {error}; correct that line") from error
    allowed = frozenset(data.get("allowed", ()))
    packages = tuple(_package(row, allowed, where) for row in data.get("package", ()))
    if not packages:
        raise ParamError(f"{where} names no package; add a [[package]] with name, source and files")
    return packages


def _package(row: dict[str, Any], allowed: frozenset[str], where: str) -> Package:
    name, source = str(row.get("name", "")), str(row.get("source", ""))
    known = (*SOURCES, SOUNDFONT)
    if source not in known:
        raise ParamError(
            f"{where}: package {name!r} has the source {source!r}{did_you_mean(source, list(known))}"
        )
    rules = tuple(_rule(item, allowed, f"{where}: package {name!r}") for item in row.get("files", ()))
    return Package(name, source, rules, tuple(row.get("take", ["*"])), tuple(row.get("ignore", ())))


def _rule(item: dict[str, Any], allowed: frozenset[str], where: str) -> Rule:
    for key in item:
        if key not in _RULE_KEYS:
            raise ParamError(f"{where} has the unknown key {key!r}{did_you_mean(key, list(_RULE_KEYS))}")
    missing = [key for key in _RULE_KEYS[:4] if key not in item]
    if missing:
        raise ParamError(
            f"{where} has files without {missing[0]!r}; give match, spdx, credit, may_train_weights"
        )
    rule = Rule(**item)
    if rule.may_train_weights and rule.spdx not in allowed:
        raise ParamError(
            f"{where} lets weights be trained under {rule.spdx!r}, which is not among `allowed`; "
            "set may_train_weights = false, or add the licence there once it has been read"
        )
    if rule.split and rule.split not in SPLITS:
        raise ParamError(f"{where} has the split {rule.split!r}{did_you_mean(rule.split, list(SPLITS))}")
    return rule
