"""A song of a data set as a value: its tracks, its mixes, its split, its licence, and what is wrong with it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bridge.datasets.licences import UNKNOWN, Licence
from console.session import Role


class Split(StrEnum):
    """The part of a data set that a song was published in; OMITTED: published as not to be used."""

    NONE = ""
    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"
    OMITTED = "omitted"


class Processing(StrEnum):
    """DRY: as recorded or played by an instrument. WET: as it was heard in the mix."""

    DRY = "dry"
    WET = "wet"


class MixKind(StrEnum):
    """Who made a mix of the song's tracks.

    HUMAN: an engineer. AUTOMATIC: the makers of the data set, by a rule. MASTER: a finished, mastered song.
    PREVIEW: something to listen to, by an engineer, mastered or of another length.
    """

    HUMAN = "human"
    AUTOMATIC = "automatic"
    MASTER = "master"
    PREVIEW = "preview"


@dataclass(frozen=True, slots=True)
class Header:
    """What the header of an audio file says: rate in Hz, channels, frames."""

    sample_rate_hz: int
    channels: int
    frames: int

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.frames / self.sample_rate_hz


@dataclass(frozen=True, slots=True)
class SongTrack:
    """One track of a song, from one file, or from two mono files that are its left and right side.

    - `instrument`: what the metadata, or where there is none the file's name, calls it; `role` is that in our words;
    - `group`: the stem or sub-group it belongs to;
    - `bleed`: whether other instruments are heard in it; None where nobody says;
    - `melody_rank`: 1 for what leads, by the metadata; None where nobody says;
    - `in_mix`: whether the song's mixes hold it.
    """

    id: str
    files: tuple[Path, ...]
    header: Header
    role: Role
    role_confidence: float
    instrument: str = ""
    detail: str = ""
    group: str = ""
    processing: Processing = Processing.DRY
    bleed: bool | None = None
    melody_rank: int | None = None
    in_mix: bool = True


@dataclass(frozen=True, slots=True)
class SongMix:
    """A finished mix of the song; `aligned`: sample by sample with the tracks, None where nobody says."""

    file: Path
    header: Header
    kind: MixKind
    aligned: bool | None = None


@dataclass(frozen=True, slots=True)
class Trouble:
    """A file that should be there and is not, or cannot be used; `text` says why, without the file's name."""

    file: Path
    text: str
    missing: bool = False

    def __str__(self) -> str:
        return f"{str(self.file)!r} {self.text}"


@dataclass(frozen=True, slots=True)
class Song:
    """One song of a data set; `id` is unique in the set, `root` the folder that its files lie in.

    `activity`: the file that says when which track plays, where the set has one (see `bridge.datasets.activity`).
    """

    id: str
    dataset: str
    root: Path
    title: str = ""
    artist: str = ""
    genre: str = ""
    tracks: tuple[SongTrack, ...] = ()
    mixes: tuple[SongMix, ...] = ()
    split: Split = Split.NONE
    licence: Licence = UNKNOWN
    excerpt: bool = False
    tags: tuple[str, ...] = ()
    activity: Path | None = None
    troubles: tuple[Trouble, ...] = ()

    def tracks_of(self, processing: Processing) -> tuple[SongTrack, ...]:
        """The dry tracks, or the wet ones: never both, they are the same music."""
        return tuple(track for track in self.tracks if track.processing is processing)

    @property
    def processings(self) -> tuple[Processing, ...]:
        """In which forms the tracks are there; dry first."""
        there = {track.processing for track in self.tracks}
        return tuple(form for form in Processing if form in there)

    @property
    def human_mix(self) -> SongMix | None:
        """The engineer's mix that lines up with the tracks, else any by an engineer, None without one."""
        human = [mix for mix in self.mixes if mix.kind is MixKind.HUMAN]
        return next((mix for mix in human if mix.aligned), human[0] if human else None)

    @property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """The stems or sub-groups, and the ids of their tracks; tracks of no group are left out."""
        names = dict.fromkeys(track.group for track in self.tracks if track.group)
        return {name: tuple(track.id for track in self.tracks if track.group == name) for name in names}

    @property
    def seconds(self) -> float:
        """Length in seconds: of the longest track, or of the first mix where there are no tracks."""
        return longest_s(self.tracks) or longest_s(self.mixes)

    @property
    def usable(self) -> bool:
        """Whether there is anything to learn from or measure by, and the publishers have not left it out."""
        return bool(self.tracks or self.mixes) and self.split is not Split.OMITTED


def longest_s(parts: Iterable[SongTrack | SongMix]) -> float:
    """The length in seconds of the longest of tracks or mixes; 0 without any."""
    return max((part.header.seconds for part in parts), default=0.0)
