"""Width, pan and fader: the matrix from a strip's channels to left and right, and fader moves over time."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from console.dsp.filters import Block
from console.dsp.jit import db_to_gain, kernel


def pan_gains(pan: float) -> tuple[float, float]:
    """Left and right gain of a mono track, pan -1 ... +1: the sine/cosine law, -3 dB at the centre.

    The ends are exact: a track panned hard left is not in the right channel at all.
    """
    if abs(pan) >= 1.0:
        return (1.0, 0.0) if pan < 0.0 else (0.0, 1.0)
    angle = (pan + 1.0) * math.pi / 4.0
    return (math.cos(angle), math.sin(angle)) if pan else (math.sqrt(0.5), math.sqrt(0.5))


def balance_gains(pan: float) -> tuple[float, float]:
    """Left and right gain of a stereo track: the side panned away from fades, the other stays at 1."""
    left, right = pan_gains(pan)
    root = math.sqrt(2.0)
    return (min(1.0, root * left), 1.0) if pan > 0.0 else (1.0, min(1.0, root * right) if pan else 1.0)


def output_matrix(channels: int, pan: float, width: float) -> NDArray[np.float64]:
    """Gains from a strip's channels to left and right, shape (2, channels), channels 1 or 2.

    Width scales the side (l - r)/2 of a stereo track before the balance: 0 mono, 1 unchanged, 2 wide. A mono
    track has no side. A stereo track at width 1 and pan 0 gets the exact identity.
    """
    if channels == 1:
        return np.array(pan_gains(pan)).reshape(2, 1)
    same, other = (1.0 + width) / 2.0, (1.0 - width) / 2.0
    sides = np.array([[same, other], [other, same]])
    return np.asarray(sides * np.array(balance_gains(pan)).reshape(2, 1))


@kernel
def route(block: Block, matrix: Block) -> Block:
    """Mix a block (channels, samples), 1 or 2 channels, to (2, samples) by a matrix (2, channels).

    The identity matrix changes no bit of finite audio (x + 0 * y is x).
    """
    total = block.shape[1]
    out = np.empty((2, total))
    first, last = block[0], block[block.shape[0] - 1]
    for side in range(2):
        y = out[side]
        a = matrix[side, 0]
        b = matrix[side, 1] if matrix.shape[1] == 2 else 0.0
        for i in range(total):
            y[i] = a * first[i] + b * last[i]
    return out


@kernel
def fade(times_s: Block, levels_db: Block, position: int, sample_rate_hz: float, samples: int) -> Block:
    """Fader gain of each sample from absolute position `position` on, shape (samples,).

    The level is linear in dB between break points (times_s rising, at least one) and held outside them; it
    depends on the absolute position alone.
    """
    out = np.empty(samples)
    last = times_s.size - 1
    k = 0
    for i in range(samples):
        time_s = (position + i) / sample_rate_hz
        while k <= last and times_s[k] <= time_s:
            k += 1
        if k == 0:
            level_db = levels_db[0]
        elif k > last:
            level_db = levels_db[last]
        else:
            share = (time_s - times_s[k - 1]) / (times_s[k] - times_s[k - 1])
            level_db = levels_db[k - 1] + share * (levels_db[k] - levels_db[k - 1])
        out[i] = db_to_gain(level_db)
    return out


class FaderCurve:
    """A fader that moves: break points (seconds, dB), played from a start position on."""

    def __init__(self, points: Sequence[tuple[float, float]], sample_rate_hz: float) -> None:
        table = np.array(points, dtype=np.float64).reshape(-1, 2)
        self._times_s, self._levels_db = table[:, 0].copy(), table[:, 1].copy()
        self._sample_rate_hz = float(sample_rate_hz)

    def gains(self, position: int, samples: int) -> NDArray[np.float64]:
        """Gains of the samples from absolute position `position` on, shape (samples,)."""
        return fade(self._times_s, self._levels_db, position, self._sample_rate_hz, samples)
