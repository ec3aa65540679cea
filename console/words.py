"""Numbers as sentences show them: sensible precision, true minus signs."""

import math

MINUS = "\u2212"


def number(value: float, decimals: int = 1, *, sign: bool = False) -> str:
    """A number with a true minus sign; −∞, ∞ and n/a for what is not finite; never a negative zero."""
    if math.isnan(value):
        return "n/a"
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    rounded = round(value, decimals) + 0.0
    return f"{rounded:{'+' if sign and rounded else ''}.{decimals}f}".replace("-", MINUS)


def signed(value: float, decimals: int = 1) -> str:
    """A difference, always with its sign."""
    return number(value, decimals, sign=True)


def pan_place(pan: float) -> str:
    """A place in the stereo field −1 … 1: "in the middle", "35 % right"."""
    percent = round(100.0 * pan)
    if percent == 0:
        return "in the middle"
    return f"{abs(percent)} % {'left' if percent < 0 else 'right'}"
