"""ReaVerbate and ReaDelay for the console's reverb and delay buses: the nearest settings, and back.

ReaVerbate's decay has been measured once, by another project, from impulses at eleven room sizes (damping
0.3). A feedback comb of 15.2 ms whose gain is 0.605 + 0.384 · room reproduces those eleven times within 2 %;
its first reflection came 25 ms after the pre-delay set, and the energy of the answer to an impulse follows
−3.25 dB − 5.8 lg(1 − gain²) within 0.5 dB. These laws are used here and called approximations.
"""

import math

from console.mix import Delay, Reverb
from console.params import spec
from console.units import db_to_gain
from exporters.neat import held, neat_single
from exporters.reaper.chunks import ReaDelayState, ReaDelayTap

_COMB_S, _GAIN_LOW, _GAIN_SPAN = 0.0152, 0.605, 0.384

#: ReaVerbate's own time before the first reflection, in ms.
OWN_PREDELAY_MS = 25.0


def decay_of_room(room: float) -> float:
    """Seconds to fall by 60 dB at a room size of 0 … 1."""
    return -3.0 * _COMB_S / math.log10(_GAIN_LOW + _GAIN_SPAN * room)


def room_of_decay(decay_s: float) -> float:
    """The room size 0 … 1 whose decay comes nearest."""
    gain = math.pow(10.0, -3.0 * _COMB_S / decay_s)
    return min(max((gain - _GAIN_LOW) / _GAIN_SPAN, 0.0), 1.0)


def own_level_db(room: float) -> float:
    """The energy that ReaVerbate gives an impulse at 0 dB wet; the console's reverb gives it 0 dB."""
    gain = _GAIN_LOW + _GAIN_SPAN * room
    return -3.25 - 5.8 * math.log10(1.0 - gain * gain)


#: Shortest and longest decay that ReaVerbate reaches by this law.
DECAY_RANGE_S = (decay_of_room(0.0), decay_of_room(1.0))


def reverb_knobs(reverb: Reverb) -> dict[str, float]:
    """ReaVerbate's knobs for a reverb: wet only, full width, at the console's level."""
    room = room_of_decay(reverb.decay_s)
    return {
        "wet": db_to_gain(-own_level_db(room)),
        "dry": 0.0,
        "room": room,
        "damping": reverb.damping,
        "width": 1.0,
        "predelay_ms": max(reverb.predelay_ms - OWN_PREDELAY_MS, 0.0),
        "lowpass_hz": reverb.high_cut_hz,
        "highpass_hz": reverb.low_cut_hz,
    }


def reverb_of_knobs(knobs: dict[str, float]) -> Reverb:
    """The reverb that ReaVerbate's knobs stand for; its size is the table's default."""
    return Reverb(
        decay_s=held("reverb.decay_s", float(f"{decay_of_room(knobs['room']):.4g}")),
        predelay_ms=held("reverb.predelay_ms", neat_single(knobs["predelay_ms"] + OWN_PREDELAY_MS)),
        damping=held("reverb.damping", neat_single(knobs["damping"])),
        low_cut_hz=held("reverb.low_cut_hz", neat_single(knobs["highpass_hz"])),
        high_cut_hz=held("reverb.high_cut_hz", neat_single(knobs["lowpass_hz"])),
    )


def delay_state(delay: Delay) -> ReaDelayState:
    """ReaDelay for a delay: one tap, wet only."""
    tap = ReaDelayTap(
        time_ms=delay.time_ms,
        feedback=delay.feedback,
        lowpass_hz=delay.high_cut_hz,
        highpass_hz=delay.low_cut_hz,
    )
    return ReaDelayState((tap,), wet=1.0, dry=0.0)


def delay_of_state(state: ReaDelayState) -> Delay:
    """The delay that ReaDelay's first tap stands for."""
    tap = state.taps[0] if state.taps else ReaDelayTap(spec("delay.time_ms").default)
    return Delay(
        time_ms=held("delay.time_ms", neat_single(tap.time_ms)),
        feedback=held("delay.feedback", neat_single(tap.feedback)),
        low_cut_hz=held("delay.low_cut_hz", neat_single(tap.highpass_hz)),
        high_cut_hz=held("delay.high_cut_hz", neat_single(tap.lowpass_hz)),
    )
