"""Reads a MIDI map: a TOML file that says which message moves which knob of which channel, and by which law."""

import math
import tomllib
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Final

from bridge.live.parameters import meaning
from console.codec import decode, did_you_mean
from console.errors import ParamError

#: What a device says back: nothing, its own moves, or also what it was sent.
_FEEDBACK: Final = ("none", "moves", "echo")
_LAWS: Final = ("linear", "log")
_KINDS: Final = ("track", "group", "fx", "master")
#: The controllers that a parameter number is sent by: they are no knobs on a channel that has such numbers.
NUMBER_CONTROLLERS: Final = frozenset((6, 38, 98, 99, 100, 101))
_NONE: Final = -1


@dataclass(frozen=True, slots=True)
class Address:
    """What a knob's message is known by: "cc", "nrpn" or "bend", the MIDI channel 0 … 15 and the number."""

    kind: str
    channel: int
    number: int


@dataclass(frozen=True)
class MappedControl:
    """One knob: its message, its range and how it moves between the ends.

    Attributes:
        track: the channel's name.
        parameter: the knob's name (`fader_db`, `equalizer.0.gain_db`).
        cc: a controller's number; with 14 bits 0 … 31, and the controller 32 above brings the lower half.
        nrpn: a non-registered parameter's number 0 … 16383.
        bend: whether it is pitch bend, which always has 14 bits.
        channel: the MIDI channel 1 … 16.
        bits: 7 or 14.
        low: the value at the bottom; it may be higher than `high`.
        high: the value at the top.
        law: "linear" or "log" between the ends.
        marks: instead of these, pairs of a number as sent and a value, rising, straight in between.
        feedback: "none", "moves" (the device says when its knob is moved) or "echo" (also what it was sent).
        kind: what the channel is: "track", "group", "fx" or "master".
        start: where the knob stands before mixbridge first moves it, which you have to see to: no device can be asked.
    """

    track: str
    parameter: str
    cc: int = _NONE
    nrpn: int = _NONE
    bend: bool = False
    channel: int = 1
    bits: int = 7
    low: float = 0.0
    high: float = 1.0
    law: str = "linear"
    marks: tuple[tuple[float, float], ...] = ()
    feedback: str = "none"
    kind: str = "track"
    start: float | None = None

    def __post_init__(self) -> None:
        meaning(self.parameter)
        where = f"{self.parameter} of {self.track!r}"
        if not self.track.strip():
            raise ParamError(f"{where} has no channel; give the name of its track")
        if (self.cc != _NONE) + (self.nrpn != _NONE) + self.bend != 1:
            raise ParamError(f"{where} needs just one of cc, nrpn and bend")
        if self.bits not in (7, 14):
            raise ParamError(f"{where} has bits = {self.bits}; give 7 or 14")
        top = 31 if self.bits == 14 else 119
        if self.cc != _NONE and not 0 <= self.cc <= top:
            raise ParamError(f"{where} has cc = {self.cc}; with {self.bits} bits give 0 to {top}")
        if self.nrpn != _NONE and not 0 <= self.nrpn <= 16_383:
            raise ParamError(f"{where} has nrpn = {self.nrpn}; give 0 to 16383")
        if not 1 <= self.channel <= 16:
            raise ParamError(f"{where} has channel = {self.channel}; give a MIDI channel from 1 to 16")
        for word, value, known in (
            ("law", self.law, _LAWS),
            ("feedback", self.feedback, _FEEDBACK),
            ("kind", self.kind, _KINDS),
        ):
            if value not in known:
                raise ParamError(f"{where} has {word} = {value!r}{did_you_mean(value, list(known))}")
        self._check_range(where)

    def _check_range(self, where: str) -> None:
        ends = [value for _, value in self.marks] or [self.low, self.high]
        if not all(math.isfinite(value) for value in ends) or ends[0] == ends[-1]:
            raise ParamError(f"{where} goes from {ends[0]:g} to {ends[-1]:g}; give low and high that differ")
        if self.law == "log" and not self.marks and min(ends) <= 0.0:
            raise ParamError(f"{where} goes from {ends[0]:g} to {ends[-1]:g} by log; give ends above zero")
        rising = [
            one[0] < two[0] and (one[1] - two[1]) * (ends[0] - ends[-1]) > 0.0
            for one, two in pairwise(self.marks)
        ]
        if self.marks and not (
            rising and all(rising) and 0 <= self.marks[0][0] and self.marks[-1][0] <= self.top
        ):
            raise ParamError(
                f"{where} has marks that do not go one way; give at least two pairs of a number from 0 to {self.top} "
                "and a value"
            )
        spec = meaning(self.parameter).spec
        if spec is not None and not all(spec.low <= value <= spec.high for value in ends):
            raise ParamError(
                f"{where} goes from {ends[0]:g} to {ends[-1]:g}; give ends inside {spec.range_text[5:]}"
            )
        if self.start is not None and not min(ends) <= self.start <= max(ends):
            raise ParamError(
                f"{where} has start = {self.start:g}; give a value from {min(ends):g} to {max(ends):g}"
            )

    @property
    def address(self) -> Address:
        """What its message is known by."""
        if self.bend:
            return Address("bend", self.channel - 1, 0)
        kind, number = ("cc", self.cc) if self.cc != _NONE else ("nrpn", self.nrpn)
        return Address(kind, self.channel - 1, number)

    @property
    def is_fine(self) -> bool:
        """Whether it has 14 bits."""
        return self.bend or self.bits == 14

    @property
    def top(self) -> int:
        """The highest number that is sent."""
        return 16_383 if self.is_fine else 127

    @cached_property
    def points(self) -> tuple[tuple[float, float], ...]:
        """Pairs of a number as sent and a value, the value's logarithm where it moves so."""
        if self.marks:
            return self.marks
        ends = (self.low, self.high) if self.law == "linear" else (math.log(self.low), math.log(self.high))
        return (0.0, ends[0]), (float(self.top), ends[1])

    @property
    def ends(self) -> tuple[float, float]:
        """The lowest and the highest value."""
        values = [value for _, value in self.marks] or [self.low, self.high]
        return min(values), max(values)

    def place(self, value: float) -> float:
        """The place 0 … 1 of a value on the way of the message."""
        moved = math.log(max(value, 1e-300)) if self.law == "log" and not self.marks else value
        points = [(number, value) for value, number in self.points]
        return min(max(_straight(points, moved) / self.top, 0.0), 1.0)

    def value(self, number: int) -> float:
        """The value of a number as sent."""
        found = _straight(self.points, float(number))
        value = math.exp(found) if self.law == "log" and not self.marks else found
        low, high = self.ends
        return min(max(value, low), high)


