"""Levels and places as Ardour says them over OSC."""

import math
from typing import Final

from exporters.ardour.panlaw import from_ardour, to_ardour

#: A fader that is all the way down; what Ardour itself says of one.
SILENT_DB: Final = -200.0
#: Where Ardour's faders end: twice the amplitude.
HIGHEST_DB: Final = 20.0 * math.log10(2.0)
#: How exactly a fader's place, of 32 bits, says its level.
PLACE_DB: Final = 1e-5
#: Where the knob of a strip's input trim ends, on both sides.
TRIM_DB: Final = 20.0

#: Below this Ardour takes a level for silence.
_FLOOR_DB: Final = -192.0
_DB_PER_OCTAVE: Final = 20.0 * math.log10(2.0)


def db_of_position(position: float) -> float:
    """The level in dB of a fader's place 0 … 1, inside the knob's range.

    Ardour's law: position = ((6 log₂ gain + 192)/198)⁸ with the fader's upper end at +6 dB.
    """
    if position <= 0.0:
        return SILENT_DB
    octaves = (198.0 * math.pow(min(position, 1.0), 0.125) - 192.0) / 6.0
    # A place of 32 bits says no more of a level, and round levels are what people set.
    return level(round(_DB_PER_OCTAVE * octaves, 5))


def level(said_db: float) -> float:
    """A level in dB as Ardour says it, inside the knob's range."""
    return SILENT_DB if said_db <= _FLOOR_DB else min(said_db, HIGHEST_DB)


def pan_of_position(position: float, channels: int) -> float:
    """The console's pan of Ardour's place 0 (right) … 1 (left) on a mono or stereo track."""
    return from_ardour(1.0 - position, channels)[0]


def position_of_pan(pan: float, channels: int) -> float:
    """Ardour's place 0 (right) … 1 (left) of a pan of the console's."""
    return 1.0 - to_ardour(pan, channels).azimuth
