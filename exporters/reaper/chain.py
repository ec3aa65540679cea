"""FX chains: the modules of a strip as instances of REAPER's plugins, and notes on what each keeps."""

import math
from dataclasses import dataclass

from console.mix import (
    Bus,
    Compressor,
    Delay,
    Equalizer,
    Gate,
    Highpass,
    Limiter,
    Lowpass,
    Master,
    Reverb,
    TrackStrip,
)
from console.units import db_to_gain
from console.words import number
from exporters.plugins import HeardPlugin
from exporters.reaper.chunks import ReaLimitState, encode_readelay, encode_realimit
from exporters.reaper.eqmap import cut_bands, deviation_db, to_reaeq
from exporters.reaper.reaeq import ReaEqBand, ReaEqState, ReaEqType, encode_reaeq
from exporters.reaper.slots import REACOMP, REAGATE, REAVERBATE
from exporters.reaper.space import (
    DECAY_RANGE_S,
    OWN_PREDELAY_MS,
    decay_of_room,
    delay_state,
    reverb_knobs,
    room_of_decay,
)
from exporters.report import Ledger

#: ReaComp's output gain ends here, in dB.
MAKEUP_LIMIT_DB = 6.0

#: What a ReaEQ is called that is there for its gain alone.
INPUT_GAIN = "Input gain"

#: A band whose response is off by less is called exact, in dB.
EXACT_WITHIN_DB = 0.005

#: ReaEQ's frequency knob starts here, in Hz.
REAEQ_LOWEST_HZ = 20.0

_BALLISTICS = (
    "attack and release are written as the same numbers; "
    "how ReaComp's own smoothing compares has not been measured"
)


@dataclass(frozen=True, slots=True)
class Fx:
    """One plugin of a chain: its name in the table of plugins, its state, whether it is on, and a label.

    `vst3` is a plugin that is not of the table, with its state.
    """

    plugin: str
    state: bytes
    enabled: bool = True
    label: str = ""
    vst3: HeardPlugin | None = None


@dataclass(frozen=True, slots=True)
class Chain:
    """The plugins of a strip in order, and the gain in dB that its fader must take over from them."""

    fx: tuple[Fx, ...]
    fader_db: float = 0.0


def track_chain(strip: TrackStrip, sample_rate_hz: int, ledger: Ledger) -> Chain:
    """The chain of a track: filters, gate, equalizer, compressor. Modules at their defaults are left out.

    Filters and equalizer share one ReaEQ unless the gate, which lies between them, is on.
    """
    filters = _filter_bands(strip.highpass, strip.lowpass, sample_rate_hz, ledger)
    bands = _equalizer_bands(strip.equalizer, sample_rate_hz, ledger)
    gate = _gate(strip.gate, ledger)
    if strip.gate.enabled:
        fx = [*_reaeq(filters, "Filters" if bands else ""), *gate, *_reaeq(bands)]
    else:
        fx = [*_reaeq(filters + bands), *gate]
    compressor, rest_db = _compressor(strip.compressor, ledger)
    return _with_fader([*fx, *compressor], rest_db, ledger)


def bus_chain(bus: Bus, sample_rate_hz: int, ledger: Ledger) -> Chain:
    """The chain of a bus: its reverb or delay, equalizer, compressor."""
    fx = [*effect_fx(bus, ledger)]
    fx += _reaeq(_equalizer_bands(bus.equalizer, sample_rate_hz, ledger))
    compressor, rest_db = _compressor(bus.compressor, ledger)
    return _with_fader([*fx, *compressor], rest_db, ledger)


def effect_fx(bus: Bus, ledger: Ledger) -> list[Fx]:
    """The plugin of an FX bus's reverb or delay; none for a group."""
    return [*_reverb(bus.reverb, ledger), *_delay(bus.delay, ledger)]


def master_chain(master: Master, sample_rate_hz: int, ledger: Ledger) -> Chain:
    """The chain of the master: equalizer, compressor, limiter.

    Make-up that ReaComp cannot give is given by ReaLimit, which lifts by ceiling − threshold, then limits.
    """
    fx = _reaeq(_equalizer_bands(master.equalizer, sample_rate_hz, ledger))
    compressor, rest_db = _compressor(master.compressor, ledger)
    if not master.limiter.enabled:
        return _with_fader([*fx, *compressor, *limiter_fx(master.limiter, 0.0, ledger)], rest_db, ledger)
    if rest_db:
        ledger.exact(
            "compressor.makeup_db",
            f"{MAKEUP_LIMIT_DB:g} dB in ReaComp, the other {rest_db:.2f} dB as the drive of the ReaLimit behind",
        )
    return Chain((*fx, *compressor, *limiter_fx(master.limiter, rest_db, ledger)))


