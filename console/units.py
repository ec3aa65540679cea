"""Conversions between the units that a parameter is stated in and those that arithmetic needs."""

import math
from typing import SupportsFloat

#: Level that stands for silence wherever a logarithm of zero would appear, in dB.
SILENCE_DB = -160.0


def as_float(number: SupportsFloat) -> float:
    """The number as a float; a whole number too large for one is infinite."""
    try:
        return float(number)
    except OverflowError:
        return math.inf


def db_to_gain(level_db: float) -> float:
    """Amplitude ratio of a level difference in dB."""
    return math.exp(level_db * (math.log(10.0) / 20.0))


def gain_to_db(gain: float) -> float:
    """Level difference in dB of an amplitude ratio; SILENCE_DB at and below 1e-8."""
    return 20.0 * math.log10(gain) if gain > 1e-8 else SILENCE_DB


def power_to_db(power: float) -> float:
    """Level difference in dB of a power ratio; SILENCE_DB at and below 1e-16."""
    return 10.0 * math.log10(power) if power > 1e-16 else SILENCE_DB
