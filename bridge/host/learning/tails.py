"""Reads a reverb's tail: when it begins, how long it takes to die away, how loud it is, band by band."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft, rfftfreq
from scipy.signal import butter, sosfilt

from bridge.host.learning.bench import RATE_HZ
from console.dsp.reverb_design import shelf

Array = NDArray[np.float64]

#: Third octaves that tails are looked at in, from 31 Hz to 16 kHz.
BANDS_HZ: Array = 1000.0 * 2.0 ** (np.arange(-15, 13) / 3.0)

#: A tail begins where it first reaches this share of its peak.
_BEGINS = 0.02
#: The decay is read from the curve between these, in dB under its start; of a tail cut short from what there is.
_FROM_DB, _DOWN_DB, _LEAST_DB = -5.0, -35.0, -15.0
_FRAME = 480


def onset_ms(tail: Array) -> float:
    """When a response, (channels, samples), begins."""
    magnitude = np.max(np.abs(tail), axis=0)
    return 1000.0 * int(np.argmax(magnitude > _BEGINS * magnitude.max())) / RATE_HZ


def decay_s(tail: Array, low_hz: float, high_hz: float) -> float | None:
    """The time in which a response falls by 60 dB between two frequencies; None where it hardly falls.

    By Schroeder's backward integration (M. R. Schroeder, JASA 37, 1965) of the energy, that of what was cut off at the
    end added from the slope before it.
    """
    band = sosfilt(_band(low_hz, high_hz), tail, axis=1)
    energy = np.sum(band * band, axis=0)
    frames = energy[: energy.size // _FRAME * _FRAME].reshape(-1, _FRAME).sum(axis=1)
    frames = frames[int(np.argmax(frames)) :]
    if frames.size < 6 or frames[0] <= 0.0:
        return None
    curve = np.cumsum(frames[::-1])[::-1]
    found = None
    for _ in range(4):
        level = 10.0 * np.log10(np.maximum(curve / curve[0], 1e-15))
        down = max(_DOWN_DB, float(level[-3]) + 3.0)
        if down > _LEAST_DB:
            down = max(float(level[-3]), _DOWN_DB)
        used = (level <= _FROM_DB) & (level >= down)
        if np.count_nonzero(used) < 3:
            used = level >= down
        if np.count_nonzero(used) < 3 or np.ptp(level[used]) < 1.0:
            return found
        at = np.flatnonzero(used) * _FRAME / RATE_HZ
        slope = float(np.polyfit(at, level[used], 1)[0])
        if slope >= -1.0:
            return found
        found = -60.0 / slope
        # What the end has cut off goes on with the same slope.
        loss = 10.0 ** (slope * _FRAME / RATE_HZ / 10.0)
        last = float(np.mean(frames[-5:])) * loss / (1.0 - loss)
        curve = np.cumsum(frames[::-1])[::-1] + last
    return found


@cache
def _band(low_hz: float, high_hz: float) -> Array:
    return np.asarray(butter(4, [low_hz, high_hz], "bandpass", fs=RATE_HZ, output="sos"))


def energy_db(tail: Array) -> float:
    """The energy of a response over all channels, in dB."""
    return 10.0 * float(np.log10(max(float(np.sum(tail * tail)), 1e-20)))


def bands_db(tail: Array) -> Array:
    """The energy of a response in each of BANDS_HZ, per Hz, over all channels, in dB."""
    power = np.sum(np.abs(rfft(tail, axis=1)) ** 2, axis=0)
    hz = rfftfreq(tail.shape[1], 1.0 / RATE_HZ)
    edges = np.searchsorted(hz, [BANDS_HZ * 2.0 ** (-1 / 6), BANDS_HZ * 2.0 ** (1 / 6)])
    return np.array([10.0 * np.log10(power[a:b].mean() + 1e-20) for a, b in edges.T])


_LINE_SAMPLES = 2000
_DAMPINGS = np.linspace(0.0, 1.0, 41)


@cache
def _damped(octave_hz: float) -> Array:
    """The console's decay in an octave over that at 1 kHz, for each of _DAMPINGS."""
    hz = np.geomspace(octave_hz / np.sqrt(2.0), octave_hz * np.sqrt(2.0), 9)
    z = np.exp(-2j * np.pi * np.append(hz, 1000.0) / RATE_HZ)
    shares = []
    for damping in _DAMPINGS:
        b0, b1, a1 = shelf(_LINE_SAMPLES, 1.0, float(damping), RATE_HZ)
        loss = -np.log(np.abs((b0 + b1 * z) / (1.0 + a1 * z)))
        shares.append(float(np.mean(loss[-1] / loss[:-1])))
    return np.array(shares)


def damping_of(share: float, octave_hz: float) -> float:
    """The damping at which the console's decay in an octave is such a share of that at 1 kHz; it may miss 0 … 1."""
    shares = _damped(octave_hz)
    if share >= shares[0]:
        return float((shares[0] - share) / (shares[0] - shares[1]) * _DAMPINGS[1])
    return float(np.interp(-share, -shares, _DAMPINGS, right=1.01))
