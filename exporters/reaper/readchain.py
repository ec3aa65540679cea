"""A chain of REAPER's plugins read back as the console's modules, each number held to the console's range."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from console.mix import Band, Compressor, Delay, Equalizer, Gate, Highpass, Limiter, Lowpass, Reverb
from console.units import gain_to_db
from exporters.neat import held, neat, neat_db, neat_single, neat_single_db
from exporters.reaper.bandfit import fit_bands
from exporters.reaper.chain import INPUT_GAIN, Fx
from exporters.reaper.chunks import decode_readelay, decode_realimit
from exporters.reaper.eqmap import from_reaeq
from exporters.reaper.jsfx import STRIP, decode_state
from exporters.reaper.reaeq import ReaEqBand, ReaEqType, decode_reaeq
from exporters.reaper.slots import REACOMP, REAGATE, REAVERBATE
from exporters.reaper.space import delay_of_state, reverb_of_knobs

#: ReaGate closes at once, which is nearest to the gate's steepest ratio.
GATE_RATIO = 20.0


@dataclass(slots=True)
class Modules:
    """What a chain holds. `drive_db` is the gain that ReaLimit gives before it limits."""

    gain_db: float = 0.0
    invert_polarity: bool = False
    width: float = 1.0
    highpass: Highpass = field(default_factory=Highpass)
    lowpass: Lowpass = field(default_factory=Lowpass)
    gate: Gate = field(default_factory=Gate)
    equalizer: Equalizer = field(default_factory=Equalizer)
    compressor: Compressor = field(default_factory=Compressor)
    limiter: Limiter = field(default_factory=Limiter)
    reverb: Reverb | None = None
    delay: Delay | None = None
    drive_db: float = 0.0
    left_out: list[str] = field(default_factory=list)


def read_chain(fx: Iterable[Fx], sample_rate_hz: int) -> Modules:
    """The modules of a chain. `left_out` says what the console has no second place for.

    Of two compressors, gates or filters the last that is on counts; the bands of all ReaEQs make one equalizer.

    Raises:
        ExportError: a plugin's state is damaged.
        ParamError: a JSFX strip holds more bands of a kind than the console's equalizer.
    """
    modules = Modules()
    shaped: list[tuple[bool, Band]] = []
    for one in fx:
        if one.plugin == STRIP:
            _read_strip(modules, one)
        elif one.plugin == "ReaEQ":
            shaped += _read_reaeq(modules, one, sample_rate_hz)
        elif one.plugin == "ReaComp":
            compressor = _compressor(REACOMP.decode(one.state), one.enabled)
            modules.compressor = _one_of(modules, "ReaComp", modules.compressor, compressor)
        elif one.plugin == "ReaGate":
            gate = _gate(REAGATE.decode(one.state), one.enabled)
            modules.gate = _one_of(modules, "ReaGate", modules.gate, gate)
        elif one.plugin == "ReaLimit":
            state = decode_realimit(one.state)
            modules.limiter = Limiter(
                enabled=one.enabled, ceiling_dbtp=held("limiter.ceiling_dbtp", neat_db(state.ceiling_db))
            )
            modules.drive_db = neat_db(state.ceiling_db - state.threshold_db)
        elif one.plugin == "ReaVerbate":
            modules.reverb = reverb_of_knobs(REAVERBATE.decode(one.state))
        elif one.plugin == "ReaDelay":
            modules.delay = delay_of_state(decode_readelay(one.state))
    if shaped:
        enabled = any(on for on, _ in shaped)
        bands, left_out = fit_bands([band for on, band in shaped if on or not enabled])
        modules.equalizer = Equalizer(enabled, bands)
        modules.left_out += left_out
    return modules


def with_makeup(compressor: Compressor, rest_db: float) -> Compressor:
    """The compressor with so much more make-up, if it is on and the rest is worth the name."""
    if not compressor.enabled or rest_db <= 1e-6:
        return compressor
    return replace(
        compressor, makeup_db=held("compressor.makeup_db", neat_db(compressor.makeup_db + rest_db))
    )


def _read_strip(modules: Modules, fx: Fx) -> None:
    held_here = decode_state(fx.state)
    settings = held_here if fx.enabled else held_here.bypassed()
    modules.gain_db = settings.gain_db
    modules.invert_polarity = settings.invert_polarity
    modules.highpass = settings.highpass
    modules.lowpass = settings.lowpass
    modules.gate = settings.gate
    modules.equalizer = settings.equalizer
    modules.compressor = settings.compressor
    modules.width = settings.width


def _read_reaeq(modules: Modules, fx: Fx, sample_rate_hz: int) -> list[tuple[bool, Band]]:
    """Its filters and gain go into the modules; returned are its shelves and bells, and whether each is on."""
    state = decode_reaeq(fx.state)
    if fx.enabled and state.gain > 0.0:
        modules.gain_db = held("input.gain_db", neat_db(modules.gain_db + gain_to_db(state.gain)))
    # The one that a patch puts there for its gain alone has a band because REAPER's have.
    bands = () if fx.label.endswith(INPUT_GAIN) else state.bands
    high = [band for band in bands if band.type == ReaEqType.HIGH_PASS]
    low = [band for band in bands if band.type == ReaEqType.LOW_PASS]
    if high:
        frequency_hz = held("highpass.frequency_hz", neat(high[0].frequency_hz))
        cut = Highpass(_is_on(high, fx), frequency_hz, _slope(high))
        modules.highpass = _one_of(modules, "high-pass", modules.highpass, cut)
    if low:
        frequency_hz = held("lowpass.frequency_hz", neat(low[0].frequency_hz))
        modules.lowpass = _one_of(
            modules, "low-pass", modules.lowpass, Lowpass(_is_on(low, fx), frequency_hz, _slope(low))
        )
    shaped: list[tuple[bool, Band]] = []
    for band in bands:
        ours = from_reaeq(band, sample_rate_hz)
        if ours is not None:
            shaped.append((fx.enabled and band.enabled, ours))
        elif band not in high and band not in low and fx.enabled and band.enabled:
            modules.left_out.append(
                f"a band of ReaEQ's type {band.type} at {band.frequency_hz:.0f} Hz was left out: "
                "the console has none of this kind"
            )
    return shaped


T = TypeVar("T", Compressor, Gate, Highpass, Lowpass)


def _one_of(modules: Modules, name: str, before: T, now: T) -> T:
    """Of two plugins for one module the last that is on."""
    if before.enabled and now.enabled:
        modules.left_out.append(f"one {name} of two was left out: the console has one, and the last is read")
    return before if before.enabled and not now.enabled else now


def _is_on(bands: list[ReaEqBand], fx: Fx) -> bool:
    return fx.enabled and any(band.enabled for band in bands)


def _slope(bands: list[ReaEqBand]) -> int:
    return 12 if len(bands) == 1 else 24


def _level_db(gain: float) -> float:
    return neat_single_db(gain_to_db(gain))


def _compressor(knobs: dict[str, float], enabled: bool) -> Compressor:
    return Compressor(
        enabled=enabled,
        threshold_db=held("compressor.threshold_db", _level_db(knobs["threshold"])),
        ratio=held("compressor.ratio", neat_single(knobs["ratio"])),
        attack_ms=held("compressor.attack_ms", neat_single(knobs["attack_ms"])),
        release_ms=held("compressor.release_ms", neat_single(knobs["release_ms"])),
        knee_db=held("compressor.knee_db", neat_single(knobs["knee_db"])),
        makeup_db=held("compressor.makeup_db", _level_db(knobs["wet"])),
    )


def _gate(knobs: dict[str, float], enabled: bool) -> Gate:
    return Gate(
        enabled=enabled,
        threshold_db=held("gate.threshold_db", _level_db(knobs["threshold"])),
        range_db=held("gate.range_db", _level_db(knobs["dry"])),
        ratio=GATE_RATIO,
        attack_ms=held("gate.attack_ms", neat_single(knobs["attack_ms"])),
        hold_ms=held("gate.hold_ms", neat_single(knobs["hold_ms"])),
        release_ms=held("gate.release_ms", neat_single(knobs["release_ms"])),
    )
