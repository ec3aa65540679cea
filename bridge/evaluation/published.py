"""The audio features of Diff-MST as its paper has them, with no floor under a silent side; in NumPy.

Vanka, Steinmetz, Rolland, Reiss, Fazekas, "Diff-MST: Differentiable Mixing Style Transfer", ISMIR 2024, as far as the
description goes; what it leaves open is chosen here (see docs/evaluation.md). A mono mix has a silent side, whose log
spectrum lies at log ε: the term `side` then is large whatever else the mix is. That is why console.losses.features
exists; this form serves to compare with figures that were published.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from console.analysis.values import BARK_BANDS, BARK_EDGES_HZ

Float64 = NDArray[np.float64]

_EPSILON = 1e-8
_WINDOW, _HOP = 4096, 2048
_AT_ONCE = 128


def published_features(audio: Float64, sample_rate_hz: int) -> Mapping[str, Float64]:
    """RMS (linear), crest (dB), ΣS²/ΣM², (R² − L²)/(R² + L²), and ln Bark magnitudes of mid and side, (24,).

    Args:
        audio: (2, samples), not silent.
        sample_rate_hz: its rate.
    """
    left, right = audio
    mid, side = (left + right) / 2.0, (left - right) / 2.0
    rms = float(np.sqrt((audio**2).mean()))
    energy_left, energy_right = float(left @ left), float(right @ right)
    return {
        "rms": np.array([rms]),
        "crest": np.array([20.0 * np.log10(np.abs(audio).max() / rms)]),
        "width": np.array([float(side @ side) / max(float(mid @ mid), _EPSILON)]),
        "imbalance": np.array([(energy_right - energy_left) / (energy_right + energy_left)]),
        "mid": _log_bark(mid, sample_rate_hz),
        "side": _log_bark(side, sample_rate_hz),
    }


def _log_bark(signal: Float64, sample_rate_hz: int) -> Float64:
    """The natural logarithm of the mean magnitude in each critical band; ε is added, nothing is floored."""
    padded = np.pad(signal, (0, max(0, _WINDOW - len(signal))))
    view = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP]
    window = np.hanning(_WINDOW + 1)[:-1]
    total = np.zeros(_WINDOW // 2 + 1)
    for at in range(0, len(view), _AT_ONCE):
        total += np.abs(np.fft.rfft(view[at : at + _AT_ONCE] * window, axis=-1)).sum(axis=0)
    mean = total / len(view)
    hz = np.arange(len(mean)) * sample_rate_hz / _WINDOW
    band = np.searchsorted(np.array(BARK_EDGES_HZ[1:]), hz, side="right")
    inside = band < BARK_BANDS
    sums = np.bincount(band[inside], mean[inside], BARK_BANDS)
    counts = np.maximum(np.bincount(band[inside], minlength=BARK_BANDS), 1)
    return np.asarray(np.log(sums / counts + _EPSILON))
