"""One pass over the samples of a channel: weighted and plain power, sum and peak per 10 ms."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from console.analysis.jit import kernel

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]

_QUIET = 1e-30  # filter states below this (-600 dB) become zero: no denormal arithmetic
_LARGEST_BITS = 0x58635FA9  # of 1e15 as float32


@kernel
def scan(
    x: Float32,
    bounds: Int64,
    weighting: Float64,
    state: Float64,
    weighted: Float64,
    plain: Float64,
    peak: Float32,
) -> float:
    """Fill, per frame bounds[f] … bounds[f + 1], the energy after K-weighting, the energy and the peak.

    `state` (4,) holds the filters' memory from call to call. Returns the sum of all samples.
    """
    b0, b1, b2, a1, a2 = weighting[0, 0], weighting[0, 1], weighting[0, 2], weighting[0, 3], weighting[0, 4]
    c1, c2 = weighting[1, 3], weighting[1, 4]
    s1, s2, t1, t2 = state[0], state[1], state[2], state[3]
    total = 0.0
    for frame in range(bounds.size - 1):
        heard, energy, highest = 0.0, 0.0, np.float32(0.0)
        for i in range(bounds[frame], bounds[frame + 1]):
            single = x[i]
            size = abs(single)
            highest = size if size > highest else highest
            u = np.float64(single)
            total += u
            energy += u * u
            v = b0 * u + s1
            s1 = (b1 * u + s2) - a1 * v
            s2 = b2 * u - a2 * v
            w = v + t1  # the high-pass has b = (1, -2, 1)
            t1 = (t2 - 2.0 * v) - c1 * w
            t2 = v - c2 * w
            heard += w * w
        weighted[frame] += heard
        plain[frame] += energy
        peak[frame] = highest
        if abs(s1) + abs(s2) + abs(t1) + abs(t2) < _QUIET:
            s1, s2, t1, t2 = 0.0, 0.0, 0.0, 0.0
    state[0], state[1], state[2], state[3] = s1, s2, t1, t2
    return total


@kernel
def difference_energy(left: Float32, right: Float32) -> float:
    """Energy of left minus right."""
    total = 0.0
    for i in range(left.size):
        d = np.float64(left[i]) - np.float64(right[i])
        total += d * d
    return total


@kernel
def silence_nonfinite(block: Float32) -> int:
    """Replace every sample that is not finite by zero, in place, and count them; block (channels, samples).

    So are samples beyond 1e15 (+300 dB): no sound, and their powers would not be finite.
    """
    count = 0
    bits = block.view(
        np.int32
    )  # magnitudes of floats are ordered as their bits are, infinity and NaN above all
    for channel in range(block.shape[0]):
        for i in range(block.shape[1]):
            count += (bits[channel, i] & 0x7FFFFFFF) > _LARGEST_BITS
    if count:
        for channel in range(block.shape[0]):
            for i in range(block.shape[1]):
                if (bits[channel, i] & 0x7FFFFFFF) > _LARGEST_BITS:
                    block[channel, i] = 0.0
    return count
