"""Live's devices as modules of the console: their parameters by name, and the laws that their numbers may follow.

A parameter's law is the first of its row whose range the parameter has. Ranges of 0 … 1 say nothing about the unit:
such a law is used only where Live's own display agrees with it, or where readings of it are public.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from bridge.live.links.ableton.laws import Law, band_type, fader, linear, log, plain, ratio, switch
from exporters.ableton.equalizer import BANDS, GAIN_LIMIT_DB

#: The name of the switch that every device has.
DEVICE_ON: Final = "Device On"

Fits = Callable[[float, float], Law | None]


@dataclass(frozen=True, slots=True)
class Row:
    """One parameter of a device: the console's name, the names it has in versions of Live, its laws by range."""

    parameter: str
    names: tuple[str, ...]
    laws: tuple[Fits, ...]


def _unit(law: Law) -> Fits:
    """A law over the range 0 … 1."""
    return lambda low, high: law if (low, high) == (0.0, 1.0) else None


def _own(unit: str, *, least: float, most: float, share: float = 1.0, shown: float = 1.0) -> Fits:
    """The number itself, where the parameter's range is one that only its own unit has."""

    def fits(low: float, high: float) -> Law | None:
        return plain(low, high, unit, share=share, shown=shown) if low <= least and high >= most else None

    return fits


_SWITCH: Final = _unit(switch())


def _band(index: int) -> dict[str, Row]:
    number = index + 1
    return {
        "enabled": Row("enabled", (f"{number} Filter On A",), (_SWITCH,)),
        "type": Row("type", (f"{number} Filter Type A",), (lambda low, high: band_type(),)),
        "frequency_hz": Row(
            "frequency_hz",
            (f"{number} Frequency A",),
            (_unit(log(10.0, 22_000.0, "Hz", published=True)), _own("Hz", least=20.0, most=1_000.0)),
        ),
        "gain_db": Row(
            "gain_db",
            (f"{number} Gain A",),
            (
                _own("dB", least=-GAIN_LIMIT_DB, most=GAIN_LIMIT_DB),
                _unit(linear(-GAIN_LIMIT_DB, GAIN_LIMIT_DB, "dB")),
            ),
        ),
        "q": Row(
            "q",
            (f"{number} Q A", f"{number} Resonance A"),
            (_unit(log(0.1, 18.0, "")), _own("", least=0.1, most=10.0)),
        ),
    }


#: The knobs of EQ Eight's bands, of the curve that is drawn with the first of each pair.
EQ8_BANDS: Final = tuple(_band(index) for index in range(BANDS))

_THRESHOLD: Final = (_unit(fader()), _own("dB", least=-30.0, most=0.0))
_RATIO: Final = (_unit(ratio()), _own(":1", least=1.0, most=10.0))
_KNEE: Final = (_unit(linear(0.0, 18.0, "dB")), _own("dB", least=0.0, most=6.0))
_MAKEUP: Final = (_own("dB", least=-20.0, most=20.0), _unit(linear(-36.0, 36.0, "dB")))
_FLOOR: Final = (_own("dB", least=-30.0, most=0.0),)
_CEILING: Final = (_own("dB", least=-12.0, most=0.0), _unit(linear(-24.0, 0.0, "dB")))
_DECAY: Final = (
    _unit(log(0.2, 60.0, "ms", shown=1000.0)),
    _own("ms", least=200.0, most=10_000.0, share=0.001, shown=1000.0),
)
_FEEDBACK: Final = (
    _own("%", least=0.0, most=0.9, shown=100.0),
    _unit(linear(0.0, 0.95, "%", shown=100.0)),
)
_WIDTH: Final = (
    _own("%", least=0.0, most=2.0, shown=100.0),
    _unit(linear(0.0, 4.0, "%", shown=100.0)),
)


def _time(low_ms: float, high_ms: float) -> tuple[Fits, ...]:
    return _unit(log(low_ms, high_ms, "ms")), _own("ms", least=10.0, most=100.0)


#: The rows of the other devices by Live's class.
ROWS: Final[Mapping[str, tuple[Row, ...]]] = MappingProxyType(
    {
        "Compressor2": (
            Row("compressor.enabled", (DEVICE_ON,), (_SWITCH,)),
            Row("compressor.threshold_db", ("Threshold",), _THRESHOLD),
            Row("compressor.ratio", ("Ratio",), _RATIO),
            Row("compressor.attack_ms", ("Attack",), _time(0.01, 1000.0)),
            Row("compressor.release_ms", ("Release",), _time(1.0, 3000.0)),
            Row("compressor.knee_db", ("Knee",), _KNEE),
            Row("compressor.makeup_db", ("Output Gain", "Gain"), _MAKEUP),
        ),
        "Gate": (
            Row("gate.enabled", (DEVICE_ON,), (_SWITCH,)),
            Row("gate.threshold_db", ("Threshold",), _THRESHOLD),
            Row("gate.range_db", ("Floor",), _FLOOR),
            Row("gate.attack_ms", ("Attack",), _time(0.02, 1000.0)),
            Row("gate.hold_ms", ("Hold",), _time(1.0, 1000.0)),
            Row("gate.release_ms", ("Release",), _time(1.0, 3000.0)),
        ),
        "Limiter": (
            Row("limiter.enabled", (DEVICE_ON,), (_SWITCH,)),
            Row("limiter.ceiling_dbtp", ("Ceiling",), _CEILING),
            Row("limiter.release_ms", ("Release time", "Release"), _time(0.01, 3000.0)),
        ),
        "Reverb": (
            Row("reverb.decay_s", ("Decay Time",), _DECAY),
            Row("reverb.predelay_ms", ("Predelay", "PreDelay"), _time(0.5, 250.0)),
        ),
        "Delay": (Row("delay.feedback", ("Feedback",), _FEEDBACK),),
    }
)

#: A Utility's gain ahead of the chain, and a Utility's width.
UTILITY_GAIN: Final = Row("input.gain_db", ("Gain",), (_own("dB", least=-30.0, most=20.0),))
UTILITY_WIDTH: Final = Row("width", ("Stereo Width", "Width"), _WIDTH)

#: The classes of which anything is read.
KNOWN: Final = frozenset({"Eq8", "StereoGain", *ROWS})


def law_of(row: Row, low: float, high: float) -> Law | None:
    """The law of a parameter with this range; None where none fits."""
    for fits in row.laws:
        if (law := fits(low, high)) is not None:
            return law
    return None
