"""What is to be built and what came of it, as values that travel between processes."""

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path

from bridge.datasets.build.licences import SPLITS, Rule
from bridge.datasets.values import Song
from console.frozen import FrozenMap
from console.mix import Mix
from console.session import Role

#: The source of songs that are taken from a data set on disk.
DATASET = "dataset"
_SLUG = re.compile(r"[^a-z0-9]+")
_SLUG_LETTERS = 40
#: Of a hundred songs, how many are learnt from and how many choose between models; the rest tests.
_TRAIN_SHARE, _VALIDATION_SHARE = 80, 10


@dataclass(frozen=True, slots=True)
class Origin:
    """A file inside a package, as it was extracted to `path`; `lump` names a part of it."""

    package: str
    version: str
    inside: str
    path: Path
    sha256: str
    rule: Rule
    lump: str = ""

    @property
    def place(self) -> str:
        """The path inside the package, with the part of the file."""
        return f"{self.inside}#{self.lump}" if self.lump else self.inside


@dataclass(frozen=True, slots=True)
class Item:
    """One song to build. `group` is what the split hangs on: one music, however often it is rendered.

    - `song`: what a data set holds of it, where it is from one; `recover`: whether its strips are to be found out.
    """

    id: str
    source: str
    group: str
    title: str
    origin: Origin
    soundfont: Origin | None = None
    song: Song | None = None
    recover: bool = False

    @property
    def split(self) -> str:
        """The part of the data that this song belongs to, for good."""
        return self.origin.rule.split or split_of(self.group)


@dataclass(frozen=True, slots=True)
class Stem:
    """One track as it was rendered; `dry` and `wet` are keys of the workbench, `labels` the author's own numbers."""

    name: str
    dry: str
    wet: str = ""
    role: Role = Role.OTHER
    role_confidence: float = 0.0
    labels: FrozenMap[float] = field(default_factory=FrozenMap)


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a renderer made of an item.

    - `mix`: the key of the finished mix, empty where it is to be the sum of the wet (or else dry) stems;
    - `strips`: the author's settings as a Mix, its tracks in the order of the stems;
    - `approximate`: what of the author's settings the Mix cannot say;
    - `deterministic`: whether the same input gives the same samples again.
    """

    renderer: str
    sample_rate_hz: int
    stems: tuple[Stem, ...] = ()
    mix: str = ""
    strips: Mix | None = None
    approximate: tuple[str, ...] = ()
    deterministic: bool = True


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file that is not taken, and why."""

    package: str
    place: str
    reason: str


def split_of(group: str) -> str:
    """The split by a hash of the song's group: the same on every machine, whatever else is in the store."""
    draw = int.from_bytes(hashlib.sha256(f"mixbridge split/{group}".encode()).digest()[:8], "big") % 100
    if draw < _TRAIN_SHARE:
        return SPLITS[0]
    return SPLITS[1] if draw < _TRAIN_SHARE + _VALIDATION_SHARE else SPLITS[2]


def short_hash(*parts: str) -> str:
    """Ten hexadecimal digits that stand for these texts."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:10]


def item_id(source: str, title: str, *parts: str) -> str:
    """A name for an item's folder that tells what it is: source, title, and a hash of what else makes it itself."""
    slug = _SLUG.sub("-", title.lower()).strip("-")[:_SLUG_LETTERS] or "song"
    return f"{source}-{slug}-{short_hash(source, *parts)}"
