"""Power per critical band and per sixth of an octave, over time, from one bank of Fourier transforms."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from console.analysis.jit import kernel
from console.analysis.values import BARK_BANDS, BARK_EDGES_HZ

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

#: Centres of the sixth-octave bands: 1 kHz times 2^(k/6), from 19.7 Hz to 20.2 kHz, at every sample rate.
SIXTH_OCTAVES_HZ = 1000.0 * 2.0 ** (np.arange(-34, 27) / 6.0)

#: Bands below this come from the slow transform of the decimated signal (2.5 Hz per bin instead of 10).
_SEAM_HZ = 350.0

#: The decimated rate is the lowest one above this that divides a fifth of a second evenly.
_SLOW_RATE_HZ = 1900.0

_LANES = 16


@dataclass(frozen=True, slots=True, eq=False)
class BankDesign:
    """What the transforms need at one sample rate; `low_bands` of the sixth octaves come from the slow one."""

    window: Float32
    edge_bins: NDArray[np.int64]
    edge_shares: Float64
    slow_window: Float32
    slow_edge_bins: NDArray[np.int64]
    slow_edge_shares: Float64
    decimation: int
    taps: Float32
    low_bands: int

    @property
    def half(self) -> int:
        """Samples between two transforms (50 ms)."""
        return len(self.window) // 2

    @property
    def slow_half(self) -> int:
        """Decimated samples between two slow transforms (200 ms)."""
        return len(self.slow_window) // 2


@lru_cache(maxsize=8)
def design_bank(sample_rate_hz: int) -> BankDesign:
    """Design windows, band edges and the decimation filter for a sample rate."""
    length = 2 * (sample_rate_hz // 20)
    fifth = sample_rate_hz // 5
    most = max(1, int(sample_rate_hz / _SLOW_RATE_HZ))
    decimation = max(d for d in range(1, most + 1) if fifth % d == 0)
    slow_length = 2 * (fifth // decimation)
    low_bands = int(np.searchsorted(SIXTH_OCTAVES_HZ, _SEAM_HZ))
    edges = np.append(SIXTH_OCTAVES_HZ, SIXTH_OCTAVES_HZ[-1] * 2.0 ** (1 / 6)) * 2.0 ** (-1 / 12)
    fast_edges = np.concatenate((np.array(BARK_EDGES_HZ), edges[low_bands:]))
    bins, shares = _edges(fast_edges, sample_rate_hz, length)
    slow_rate_hz = sample_rate_hz / decimation
    slow_bins, slow_shares = _edges(edges[: low_bands + 1], slow_rate_hz, slow_length)
    return BankDesign(
        window=_power_complementary(length),
        edge_bins=bins,
        edge_shares=shares,
        slow_window=_power_complementary(slow_length),
        slow_edge_bins=slow_bins,
        slow_edge_shares=slow_shares,
        decimation=decimation,
        taps=_decimation_filter(decimation),
        low_bands=low_bands,
    )


def _power_complementary(length: int) -> Float32:
    """The Vorbis window: its square and that of its neighbour, half a length on, sum to one.

    So the powers of all transforms sum to the energy of the signal (Parseval), whatever moves inside.
    """
    phase = np.pi * (np.arange(length) + 0.5) / length
    return np.asarray(np.sin(0.5 * np.pi * np.sin(phase) ** 2), dtype=np.float32)


def _edges(edges_hz: Float64, sample_rate_hz: float, length: int) -> tuple[NDArray[np.int64], Float64]:
    """Of each edge, the bin that it cuts and the share of that bin below it; bin k spans k - ½ … k + ½."""
    position = np.clip(edges_hz * length / sample_rate_hz + 0.5, 0.0, length // 2 + 1.0)
    position[edges_hz <= 0.0] = 0.0
    bins = np.floor(position).astype(np.int64)
    return bins, position - bins


def _decimation_filter(decimation: int) -> Float32:
    """A low-pass that keeps the lowest fifth of the decimated band and has -80 dB where that would alias."""
    if decimation == 1:
        return np.append(np.zeros(_LANES - 1, dtype=np.float32), np.float32(1.0))
    half = 5 * decimation
    distance = np.arange(-half, half + 1) / half
    taps = np.sinc(distance * half * 0.9 / decimation) * np.i0(8.0 * np.sqrt(1.0 - distance**2))
    padding = np.zeros(-len(taps) % _LANES)
    return np.concatenate((padding, taps / taps.sum())).astype(np.float32)


@kernel
def decimate(x: Float32, start: int, step: int, taps: Float32, out: Float32) -> None:
    """Filter and keep every step-th sample from x[start] on; x needs taps.size - 1 samples before it.

    taps.size is a multiple of the number of lanes, which are summed up apart so that they vectorise.
    """
    lanes = np.empty(_LANES, dtype=np.float32)
    for n in range(out.size):
        last = start + n * step + 1
        piece = x[last - taps.size : last]
        lanes[:] = np.float32(0.0)
        for group in range(0, taps.size, _LANES):
            a, b = taps[group : group + _LANES], piece[group : group + _LANES]
            for lane in range(_LANES):
                lanes[lane] += a[lane] * b[lane]
        total = np.float32(0.0)
        for value in lanes:
            total += value
        out[n] = total


@kernel
def _window_frames(x: Float32, starts: NDArray[np.int64], window: Float32, out: Float32) -> None:
    """Cut windowed frames out of x (channels, samples) into out (channels, frames, length)."""
    for channel in range(x.shape[0]):
        for frame in range(starts.size):
            first = starts[frame]
            for i in range(window.size):
                out[channel, frame, i] = x[channel, first + i] * window[i]


@kernel
def _band_energies(
    spectra: NDArray[np.complex64], bins: NDArray[np.int64], shares: Float64, even: bool, out: Float64
) -> None:
    """Sum |X|² between consecutive edges; spectra (channels, frames, bins) to out (frames, edges).

    out[:, e] is the energy below edge e, both sides of the spectrum, channels summed. Edges below their
    predecessor restart the sum (two tables of bands follow one another).
    """
    channels, frames, size = spectra.shape
    power = np.empty(size)
    for frame in range(frames):
        for k in range(size):
            power[k] = 0.0
        for channel in range(channels):
            for k in range(size):
                value = spectra[channel, frame, k]
                power[k] += np.float64(value.real) * value.real + np.float64(value.imag) * value.imag
        power[0] *= 0.5
        if even:
            power[size - 1] *= 0.5
        below, done = 0.0, 0
        for edge in range(bins.size):
            if bins[edge] < done:
                below, done = 0.0, 0
            while done < bins[edge]:
                below += power[done]
                done += 1
            cut = power[done] * shares[edge] if done < size else 0.0
            out[frame, edge] = 2.0 * (below + cut)


class FilterBank:
    """Band energies of successive seconds of one signal."""

    def __init__(self, design: BankDesign, sample_rate_hz: int, channels: int) -> None:
        self._design = design
        second = np.arange(20) * sample_rate_hz + 10
        self._starts = np.asarray(second // 20, dtype=np.int64)
        self._frames = np.zeros((channels, 20, len(design.window)), dtype=np.float32)
        self._slow_count = 5 * design.slow_half
        self._slow = np.zeros((channels, design.slow_half + self._slow_count), dtype=np.float32)
        self._slow_frames = np.zeros((channels, 5, len(design.slow_window)), dtype=np.float32)
        self._slow_starts = np.asarray(np.arange(5) * design.slow_half, dtype=np.int64)

    def push(self, x: Float32) -> tuple[Float64, Float64, Float64]:
        """Transform the next second; x (channels, half + rate) begins half a window before it.

        Returns energies of 20 frames of 100 ms, each 50 ms after the last, the first one centred on the start of
        the second: (20, 24) per critical band, (20, …) per upper sixth octave; and of 5 frames of 400 ms, the last
        one ending with the second: (5, …) per lower sixth octave.
        """
        bark, upper = self.push_fast(x)
        design = self._design
        half = design.half
        keep = design.slow_half
        self._slow[:, :keep] = self._slow[:, -keep:].copy()
        for channel in range(len(x)):
            decimate(x[channel], half, design.decimation, design.taps, self._slow[channel, keep:])
        _window_frames(self._slow, self._slow_starts, design.slow_window, self._slow_frames)
        slow = self._transform(self._slow_frames, design.slow_edge_bins, design.slow_edge_shares)
        return bark, upper, np.diff(slow, axis=1) * design.decimation

    def push_fast(self, x: Float32) -> tuple[Float64, Float64]:
        """The first two of what `push` returns, for those who need no lower bands."""
        design = self._design
        _window_frames(x, self._starts, design.window, self._frames)
        below = self._transform(self._frames, design.edge_bins, design.edge_shares)
        return np.diff(below[:, : BARK_BANDS + 1], axis=1), np.diff(below[:, BARK_BANDS + 1 :], axis=1)

    @staticmethod
    def _transform(frames: Float32, bins: NDArray[np.int64], shares: Float64) -> Float64:
        spectra = fft.rfft(frames, axis=-1)
        out = np.zeros((frames.shape[1], len(bins)))
        length = frames.shape[2]
        _band_energies(spectra, bins, shares, length % 2 == 0, out)
        return np.asarray(out / length)
