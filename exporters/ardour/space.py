"""Reverb and delay of an FX bus with Ardour's ACE plugins: the nearest settings, and back.

Measured from Ardour 7.3's renders (impulses at 48 kHz, wet only): the ACE Reverb's first reflection comes after
64 ms, it keeps left and right apart, and its decay (60 dB, octave around 1 kHz) and energy follow its room size as in
`_ROOMS`. The ACE Delay's echoes are whole samples and equal to the console's in time and level, but for one sample
more at each repeat; its low-pass is a Butterworth of 12 dB per octave that each echo passes once, not once more at
each repeat.
"""

from collections.abc import Mapping

import numpy as np

from console.mix import Delay, Reverb
from console.units import power_to_db
from console.words import number
from exporters.ardour.plugins import Insert
from exporters.neat import held, neat_single
from exporters.report import Ledger

#: Room size, seconds to fall by 60 dB, energy that each side gives an impulse on it.
_ROOMS = (
    (0.5, 0.665, 0.1280),
    (0.6, 0.777, 0.1389),
    (0.7, 0.981, 0.1553),
    (0.8, 1.174, 0.1752),
    (0.9, 1.596, 0.2122),
    (0.95, 1.900, 0.2384),
    (1.0, 2.304, 0.2746),
)
_SIZES, _DECAYS_S, _ENERGIES = (np.array(column) for column in zip(*_ROOMS, strict=True))

#: The reverb's own time before its first reflection, in ms, less that of the console's at half size.
OWN_PREDELAY_MS = 52.0

_HIGHEST_LPF_HZ = 20000.0


def reverb_inserts(reverb: Reverb, label: str, ledger: Ledger) -> list[Insert]:
    """The ACE Reverb behind our filters and, where there is time left to wait, an ACE Delay of one echo."""
    size = room_of_decay(reverb.decay_s)
    decay_s = decay_of_room(size)
    predelay_ms = _predelay_ms(reverb)
    ledger.approximated(
        "reverb.decay_s",
        f"the ACE Reverb at a room size of {size:.2f} falls by 60 dB in {decay_s:.2f} s at 1 kHz; it keeps the sides "
        "apart, and its sound is its own",
        round(abs(decay_s - reverb.decay_s), 3),
        "s",
    )
    early_ms = OWN_PREDELAY_MS - reverb.predelay_ms
    if early_ms > 0.0:
        ledger.approximated(
            "reverb.predelay_ms",
            "the ACE Reverb's first reflection comes after 64 ms by itself",
            early_ms,
            "ms",
        )
    ledger.approximated("reverb.damping", "the ACE Reverb has no knob for it; its own stands")
    ledger.approximated("reverb.size", "the ACE Reverb has one knob for size and decay; it follows the decay")
    waiting = [_one_echo(predelay_ms, f"{label} Pre-delay")] if predelay_ms >= 1.0 else []
    return [
        _cuts(reverb.low_cut_hz, reverb.high_cut_hz, f"{label} Filters"),
        *waiting,
        Insert("ace_reverb", label, {"blend": 1.0, "roomsz": size, "enable": 1.0}),
    ]


def level_db(reverb: Reverb) -> float:
    """The gain in dB before the ACE Reverb at which white noise comes out with its own power, as the console's does."""
    size = room_of_decay(reverb.decay_s)
    return -power_to_db(float(np.interp(size, _SIZES, _ENERGIES)))


def room_of_decay(decay_s: float) -> float:
    """The room size whose decay comes nearest."""
    return float(np.interp(decay_s, _DECAYS_S, _SIZES))


def decay_of_room(size: float) -> float:
    """Seconds to fall by 60 dB at a room size."""
    return float(np.interp(size, _SIZES, _DECAYS_S))


def reverb_of(size: float, predelay_ms: float, cuts_hz: tuple[float, float] | None) -> Reverb:
    """The reverb that an ACE Reverb stands for, with what waits and filters before it."""
    low_hz, high_hz = cuts_hz or (20.0, 20000.0)
    waited_ms = predelay_ms + OWN_PREDELAY_MS if predelay_ms > 0.0 else OWN_PREDELAY_MS
    return Reverb(
        decay_s=held("reverb.decay_s", float(f"{decay_of_room(size):.4g}")),
        predelay_ms=held("reverb.predelay_ms", neat_single(waited_ms)),
        low_cut_hz=held("reverb.low_cut_hz", neat_single(low_hz)),
        high_cut_hz=held("reverb.high_cut_hz", neat_single(high_hz)),
    )


def delay_inserts(delay: Delay, label: str, ledger: Ledger) -> list[Insert]:
    """The ACE Delay, wet only, behind our high-pass; its own low-pass is the high cut."""
    ledger.exact(
        "delay.time_ms", "the ACE Delay with the same time and feedback; each repeat comes a sample later"
    )
    ledger.approximated(
        "delay.low_cut_hz",
        f"{number(delay.low_cut_hz, 0)} Hz and {number(delay.high_cut_hz, 0)} Hz once for all echoes, "
        "where the console's repeats lose more at each turn",
    )
    if delay.ping_pong:
        ledger.dropped("delay.ping_pong", "the ACE Delay has no ping-pong: the echoes stay where they are")
    values = {
        "time": delay.time_ms,
        "feedback": 100.0 * delay.feedback,
        "lpf": min(delay.high_cut_hz, _HIGHEST_LPF_HZ),
        **_WET,
    }
    return [_cuts(delay.low_cut_hz, None, f"{label} Filters"), Insert("ace_delay", label, values)]


def delay_of(values: Mapping[str, float], low_cut_hz: float | None) -> Delay:
    """The delay that an ACE Delay stands for, with the high-pass before it."""
    return Delay(
        time_ms=held("delay.time_ms", neat_single(values.get("time", 160.0))),
        feedback=held("delay.feedback", neat_single(values.get("feedback", 20.0) / 100.0)),
        low_cut_hz=held("delay.low_cut_hz", neat_single(low_cut_hz or 20.0)),
        high_cut_hz=held("delay.high_cut_hz", neat_single(values.get("lpf", 6000.0))),
    )


_WET = {"drywet": 100.0, "inv": 0.0, "sync": 0.0, "gain": 0.0, "enable": 1.0}


def _predelay_ms(reverb: Reverb) -> float:
    return max(reverb.predelay_ms - OWN_PREDELAY_MS, 0.0)


def _one_echo(time_ms: float, label: str) -> Insert:
    return Insert("ace_delay", label, {"time": time_ms, "feedback": 0.0, "lpf": _HIGHEST_LPF_HZ, **_WET})


def _cuts(low_hz: float | None, high_hz: float | None, label: str) -> Insert:
    values = {"highpass": float(low_hz is not None), "lowpass": float(high_hz is not None), "width": 1.0}
    values |= {"highpass_slope": 12.0, "lowpass_slope": 12.0}
    return Insert(
        "filters",
        label,
        values
        | {
            "highpass_hz": 80.0 if low_hz is None else low_hz,
            "lowpass_hz": 18000.0 if high_hz is None else high_hz,
        },
    )
