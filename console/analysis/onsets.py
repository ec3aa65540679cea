"""Transients: where the loudness leaps up within a few hundredths of a second."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]

#: Frames of 10 ms whose mean is what a transient rises from.
_BEFORE = 5

#: Frames in which it reaches its height.
_AFTER = 3

#: Frames on either side in which it has to be the steepest.
_APART = 5

#: A rise below this is no transient.
_LEAST_RISE_DB = 6.0

#: Frames that a decision needs around it.
_CONTEXT = _BEFORE + _APART + _AFTER

#: What silence counts as, so that a rise out of it stays a number: -80 dB.
_FLOOR = 1e-8


class OnsetDetector:
    """Finds rises of the K-weighted power of 10 ms frames, second by second.

    A transient is a frame whose power is at least 6 dB above the mean of the 50 ms before it, and whose rise is the
    largest within 50 ms on either side. Its height is the highest power of the frame and the two behind it, over
    the same mean.
    """

    def __init__(self) -> None:
        self._power = np.zeros(2 * _CONTEXT)
        self._levels: list[Float64] = []
        self._rises: list[Float64] = []

    def push(self, power: Float64) -> None:
        """Take the mean powers of the next 10 ms frames."""
        power = np.concatenate((self._power, power))
        self._power = power[-2 * _CONTEXT :]
        total = np.concatenate(((0.0,), np.cumsum(power)))
        size = len(power)
        before = np.full(size, _FLOOR)
        before[_BEFORE:] += np.maximum(total[_BEFORE:size] - total[: size - _BEFORE], 0.0) / _BEFORE
        rise = power / before
        steepest = np.lib.stride_tricks.sliding_window_view(rise, 2 * _APART + 1).max(axis=1)
        # Of the context that is seen twice, each frame is decided exactly once.
        first, last = _CONTEXT, size - _CONTEXT
        decided = rise[first:last]
        found = np.flatnonzero(
            (decided >= 10.0 ** (_LEAST_RISE_DB / 10.0))
            & (decided == steepest[first - _APART : last - _APART])
        )
        if found.size:
            at = found + first
            highest = power[at[:, None] + np.arange(_AFTER)].max(axis=1)
            self._levels.append(highest)
            self._rises.append(highest / before[at])

    def result(self, threshold: float) -> tuple[int, float]:
        """Flush, and return how many transients reach a power of `threshold`, and their median rise in dB."""
        self.push(np.zeros(2 * _CONTEXT))
        levels, rises = _joined(self._levels), _joined(self._rises)
        rises = rises[levels >= threshold]
        return rises.size, float(10.0 * np.log10(np.median(rises))) if rises.size else 0.0


def _joined(parts: Sequence[Float64]) -> Float64:
    return np.concatenate(parts) if parts else np.zeros(0)
