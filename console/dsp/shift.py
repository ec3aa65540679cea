"""Delays by a fraction of a sample: splits a delay into whole samples and a linear-phase windowed sinc."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

TAPS = 64
LATENCY_SAMPLES = TAPS // 2 - 1
"""Whole samples by which the taps delay beyond the fraction that was asked for."""

_KAISER_BETA = 9.5


def split_delay(delay_ms: float, sample_rate_hz: float, tolerance: float = 1e-6) -> tuple[int, float]:
    """Whole samples (floor) and the fraction 0 <= f < 1 that make up a delay; negative delays are allowed.

    A fraction within `tolerance` of a whole sample is taken as whole, so that such a delay changes no bit.
    """
    samples = delay_ms * sample_rate_hz / 1000.0
    if abs(samples - round(samples)) <= tolerance:
        return round(samples), 0.0
    return math.floor(samples), samples - math.floor(samples)


def fractional_delay_taps(fraction: float) -> NDArray[np.float64]:
    """FIR taps, shape (64,), with a delay of LATENCY_SAMPLES + fraction, 0 <= fraction < 1.

    A sinc under a Kaiser window, scaled to unity at 0 Hz: flat within 0.001 dB up to 0.9 of Nyquist, and the
    phase exact to the same degree.
    """
    distance = np.arange(TAPS) - (LATENCY_SAMPLES + fraction)
    window = np.i0(_KAISER_BETA * np.sqrt(np.maximum(0.0, 1.0 - (distance / (TAPS / 2)) ** 2)))
    taps = np.sinc(distance) * window
    return np.asarray(taps / taps.sum())
