"""The modules of a strip as Live's devices, and notes on what each keeps."""

from dataclasses import dataclass, field

from console.mix import Bus, Compressor, Gate, Input, Limiter, Master, TrackStrip
from console.units import db_to_gain, gain_to_db
from console.words import number
from exporters.ableton.device import OUR_NAME, Device
from exporters.ableton.equalizer import Shape, band_values, to_bands
from exporters.ableton.outline import Value
from exporters.ableton.schema import Schema
from exporters.ableton.space import delay_values, reverb_values
from exporters.ableton.values import stored
from exporters.report import Ledger

#: Ends of Live's knobs.
LEAST_GAIN = 0.0003162277571
UTILITY_MOST_GAIN = 56.2341309
_KNEE_HIGH_DB = 18.0
_RELEASE_HIGH_MS = 3000.0
_THRESHOLD_LOW_DB = -70.0

INPUT, OUTPUT = f"{OUR_NAME} input", f"{OUR_NAME} output"

_BALLISTICS = (
    "attack and release are the same numbers; how the Compressor's detector and its smoothing compare with the "
    "console's has not been measured"
)


@dataclass(frozen=True, slots=True)
class Strip:
    """The modules of a track, a bus or the master that become devices. `width` is None where none is set."""

    input: Input = field(default_factory=Input)
    shape: Shape | None = None
    gate: Gate = field(default_factory=Gate)
    compressor: Compressor = field(default_factory=Compressor)
    width: float | None = None
    limiter: Limiter = field(default_factory=Limiter)


def track_strip(strip: TrackStrip, channels: int) -> Strip:
    """What a track brings into its chain."""
    return Strip(
        input=strip.input,
        shape=Shape(strip.highpass, strip.lowpass, strip.equalizer),
        gate=strip.gate,
        compressor=strip.compressor,
        width=strip.width if channels == 2 and strip.width != 1.0 else None,
    )


def bus_effects(bus: Bus, ledger: Ledger) -> list[Device]:
    """The device of an FX bus's reverb or delay; none for a group."""
    devices = []
    if bus.reverb is not None:
        devices.append(Device("Reverb", f"{OUR_NAME} reverb", reverb_values(bus.reverb, ledger)))
    if bus.delay is not None:
        devices.append(Device("Delay", f"{OUR_NAME} delay", delay_values(bus.delay, ledger)))
    return devices


def bus_strip(bus: Bus) -> Strip:
    """What a bus brings into its chain, its effect apart."""
    return Strip(shape=Shape(equalizer=bus.equalizer), compressor=bus.compressor)


def master_strip(master: Master) -> Strip:
    """What the master brings into its chain."""
    return Strip(
        shape=Shape(equalizer=master.equalizer), compressor=master.compressor, limiter=master.limiter
    )


def strip_devices(strip: Strip, excess_db: float, schema: Schema, ledger: Ledger) -> list[Device]:
    """The devices of a strip in order; `excess_db` is what its fader cannot give.

    Modules at their defaults are left out.
    """
    devices = _input(strip.input, ledger)
    if strip.shape is not None and (bands := to_bands(strip.shape, ledger)):
        on = any(band.on for band in bands)
        devices.append(Device("Eq8", f"{OUR_NAME} EQ", band_values(bands), on))
    _note_gate(strip.gate, ledger)
    devices += _compressor(strip.compressor, ledger)
    devices += _limiter(strip.limiter, schema, ledger)
    return devices + _output(strip.width, excess_db, ledger)


def _input(settings: Input, ledger: Ledger) -> list[Device]:
    if not settings.gain_db and not settings.invert_polarity:
        return []
    gain = min(db_to_gain(settings.gain_db), UTILITY_MOST_GAIN)
    values: dict[str, Value] = {
        "PhaseInvertL": settings.invert_polarity,
        "PhaseInvertR": settings.invert_polarity,
        "Gain": stored(gain),
    }
    over_db = settings.gain_db - gain_to_db(UTILITY_MOST_GAIN)
    if over_db > 0.0:
        ledger.approximated(
            "input.gain_db",
            f"{number(settings.gain_db)} dB stand as +35 dB, where Utility ends",
            over_db,
            "dB",
        )
    elif settings.gain_db:
        ledger.exact("input.gain_db", "the gain of a Utility ahead of the chain")
    if settings.invert_polarity:
        ledger.exact("input.invert_polarity", "both phase switches of a Utility ahead of the chain")
    return [Device("StereoGain", INPUT, values)]


