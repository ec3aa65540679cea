"""When which track of a song plays, by the annotations of the data sets that have some."""

import csv
import math
from collections.abc import Callable, Iterable
from pathlib import Path

from bridge.datasets.documents import read_text
from bridge.datasets.values import Song
from console.errors import SessionError
from console.frozen import FrozenMap
from console.session import Role

#: Spans in seconds, each from and to.
Spans = tuple[tuple[float, float], ...]

#: From which confidence on MedleyDB counts an instrument as active.
ACTIVE = 0.5

#: Twenty confidences a second and stem are half a megabyte for three minutes of fifteen stems.
_LONGEST_BYTES = 50_000_000

#: ENST-Drums' labels of strokes by what is struck; every other one is a cymbal, which the overheads hear.
_STROKES = {
    "bd": Role.KICK,
    "sd": Role.SNARE,
    "sd-": Role.SNARE,
    "rs": Role.SNARE,
    "cs": Role.SNARE,
    "sweep": Role.SNARE,
    "sticks": Role.SNARE,
    "chh": Role.HIHAT,
    "ohh": Role.HIHAT,
    "lt": Role.TOM,
    "mt": Role.TOM,
    "ltr": Role.TOM,
    "lmt": Role.TOM,
    "lft": Role.TOM,
    "cb": Role.PERCUSSION,
}


def read_activity(song: Song) -> FrozenMap[Spans]:
    """When each track plays; empty where the data set does not say.

    MedleyDB: the spans in which the stem's activation confidence is 0.5 or more, of raw tracks those of their stem.
    ENST-Drums: a span of no length for each stroke, for the microphones of what is struck: of a tom for all toms, of a
    cymbal for the overheads.

    Raises:
        SessionError: the annotation cannot be read or is none.
    """
    reader = _READERS.get(song.dataset)
    if song.activity is None or reader is None:
        return FrozenMap()
    return reader(song, song.activity)


def _medleydb(song: Song, file: Path) -> FrozenMap[Spans]:
    rows = list(csv.reader(read_text(file, limit_bytes=_LONGEST_BYTES).splitlines()))
    columns = {name.strip().lstrip("S"): index for index, name in enumerate(rows[0]) if index} if rows else {}
    if not columns:
        raise SessionError(f"{str(file)!r} does not begin with the names of stems; {_AGAIN}")
    times = [_number(file, row[0]) for row in rows[1:]]
    by_stem = {}
    for stem, index in columns.items():
        levels = [_number(file, row[index] if len(row) > index else "") for row in rows[1:]]
        by_stem[stem] = _spans(times, [level >= ACTIVE for level in levels])
    return FrozenMap(
        {
            track.id: by_stem[stem]
            for track in song.tracks
            if (stem := track.group.partition(" ")[0]) in by_stem
        }
    )


def _enst(song: Song, file: Path) -> FrozenMap[Spans]:
    struck: dict[Role, list[tuple[float, float]]] = {}
    for line in read_text(file).splitlines():
        cells = line.split()
        if cells:
            if len(cells) < 2:
                raise SessionError(f"{str(file)!r} has a line {line!r} without a stroke; {_AGAIN}")
            time_s = _number(file, cells[0])
            struck.setdefault(_STROKES.get(cells[1], Role.OVERHEAD), []).append((time_s, time_s))
    return FrozenMap(
        {track.id: tuple(sorted(struck[track.role])) for track in song.tracks if track.role in struck}
    )


def _spans(times: list[float], active: Iterable[bool]) -> Spans:
    """Runs of activity; a run that is still on at the last time ends there."""
    spans = []
    start: float | None = None
    for time_s, on in zip(times, active, strict=True):
        if on and start is None:
            start = time_s
        elif not on and start is not None:
            spans.append((start, time_s))
            start = None
    if start is not None and times:
        spans.append((start, times[-1]))
    return tuple(spans)


def _number(file: Path, cell: str) -> float:
    try:
        found = float(cell)
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise SessionError(f"{str(file)!r} holds {cell!r} where a number must be; {_AGAIN}")
    return found


_AGAIN = "take the annotations from the data set's publisher again"
_READERS: dict[str, Callable[[Song, Path], FrozenMap[Spans]]] = {"medleydb": _medleydb, "enst-drums": _enst}
