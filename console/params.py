"""The one table of parameters: name, unit, range, default, scale and step of every knob of the console.

Validation, normalising, interpolation, network head sizes, user interfaces, exporters and docs all read it.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from numbers import Real
from types import MappingProxyType

from console.errors import ParamError
from console.units import as_float


class Scale(StrEnum):
    """How a parameter moves between its ends."""

    LINEAR = "linear"
    LOG = "log"
    DB = "dB"


@dataclass(frozen=True, slots=True)
class ParamSpec:
    """One parameter: its unit, range, default, the scale it moves on, and the step it is quantised to."""

    name: str
    unit: str
    low: float
    high: float
    default: float
    scale: Scale
    step: float

    def check(self, value: object, *, where: str = "") -> float:
        """Return the value as a float.

        Raises:
            ParamError: it is not a number, not finite, or outside low … high.
        """
        place = where or self.name
        if isinstance(value, bool) or not isinstance(value, Real):
            raise ParamError(f"{place} is {value!r}, which is not a number; give {self.range_text}")
        number = as_float(value)
        if not math.isfinite(number) or not self.low <= number <= self.high:
            raise ParamError(f"{place} is {number:g}, outside its range; give {self.range_text}")
        return number

    @property
    def range_text(self) -> str:
        """The range in words, with its unit."""
        return f"a value from {self.low:g} to {self.high:g}{' ' + self.unit if self.unit else ''}"

    def clamp(self, value: float) -> float:
        """The nearest value inside the range."""
        return min(max(value, self.low), self.high)

    def quantise(self, value: float) -> float:
        """The nearest multiple of the step inside the range, free of binary residue.

        On a log scale the step is relative to the leading digits: three significant ones, as a knob shows.
        """
        if self.scale is Scale.LOG:
            value = float(f"{value:.3g}")
        else:
            value = round(value / self.step) * self.step
        return self.clamp(round(value, 9)) + 0.0

    def normalise(self, value: float) -> float:
        """Position 0 … 1 of a value on this parameter's scale."""
        if self.scale is Scale.LOG:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def denormalise(self, position: float) -> float:
        """Value at a position of this parameter's scale; below 0 and above 1 the ends."""
        position = min(max(position, 0.0), 1.0)
        if self.scale is Scale.LOG:
            return self.clamp(self.low * (self.high / self.low) ** position)
        return self.clamp(self.low + position * (self.high - self.low))

    def interpolate(self, start: float, end: float, amount: float) -> float:
        """The value `amount` (0 … 1) of the way from start to end, in this parameter's own scale.

        The ends are exact.
        """
        if amount <= 0.0 or start == end:
            return start
        if amount >= 1.0:
            return end
        if self.scale is Scale.LOG:
            return self.clamp(start * (end / start) ** amount)
        return self.clamp(start + (end - start) * amount)


_LIN, _LOG, _DB = Scale.LINEAR, Scale.LOG, Scale.DB

