"""What a DAWproject of a mix holds, decided before an element is made: order, nesting, levels, clips, files."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from console.errors import ExportError
from console.filenames import distinct_names
from console.mix import Bus, BusKind, Mix, TrackStrip
from console.mix.values import MASTER
from console.session import AudioFile, Session, SessionTrack
from exporters.belonging import session_tracks
from exporters.dawproject.units import FADER_END_DB, plain_text
from exporters.moves import Points, settle
from exporters.references import reference

AUDIO_FOLDER = "audio"
_SIGNS = re.compile(r"[^.\w]", re.ASCII)


class AudioPlace(StrEnum):
    """Where a project's audio lies: beside it, as the stems are, or inside its zip."""

    BESIDE = "beside"
    INSIDE = "inside"


def audio_place(audio: str) -> AudioPlace:
    """Where audio is to lie.

    Raises:
        ExportError: it is none of the two places.
    """
    try:
        return AudioPlace(audio)
    except ValueError:
        raise ExportError(f"audio is {audio!r}; give 'beside' or 'inside'") from None


@dataclass(frozen=True, slots=True)
class Clip:
    """A file on the line, in seconds: where it begins, how long it lasts, and where in the file it starts."""

    file: AudioFile
    path: str
    position_s: float
    length_s: float
    offset_s: float


@dataclass(frozen=True, slots=True)
class Level:
    """A fader: what the standard's own gives, and what lies over its end, in dB. `moves` are without the latter."""

    fader_db: float
    over_db: float
    moves: Points = ()


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One track of the project with those nested in it.

    kind: "track", "side" (the left or right file of a pair), "group" or "fx". `pan` is that of a side.
    `delay_samples` is what of its clips' places is the strip's delay.
    """

    kind: str
    id: str
    name: str
    level: Level
    strip: TrackStrip | Bus | None = None
    source: SessionTrack | None = None
    pan: float = 0.0
    clips: tuple[Clip, ...] = ()
    delay_samples: int = 0
    inside: "list[Line]" = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Plan:
    """The lines at the top in the project's order, the master's level, and the zip's entries of the audio."""

    lines: tuple[Line, ...]
    master: Level
    entries: Mapping[str, Path]

    def walk(self) -> Iterator[Line]:
        """Every line, depth first: groups hold tracks, tracks hold sides."""
        for line in self.lines:
            yield line
            for inner in line.inside:
                yield inner
                yield from inner.inside


def make_plan(mix: Mix, session: Session, folder: Path, audio: AudioPlace) -> Plan:
    """Everything that the project in `folder` says.

    Raises:
        ExportError: the mix and the session do not belong together.
    """
    known = session_tracks(mix, session)
    files = list(
        dict.fromkeys(file.path.absolute() for strip in mix.tracks for file in known[strip.id].files)
    )
    entries: dict[str, Path] = {}
    if audio is AudioPlace.INSIDE:
        entries = audio_entries(files)
    inside = {path: name for name, path in entries.items()}
    lines: list[Line] = []
    groups = {bus.id: _bus_line(bus) for bus in mix.buses}
    for strip in mix.tracks:
        line = _track_line(strip, known[strip.id], mix.sample_rate_hz, folder, inside)
        if strip.output == MASTER:
            lines.append(line)
            continue
        group = groups[strip.output]
        if not group.inside:
            lines.append(group)
        group.inside.append(line)
    lines += [line for line in groups.values() if not line.inside]
    # FX buses last: a mixer shows the returns at its right end.
    lines.sort(key=lambda line: line.kind == "fx")
    return Plan(tuple(lines), split_level(mix.master.fader_db), entries)


def audio_entries(files: Sequence[Path], taken: Collection[str] = ()) -> dict[str, Path]:
    """An entry of the zip for each file, under names that are safe, distinct and not `taken`, in any case."""
    stems = distinct_names([*taken, *(path.stem for path in files)])[len(taken) :]
    return {
        f"{AUDIO_FOLDER}/{stem}{_SIGNS.sub('_', path.suffix)}": path
        for stem, path in zip(stems, files, strict=True)
    }


def split_level(level_db: float, moves: Points = (), end_db: float | None = None) -> Level:
    """A fader in two: up to its end (+6.02 dB by default), and what lies over it for a gain behind the chain."""
    top_db = max((move_db for _, move_db in moves), default=level_db)
    over_db = max(top_db - (FADER_END_DB if end_db is None else end_db), 0.0)
    lowered = tuple((time_s, move_db - over_db) for time_s, move_db in moves)
    return Level(lowered[0][1] if lowered else level_db - over_db, over_db, lowered)


def whole_delay(delay_ms: float, sample_rate_hz: int) -> int:
    """A strip's delay in whole samples, the nearest."""
    return round(delay_ms * sample_rate_hz / 1000.0)


def _bus_line(bus: Bus) -> Line:
    kind = "fx" if bus.kind is BusKind.FX else "group"
    return Line(kind, bus.id, bus.id, split_level(bus.fader_db), bus)


def _track_line(
    strip: TrackStrip, source: SessionTrack, rate_hz: int, folder: Path, inside: Mapping[Path, str]
) -> Line:
    level = split_level(strip.fader_db, settle(strip.automation.fader_db))
    clips = _clips(strip, source, rate_hz, folder, inside)
    delay = whole_delay(strip.input.delay_ms, rate_hz)
    if len(clips) < 2:
        return Line("track", strip.id, strip.id, level, strip, source, clips=clips, delay_samples=delay)
    sides = [
        Line(
            "side",
            strip.id,
            f"{strip.id} {side}",
            Level(0.0, 0.0),
            source=source,
            pan=pan,
            clips=(clip,),
            delay_samples=delay,
        )
        for side, pan, clip in zip("LR", (-1.0, 1.0), clips, strict=False)
    ]
    return Line("track", strip.id, strip.id, level, strip, source, inside=sides)


def _clips(
    strip: TrackStrip, source: SessionTrack, rate_hz: int, folder: Path, inside: Mapping[Path, str]
) -> tuple[Clip, ...]:
    start = source.start_samples + whole_delay(strip.input.delay_ms, rate_hz)
    # What would lie before the project's start is cut from the file's head.
    cut = max(-start, 0)
    return tuple(
        Clip(
            file=file,
            path=inside.get(file.path.absolute()) or plain_text(reference(file, folder)),
            position_s=max(start, 0) / rate_hz,
            length_s=max(source.samples - cut, 0) / rate_hz,
            offset_s=cut / rate_hz,
        )
        for file in source.files
    )
