"""Static curves and time constants of the dynamics, as the report draws them and the kernels use them."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from console.mix import Compressor, Gate


def smoothing_coefficient(time_ms: float, sample_rate_hz: float) -> float:
    """exp(-1/(fs t)), the share of the old value that a one-pole smoother keeps each sample; 0 for t = 0."""
    return math.exp(-1000.0 / (sample_rate_hz * time_ms)) if time_ms > 0.0 else 0.0


def compressor_curve_db(settings: Compressor, level_db: NDArray[np.float64]) -> NDArray[np.float64]:
    """Static gain in dB (at most 0, make-up left out) at each level in dB: the curve that a report draws."""
    over = np.asarray(level_db, dtype=np.float64) - settings.threshold_db
    knee = settings.knee_db
    bend = np.clip(over + knee / 2.0, 0.0, knee)
    soft = bend**2 / (2.0 * knee) if knee > 0.0 else 0.0
    return np.asarray((1.0 / settings.ratio - 1.0) * (soft + np.maximum(over - knee / 2.0, 0.0)))


def gate_curve_db(settings: Gate, level_db: NDArray[np.float64]) -> NDArray[np.float64]:
    """Static gain in dB (range_db ... 0) at each level in dB."""
    under = np.minimum(np.asarray(level_db, dtype=np.float64) - settings.threshold_db, 0.0)
    return np.asarray(np.maximum((settings.ratio - 1.0) * under, settings.range_db))
