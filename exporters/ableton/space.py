"""The reverb and the delay of an FX bus on Live's Reverb and Delay, and back.

Times, feedback and ping-pong are the same numbers. Both have a band-pass where the console has two cuts; its middle
and width are the geometric middle and the octaves between them. Size and damping have no common unit: a room size
on a log scale over Live's range, and the gain of the high shelf. None of it has been measured.
"""

import math
from collections.abc import Mapping

from console.mix import Delay, Reverb
from exporters.ableton.outline import Value
from exporters.ableton.values import neat_value, stored
from exporters.neat import held
from exporters.report import Ledger

_ROOM_LOW, _ROOM_HIGH = 0.2220000029, 500.0
_SHELF_LOW, _SHELF_HIGH = 0.200000003, 1.0
_DECAY_LOW_MS, _DECAY_HIGH_MS = 200.0, 60000.0
_PREDELAY_LOW_MS, _PREDELAY_HIGH_MS = 0.5, 250.0
_MIDDLE_LOW_HZ, _MIDDLE_HIGH_HZ = 50.0, 18000.0
_OCTAVES_LOW, _OCTAVES_HIGH = 0.5, 9.0
_FEEDBACK_HIGH = 0.9499999881


def reverb_values(reverb: Reverb, ledger: Ledger) -> dict[str, Value]:
    """The knobs of Live's Reverb for a reverb, wet only."""
    decay_ms = _within(reverb.decay_s * 1000.0, _DECAY_LOW_MS, _DECAY_HIGH_MS)
    predelay_ms = _within(reverb.predelay_ms, _PREDELAY_LOW_MS, _PREDELAY_HIGH_MS)
    ledger.approximated(
        "reverb.decay_s",
        "the same time in Live's Reverb, whose sound is its own"
        + (f"; it starts at {_DECAY_LOW_MS:g} ms" if decay_ms != reverb.decay_s * 1000.0 else ""),
        round(abs(decay_ms / 1000.0 - reverb.decay_s), 9),
        "s",
    )
    if predelay_ms == reverb.predelay_ms:
        ledger.exact("reverb.predelay_ms", "the same time in Live's Reverb")
    else:
        ledger.approximated(
            "reverb.predelay_ms",
            f"Live's Reverb starts at {_PREDELAY_LOW_MS:g} ms",
            _PREDELAY_LOW_MS - reverb.predelay_ms,
            "ms",
        )
    ledger.approximated("reverb.size", "a room size on a log scale over Live's range, not measured")
    ledger.approximated("reverb.damping", "the gain of the Reverb's high shelf from 4.5 kHz, not measured")
    middle_hz, octaves = _band(reverb.low_cut_hz, reverb.high_cut_hz, "reverb", ledger)
    return {
        "PreDelay": stored(predelay_ms),
        "BandLowOn": True,
        "BandHighOn": True,
        "BandFreq": middle_hz,
        "BandWidth": octaves,
        "ShelfHiGain": stored(_SHELF_HIGH - (_SHELF_HIGH - _SHELF_LOW) * reverb.damping),
        "DecayTime": stored(decay_ms),
        "RoomSize": stored(_ROOM_LOW * (_ROOM_HIGH / _ROOM_LOW) ** reverb.size),
        "MixDirect": 1.0,
    }


def reverb_of(knobs: Mapping[str, float]) -> Reverb:
    """The reverb that Live's Reverb stands for."""
    low_hz, high_hz = _cuts(knobs["BandFreq"], knobs["BandWidth"])
    size = math.log(max(knobs["RoomSize"], _ROOM_LOW) / _ROOM_LOW) / math.log(_ROOM_HIGH / _ROOM_LOW)
    damping = (_SHELF_HIGH - knobs["ShelfHiGain"]) / (_SHELF_HIGH - _SHELF_LOW)
    return Reverb(
        decay_s=held("reverb.decay_s", neat_value(knobs["DecayTime"] / 1000.0)),
        predelay_ms=held("reverb.predelay_ms", neat_value(knobs["PreDelay"])),
        size=held("reverb.size", round(size, 5) + 0.0),
        damping=held("reverb.damping", round(damping, 5) + 0.0),
        low_cut_hz=held("reverb.low_cut_hz", neat_value(low_hz)),
        high_cut_hz=held("reverb.high_cut_hz", neat_value(high_hz)),
    )


def delay_values(delay: Delay, ledger: Ledger) -> dict[str, Value]:
    """The knobs of Live's Delay for a delay, wet only, both sides linked and free of the tempo."""
    ledger.exact("delay.time_ms", "the same time and feedback in Live's Delay, not synchronised")
    if delay.ping_pong:
        ledger.approximated("delay.ping_pong", "the Delay's own ping-pong; its law has not been measured")
    middle_hz, octaves = _band(delay.low_cut_hz, delay.high_cut_hz, "delay", ledger)
    time_s = stored(delay.time_ms / 1000.0)
    return {
        "DelayLine_Link": True,
        "DelayLine_PingPong": delay.ping_pong,
        "DelayLine_SyncL": False,
        "DelayLine_SyncR": False,
        "DelayLine_TimeL": time_s,
        "DelayLine_TimeR": time_s,
        "Feedback": stored(min(delay.feedback, _FEEDBACK_HIGH)),
        "Filter_On": True,
        "Filter_Frequency": middle_hz,
        "Filter_Bandwidth": octaves,
        "DryWet": 1.0,
    }


def delay_of(knobs: Mapping[str, float], *, ping_pong: bool) -> Delay:
    """The delay that Live's Delay stands for."""
    low_hz, high_hz = _cuts(knobs["Filter_Frequency"], knobs["Filter_Bandwidth"])
    return Delay(
        time_ms=held("delay.time_ms", neat_value(knobs["DelayLine_TimeL"] * 1000.0)),
        feedback=held("delay.feedback", neat_value(knobs["Feedback"])),
        low_cut_hz=held("delay.low_cut_hz", neat_value(low_hz)),
        high_cut_hz=held("delay.high_cut_hz", neat_value(high_hz)),
        ping_pong=ping_pong,
    )


def _band(low_hz: float, high_hz: float, name: str, ledger: Ledger) -> tuple[float, float]:
    """The middle in Hz and the width in octaves of the band between two cuts, within Live's ranges."""
    middle_hz = stored(_within(math.sqrt(low_hz * high_hz), _MIDDLE_LOW_HZ, _MIDDLE_HIGH_HZ))
    octaves = stored(_within(math.log2(high_hz / low_hz), _OCTAVES_LOW, _OCTAVES_HIGH))
    got_low_hz, got_high_hz = _cuts(middle_hz, octaves)
    off = max(abs(math.log2(got_low_hz / low_hz)), abs(math.log2(got_high_hz / high_hz)))
    ledger.approximated(
        f"{name}.low_cut_hz",
        f"both cuts are one band-pass around {middle_hz:.0f} Hz, {octaves:.1f} octaves wide; its slopes are not known",
        round(off, 3),
        "octaves",
    )
    return middle_hz, octaves


def _cuts(middle_hz: float, octaves: float) -> tuple[float, float]:
    half = 2.0 ** (_within(octaves, -100.0, 100.0) / 2.0)
    return middle_hz / half, middle_hz * half


def _within(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)
