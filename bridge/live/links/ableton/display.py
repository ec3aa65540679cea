"""Reads what Live shows of a parameter: "-20.0 dB", "1.01 kHz", "4.00 : 1", "inf : 1"."""

import math
import re
from dataclasses import dataclass
from typing import Final

_NUMBER = re.compile(r"^\s*([-+\u2212]?)\s*(inf|∞|\d+(?:[.,]\d+)?)\s*(.*?)\s*$", re.IGNORECASE)

#: What a unit on the display is in the law's unit, by both.
_UNITS: Final[dict[tuple[str, str], float]] = {
    ("db", "dB"): 1.0,
    ("hz", "Hz"): 1.0,
    ("khz", "Hz"): 1000.0,
    ("ms", "ms"): 1.0,
    ("s", "ms"): 1000.0,
    ("us", "ms"): 0.001,
    ("µs", "ms"): 0.001,
    ("%", "%"): 1.0,
    (":1", ":1"): 1.0,
    ("", ""): 1.0,
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A number on a display: its value, and the worth of its last digit."""

    value: float
    step: float

    def agrees(self, value: float) -> bool:
        """Whether a value may be shown like that, rounded or cut off."""
        if math.isinf(self.value):
            return False
        return abs(value - self.value) <= self.step * 1.02 + 1e-9


def read_display(text: str, unit: str) -> Shown | None:
    """The number that a display shows in a unit; None for what is no number of it."""
    found = _NUMBER.match(text)
    if found is None:
        return None
    sign, digits, tail = found.groups()
    factor = _UNITS.get((tail.replace(" ", "").lower(), unit))
    if factor is None:
        return None
    if digits.lower() in ("inf", "∞"):
        value, step = math.inf, 0.0
    else:
        digits = digits.replace(",", ".")
        decimals = len(digits.partition(".")[2])
        value, step = float(digits) * factor, 10.0**-decimals * factor
    return Shown(-value if sign in ("-", "\u2212") else value, step)