def _note_gate(gate: Gate, ledger: Ledger) -> None:
    if gate.enabled:
        ledger.dropped(
            "gate", "the elements of Live's Gate are not known well enough to write one; add it by hand"
        )


def _compressor(compressor: Compressor, ledger: Ledger) -> list[Device]:
    if compressor == Compressor():
        return []
    threshold_db = max(compressor.threshold_db, _THRESHOLD_LOW_DB)
    knee_db = min(compressor.knee_db, _KNEE_HIGH_DB)
    release_ms = min(compressor.release_ms, _RELEASE_HIGH_MS)
    if compressor.enabled:
        for name, wanted, got, unit in (
            ("threshold_db", compressor.threshold_db, threshold_db, "dB"),
            ("knee_db", compressor.knee_db, knee_db, "dB"),
            ("release_ms", compressor.release_ms, release_ms, "ms"),
        ):
            if wanted == got:
                ledger.exact(f"compressor.{name}", "the same number in Live's Compressor")
            else:
                ledger.approximated(
                    f"compressor.{name}",
                    f"{number(wanted)} {unit} stand as {number(got)} {unit}, where Live's Compressor ends",
                    abs(wanted - got),
                    unit,
                )
        ledger.exact("compressor.ratio", "the same ratio in Live's Compressor, on peaks")
        ledger.exact("compressor.makeup_db", "the Compressor's output gain, its automatic make-up off")
        ledger.approximated("compressor.attack_ms", _BALLISTICS)
    values: dict[str, Value] = {
        "Threshold": stored(max(db_to_gain(threshold_db), LEAST_GAIN)),
        "Ratio": stored(compressor.ratio),
        "Attack": stored(compressor.attack_ms),
        "Release": stored(release_ms),
        "Knee": stored(knee_db),
        "Gain": stored(compressor.makeup_db),
        "GainCompensation": False,
        "Model": 0,
        "DryWet": 1.0,
    }
    return [Device("Compressor2", f"{OUR_NAME} compressor", values, compressor.enabled)]


def _limiter(limiter: Limiter, schema: Schema, ledger: Ledger) -> list[Device]:
    if limiter == Limiter():
        return []
    if "12+" in schema.marks:
        if limiter.enabled:
            ledger.dropped(
                "limiter",
                "the elements of Live 12's new Limiter are not known; add one by hand, or write a set of Live 11, "
                "which Live 12 opens",
            )
        return []
    if limiter.enabled:
        ledger.approximated(
            "limiter.ceiling_dbtp",
            f"Live's Limiter with its ceiling at {number(limiter.ceiling_dbtp)} dB and the same release; "
            "that it holds true peaks and not just samples is not known",
        )
    values: dict[str, Value] = {
        "Gain": 0.0,
        "Ceiling": stored(limiter.ceiling_dbtp),
        "Release": stored(limiter.release_ms),
        "AutoRelease": False,
    }
    return [Device("Limiter", f"{OUR_NAME} limiter", values, limiter.enabled)]


def _output(width: float | None, excess_db: float, ledger: Ledger) -> list[Device]:
    values: dict[str, Value] = {}
    if width is not None:
        values["StereoWidth"] = stored(width)
        ledger.approximated(
            "width",
            f"the width of a Utility behind the chain at {100.0 * width:.0f} %; its law has not been measured",
        )
    if excess_db > 0.0:
        values["Gain"] = stored(min(db_to_gain(excess_db), UTILITY_MOST_GAIN))
    if not values:
        return []
    return [Device("StereoGain", OUTPUT, {"StereoWidth": 1.0, "Gain": 1.0} | values)]
