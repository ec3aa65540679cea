"""What compressor and gate share, forward and in reverse: levels, gains applied, and their gradients.

With g[n] = c[n] g[n-1] + (1 - c[n]) t[n], c the attack or the release by the branch taken, and l[n] the
gradient in g[n]: l[n] = e[n] + c[n+1] l[n+1] where e comes from the output, dt[n] = (1 - c[n]) l[n] and
dc = sum l[n] (g[n-1] - t[n]) over the samples of that branch. The forward pass keeps the smoothed gain before
every CHUNK; the reverse pass computes a chunk again from there.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from console.dsp.differentiable.compiled import kernel
from console.dsp.jit import OVERFLOW, bits_to_float, db_to_gain, float_to_bits

Floats = NDArray[np.float64]
Audio = NDArray[np.float32] | NDArray[np.float64]

NEPER_PER_DB = 0.11512925464970228  # ln(10)/20
_SETTLED_DB = 1e-12


@kernel
def find_peaks(x: Audio, start: int, count: int, peaks: Floats) -> float:
    """Peak over the channels of (channels, samples); return the highest."""
    first = x[0, start : start + count]
    for i in range(count):
        peaks[i] = abs(first[i])
    for channel in range(1, x.shape[0]):
        row = x[channel, start : start + count]
        for i in range(count):
            b = float(abs(row[i]))
            peaks[i] = b if b > peaks[i] else peaks[i]
    highest = 0  # non-negative floats have the order of their bits, and a maximum of integers vectorises
    for i in range(count):
        highest = max(highest, float_to_bits(peaks[i]))
    level: float = bits_to_float(highest)
    return level


@kernel
def settled(gain_db: float) -> float:
    """The gain, or 0 dB where it is too near to that, or too large, to be sound."""
    return gain_db if _SETTLED_DB < abs(gain_db) < OVERFLOW else 0.0


@kernel
def scale(x: Audio, y: Audio, start: int, count: int, gains: Floats, makeup: float, factors: Floats) -> None:
    """Multiply channels by the gains, gains[1] being the first, and the make-up, both in dB."""
    for i in range(count):
        factors[i] = db_to_gain(gains[i + 1] + makeup)
    for channel in range(x.shape[0]):
        into, out = x[channel, start : start + count], y[channel, start : start + count]
        for i in range(count):
            out[i] = into[i] * factors[i]


@kernel
def output_gradients(
    x: Audio, dy: Audio, dx: Audio, start: int, count: int, factors: Floats, errors: Floats
) -> float:
    """Write dx for a gain that is held, and the gradient in the gain in dB; return that one's sum."""
    for i in range(count):
        errors[i] = 0.0
    for channel in range(x.shape[0]):
        into, out, back = (
            x[channel, start : start + count],
            dy[channel, start : start + count],
            dx[channel, start : start + count],
        )
        for i in range(count):
            scaled = out[i] * factors[i]
            errors[i] += scaled * into[i] * NEPER_PER_DB
            back[i] = scaled
    total = 0.0
    for i in range(count):
        total += errors[i]
    return total


@kernel
def add_level_gradients(x: Audio, dx: Audio, start: int, count: int, peaks: Floats, d_level: Floats) -> None:
    """Pass the gradient in the level in dB on to the first channel that holds the peak, and use it up."""
    for channel in range(x.shape[0]):
        into, back = x[channel, start : start + count], dx[channel, start : start + count]
        for i in range(count):
            sample = float(into[i])
            holds = abs(sample) >= peaks[i] and sample != 0.0
            share = d_level[i] if holds else 0.0
            back[i] += share / (NEPER_PER_DB * (sample if holds else 1.0))
            d_level[i] -= share
