"""What the numbers of an X32 mean: positions 0 … 1 on linear, logarithmic and fader scales, and lists of settings.

The laws and their steps are those of the public protocol of the X32 and M32: a value is kept on one of `intervals` + 1
equally spaced positions. The console does that by itself; an emulator does not, so the link sends no others.
"""

import math
from dataclasses import dataclass

_LEVEL_KNEES: tuple[tuple[float, float, float], ...] = (
    # from position, dB per unit of position, dB at position 0 of that line
    (0.5, 40.0, -30.0),
    (0.25, 80.0, -50.0),
    (0.0625, 160.0, -70.0),
    (0.0, 480.0, -90.0),
)

#: A received position this near to a step is that step, sent as float32.
_NEAR = 1e-3


@dataclass(frozen=True, slots=True)
class Scale:
    """A number that travels as a position: `start` at 0, `end` at 1, linear unless it is logarithmic."""

    start: float
    end: float
    intervals: int
    log: bool = False

    @property
    def low(self) -> float:
        """The least value."""
        return min(self.start, self.end)

    @property
    def high(self) -> float:
        """The greatest value."""
        return max(self.start, self.end)

    def position(self, value: float) -> float:
        """Where a value stands, 0 … 1, between the steps too."""
        value = min(max(value, self.low), self.high)
        if self.log:
            return math.log(value / self.start) / math.log(self.end / self.start)
        return (value - self.start) / (self.end - self.start)

    def value(self, position: float) -> float:
        """What a position stands for; exact at the ends."""
        position = _settled(position, self.intervals)
        if position in (0.0, 1.0):
            return self.end if position else self.start
        if self.log:
            return self.start * math.exp(position * math.log(self.end / self.start))
        return self.start + position * (self.end - self.start)

    def wire(self, value: float) -> float:
        """The position of the nearest step, as it is sent."""
        return round(self.position(value) * self.intervals) / self.intervals


@dataclass(frozen=True, slots=True)
class Level:
    """A fader or the level of a send: four straight lines from −90 dB, which is silence, to +10 dB."""

    intervals: int

    low = -90.0
    high = 10.0

    def position(self, value: float) -> float:
        """Where a level in dB stands, 0 … 1, between the steps too."""
        value = min(max(value, self.low), self.high)
        for start, slope, offset in _LEVEL_KNEES:
            if value >= start * slope + offset:
                return (value - offset) / slope
        return 0.0

    def value(self, position: float) -> float:
        """The level in dB that a position stands for."""
        position = _settled(position, self.intervals)
        slope, offset = next((line[1], line[2]) for line in _LEVEL_KNEES if position >= line[0])
        return position * slope + offset

    def wire(self, value: float) -> float:
        """The position of the nearest step, as it is sent."""
        return round(self.position(value) * self.intervals) / self.intervals


@dataclass(frozen=True, slots=True)
class Setting:
    """A choice that travels as its number: what each number stands for, None for what the console knows no word for."""

    values: tuple[float | None, ...]

    @property
    def choices(self) -> tuple[float, ...]:
        """The values that can be set, ascending."""
        return tuple(sorted({value for value in self.values if value is not None}))

    @property
    def low(self) -> float:
        """The least value."""
        return self.choices[0]

    @property
    def high(self) -> float:
        """The greatest value."""
        return self.choices[-1]

    def value(self, number: int) -> float | None:
        """What a number stands for."""
        return self.values[number] if 0 <= number < len(self.values) else None

    def wire(self, value: float) -> int:
        """The number of the nearest choice."""
        near = min(self.choices, key=lambda choice: abs(choice - value))
        return self.values.index(near)


Law = Scale | Level | Setting

#: A switch.
SWITCH = Setting((0.0, 1.0))


def _settled(position: float, intervals: int) -> float:
    """The position inside 0 … 1, on the step that it is a float32 of."""
    position = min(max(position, 0.0), 1.0)
    step = round(position * intervals)
    return step / intervals if abs(position * intervals - step) < _NEAR else position
