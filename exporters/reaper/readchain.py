"""A chain of REAPER's plugins read back as the console's modules, each number held to the console's range."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from console.mix import Band, Compressor, Delay, Equalizer, Gate, Highpass, Limiter, Lowpass, Reverb
from console.units import gain_to_db
from exporters.neat import held, neat, neat_db, neat_single, neat_single_db
from exporters.reaper.chain import Fx
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


def read_chain(fx: Iterable[Fx], sample_rate_hz: int) -> Modules:
    """The modules of a chain; of two plugins for one module the last counts.

    Raises:
        ExportError: a plugin's state is damaged.
        ParamError: ReaEQ holds more bands than the console's equalizer.
    """
    modules = Modules()
    for one in fx:
        if one.plugin == STRIP:
            _read_strip(modules, one)
        elif one.plugin == "ReaEQ":
            _read_reaeq(modules, one, sample_rate_hz)
        elif one.plugin == "ReaComp":
            modules.compressor = _compressor(REACOMP.decode(one.state), one.enabled)
        elif one.plugin == "ReaGate":
            modules.gate = _gate(REAGATE.decode(one.state), one.enabled)
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


def _read_reaeq(modules: Modules, fx: Fx, sample_rate_hz: int) -> None:
    bands = decode_reaeq(fx.state).bands
    high = [band for band in bands if band.type == ReaEqType.HIGH_PASS]
    low = [band for band in bands if band.type == ReaEqType.LOW_PASS]
    if high:
        frequency_hz = held("highpass.frequency_hz", neat(high[0].frequency_hz))
        modules.highpass = Highpass(_is_on(high, fx), frequency_hz, _slope(high))
    if low:
        frequency_hz = held("lowpass.frequency_hz", neat(low[0].frequency_hz))
        modules.lowpass = Lowpass(_is_on(low, fx), frequency_hz, _slope(low))
    shaped: list[tuple[ReaEqBand, Band]] = [
        (band, ours) for band in bands if (ours := from_reaeq(band, sample_rate_hz)) is not None
    ]
    if shaped:
        enabled = _is_on([band for band, _ in shaped], fx)
        kept = tuple(ours for band, ours in shaped if band.enabled or not enabled)
        modules.equalizer = Equalizer(enabled, kept)


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
