"""Gain-reduction meters on the time grid of the analysis."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from console.analysis.values import HOP_S, FloatArray
from console.dsp.dynamics import CONTROL_INTERVAL_SAMPLES


def reduction_per_hop(gain_db: NDArray[np.float64], samples: int, sample_rate_hz: int) -> FloatArray:
    """Most gain reduction in each HOP_S, in dB at or above 0, shape (hops begun,), read-only.

    Args:
        gain_db: lowest gain, at most 0 dB, of each control interval (512 samples) from sample 0 on.
        samples: length of the render.
        sample_rate_hz: its rate.

    An interval counts for every hop that it touches, so a hop may show up to 512 samples of its neighbours.
    """
    per_second = round(1.0 / HOP_S)
    starts = (
        np.arange(samples * per_second // sample_rate_hz + 2) * sample_rate_hz + per_second // 2
    ) // per_second
    edges = starts[: np.searchsorted(starts, samples) + 1]
    first = edges[:-1] // CONTROL_INTERVAL_SAMPLES
    last = -(-edges[1:] // CONTROL_INTERVAL_SAMPLES)
    values = [max(0.0, -float(gain_db[a:b].min(initial=0.0))) for a, b in zip(first, last, strict=True)]
    result = np.array(values, dtype=np.float32)
    result.flags.writeable = False
    return result


class PeakHolder:
    """Collects the lowest gain of each control interval from gains of single samples."""

    def __init__(self) -> None:
        self._parts: list[NDArray[np.float64]] = []
        self._rest = np.empty(0)

    def push(self, gains_db: NDArray[np.float64]) -> None:
        """Take the gains of the next samples, (samples,)."""
        waiting = np.concatenate([self._rest, gains_db])
        whole = len(waiting) // CONTROL_INTERVAL_SAMPLES * CONTROL_INTERVAL_SAMPLES
        self._parts.append(waiting[:whole].reshape(-1, CONTROL_INTERVAL_SAMPLES).min(axis=1))
        self._rest = waiting[whole:].copy()

    def gain_db(self) -> NDArray[np.float64]:
        """Lowest gain of each interval so far, the unfinished one too."""
        rest = [self._rest.min(keepdims=True)] if self._rest.size else []
        return np.concatenate([np.empty(0), *self._parts, *rest])
