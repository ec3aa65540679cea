"""A DAW's project as any format's reader gives it: tracks, items, routing, tempo and markers, without its plugins."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from console.errors import ExportError
from console.mix.values import MASTER


class FadeShape(StrEnum):
    """The curve of a fade over its length, t from 0 to 1, as a gain."""

    LINEAR = "linear"
    EQUAL_POWER = "equal_power"
    FAST_START = "fast_start"
    SLOW_START = "slow_start"
    S_CURVE = "s_curve"


@dataclass(frozen=True, slots=True)
class Fade:
    """A fade at one end of an item, in seconds."""

    length_s: float = 0.0
    shape: FadeShape = FadeShape.LINEAR


class Channels(StrEnum):
    """What an item plays of its file's channels.

    TO_LEFT and TO_RIGHT: the first channel on that side alone, as for a stereo region whose sides are mono files.
    """

    ALL = "all"
    SWAPPED = "swapped"
    MONO_SUM = "mono_sum"
    LEFT = "left"
    RIGHT = "right"
    TO_LEFT = "to_left"
    TO_RIGHT = "to_right"


@dataclass(frozen=True, slots=True)
class Item:
    """A piece of audio on a track.

    `file` is the source where the project says it is, absolute; it need not exist. `position_s` counts from the
    project's start, `offset_s` from the file's. `gain_db` and the fades are the item's own. `loops`: the file
    starts again where it ends before the item does. `problem` says why the item cannot be read as it sounds in the
    DAW (MIDI, stretched, take FX, …), "" where it can.
    """

    name: str
    file: Path | None
    position_s: float
    length_s: float
    offset_s: float = 0.0
    gain_db: float = 0.0
    fade_in: Fade = Fade()
    fade_out: Fade = Fade()
    channels: Channels = Channels.ALL
    inverted: bool = False
    muted: bool = False
    loops: bool = False
    problem: str = ""

    @property
    def end_s(self) -> float:
        """Where the item ends, in seconds of the project."""
        return self.position_s + self.length_s


class TrackKind(StrEnum):
    """A track plays items; a group sums tracks; a return is fed by sends."""

    AUDIO = "audio"
    GROUP = "group"
    RETURN = "return"


@dataclass(frozen=True, slots=True)
class ProjectTrack:
    """A track as it stands in the project.

    `key` is the format's own identity of the track (a GUID, an id), unique in the project. `output` is the key of
    the group that it sounds through, or "master". `plugins` names the user's inserts in order, which nobody but the
    DAW can play. `disabled` tracks do not sound whatever their mute says (offline, frozen away). `problem` says why
    the whole track cannot be read ("holds MIDI: render it first"), "" where it can. `channels` is 1 or 2 where the
    file tells what the track's strip is to be read as, 0 where it does not: the format's reader of strips then takes
    the track for stereo. `ours`: a bus that mixbridge made, in this project or in a patch of it, and replaces.
    """

    key: str
    name: str
    kind: TrackKind = TrackKind.AUDIO
    items: tuple[Item, ...] = ()
    output: str = MASTER
    muted: bool = False
    soloed: bool = False
    disabled: bool = False
    plugins: tuple[str, ...] = ()
    problem: str = ""
    channels: int = 0
    ours: bool = False


@dataclass(frozen=True, slots=True)
class Marker:
    """A marker, or a region where it has an end, in seconds."""

    position_s: float
    name: str = ""
    end_s: float | None = None


@dataclass(frozen=True, slots=True)
class Tempo:
    """A tempo from a time on, in quarter notes per minute, with its time signature."""

    position_s: float
    bpm: float
    beats: int = 4
    beat_unit: int = 4


@dataclass(frozen=True, slots=True)
class Project:
    """A project file as it was read. `sample_rate_hz` is None where the format does not say."""

    path: Path
    format: str
    tracks: tuple[ProjectTrack, ...]
    sample_rate_hz: int | None = None
    tempo: tuple[Tempo, ...] = ()
    markers: tuple[Marker, ...] = field(default=())

    def __post_init__(self) -> None:
        twice = [key for key, count in Counter(track.key for track in self.tracks).items() if count > 1]
        if twice:
            raise ExportError(
                f"{self.path}: two tracks have the identity {twice[0]!r}; save the project again in its DAW"
            )

    def track(self, key: str) -> ProjectTrack:
        """A track by its identity.

        Raises:
            ExportError: the project has none of that identity.
        """
        for track in self.tracks:
            if track.key == key:
                return track
        raise ExportError(
            f"{self.path} has no track {key!r}; give the project that the session was read from"
        )
