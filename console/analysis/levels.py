"""What a signal does at which level: a histogram of short levels, and the spectrum of the time it plays."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from console.units import SILENCE_DB

Float64 = NDArray[np.float64]

_HISTOGRAM_BINS = 100


class LevelHistogram:
    """Share of the time that 10 ms RMS levels spend in 1 dB bins from −100 to 0 dBFS.

    What is below or above counts in the first or last bin.
    """

    def __init__(self) -> None:
        self._time = np.zeros(_HISTOGRAM_BINS)

    def add(self, energy: Float64, samples: Float64) -> None:
        """Add frames by their energy and their length in samples."""
        power = energy / np.maximum(samples, 1.0)
        level_db = 10.0 * np.log10(np.maximum(power, 1e-16))
        index = np.clip(np.floor(level_db + _HISTOGRAM_BINS), 0, _HISTOGRAM_BINS - 1).astype(np.intp)
        self._time += np.bincount(index, weights=samples, minlength=_HISTOGRAM_BINS)

    def result(self) -> Float64:
        """The shares, which sum to one (zero for an empty signal)."""
        return self._time / max(1.0, float(self._time.sum()))


_LOWEST_LUFS = -70.0
_CLASSES_PER_LU = 2
_CLASSES = 100 * _CLASSES_PER_LU


class SpectrumByLevel:
    """Band energies added up by the momentary loudness at the time.

    What counts as playing is known only at the end (20 LU below the gated loudness); keeping one sum per half LU
    makes that choice possible then, to half an LU, in constant memory.
    """

    def __init__(self) -> None:
        self._upper: Float64 | None = None
        self._lower: Float64 | None = None
        self._time = np.zeros(_CLASSES + 1)
        self._slow_time = np.zeros(_CLASSES + 1)
        self._last = 0

    def add(
        self, momentary_lufs: Float64, upper: Float64, lower: Float64, sample_rate_hz: int, hops: int
    ) -> None:
        """Add a second: loudness of 10 hops, 20 frames 50 ms apart, 5 slow frames 200 ms apart.

        Only the first `hops` of them belong to the signal; what is behind its end is never played.
        """
        if self._upper is None or self._lower is None:
            self._upper = np.zeros((_CLASSES + 1, upper.shape[1]))
            self._lower = np.zeros((_CLASSES + 1, lower.shape[1]))
        # Class 0 collects what is never played: below the absolute gate.
        index = np.clip((momentary_lufs - _LOWEST_LUFS) * _CLASSES_PER_LU + 1.0, 0, _CLASSES).astype(np.intp)
        index[hops:] = 0
        # Frame 2k is centred between hops k − 1 and k, frame 2k + 1 on hop k.
        before = np.concatenate(((self._last,), index[:-1]))
        np.add.at(self._upper, np.concatenate((np.maximum(before, index), index)), upper[_EVEN_THEN_ODD])
        np.add.at(self._time, np.concatenate((np.maximum(before, index), index)), sample_rate_hz / 20.0)
        # A slow frame spans 0.4 s, exactly the momentary window that ends with it (unless the signal ends first).
        slow = np.where(index[1::2] > 0, index[1::2], index[0::2])
        np.add.at(self._lower, slow, lower)
        np.add.at(self._slow_time, slow, sample_rate_hz / 5.0)
        self._last = int(index[-1])

    def result(self, floor_lufs: float) -> Float64:
        """Mean power per band in dB over the time louder than that, low bands first; SILENCE_DB if there is none."""
        if self._upper is None or self._lower is None:
            return np.zeros(0)
        first = max(1, math.ceil((floor_lufs - _LOWEST_LUFS) * _CLASSES_PER_LU) + 1)
        upper = self._upper[first:].sum(axis=0) / max(1.0, float(self._time[first:].sum()))
        lower = self._lower[first:].sum(axis=0) / max(1.0, float(self._slow_time[first:].sum()))
        power = np.concatenate((lower, upper))
        return np.asarray(10.0 * np.log10(np.maximum(power, 10.0 ** (SILENCE_DB / 10.0))))


_EVEN_THEN_ODD = np.concatenate((np.arange(0, 20, 2), np.arange(1, 20, 2)))
