"""The console's units as DAWproject writes them: each knob to text, and text in any unit of the standard back.

Units are those that Bitwig Studio writes: volumes and sends linear, pan normalized 0 … 1, frequencies in
semitones (69 is 440 Hz), ratios in percent (100·(1 − 1/R)), times in seconds, gains and thresholds in decibel.
Others of the standard's units are read too.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias

from console.units import db_to_gain, gain_to_db
from exporters.neat import neat, neat_db

#: An element of lxml, which has no types of its own.
Element: TypeAlias = Any

#: The end of a fader in DAWproject as Bitwig Studio writes it: a gain of 2.
FADER_END = 2.0
FADER_END_DB = 20.0 * math.log10(FADER_END)

#: Numbers beyond this are damage; within it no arithmetic on them overflows.
_MOST = 1e12
_A4_HZ = 440.0
_A4_SEMITONES = 69.0
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def number(value: float) -> str:
    """A number in twelve significant digits."""
    return f"{value + 0.0:.12g}"


def seconds(value_s: float) -> str:
    """A time on the line, to the nanosecond: far finer than a sample at any length."""
    return f"{round(value_s, 9) + 0.0:.9f}".rstrip("0").rstrip(".")


def plain_text(text: str) -> str:
    """The text as XML can hold it: signs that XML 1.0 forbids become blanks."""
    return _UNPRINTABLE.sub(" ", text)


def _semitones(value_hz: float) -> float:
    return _A4_SEMITONES + 12.0 * math.log2(value_hz / _A4_HZ)


def _hertz(semitones: float) -> float:
    return _A4_HZ * 2.0 ** ((semitones - _A4_SEMITONES) / 12.0) if abs(semitones) < 1000.0 else 0.0


def _ratio(percent: float) -> float:
    return 1.0 / (1.0 - percent / 100.0) if percent < 100.0 else math.inf


@dataclass(frozen=True, slots=True)
class Kind:
    """How a kind of knob is written (its unit and the way to it) and how each unit of it is read."""

    unit: str
    write: Callable[[float], float]
    read: Mapping[str, Callable[[float], float]]

    def text(self, value: float) -> str:
        """The value as an attribute of this kind's own unit."""
        return number(self.write(value))

    def kept(self, value: float) -> float:
        """The value as it comes back after it has been written."""
        return self.read[self.unit](float(self.text(value)))


def _kind(unit: str, write: Callable[[float], float], **read: Callable[[float], float]) -> Kind:
    return Kind(unit, write, MappingProxyType(read))


def _same(value: float) -> float:
    return value


FADER = _kind("linear", db_to_gain, linear=lambda x: neat_db(gain_to_db(x)), decibel=neat_db)
LEVEL = _kind("decibel", _same, decibel=neat_db, linear=lambda x: neat_db(gain_to_db(x)))
PAN = _kind(
    "normalized", lambda x: (x + 1.0) / 2.0, normalized=lambda x: neat_db(2.0 * x - 1.0), linear=neat_db
)
FREQUENCY = _kind("semitones", _semitones, semitones=lambda x: neat(_hertz(x)), hertz=neat)
TIME_MS = _kind("seconds", lambda x: x / 1000.0, seconds=lambda x: neat(1000.0 * x))
TIME_S = _kind("seconds", _same, seconds=neat)
RATIO = _kind("percent", lambda x: 100.0 * (1.0 - 1.0 / x), percent=lambda x: neat(_ratio(x)), linear=neat)
PLAIN = _kind("linear", _same, linear=neat, normalized=neat, percent=lambda x: neat(x / 100.0))

#: The kind of a knob by its unit in the parameter table.
KINDS: MappingProxyType[str, Kind] = MappingProxyType(
    {"dB": LEVEL, "dBTP": LEVEL, "Hz": FREQUENCY, "ms": TIME_MS, "s": TIME_S, "": PLAIN}
)


def as_number(text: str | None) -> float | None:
    """The number that a text holds; None where it holds none, or one beyond all measure."""
    if text is None or len(text) > 64:
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) <= _MOST else None


def value_of(parameter: Element | None, kind: Kind) -> float | None:
    """The value of a RealParameter in the console's unit; None where it is missing, damaged or of another unit."""
    if parameter is None:
        return None
    value = as_number(parameter.get("value"))
    convert = kind.read.get(parameter.get("unit", kind.unit))
    if value is None or convert is None:
        return None
    result = convert(value)
    return result if math.isfinite(result) else None


def switch_of(parameter: Element | None, default: bool) -> bool:
    """The state of a BoolParameter, the default where it is missing."""
    text = None if parameter is None else parameter.get("value")
    return default if text is None else text.strip() in ("true", "1")
