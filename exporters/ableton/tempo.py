"""The tempo of a set: from beats, in which Live's documents count, to seconds.

A set's tempo is the master's Tempo, or its automation where there is one: events of (beats, bpm) joined by straight
lines. Live follows a ramp in steps of a sixteenth, each at the tempo of its beginning, as the dawtool project found;
its figures are in the tests.
"""

import math
from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise

from lxml import etree

from console.errors import ExportError
from exporters.ableton.readchain import finite
from exporters.project import Tempo

_STEP_BEATS = 0.25
#: Steps of a sixteenth that are counted one by one, about a day of music; ramps beyond go by the integral.
_MOST_STEPS = 1_000_000
_SLOWEST_BPM, _FASTEST_BPM = 1.0, 100_000.0
_SIGNATURE_NUMERATORS = 99


@dataclass(frozen=True, slots=True)
class TempoMap:
    """The tempo over time: knots of beats and seconds, and the seconds a beat takes behind each.

    `events` are (beats, bpm) from beat 0 on.
    """

    beats: tuple[float, ...]
    seconds: tuple[float, ...]
    per_beat_s: tuple[float, ...]
    events: tuple[tuple[float, float], ...]

    def seconds_at(self, place: float) -> float:
        """The time of a place in beats; before the beginning the first tempo holds."""
        index = max(bisect_right(self.beats, place) - 1, 0)
        return self.seconds[index] + (place - self.beats[index]) * self.per_beat_s[index]

    def beats_at(self, time_s: float) -> float:
        """The place in beats of a time."""
        index = max(bisect_right(self.seconds, time_s) - 1, 0)
        return self.beats[index] + (time_s - self.seconds[index]) / self.per_beat_s[index]

    @property
    def constant(self) -> bool:
        """Whether the tempo never changes."""
        return len({bpm for _, bpm in self.events}) == 1


def tempo_map(main: etree._Element, source: str) -> TempoMap:
    """The tempo of a set from its master track.

    Raises:
        ExportError: a tempo is no number or not positive.
    """
    manual = main.find("DeviceChain/Mixer/Tempo/Manual")
    bpm = finite(manual.get("Value", ""), f"{source}: the tempo") if manual is not None else 120.0
    events = [
        (
            finite(event.get("Time", ""), f"{source}: a tempo's time"),
            finite(event.get("Value", ""), "a tempo"),
        )
        for event in envelope_events(main, main.find("DeviceChain/Mixer/Tempo"))
    ]
    wrong = [value for _, value in [*events, (0.0, bpm)] if not _SLOWEST_BPM <= value <= _FASTEST_BPM]
    if wrong:
        raise ExportError(f"{source} has a tempo of {wrong[0]:g} beats per minute; save it again in Live")
    return _map_of(_from_beginning(events or [(0.0, bpm)]))


def tempos(map_: TempoMap, main: etree._Element) -> tuple[Tempo, ...]:
    """The tempo changes of a set with its first time signature."""
    events = envelope_events(main, main.find("DeviceChain/Mixer/TimeSignature"))
    manual = main.find("DeviceChain/Mixer/TimeSignature/Manual")
    text = events[0].get("Value", "") if events else manual.get("Value", "") if manual is not None else ""
    beats, unit = _signature(text)
    return tuple(Tempo(map_.seconds_at(place), bpm, beats, unit) for place, bpm in map_.events)


def envelope_events(track: etree._Element, parameter: etree._Element | None) -> list[etree._Element]:
    """The events of a parameter's automation on its track, none where it has none."""
    envelope = envelope_of(track, parameter)
    return list(envelope.iterfind("Automation/Events/*")) if envelope is not None else []


def envelope_of(track: etree._Element, parameter: etree._Element | None) -> etree._Element | None:
    """The automation of a parameter on its track."""
    target = parameter.find("AutomationTarget") if parameter is not None else None
    if target is None:
        return None
    for envelope in track.iterfind("AutomationEnvelopes/Envelopes/AutomationEnvelope"):
        pointee = envelope.find("EnvelopeTarget/PointeeId")
        if pointee is not None and pointee.get("Value") == target.get("Id"):
            return envelope
    return None


def _from_beginning(events: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The events from beat 0 on, in order."""
    events = sorted(events, key=lambda event: event[0])
    before = [bpm for place, bpm in events if place <= 0.0]
    return [(0.0, before[-1] if before else events[0][1]), *(event for event in events if event[0] > 0.0)]


def _map_of(events: list[tuple[float, float]]) -> TempoMap:
    own = dict(events)
    knots: list[tuple[float, float]] = []
    steps = 0.0
    for (start, first), (end, last) in pairwise(events):
        if start == end:
            continue
        span = (end - start) / _STEP_BEATS
        if first == last or steps + span > _MOST_STEPS:
            knots.append((start, _mean(first, last)))
            continue
        knots.append((start, _held_at(own, knots, start)))
        for index in range(math.floor(start / _STEP_BEATS) + 1, math.ceil(end / _STEP_BEATS)):
            place = index * _STEP_BEATS
            knots.append((place, first + (last - first) * (place - start) / (end - start)))
        steps += span
    knots.append((events[-1][0], _held_at(own, knots, events[-1][0])))
    if events[-1][0] % _STEP_BEATS:
        knots.append((math.ceil(events[-1][0] / _STEP_BEATS) * _STEP_BEATS, events[-1][1]))
    return _integrated(knots, events)


def _held_at(own: dict[float, float], knots: list[tuple[float, float]], place: float) -> float:
    """The tempo that an event off the grid of sixteenths finds; on the grid it is the event's own."""
    return knots[-1][1] if place % _STEP_BEATS and knots else own[place]


def _mean(first: float, last: float) -> float:
    """The constant tempo that takes as long as a ramp."""
    return first if first == last else (last - first) / math.log(last / first)


def _integrated(knots: list[tuple[float, float]], events: list[tuple[float, float]]) -> TempoMap:
    beats, seconds, per_beat = [knots[0][0]], [0.0], [60.0 / knots[0][1]]
    for place, bpm in knots[1:]:
        seconds.append(seconds[-1] + (place - beats[-1]) * per_beat[-1])
        beats.append(place)
        per_beat.append(60.0 / bpm)
    return TempoMap(tuple(beats), tuple(seconds), tuple(per_beat), tuple(events))


def _signature(text: str) -> tuple[int, int]:
    """Beats and beat unit of Live's number for a time signature."""
    if not text.isdecimal() or len(text) > 6:
        return 4, 4
    unit, beats = divmod(int(text), _SIGNATURE_NUMERATORS)
    return (beats + 1, 2**unit) if unit <= 4 else (4, 4)
