"""Tells what a plugin is by its sound alone: what its knobs do to a pulse, to steps of level, to what is too loud."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from bridge.host.faults import PluginFault
from bridge.host.learning.bench import GRID_HZ, RATE_HZ, Bench, Knobs, numeric
from bridge.host.learning.features import NOTHING_TOLD
from bridge.host.learning.limiters import CEILING, LIFT, read_stairs, stairs
from bridge.host.values import Audio
from presets.plugins.profile import PluginRole

Array = NDArray[np.float64]

_PULSE, _PULSE_S = 0.5, 1.5
#: A filter's ringing above the frequency is over by then; echoes and tails that matter are louder than this share.
_ABOVE_HZ, _AFTER_S, _RINGS = 1000.0, 0.03, 1e-4
_FRAME = 240
#: Of the frames between first and last sound a reverb fills more than this share.
_DENSE = 0.5
#: A change that counts, in dB.
_HEARD_DB = 1.0
_POSITIONS = (0.0, 0.5, 1.0)


def heard_roles(bench: Bench) -> tuple[PluginRole, ...]:
    """What a plugin may be by what is heard of it, the likeliest first; () where its knobs do nothing of the kind."""
    votes = dict.fromkeys(PluginRole, 0)
    settings = []
    fills = []
    for knobs in _settings(bench):
        try:
            fill = _tail(bench, knobs)
        except PluginFault as fault:
            if fault.fault not in NOTHING_TOLD:
                raise
            continue
        settings.append(knobs)
        if fill is not None:
            fills.append(fill)
    if fills:
        dense = max(fills) > _DENSE
        return (PluginRole.REVERB, PluginRole.DELAY) if dense else (PluginRole.DELAY, PluginRole.REVERB)
    ceilings = []
    for knobs in settings:
        gains = bench.gains_db(knobs).reshape(16, -1)[:, -10:].mean(axis=1)
        # The steps of -60 dBFS, and those of 0 and -3.
        quiet, loud = float(np.mean(gains[[0, 15]])), float(np.mean(gains[[13, 8]]))
        votes[PluginRole.COMPRESSOR] += loud < quiet - _HEARD_DB
        votes[PluginRole.GATE] += quiet < loud - _HEARD_DB
        response = bench.response_db(knobs)
        votes[PluginRole.EQUALIZER] += bool(np.ptp(response[(GRID_HZ > 40.0) & (GRID_HZ < 16_000.0)]) > 1.0)
        ceilings.append(_holds(bench, knobs))
    turned_down = votes[PluginRole.COMPRESSOR]
    if turned_down or any(ceilings):
        # What holds a ceiling wherever it turns down is a limiter; either could be the other.
        limits = any(ceilings) and False not in ceilings
        votes[PluginRole.LIMITER] = turned_down + 1 if limits else 1
        votes[PluginRole.COMPRESSOR] = 1 if limits else turned_down + 1
    return tuple(sorted((role for role in votes if votes[role]), key=lambda role: -votes[role]))


def _settings(bench: Bench) -> Iterator[Knobs]:
    """The plugin as new, and with each knob by itself elsewhere."""
    yield Knobs()
    for parameter in numeric(bench.parameters):
        for raw in _POSITIONS:
            yield Knobs().moved({parameter.key: raw})


def _tail(bench: Bench, knobs: Knobs) -> float | None:
    """How densely what comes after a pulse fills the time; None where nothing comes."""
    pulse: Audio = np.zeros((bench.channels, round(_PULSE_S * RATE_HZ)), np.float32)
    pulse[:, 0] = _PULSE
    heard = sosfilt(_HIGHPASS, bench.play(knobs, pulse)[0].astype(np.float64))
    frames = (heard[: heard.size // _FRAME * _FRAME] ** 2).reshape(-1, _FRAME).sum(axis=1)
    late = frames[round(_AFTER_S * RATE_HZ) // _FRAME :]
    if late.sum() < _RINGS * max(float(frames.sum()), 1e-6):
        return None
    sounding = np.flatnonzero(late > 1e-3 * late.max())
    return sounding.size / float(sounding[-1] + 1)


_HIGHPASS = butter(4, _ABOVE_HZ, "highpass", fs=RATE_HZ, output="sos")


def _holds(bench: Bench, knobs: Knobs) -> bool | None:
    """Whether a ceiling holds far over full scale; None where nothing is turned down there."""
    audio = stairs(bench.channels)
    out = bench.play(knobs, audio)
    reading = read_stairs(out)
    if CEILING in reading:
        return True
    loud = slice(-960, -240)
    gain = 20.0 * np.log10(
        max(float(np.max(np.abs(out[0, loud]))), 1e-9) / float(np.max(np.abs(audio[0, loud])))
    )
    return None if abs(gain - reading[LIFT]) < _HEARD_DB else False