def _straight(points: tuple[tuple[float, float], ...] | list[tuple[float, float]], at: float) -> float:
    """What stands beside a number in pairs that go one way, straight in between, the end's beyond the ends."""
    rows = list(points) if points[0][0] < points[-1][0] else list(points)[::-1]
    at = min(max(at, rows[0][0]), rows[-1][0])
    (x0, y0), (x1, y1) = next(pair for pair in pairwise(rows) if at <= pair[1][0])
    return y0 + (y1 - y0) * (at - x0) / (x1 - x0)


@dataclass(frozen=True, slots=True)
class MidiMap:
    """A whole map.

    Attributes:
        name: how the device is called.
        control: its knobs.
        bytes_per_s: what its line carries; a DIN cable 3125, USB and virtual cables much more.
    """

    name: str = "midi"
    control: tuple[MappedControl, ...] = field(default_factory=tuple)
    bytes_per_s: float = 3125.0

    def __post_init__(self) -> None:
        if not self.control:
            raise ParamError("the MIDI map has no [[control]]; add one for each knob")
        if not 100.0 <= self.bytes_per_s <= 1e7:
            raise ParamError(f"bytes_per_s is {self.bytes_per_s:g}; give 100 to 10000000")
        taken: dict[object, MappedControl] = {}
        numbered = {one.channel for one in self.control if one.nrpn != _NONE}
        for one in self.control:
            for key in _keys(one):
                if key in taken:
                    other = taken[key]
                    raise ParamError(
                        f"{one.parameter} of {one.track!r} and {other.parameter} of {other.track!r} are the same "
                        f"{'message' if isinstance(key, Address) else 'knob'}; give each its own"
                    )
                taken[key] = one
            if one.cc in NUMBER_CONTROLLERS and one.channel in numbered:
                raise ParamError(
                    f"cc = {one.cc} carries the parameter numbers of MIDI channel {one.channel}; give another"
                )


def _keys(one: MappedControl) -> list[object]:
    """What no other knob may have: its messages, and its name."""
    address = one.address
    lower = [Address("cc", address.channel, one.cc + 32)] if one.cc != _NONE and one.bits == 14 else []
    return [address, *lower, (one.track.strip().lower(), one.parameter)]


def read_map(path: Path) -> MidiMap:
    """The map in a TOML file.

    Raises:
        ParamError: it cannot be read, is no TOML, or something in it is wrong.
    """
    try:
        data = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise ParamError(f"the MIDI map {str(path)!r} cannot be read: {error.strerror or error}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ParamError(f"the MIDI map {path.name!r} is not valid TOML: {error}") from None
    return decode(MidiMap, data, path.name)
