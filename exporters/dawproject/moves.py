"""The automation of faders in a project: which parameter moves, and how."""

from collections.abc import Mapping
from itertools import pairwise

from exporters.dawproject.tempo import TempoMap, read_tempo
from exporters.dawproject.units import FADER, Element, as_number
from exporters.moves import Points, settle, thin

#: How soon a held level gives way to the next, in seconds.
_STEP_S = 1e-6


class Moves:
    """The points of every automated parameter by its id."""

    def __init__(self, lines: Mapping[str, Element], tempo: TempoMap) -> None:
        self._lines = lines
        self._tempo = tempo

    def of(self, fader: Element | None) -> Points:
        """The moves of a fader in (seconds, dB); empty for one that stands still."""
        line = None if fader is None else self._lines.get(fader.get("id"))
        return () if line is None else _points(line, self._tempo)


def read_moves(root: Element) -> Moves:
    """The automation lines of the arrangement that move a parameter."""
    return Moves(automated(root), read_tempo(root)[0])


def automated(root: Element) -> dict[str, Element]:
    """The line of points of every parameter that has one, by the parameter's id; of several the first."""
    found: dict[str, Element] = {}
    arrangement = root.find("Arrangement")
    for line in () if arrangement is None else arrangement.iter("Points"):
        target = line.find("Target")
        name = None if target is None else target.get("parameter")
        if name is not None and len(line) > 1:
            found.setdefault(name, line)
    return found


def _points(line: Element, tempo: TempoMap) -> Points:
    unit = next((one.get("timeUnit") for one in _outwards(line) if one.get("timeUnit")), "beats")
    read = FADER.read.get(line.get("unit", FADER.unit))
    if read is None:
        return ()
    levels: dict[float, tuple[float, bool]] = {}
    for point in line.findall("RealPoint"):
        place, value = as_number(point.get("time")), as_number(point.get("value"))
        if place is not None and value is not None:
            second = place if unit == "seconds" else tempo.to_seconds(place)
            levels[round(max(second, 0.0), 6)] = (read(value), point.get("interpolation") == "linear")
    rows = [(second, *levels[second]) for second in sorted(levels)]
    points: list[tuple[float, float]] = []
    for (second, level_db, joined), (after_s, after_db, _) in pairwise(rows):
        points.append((second, level_db))
        if not joined and after_db != level_db and after_s - second > 2.0 * _STEP_S:
            points.append((round(after_s - _STEP_S, 6), level_db))
    points += [(second, level_db) for second, level_db, _ in rows[-1:]]
    return settle(thin(tuple(points)))


def _outwards(line: Element) -> list[Element]:
    return [line, *line.iterancestors()]