_ROWS: tuple[tuple[str, str, float, float, float, Scale, float], ...] = (
    # name                         unit      low       high     default  scale  step
    ("input.gain_db",              "dB",     -48.0,    48.0,    0.0,     _DB,   0.1),
    ("input.delay_ms",             "ms",     -100.0,   100.0,   0.0,     _LIN,  0.001),
    ("highpass.frequency_hz",      "Hz",     10.0,     8000.0,  80.0,    _LOG,  1.0),
    ("lowpass.frequency_hz",       "Hz",     100.0,    22000.0, 18000.0, _LOG,  1.0),
    ("gate.threshold_db",          "dB",     -90.0,    0.0,     -60.0,   _DB,   0.1),
    ("gate.range_db",              "dB",     -90.0,    0.0,     -20.0,   _DB,   0.1),
    ("gate.ratio",                 "",       1.0,      20.0,    4.0,     _LOG,  0.1),
    ("gate.attack_ms",             "ms",     0.05,     250.0,   1.0,     _LOG,  0.01),
    ("gate.hold_ms",               "ms",     0.0,      1000.0,  20.0,    _LIN,  0.1),
    ("gate.release_ms",            "ms",     1.0,      4000.0,  120.0,   _LOG,  0.1),
    ("equalizer.frequency_hz",     "Hz",     20.0,     20000.0, 1000.0,  _LOG,  1.0),
    ("equalizer.gain_db",          "dB",     -18.0,    18.0,    0.0,     _DB,   0.1),
    ("equalizer.q",                "",       0.1,      18.0,    0.71,    _LOG,  0.01),
    ("compressor.threshold_db",    "dB",     -80.0,    0.0,     -20.0,   _DB,   0.1),
    ("compressor.ratio",           "",       1.0,      20.0,    2.0,     _LOG,  0.1),
    ("compressor.attack_ms",       "ms",     0.05,     250.0,   10.0,    _LOG,  0.01),
    ("compressor.release_ms",      "ms",     1.0,      4000.0,  120.0,   _LOG,  0.1),
    ("compressor.knee_db",         "dB",     0.0,      24.0,    6.0,     _DB,   0.1),
    ("compressor.makeup_db",       "dB",     -12.0,    24.0,    0.0,     _DB,   0.1),
    ("strip.width",                "",       0.0,      2.0,     1.0,     _LIN,  0.01),
    ("strip.pan",                  "",       -1.0,     1.0,     0.0,     _LIN,  0.01),
    ("strip.fader_db",             "dB",     -90.0,    12.0,    0.0,     _DB,   0.1),
    ("strip.send_db",              "dB",     -90.0,    12.0,    -90.0,   _DB,   0.1),
    ("reverb.decay_s",             "s",      0.1,      20.0,    1.4,     _LOG,  0.01),
    ("reverb.predelay_ms",         "ms",     0.0,      250.0,   20.0,    _LIN,  0.1),
    ("reverb.size",                "",       0.0,      1.0,     0.5,     _LIN,  0.01),
    ("reverb.damping",             "",       0.0,      1.0,     0.4,     _LIN,  0.01),
    ("reverb.low_cut_hz",          "Hz",     20.0,     2000.0,  180.0,   _LOG,  1.0),
    ("reverb.high_cut_hz",         "Hz",     500.0,    20000.0, 9000.0,  _LOG,  1.0),
    ("delay.time_ms",              "ms",     1.0,      2000.0,  375.0,   _LOG,  0.1),
    ("delay.feedback",             "",       0.0,      0.95,    0.3,     _LIN,  0.01),
    ("delay.low_cut_hz",           "Hz",     20.0,     2000.0,  200.0,   _LOG,  1.0),
    ("delay.high_cut_hz",          "Hz",     500.0,    20000.0, 6000.0,  _LOG,  1.0),
    ("limiter.ceiling_dbtp",       "dBTP",   -20.0,    0.0,     -1.0,    _DB,   0.1),
    ("limiter.release_ms",         "ms",     1.0,      1000.0,  100.0,   _LOG,  0.1),
)  # fmt: skip

#: Every parameter of the console by its name `module.parameter`.
PARAMS: MappingProxyType[str, ParamSpec] = MappingProxyType({row[0]: ParamSpec(*row) for row in _ROWS})

#: The slopes that the high-pass and the low-pass know, in dB per octave.
SLOPES_DB_PER_OCTAVE = (12, 24)

#: The most bands an equalizer has: low shelf, four bells, high shelf.
EQUALIZER_BANDS = 6


def spec(name: str) -> ParamSpec:
    """The row of a parameter.

    Raises:
        ParamError: there is no such parameter.
    """
    try:
        return PARAMS[name]
    except KeyError:
        raise ParamError(
            f"{name!r} is not a parameter of the console; `mixbridge params` lists them"
        ) from None