def _with_fader(fx: list[Fx], rest_db: float, ledger: Ledger) -> Chain:
    if rest_db:
        ledger.exact(
            "compressor.makeup_db",
            f"ReaComp's output ends at +{MAKEUP_LIMIT_DB:g} dB: the other {rest_db:.2f} dB are on the fader, "
            "where they sound the same",
        )
    return Chain(tuple(fx), rest_db)


def _reaeq(bands: list[ReaEqBand], label: str = "") -> list[Fx]:
    if not bands:
        return []
    return [Fx("ReaEQ", encode_reaeq(ReaEqState(tuple(bands))), any(band.enabled for band in bands), label)]


def _filter_bands(
    highpass: Highpass, lowpass: Lowpass, sample_rate_hz: int, ledger: Ledger
) -> list[ReaEqBand]:
    bands: list[ReaEqBand] = []
    for name, cut, kind in (
        ("highpass", highpass, ReaEqType.HIGH_PASS),
        ("lowpass", lowpass, ReaEqType.LOW_PASS),
    ):
        if cut == type(cut)():
            continue
        bands += cut_bands(
            kind, cut.frequency_hz, cut.slope_db_per_octave, sample_rate_hz, enabled=cut.enabled
        )
        if not cut.enabled:
            continue
        if cut.frequency_hz < REAEQ_LOWEST_HZ:
            ledger.approximated(
                f"{name}.frequency_hz",
                f"{cut.frequency_hz:g} Hz is written, but ReaEQ's knob starts at {REAEQ_LOWEST_HZ:g} Hz",
                REAEQ_LOWEST_HZ - cut.frequency_hz,
                "Hz",
            )
        else:
            ledger.exact(name, f"{cut.slope_db_per_octave} dB per octave in ReaEQ at Butterworth bandwidths")
    return bands


def _equalizer_bands(equalizer: Equalizer, sample_rate_hz: int, ledger: Ledger) -> list[ReaEqBand]:
    if equalizer.enabled:
        for index, band in enumerate(equalizer.bands):
            off_db = deviation_db(band, sample_rate_hz)
            name = f"equalizer.bands.{index}"
            if off_db < EXACT_WITHIN_DB:
                ledger.exact(name, "the bandwidth that gives ReaEQ the same response")
            else:
                ledger.approximated(
                    f"{name}.q",
                    f"ReaEQ cannot make a {band.type.value.replace('_', ' ')} with q {band.q:g}; "
                    f"the nearest bandwidth is up to {off_db:.2f} dB off",
                    off_db,
                    "dB",
                )
    return [to_reaeq(band, sample_rate_hz, enabled=equalizer.enabled) for band in equalizer.bands]


def _gate(gate: Gate, ledger: Ledger) -> list[Fx]:
    if gate == Gate():
        return []
    closed = db_to_gain(gate.range_db)
    state = REAGATE.encode(
        {
            "threshold": db_to_gain(gate.threshold_db),
            "attack_ms": gate.attack_ms,
            "hold_ms": gate.hold_ms,
            "release_ms": gate.release_ms,
            # ReaGate adds its dry signal, so that much less of the gated one keeps the open gate at 0 dB.
            "dry": closed,
            "wet": 1.0 - closed,
        }
    )
    if gate.enabled:
        ledger.exact("gate.threshold_db", "the same threshold")
        ledger.approximated(
            "gate.range_db",
            f"{number(gate.range_db)} dB stand as ReaGate's dry signal; "
            "that layout is known from other projects' code only",
        )
        ledger.approximated(
            "gate.ratio",
            f"ReaGate has no ratio: under the threshold it closes to {number(gate.range_db)} dB at once, "
            f"where {gate.ratio:g}:1 lets the level fall by and by",
            abs(gate.range_db),
            "dB",
        )
        ledger.approximated("gate.attack_ms", "the same times; ReaGate's smoothing has not been measured")
    return [Fx("ReaGate", state, gate.enabled)]


