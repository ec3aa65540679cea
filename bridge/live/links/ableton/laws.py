"""What the numbers of Live's parameters mean.

Live's API gives a parameter's number in the parameter's own range, which for most knobs is 0 … 1. The law of the
faders is drawn through readings that users of Live have published (in 3 dB steps, and a few more): within 0.02 dB from
+6 down to −60 dB, and within 0.4 dB below, where the points are far apart. A send's is the same, 6 dB lower.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from exporters.ableton.equalizer import BELL, HIGH_SHELF, LOW_SHELF
from exporters.ableton.levels import LEAST_DB, MOST_DB

#: From here up a fader goes by 40 dB for its whole length.
_LINE_FROM, _LINE_SLOPE = 0.4, 40.0
_LINE_FROM_DB: Final = MOST_DB - (1.0 - _LINE_FROM) * _LINE_SLOPE
#: Down to here it bends: dB = −18 − 41.97 x − 199.82 x² with x the way below the line.
_BEND_FROM, _BEND_SLOPE, _BEND_CURVE = 0.0346236, 41.97, 199.82
#: Below, points joined by lines.
_FOOT: Final = ((0.0, LEAST_DB), (0.0213456, -63.0))

#: A ratio from here on is infinite to Live's knob.
_MOST_RATIO: Final = 1_000.0


@dataclass(frozen=True, slots=True)
class Law:
    """How a Live number stands for a value of the console's.

    Attributes:
        low, high: the ends in the console's unit.
        value, raw: from Live's number, and to it.
        unit: the unit on Live's display.
        shown: the display's number in that unit = value · `shown`.
        published: whether readings of it are public; one without must agree with Live's display before it is used.
        choices: the values there are, where there are few.
    """

    name: str
    low: float
    high: float
    value: Callable[[float], float] = field(compare=False)
    raw: Callable[[float], float] = field(compare=False)
    unit: str = ""
    shown: float = 1.0
    published: bool = False
    choices: tuple[float, ...] = ()


def fader_db(raw: float) -> float:
    """The level in dB of a fader's number 0 … 1; −70 dB, which is silence, at 0."""
    raw = min(max(raw, 0.0), 1.0)
    if raw >= _LINE_FROM:
        return MOST_DB - (1.0 - raw) * _LINE_SLOPE
    if raw >= _BEND_FROM:
        return _bend_db(raw)
    points = (*_FOOT, (_BEND_FROM, _bend_db(_BEND_FROM)))
    for (left, left_db), (right, right_db) in pairwise(points):
        if raw <= right:
            return left_db + (right_db - left_db) * (raw - left) / (right - left)
    return LEAST_DB


def fader_raw(level_db: float) -> float:
    """The number of a fader for a level in dB; undoes `fader_db`."""
    level_db = min(max(level_db, LEAST_DB), MOST_DB)
    if level_db >= _LINE_FROM_DB:
        return 1.0 - (MOST_DB - level_db) / _LINE_SLOPE
    bend_db = _bend_db(_BEND_FROM)
    if level_db >= bend_db:
        below_db = _LINE_FROM_DB - level_db
        root = math.sqrt(_BEND_SLOPE**2 + 4.0 * _BEND_CURVE * below_db)
        return _LINE_FROM - (root - _BEND_SLOPE) / (2.0 * _BEND_CURVE)
    points = (*_FOOT, (_BEND_FROM, bend_db))
    for (left, left_db), (right, right_db) in pairwise(points):
        if level_db <= right_db:
            return left + (right - left) * (level_db - left_db) / (right_db - left_db)
    return 0.0


def _bend_db(raw: float) -> float:
    below = _LINE_FROM - raw
    return _LINE_FROM_DB - _BEND_SLOPE * below - _BEND_CURVE * below**2


def fader(above_db: float = 0.0, *, published: bool = False) -> Law:
    """The law of a fader, shifted by so many dB."""
    return Law(
        f"fader {above_db:+g}",
        LEAST_DB + above_db,
        MOST_DB + above_db,
        lambda raw: fader_db(raw) + above_db,
        lambda level_db: fader_raw(level_db - above_db),
        "dB",
        published=published,
    )


def log(low: float, high: float, unit: str, *, shown: float = 1.0, published: bool = False) -> Law:
    """A knob 0 … 1 that moves by logarithm between two values."""
    span = math.log(high / low)

    def value(raw: float) -> float:
        return high if raw >= 1.0 else low * math.exp(max(raw, 0.0) * span)

    def raw(value: float) -> float:
        return math.log(value / low) / span

    return Law(f"log {low:g}…{high:g}", low, high, value, raw, unit, shown, published)


def linear(low: float, high: float, unit: str, *, shown: float = 1.0) -> Law:
    """A knob 0 … 1 that moves evenly between two values."""
    span = high - low
    return Law(
        f"linear {low:g}…{high:g}",
        low,
        high,
        lambda raw: low + raw * span,
        lambda value: (value - low) / span,
        unit,
        shown,
    )


def plain(low: float, high: float, unit: str, *, share: float = 1.0, shown: float = 1.0) -> Law:
    """A knob whose number is the value itself, `share` of it in the console's unit."""
    return Law(
        f"plain {share:g}",
        low * share,
        high * share,
        lambda raw: raw * share,
        lambda value: value / share,
        unit,
        shown,
    )


def ratio() -> Law:
    """The ratio of a compressor: 1 / (1 − number), infinite at 1."""

    def value(raw: float) -> float:
        return min(1.0 / (1.0 - raw), _MOST_RATIO) if raw < 1.0 else _MOST_RATIO

    def raw(value: float) -> float:
        return 1.0 if value >= _MOST_RATIO else 1.0 - 1.0 / value

    return Law("ratio", 1.0, _MOST_RATIO, value, raw, ":1")


def switch() -> Law:
    """On or off."""
    return Law("switch", 0.0, 1.0, lambda raw: float(raw >= 0.5), float, published=True, choices=(0.0, 1.0))


#: EQ Eight's filter types that are a band of the console's, by the place in `BAND_TYPES`.
BAND_MODES: Final = (LOW_SHELF, BELL, HIGH_SHELF)


def band_type() -> Law:
    """The filter type of an EQ Eight's band as a place in `BAND_TYPES`; NaN for any other."""

    def value(raw: float) -> float:
        mode = round(raw)
        return float(BAND_MODES.index(mode)) if mode in BAND_MODES else math.nan

    return Law(
        "filter type",
        0.0,
        2.0,
        value,
        lambda kind: float(BAND_MODES[round(kind)]),
        published=True,
        choices=(0.0, 1.0, 2.0),
    )
