"""True peak by oversampling (ITU-R BS.1770-4, annex 2), computed only where it can matter."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from console.analysis.jit import kernel

Float32 = NDArray[np.float32]

#: Samples that the interpolation looks at on each side.
REACH = 8

_BLOCK = 64


def interpolators(sample_rate_hz: int) -> Float32:
    """Taps of the points between two samples, (points, 2 · REACH): 3 to 48 kHz, 1 to 96 kHz, none above.

    Sinc functions under a Kaiser window, each scaled to unit gain at 0 Hz.
    """
    oversampling = 4 if sample_rate_hz <= 48000 else 2 if sample_rate_hz <= 96000 else 1
    offsets = np.arange(1, oversampling) / oversampling
    distance = np.arange(1 - REACH, REACH + 1)[None, :] - offsets[:, None]
    window = np.i0(5.0 * np.sqrt(1.0 - (distance / REACH) ** 2))
    taps = np.sinc(distance) * window
    taps = taps / taps.sum(axis=1, keepdims=True) if len(taps) else taps
    return np.ascontiguousarray(taps, dtype=np.float32).reshape(-1, 2 * REACH)


@kernel
def true_peak(x: Float32, taps: Float32, highest: float) -> float:
    """The larger of `highest` and the magnitude of what lies between the samples of x.

    Points are interpolated from x[REACH - 1] on to x[size - REACH], of which successive calls have to overlap by
    2 · REACH - 1 samples. A block is interpolated only if its largest sample times the largest sum of the taps'
    magnitudes exceeds what has been found already, so most of a piece costs one comparison.
    """
    points = x.size - 2 * REACH + 1
    if taps.shape[0] == 0 or points < _BLOCK:
        return highest
    bound = 0.0
    for point in range(taps.shape[0]):
        reach = 0.0
        for tap in range(taps.shape[1]):
            reach += abs(np.float64(taps[point, tap]))
        bound = max(bound, reach)
    bits = x.view(np.int32)  # magnitudes of floats are ordered as their bits are, and those vectorise
    found = np.empty(1, dtype=np.float32)
    found_bits = found.view(np.int32)
    needed = np.empty(1, dtype=np.float32)
    needed_bits = needed.view(np.int32)
    found[0] = highest
    needed[0] = highest / bound
    between = np.empty(_BLOCK, dtype=np.float32)
    between_bits = between.view(np.int32)
    for block in range((points + _BLOCK - 1) // _BLOCK):
        first = min(block * _BLOCK, points - _BLOCK)
        largest = np.int32(0)
        for value in bits[first : first + _BLOCK + 2 * REACH - 1]:
            largest = max(largest, value & np.int32(0x7FFFFFFF))
        if largest < needed_bits[0]:
            continue
        for point in range(taps.shape[0]):
            between[:] = np.float32(0.0)
            for tap in range(taps.shape[1]):
                gain = taps[point, tap]
                shifted = x[first + tap : first + tap + _BLOCK]
                for i in range(_BLOCK):
                    between[i] += gain * shifted[i]
            for value in between_bits:
                found_bits[0] = max(found_bits[0], value & np.int32(0x7FFFFFFF))
        needed[0] = found[0] / bound
    return max(highest, np.float64(found[0]))