def _compressor(compressor: Compressor, ledger: Ledger) -> tuple[list[Fx], float]:
    """The compressor, and the make-up in dB that it cannot give (0 while it is off)."""
    if compressor == Compressor():
        return [], 0.0
    rest_db = max(compressor.makeup_db - MAKEUP_LIMIT_DB, 0.0) if compressor.enabled else 0.0
    state = REACOMP.encode(
        {
            "threshold": db_to_gain(compressor.threshold_db),
            "ratio": compressor.ratio,
            "attack_ms": compressor.attack_ms,
            "release_ms": compressor.release_ms,
            "knee_db": compressor.knee_db,
            "wet": db_to_gain(min(compressor.makeup_db, MAKEUP_LIMIT_DB)),
            "dry": 0.0,
            "rms_ms": 0.0,
        }
    )
    if compressor.enabled:
        ledger.exact("compressor.threshold_db", "the same threshold, on peaks (RMS size 0)")
        ledger.exact("compressor.ratio", "the same ratio")
        ledger.exact("compressor.knee_db", "the same knee")
        if not rest_db:
            ledger.exact("compressor.makeup_db", "ReaComp's output gain")
        ledger.approximated("compressor.attack_ms", _BALLISTICS)
    return [Fx("ReaComp", state, compressor.enabled)], rest_db


def limiter_fx(limiter: Limiter, drive_db: float, ledger: Ledger) -> list[Fx]:
    """ReaLimit for a limiter, driven by so many dB; none for one at its defaults."""
    if limiter == Limiter():
        return []
    ceiling_db = limiter.ceiling_dbtp
    state = ReaLimitState(threshold_db=ceiling_db - drive_db, ceiling_db=ceiling_db)
    if limiter.enabled:
        ledger.approximated(
            "limiter.ceiling_dbtp",
            f"ReaLimit's ceiling is {number(ceiling_db)} dB; "
            "that it holds true peaks and not just samples has not been measured",
        )
        ledger.approximated(
            "limiter.release_ms",
            f"{limiter.release_ms:g} ms could not be written: the unit of ReaLimit's release is not known; "
            "it stands at its default",
        )
    return [Fx("ReaLimit", encode_realimit(state), limiter.enabled)]


def _reverb(reverb: Reverb | None, ledger: Ledger) -> list[Fx]:
    if reverb is None:
        return []
    low_s, high_s = DECAY_RANGE_S
    reached_s = decay_of_room(room_of_decay(reverb.decay_s))
    held = (
        ""
        if math.isclose(reached_s, reverb.decay_s, rel_tol=1e-6)
        else f", which ends at {low_s:.2f} … {high_s:.1f} s"
    )
    ledger.approximated(
        "reverb.decay_s",
        f"{reverb.decay_s:g} s as a room size of ReaVerbate{held}; its decay and its level are set by one outside "
        "measurement, its sound is its own",
        round(abs(reached_s - reverb.decay_s), 6),
        "s",
    )
    if reverb.predelay_ms < OWN_PREDELAY_MS:
        ledger.approximated(
            "reverb.predelay_ms",
            f"ReaVerbate's first reflection comes {OWN_PREDELAY_MS:g} ms late by itself",
            OWN_PREDELAY_MS - reverb.predelay_ms,
            "ms",
        )
    ledger.approximated("reverb.size", "ReaVerbate has one knob for size and decay; it follows the decay")
    ledger.approximated("reverb.damping", "the same number on ReaVerbate's own dampening")
    return [Fx("ReaVerbate", REAVERBATE.encode(reverb_knobs(reverb)))]


def _delay(delay: Delay | None, ledger: Ledger) -> list[Fx]:
    if delay is None:
        return []
    ledger.exact("delay.time_ms", "one tap of ReaDelay with the same time and feedback")
    ledger.approximated(
        "delay.low_cut_hz",
        "the filters of ReaDelay's tap at the same frequencies; their slopes are not known",
    )
    if delay.ping_pong:
        ledger.dropped("delay.ping_pong", "ReaDelay has no ping-pong: the echoes stay where they are")
    return [Fx("ReaDelay", encode_readelay(delay_state(delay)))]
