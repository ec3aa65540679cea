"""Parts of what TrackAnalyzer measures, for those who need no more: the same figures to the bit, in less time."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from console.analysis.hops import BarkHops, check_rate
from console.analysis.loudness import measure_loudness
from console.analysis.scan import scan, silence_nonfinite
from console.analysis.spectrum import FilterBank, design_bank
from console.analysis.values import HOP_S
from console.analysis.weighting import k_weighting

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]


class _Seconds(ABC):
    """Cuts a signal into seconds, each with some of what came before it."""

    def __init__(self, sample_rate_hz: int, channels: int, before: int) -> None:
        check_rate(sample_rate_hz)
        self._rate, self._before = sample_rate_hz, before
        self._buffer = np.zeros((channels, before + sample_rate_hz), dtype=np.float32)
        self._filled = 0
        self._samples = 0
        self._done = False

    def push(self, block: Float32) -> None:
        """Take the next samples, (channels, samples) float32."""
        at = 0
        while at < block.shape[1]:
            count = min(block.shape[1] - at, self._rate - self._filled)
            start = self._before + self._filled
            self._buffer[:, start : start + count] = block[:, at : at + count]
            at += count
            self._filled += count
            if self._filled == self._rate:
                self._next(self._rate)

    def _finish(self) -> None:
        """Measure what is left, and as much silence as reaches half a window beyond it."""
        if self._done:
            return
        self._done = True
        remaining = self._filled
        self._buffer[:, self._before + remaining :] = 0.0
        self._next(remaining)
        if remaining > self._rate - self._before:
            self._buffer[:, self._before :] = 0.0
            self._next(0)

    def _next(self, count: int) -> None:
        silence_nonfinite(self._buffer[:, self._before :])
        self._second()
        self._samples += count
        self._buffer[:, : self._before] = self._buffer[:, self._buffer.shape[1] - self._before :].copy()
        self._filled = 0

    @abstractmethod
    def _second(self) -> None:
        """Measure the buffer."""


class LoudnessMeter(_Seconds):
    """The integrated loudness of a mono or stereo signal."""

    def __init__(self, sample_rate_hz: int, channels: int) -> None:
        super().__init__(sample_rate_hz, channels, 0)
        self._weighting = k_weighting(sample_rate_hz)
        self._bounds = np.asarray((np.arange(101) * sample_rate_hz + 50) // 100, dtype=np.int64)
        self._state = np.zeros((channels, 4))
        self._power: list[Float64] = []

    def _second(self) -> None:
        heard, energy = np.zeros((2, 100)), np.zeros((2, 100))
        peak = np.zeros((2, 100), dtype=np.float32)
        for channel, x in enumerate(self._buffer):
            filled = (self._state[channel], heard[channel], energy[channel], peak[channel])
            scan(x, self._bounds, self._weighting, *filled)
        self._power.append(heard.sum(axis=0).reshape(10, 10).sum(axis=1) / (self._rate * HOP_S))

    def result(self) -> float:
        """The loudness in LUFS; no more samples may follow."""
        self._finish()
        hops = -(-self._samples * 10 // self._rate)
        return measure_loudness(
            np.concatenate(self._power)[:hops], self._samples * 10 // self._rate
        ).integrated_lufs


class BarkMeter(_Seconds):
    """The level in each critical band of a mono signal, hop by hop."""

    def __init__(self, sample_rate_hz: int) -> None:
        design = design_bank(sample_rate_hz)
        super().__init__(sample_rate_hz, 1, design.half)
        self._bank = FilterBank(design, sample_rate_hz, 1)
        self._hops = BarkHops(sample_rate_hz)

    def _second(self) -> None:
        self._hops.push(self._bank.push_fast(self._buffer)[0])

    def result(self) -> Float32:
        """Levels in dB, (hops, BARK_BANDS) as TrackAnalysis.bark_db; no more samples may follow."""
        self._finish()
        return self._hops.result(-(-self._samples * 10 // self._rate))
