"""Values as an engineer dials them, each with its unit."""

import math

from console.mix import BandType
from console.params import spec

SHAPES = {BandType.LOW_SHELF: "low shelf", BandType.BELL: "bell", BandType.HIGH_SHELF: "high shelf"}
PERCENT = frozenset(
    {"strip.width", "reverb.size", "reverb.damping", "delay.feedback"},
)


def dialled(param: str, value: float) -> str:
    """A knob's value in plain signs, without its unit: dB to 0.1, Hz to three digits, times to two, ratio to 0.1."""
    unit = spec(param).unit
    if param == "strip.pan":
        steps = round(100.0 * abs(value))
        return "C" if steps == 0 else f"{'L' if value < 0.0 else 'R'} {steps}"
    if param in PERCENT:
        return fixed(100.0 * value, 0)
    if param == "input.delay_ms":
        return fixed(value, 2)
    if param.endswith(".q"):
        return fixed(value, 2)
    # An echo is set to the beat: 375 ms are not 380.
    if unit == "Hz" or param == "delay.time_ms":
        return digits(value, 3)
    if unit in ("ms", "s"):
        return digits(value, 2)
    return fixed(value, 1)


def unit_of(param: str) -> str:
    """The unit that `dialled` counts in; "" for a bare number."""
    if param in PERCENT:
        return "%"
    if param.endswith(".ratio"):
        return ":1"
    return spec(param).unit


def fixed(value: float, decimals: int) -> str:
    """A number with so many decimals, never −0."""
    return f"{round(value, decimals) + 0.0:.{decimals}f}"


def digits(value: float, count: int) -> str:
    """A number with so many significant digits, in plain figures: 12345 → 12300, 8.04 → 8."""
    if value == 0.0:
        return "0"
    places = count - 1 - math.floor(math.log10(abs(value)))
    rounded = round(value, places)
    text = f"{rounded:.{max(places, 0)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
