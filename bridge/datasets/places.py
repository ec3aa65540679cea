"""Where the songs of a data set lie: found by looking at names alone."""

from dataclasses import dataclass, field
from pathlib import Path

from bridge.datasets.values import Split
from console.frozen import FrozenMap


@dataclass(frozen=True, slots=True)
class Place:
    """One song before it is read: its id, its folder, its split, and what the reader wants to remember of it.

    `set_root` is the folder that was given, or the one in it that holds the set.
    """

    id: str
    folder: Path
    set_root: Path
    split: Split = Split.NONE
    about: FrozenMap[str] = field(default_factory=FrozenMap)
