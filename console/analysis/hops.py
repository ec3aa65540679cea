"""Levels per critical band and hop from frames that overlap by half, and the rates at which anything is measured."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from console.analysis.growing import GrowingRows
from console.analysis.values import BARK_BANDS, HOP_S
from console.errors import ParamError
from console.units import SILENCE_DB

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

_LOWEST_RATE_HZ, _HIGHEST_RATE_HZ = 4000, 768000


def check_rate(sample_rate_hz: int) -> None:
    """Refuse a rate that nothing is measured at.

    Raises:
        ParamError: a sample rate outside 4 kHz … 768 kHz.
    """
    if not _LOWEST_RATE_HZ <= sample_rate_hz <= _HIGHEST_RATE_HZ:
        raise ParamError(
            f"{sample_rate_hz} Hz is no sample rate to analyse at; give {_LOWEST_RATE_HZ} to "
            f"{_HIGHEST_RATE_HZ} Hz by resampling the session"
        )


class BarkHops:
    """Collects the energies of a signal's frames, second by second."""

    def __init__(self, sample_rate_hz: int) -> None:
        self._hop = sample_rate_hz * HOP_S
        self._pending = np.zeros(BARK_BANDS)
        self._rows = GrowingRows(BARK_BANDS)

    def push(self, bark: Float64) -> None:
        """Take the frames of the next second, (20, BARK_BANDS), the first one centred on its start.

        A hop has its own frame and half of each neighbour, which together see all of it evenly.
        """
        bark = bark / self._hop
        self._pending += 0.5 * bark[0]
        done = bark[1::2] + 0.5 * bark[0::2]
        done[:-1] += 0.5 * bark[2::2]
        self._rows.append(levels_db(np.vstack((self._pending, done[:-1]))))
        self._pending = done[-1]

    def result(self, hops: int) -> Float32:
        """Levels of the first hops in dB, (hops, BARK_BANDS), read-only; no more frames may follow."""
        self._rows.append(levels_db(self._pending[None]))
        return self._rows.rows()[1 : hops + 1]


def levels_db(power: Float64) -> Float32:
    """Powers in dB, SILENCE_DB at and below 1e-16."""
    return np.asarray(10.0 * np.log10(np.maximum(power, 10.0 ** (SILENCE_DB / 10.0))), dtype=np.float32)
