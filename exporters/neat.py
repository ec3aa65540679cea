"""Rounds what was read from a file to the digits that its number format can vouch for."""

from console.params import spec


def held(name: str, value: float) -> float:
    """The value inside the range of the console's parameter `name`."""
    return spec(name).clamp(value)


def neat(value: float) -> float:
    """A value that went through 64-bit arithmetic: nine significant digits."""
    return float(f"{value:.9g}")


def neat_single(value: float) -> float:
    """A value that was a 32-bit float: six significant digits."""
    return float(f"{value:.6g}")


def neat_db(value: float) -> float:
    """A level in dB or a pan position from 64-bit arithmetic: nine decimals, and never −0."""
    return round(value, 9) + 0.0


def neat_single_db(value: float) -> float:
    """A level in dB whose gain was a 32-bit float: five decimals, and never −0."""
    return round(value, 5) + 0.0
