"""The sliders of the JSFX channel strip: one table, from the parameters' own, for its file and for projects."""

import math
from dataclasses import dataclass
from types import MappingProxyType

from console.mix import BandType
from console.params import EQUALIZER_BANDS, SLOPES_DB_PER_OCTAVE, Scale, spec

#: The most sliders that a project's line has fields for; a field without a slider is a dash.
FIELDS = 64

#: What a band's type slider stands for, in order.
BAND_TYPES = (BandType.LOW_SHELF, BandType.BELL, BandType.HIGH_SHELF)

_SWITCH = ("Off", "On")
_SLOPES = tuple(f"{slope} dB/oct" for slope in SLOPES_DB_PER_OCTAVE)
_SHAPES = tuple(kind.value.replace("_", " ").capitalize() for kind in BAND_TYPES)

#: Type and frequency in Hz that an unused band stands at, so that switching it on is a sensible start.
_UNUSED = ((0, 100.0), (1, 250.0), (1, 800.0), (1, 2500.0), (1, 5000.0), (2, 10000.0))


@dataclass(frozen=True, slots=True)
class Slider:
    """One slider: its variable in the code, what the user reads, its range, and its choices if it has any.

    `middle` is the value half way of a slider on a log scale, None on a linear one. The scale is the slider's alone
    (`log!`): automation and scripts see the value as it is.
    """

    variable: str
    label: str
    low: float
    high: float
    default: float
    step: float
    middle: float | None = None
    choices: tuple[str, ...] = ()

    def line(self, number: int) -> str:
        """The line that declares it in a JSFX file."""
        if self.choices:
            scale = "{" + ",".join(self.choices) + "}"
        else:
            scale = "" if self.middle is None else f":log!={self.middle:.6g}"
        span = f"<{self.low:g},{self.high:g},{self.step:g}{scale}>"
        return f"slider{number}:{self.variable}={self.default:g}{span}{self.label}"


def _knob(variable: str, label: str, name: str, default: float | None = None) -> Slider:
    """A slider for the parameter `name` of the table."""
    row = spec(name)
    middle = math.sqrt(row.low * row.high) if row.scale is Scale.LOG else None
    title = f"{label} ({row.unit})" if row.unit else label
    return Slider(
        variable, title, row.low, row.high, row.default if default is None else default, row.step, middle
    )


def _choice(variable: str, label: str, choices: tuple[str, ...], default: int = 0) -> Slider:
    return Slider(variable, label, 0.0, len(choices) - 1.0, float(default), 1.0, None, choices)


def _cut(name: str, label: str) -> tuple[Slider, ...]:
    return (
        _choice(f"{name}_on", label, _SWITCH),
        _knob(f"{name}_frequency_hz", f"{label}: frequency", f"{name}.frequency_hz"),
        _choice(f"{name}_slope", f"{label}: slope", _SLOPES),
    )


def _band(number: int) -> tuple[Slider, ...]:
    shape, frequency_hz = _UNUSED[number - 1]
    name, label = f"band{number}", f"Band {number}"
    return (
        _choice(f"{name}_on", label, _SWITCH),
        _choice(f"{name}_type", f"{label}: type", _SHAPES, shape),
        _knob(f"{name}_frequency_hz", f"{label}: frequency", "equalizer.frequency_hz", frequency_hz),
        _knob(f"{name}_gain_db", f"{label}: gain", "equalizer.gain_db"),
        _knob(f"{name}_q", f"{label}: Q", "equalizer.q"),
    )


#: In the order of their numbers, which count from 1.
SLIDERS: tuple[Slider, ...] = (
    _knob("input_gain_db", "Input gain", "input.gain_db"),
    _choice("invert_polarity", "Polarity", ("Normal", "Inverted")),
    *_cut("highpass", "High-pass"),
    *_cut("lowpass", "Low-pass"),
    _choice("gate_on", "Gate", _SWITCH),
    _knob("gate_threshold_db", "Gate: threshold", "gate.threshold_db"),
    _knob("gate_range_db", "Gate: range", "gate.range_db"),
    _knob("gate_ratio", "Gate: ratio", "gate.ratio"),
    _knob("gate_attack_ms", "Gate: attack", "gate.attack_ms"),
    _knob("gate_hold_ms", "Gate: hold", "gate.hold_ms"),
    _knob("gate_release_ms", "Gate: release", "gate.release_ms"),
    _choice("equalizer_on", "Equalizer", _SWITCH),
    *(slider for number in range(1, EQUALIZER_BANDS + 1) for slider in _band(number)),
    _choice("compressor_on", "Compressor", _SWITCH),
    _knob("compressor_threshold_db", "Compressor: threshold", "compressor.threshold_db"),
    _knob("compressor_ratio", "Compressor: ratio", "compressor.ratio"),
    _knob("compressor_attack_ms", "Compressor: attack", "compressor.attack_ms"),
    _knob("compressor_release_ms", "Compressor: release", "compressor.release_ms"),
    _knob("compressor_knee_db", "Compressor: knee", "compressor.knee_db"),
    _knob("compressor_makeup_db", "Compressor: make-up", "compressor.makeup_db"),
    _knob("width", "Width", "strip.width"),
)

#: Every slider at its default, by its variable.
DEFAULTS: MappingProxyType[str, float] = MappingProxyType(
    {slider.variable: slider.default for slider in SLIDERS}
)


def slider_lines() -> str:
    """The declarations of all sliders as they stand in the JSFX file, a line each."""
    return "".join(f"{slider.line(number)}\n" for number, slider in enumerate(SLIDERS, start=1))


def lua_table() -> str:
    """The same sliders as a table of the ReaScript: variable, label, lowest, highest, default."""
    rows = "".join(
        f'  {{"{slider.variable}", "{slider.label}", {slider.low!r}, {slider.high!r}, {slider.default!r}}},\n'
        for slider in SLIDERS
    )
    return f"local SLIDERS = {{\n{rows}}}\n"
