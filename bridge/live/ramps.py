"""How a knob gets from one value to another: in its own scale, in steps that nobody hears as a jump."""

import math
from dataclasses import dataclass
from typing import Final

from bridge.live.parameters import SILENCE_DB, Meaning
from console.params import Scale

#: The fastest that a level may rise and fall, in dB a second.
RISE_DB_PER_S: Final = 6.0
FALL_DB_PER_S: Final = 24.0
#: The fastest that a frequency, a time, a ratio or a q may move, in octaves a second.
OCTAVES_PER_S: Final = 2.0
#: The fastest that pan, width and the like may move, in shares of their travel a second.
TRAVEL_PER_S: Final = 0.5
#: However slowly a link ticks, no step is larger than what these rates make in this time.
LONGEST_TICK_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class Ramp:
    """The way of one knob: the values to be sent, one a tick, the last of them the end itself."""

    start: float
    end: float
    steps: int
    meaning: Meaning

    def at(self, step: int) -> float:
        """The value of a step, 1 … steps; the last is the end to the bit."""
        if step >= self.steps:
            return self.end
        start, end = audible(self.meaning, self.start), audible(self.meaning, self.end)
        share = step / self.steps
        if _by_logarithm(self.meaning, start, end):
            return start * math.exp(math.log(end / start) * share)
        return start + (end - start) * share


def audible(meaning: Meaning, value: float) -> float:
    """A level that is silence lifted to where silence begins: no ramp crawls through what nobody hears."""
    return max(value, SILENCE_DB) if meaning.is_open_ended else value


def largest_step(meaning: Meaning, rising: bool, tick_s: float) -> float:
    """The largest step of one message: dB, the natural logarithm of a ratio, or the parameter's own unit.

    Args:
        meaning: the parameter.
        rising: whether its value grows.
        tick_s: the time between two messages, in s.
    """
    time_s = min(tick_s, LONGEST_TICK_S)
    if meaning.spec is None:
        return math.inf
    if meaning.spec.scale is Scale.LOG:
        return OCTAVES_PER_S * math.log(2.0) * time_s
    if meaning.spec.scale is Scale.DB:
        louder = rising == (meaning.sense >= 0)
        return (RISE_DB_PER_S if louder else FALL_DB_PER_S) * time_s
    return TRAVEL_PER_S * (meaning.spec.high - meaning.spec.low) * time_s


def distance(meaning: Meaning, start: float, end: float) -> float:
    """How far two values lie apart in the measure of `largest_step`; what is silence on both sides is nothing."""
    start, end = audible(meaning, start), audible(meaning, end)
    if _by_logarithm(meaning, start, end):
        return abs(math.log(end / start))
    return abs(end - start)


def fewest_steps(meaning: Meaning, start: float, end: float, tick_s: float) -> int:
    """The fewest messages in which a knob may go from one value to another."""
    if meaning.spec is None:
        return 1
    step = largest_step(meaning, end > start, tick_s)
    return max(1, math.ceil(distance(meaning, start, end) / step - 1e-9))


def _by_logarithm(meaning: Meaning, start: float, end: float) -> bool:
    return meaning.scale is Scale.LOG and start > 0.0 and end > 0.0
