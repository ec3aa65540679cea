"""How a parameter of the console becomes a number on a plugin's knob, and back."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from types import MappingProxyType

import numpy as np

from console.errors import ParamError


class LawKind(StrEnum):
    """The shape of a law. With f(x) below, the knob shows offset + scale · f(x).

    - linear: x itself;
    - power: x to the power of `exponent`, a straight line between logarithms;
    - octaves: log2 x, a knob whose frequency or time doubles at even steps;
    - gain: 10^(x/20), a level in dB shown as an amplitude;
    - slope: 1 − 1/x, a ratio shown as a share;
    - bandwidth: 2 asinh(1/(2x))/ln 2, a q shown in octaves (RBJ, without the warp to the analog);
    - table: the line through given points.
    """

    LINEAR = "linear"
    POWER = "power"
    OCTAVES = "octaves"
    GAIN = "gain"
    SLOPE = "slope"
    BANDWIDTH = "bandwidth"
    TABLE = "table"


#: The bounds of a plugin's knobs as it tells them, by key.
Ranges = Mapping[str, tuple[float, float]]

_HALF_LN2 = math.log(2.0) / 2.0
_Function = Callable[[float], float]

#: f and its inverse, of the laws that need neither exponent nor table.
_SHAPES: MappingProxyType[LawKind, tuple[_Function, _Function]] = MappingProxyType(
    {
        LawKind.LINEAR: (lambda x: x, lambda y: y),
        LawKind.OCTAVES: (math.log2, lambda y: 2.0**y),
        LawKind.GAIN: (lambda x: 10.0 ** (x / 20.0), lambda y: 20.0 * math.log10(max(y, 1e-30))),
        LawKind.SLOPE: (lambda x: 1.0 - 1.0 / x, lambda y: 1.0 / max(1.0 - y, 1e-9)),
        LawKind.BANDWIDTH: (
            lambda x: math.asinh(0.5 / x) / _HALF_LN2,
            lambda y: 0.5 / math.sinh(_HALF_LN2 * max(y, 1e-9)),
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Knob:
    """A plugin's parameter and the law by which the console's value is set on it.

    key: the plugin's name for it. table: (console's value, knob's value), rising in the first. `logarithmic`: the
    lines of a table are straight over the logarithm of the console's value. `raw`: the knob's number is its raw
    position 0 … 1. low, high: bounds of the knob beyond which the law does not hold, None for its own range.
    """

    key: str
    law: LawKind = LawKind.LINEAR
    scale: float = 1.0
    offset: float = 0.0
    exponent: float = 1.0
    table: tuple[tuple[float, float], ...] = ()
    logarithmic: bool = False
    raw: bool = False
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        if self.scale == 0.0 or self.exponent == 0.0:
            raise ParamError(f"the knob {self.key!r} has a scale or exponent of 0; give another value")
        if (self.law is LawKind.TABLE) != bool(self.table):
            raise ParamError(
                f"the knob {self.key!r} has a table or the law 'table', but not both; give both or none"
            )
        first, second = [x for x, _ in self.table], [y for _, y in self.table]
        rises = all(a < b for a, b in pairwise(first))
        steps = np.diff(second)
        if self.table and (len(first) < 2 or not rises or not (np.all(steps > 0) or np.all(steps < 0))):
            raise ParamError(
                f"the table of the knob {self.key!r} does not rise, or does not go one way; give two or more points"
            )
        if self.logarithmic and any(x <= 0.0 for x in first):
            raise ParamError(f"the table of the knob {self.key!r} is logarithmic; give values over 0")

    def to_plugin(self, value: float) -> float:
        """The number on the knob for a value of the console."""
        return self.offset + self.scale * self._shape(value)

    def from_plugin(self, number: float) -> float:
        """The value of the console for a number on the knob."""
        return self._unshape((number - self.offset) / self.scale)

    def bounds(self, number: float, ranges: Ranges) -> tuple[float, float]:
        """Between what the knob may stand, by its law and its plugin's range; at `number` where that tells none."""
        low, high = (0.0, 1.0) if self.raw else ranges.get(self.key, (number, number))
        return (
            low if self.low is None else max(low, self.low),
            high if self.high is None else min(high, self.high),
        )

    def _shape(self, value: float) -> float:
        if self.law is LawKind.POWER:
            return float(value**self.exponent)
        if self.law is LawKind.TABLE:
            xs, ys = np.array(self.table).T
            return float(np.interp(self._along(value), self._along(xs), ys))
        return _SHAPES[self.law][0](value)

    def _unshape(self, number: float) -> float:
        if self.law is LawKind.POWER:
            return float(max(number, 1e-30) ** (1.0 / self.exponent))
        if self.law is LawKind.TABLE:
            xs, ys = np.array(self.table).T
            order = np.argsort(ys)
            found = np.interp(number, ys[order], self._along(xs)[order])
            return float(np.exp(found) if self.logarithmic else found)
        return _SHAPES[self.law][1](number)

    def _along(self, values: "np.typing.ArrayLike") -> "np.typing.NDArray[np.float64]":
        array = np.asarray(values, np.float64)
        return np.log(array) if self.logarithmic else array
