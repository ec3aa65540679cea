"""Numbers on the lines of a REAPER file, so that a damaged one is an error and not a wrong sound."""

import math
from collections.abc import Sequence

from console.errors import ExportError
from exporters.reaper.rpp import Node, split_words

#: Longer or later than anything in a project, in seconds.
LONGEST_S = 1e9


class Rows:
    """The lines of an element by their first word; of several the first counts."""

    __slots__ = ("_lines",)

    def __init__(self, node: Node) -> None:
        self._lines: dict[str, str] = {}
        for item in node.items:
            if isinstance(item, str) and item:
                self._lines.setdefault(item.split(maxsplit=1)[0] if item.strip() else "", item)

    def __contains__(self, key: str) -> bool:
        return key in self._lines

    def words(self, key: str) -> list[str]:
        """The words after the key; none where the line is missing."""
        line = self._lines.get(key)
        return split_words(line)[1:] if line is not None else []

    def text(self, key: str) -> str:
        """The first word after the key, "" where there is none."""
        return next(iter(self.words(key)), "")

    def numbers(self, key: str, *defaults: float) -> list[float]:
        """As many numbers after the key as there are defaults, which fill what is missing.

        Raises:
            ExportError: one of them is no finite number.
        """
        return numbers(key, self.words(key), *defaults)

    def flag(self, key: str, default: bool = False) -> bool:
        """Whether the first number after the key is not 0."""
        return self.numbers(key, float(default))[0] != 0.0


def numbers(key: str, words: Sequence[str], *defaults: float) -> list[float]:
    """As many numbers as there are defaults, which fill what is missing.

    Raises:
        ExportError: one of them is no finite number.
    """
    given = [finite(key, word) for word in words[: len(defaults)]]
    return [*given, *defaults[len(given) :]]


def within_reason(seconds: float) -> float:
    """The time, held to thirty years either way, so that sums of damaged ones stay numbers."""
    return min(max(seconds, -LONGEST_S), LONGEST_S)


def finite(key: str, word: str) -> float:
    """The number that a word of the line `key` stands for.

    Raises:
        ExportError: it is none, or not finite.
    """
    try:
        value = float(word)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ExportError(f"the line {key} holds {word[:40]!r}; give a finite number")
    return value
