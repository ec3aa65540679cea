"""Times in Ardour's sessions: superclock ticks ("a…") and ticks of beats ("b…") since version 7, samples before."""

import math
from dataclasses import dataclass

from console.errors import ExportError

SUPERCLOCK_PER_SECOND = 282_240_000
TICKS_PER_QUARTER = 1_920

#: The first session version whose times are superclock.
SUPERCLOCK_VERSION = 7000

_LONGEST_TEXT = 40
_LATEST_S = 1e9


def clock(samples: int, sample_rate_hz: int) -> str:
    """A time of whole samples as a session says it."""
    return f"a{(2 * samples * SUPERCLOCK_PER_SECOND + sample_rate_hz) // (2 * sample_rate_hz)}"


def clock_of_seconds(seconds: float) -> str:
    """A time in seconds as a session says it, to the nearest tick."""
    return f"a{round(seconds * SUPERCLOCK_PER_SECOND)}"


def whole_ticks(seconds: float) -> float:
    """A time in seconds on the nearest tick."""
    return round(seconds * SUPERCLOCK_PER_SECOND) / SUPERCLOCK_PER_SECOND


@dataclass(frozen=True, slots=True)
class Beat:
    """From a place in quarter notes and in seconds on, so many quarter notes a minute."""

    quarters: float
    position_s: float
    bpm: float


@dataclass(frozen=True, slots=True)
class Times:
    """Reads the times of one session: its version says what a bare number is, its tempo where a beat lies."""

    version: int
    sample_rate_hz: int
    beats: tuple[Beat, ...] = (Beat(0.0, 0.0, 120.0),)

    def seconds(self, text: str, what: str) -> float:
        """The seconds that a time stands for.

        Raises:
            ExportError: it is no time.
        """
        kind, digits = (text[0], text[1:]) if text[:1] in ("a", "b") else ("", text)
        number = _number(digits, text, what)
        if kind == "a":
            value = number / SUPERCLOCK_PER_SECOND
        elif kind == "b":
            value = self.seconds_of_quarters(number / TICKS_PER_QUARTER)
        elif self.version >= SUPERCLOCK_VERSION:
            value = number / SUPERCLOCK_PER_SECOND
        else:
            value = number / self.sample_rate_hz
        if not abs(value) < _LATEST_S:
            raise ExportError(f"{what} is {text[:_LONGEST_TEXT]!r}, which is no time of a session's")
        return value

    def seconds_of_quarters(self, quarters: float) -> float:
        """The seconds at which so many quarter notes have passed."""
        beat = next((one for one in reversed(self.beats) if one.quarters <= quarters), self.beats[0])
        return beat.position_s + (quarters - beat.quarters) * 60.0 / beat.bpm


def _number(digits: str, text: str, what: str) -> float:
    try:
        number = float(digits) if len(digits) <= _LONGEST_TEXT else math.nan
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ExportError(f"{what} is {text[:_LONGEST_TEXT]!r}; give a time such as a282240000") from None
    return number
