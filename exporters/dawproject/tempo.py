"""The tempo of a project: between beats and seconds, with steps and ramps, and its time signatures."""

import bisect
import math
from dataclasses import dataclass

from exporters.dawproject.units import Element, as_number
from exporters.project import Tempo

DEFAULT_BPM = 120.0
_SLOWEST_BPM, _FASTEST_BPM = 1.0, 10_000.0


@dataclass(frozen=True, slots=True)
class Stretch:
    """From a beat and a second on: the tempo there, and how it moves up to the next stretch.

    `slope` is its change in bpm per beat, or per second where `by_time`; 0 for a steady tempo.
    """

    beat: float
    second: float
    bpm: float
    slope: float = 0.0
    by_time: bool = False

    def seconds_after(self, beats: float) -> float:
        """How long so many beats of this stretch last: the integral of 60/bpm."""
        if not self.slope:
            return 60.0 * beats / self.bpm
        if self.by_time:
            # bpm·t + slope·t²/2 = 60·beats
            root = self.bpm**2 + 120.0 * self.slope * beats
            return (math.sqrt(max(root, 0.0)) - self.bpm) / self.slope
        return 60.0 / self.slope * math.log(max((self.bpm + self.slope * beats) / self.bpm, 1e-12))

    def beats_after(self, seconds: float) -> float:
        """How many beats so many seconds of this stretch hold."""
        if not self.slope:
            return seconds * self.bpm / 60.0
        if self.by_time:
            return (self.bpm * seconds + self.slope * seconds**2 / 2.0) / 60.0
        return self.bpm * math.expm1(min(self.slope * seconds / 60.0, 700.0)) / self.slope


class TempoMap:
    """Beats to seconds and back, over stretches in rising order; before the first the tempo is the first's."""

    def __init__(self, stretches: list[Stretch]) -> None:
        self._stretches = stretches
        self._beats = [one.beat for one in stretches]
        self._seconds = [one.second for one in stretches]

    def to_seconds(self, beat: float) -> float:
        """Where a beat lies, in seconds."""
        one = self._stretches[max(bisect.bisect_right(self._beats, beat) - 1, 0)]
        if beat < one.beat:
            return one.second + (beat - one.beat) * 60.0 / one.bpm
        return one.second + one.seconds_after(beat - one.beat)

    def to_beats(self, second: float) -> float:
        """Which beat lies at a second."""
        one = self._stretches[max(bisect.bisect_right(self._seconds, second) - 1, 0)]
        if second < one.second:
            return one.beat + (second - one.second) * one.bpm / 60.0
        return one.beat + one.beats_after(second - one.second)


def read_tempo(root: Element) -> tuple[TempoMap, tuple[Tempo, ...]]:
    """The tempo map of a project, and its tempo and signature changes in seconds."""
    bpm = as_number(_attribute(root.find("Transport/Tempo"), "value")) or DEFAULT_BPM
    line = root.find("Arrangement/TempoAutomation")
    by_time = line is not None and _unit(line, root) == "seconds"
    points = _points(line)
    if not points or points[0][0] > 0.0:
        points.insert(0, (0.0, points[0][1] if points else _held(bpm), False))
    stretches: list[Stretch] = []
    for index, (place, value, ramps) in enumerate(points):
        following = points[index + 1] if index + 1 < len(points) else None
        slope = (following[1] - value) / (following[0] - place) if ramps and following else 0.0
        if by_time:
            beat = TempoMap(stretches[-1:]).to_beats(place) if stretches else place * value / 60.0
            stretches.append(Stretch(beat, place, value, slope, by_time=True))
        else:
            second = TempoMap(stretches[-1:]).to_seconds(place) if stretches else place * 60.0 / value
            stretches.append(Stretch(place, second, value, slope))
    tempo_map = TempoMap(stretches)
    return tempo_map, _changes(root, stretches, tempo_map)


def _held(bpm: float) -> float:
    return min(max(bpm, _SLOWEST_BPM), _FASTEST_BPM)


def _attribute(element: Element | None, name: str) -> str | None:
    return None if element is None else element.get(name)


def _unit(line: Element, root: Element) -> str:
    arrangement = root.find("Arrangement")
    return str(line.get("timeUnit") or arrangement.get("timeUnit") or "beats")


def _points(line: Element | None) -> list[tuple[float, float, bool]]:
    """(place, bpm, whether it moves to the next) in rising order; of several at one place the last stays."""
    points: dict[float, tuple[float, bool]] = {}
    for point in () if line is None else line.findall("RealPoint"):
        place, bpm = as_number(point.get("time")), as_number(point.get("value"))
        if place is not None and bpm is not None and place >= 0.0 and bpm > 0.0:
            points[place] = (_held(bpm), point.get("interpolation") == "linear")
    return [(place, *points[place]) for place in sorted(points)]


def _changes(root: Element, stretches: list[Stretch], tempo_map: TempoMap) -> tuple[Tempo, ...]:
    signature = _signature(root.find("Transport/TimeSignature")) or (4, 4)
    signatures = {0.0: signature}
    line = root.find("Arrangement/TimeSignatureAutomation")
    for point in () if line is None else line.findall("TimeSignaturePoint"):
        place, found = as_number(point.get("time")), _signature(point)
        if place is not None and found is not None and place >= 0.0:
            signatures[place if _unit(line, root) == "seconds" else tempo_map.to_seconds(place)] = found
    tempos = {one.second: one.bpm for one in stretches}
    changes: list[Tempo] = []
    bpm = stretches[0].bpm
    for second in sorted({*tempos, *signatures}):
        bpm, signature = tempos.get(second, bpm), signatures.get(second, signature)
        changes.append(Tempo(second, bpm, *signature))
    return tuple(changes)


def _signature(element: Element | None) -> tuple[int, int] | None:
    beats, unit = as_number(_attribute(element, "numerator")), as_number(_attribute(element, "denominator"))
    if beats is None or unit is None or not 1 <= beats <= 999 or not 1 <= unit <= 999:
        return None
    return int(beats), int(unit)
