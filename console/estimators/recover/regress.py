"""How each track came into the mix, frequency by frequency: least squares over all tracks at once.

In every narrow band the spectrum of the target is the sum over the tracks' channels of a complex gain times their
spectra, plus what no stem explains: a multiple-input H1 estimate (Bendat & Piersol, Random Data, chapter 7). The
same equations tell how sure each gain is, so that a band where a track is silent, or where two tracks are alike, does
not count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]
Audio = NDArray[np.floating]

WINDOW = 4096
_FRAMES_AT_ONCE = 256
#: Of each input's own power: keeps inputs that are alike from blowing up against each other.
_RIDGE = 1e-6
#: Frames overlap by half under a Hann window: so many of them are worth one that does not.
_OVERLAP_LOSS = 1.4


@dataclass(frozen=True, slots=True)
class Responses:
    """Gains from input channels to left and right.

    Attributes:
        frequencies_hz: centres of the bands, (bands,).
        gains: complex, (bands, 2, inputs).
        errors: standard deviation of each gain, (bands, 2, inputs), infinite where the input is silent.
        input_power: of each input, (bands, inputs).
        target_power: of left and right, (bands, 2).
        residual_power: what is left of it, (bands, 2).
    """

    frequencies_hz: Array
    gains: Complex
    errors: Array
    input_power: Array
    target_power: Array
    residual_power: Array

    @property
    def explained(self) -> float:
        """The share of the target's energy that the gains explain, 0 … 1."""
        total = float(self.target_power.sum())
        return 1.0 - float(self.residual_power.sum()) / total if total > 0.0 else 0.0


def band_edges(sample_rate_hz: float, octaves: float) -> list[tuple[int, int]]:
    """First and last bin (exclusive) of bands of this width from 25 Hz on; one bin each at the low end."""
    width_hz = sample_rate_hz / WINDOW
    most = int(min(20000.0, 0.47 * sample_rate_hz) / width_hz)
    edges = []
    first = max(1, round(25.0 / width_hz))
    while first < most:
        last = max(first + 1, round(first * 2.0**octaves))
        edges.append((first, min(last, most)))
        first = last
    return edges


def regress(
    inputs: Sequence[Sequence[Audio]],
    targets: Sequence[Audio],
    sample_rate_hz: float,
    *,
    octaves: float = 1.0 / 12.0,
) -> Responses:
    """Gains from every input to the target.

    Args:
        inputs: for each excerpt the input channels, (samples,) each.
        targets: for each excerpt (2, samples).
        sample_rate_hz: of all.
        octaves: width of a band.
    """
    edges = band_edges(sample_rate_hz, octaves)
    count = len(inputs[0])
    bins = WINDOW // 2 + 1
    among = np.zeros((bins, count, count), dtype=np.complex128)
    across = np.zeros((bins, 2, count), dtype=np.complex128)
    power = np.zeros((bins, 2))
    frames = 0
    for channels, target in zip(inputs, targets, strict=True):
        for start, stop in _batches(target.shape[1]):
            x = np.stack([_spectra(channel, start, stop) for channel in channels], axis=2)
            y = np.stack([_spectra(side, start, stop) for side in target], axis=1)
            conjugate = x.conj()
            among += conjugate.transpose(0, 2, 1) @ x
            across += y @ conjugate
            power += np.square(np.abs(y)).sum(axis=2)
            frames += x.shape[1]
    pooled = [(among[a:b].sum(axis=0), across[a:b].sum(axis=0), power[a:b].sum(axis=0)) for a, b in edges]
    worth = np.array([max(1.0, (b - a) * frames / _OVERLAP_LOSS) for a, b in edges])
    return _solved(edges, pooled, worth, sample_rate_hz)


def _batches(samples: int) -> list[tuple[int, int]]:
    """Ranges of frames, half a window apart."""
    frames = max(1, (samples - WINDOW) // (WINDOW // 2) + 1)
    return [(first, min(first + _FRAMES_AT_ONCE, frames)) for first in range(0, frames, _FRAMES_AT_ONCE)]


def _spectra(signal: Audio, start: int, stop: int) -> NDArray[np.complex64]:
    """Spectra of frames start … stop, (bins, frames)."""
    from scipy.fft import rfft

    hop = WINDOW // 2
    part = np.zeros((stop - start - 1) * hop + WINDOW, dtype=np.float32)
    given = signal[start * hop : start * hop + len(part)]
    part[: len(given)] = given
    framed = np.lib.stride_tricks.sliding_window_view(part, WINDOW)[::hop]
    return np.asarray(rfft(framed * np.hanning(WINDOW).astype(np.float32), axis=1)).T


def _solved(
    edges: list[tuple[int, int]],
    pooled: list[tuple[Complex, Complex, Array]],
    worth: Array,
    sample_rate_hz: float,
) -> Responses:
    count = pooled[0][0].shape[0]
    gains = np.zeros((len(edges), 2, count), dtype=np.complex128)
    errors = np.full((len(edges), 2, count), np.inf)
    inputs = np.array([np.real(np.diag(among)) for among, _, _ in pooled])
    total = np.array([power for _, _, power in pooled])
    left = total.copy()
    loudest = inputs.max(axis=0, initial=0.0)
    for band, (among, across, power) in enumerate(pooled):
        own = inputs[band]
        heard = own > 1e-10 * loudest
        if not heard.any():
            continue
        scale = 1.0 / np.sqrt(own[heard])
        matrix = among[np.ix_(heard, heard)] * scale[:, None] * scale
        inverse = np.linalg.inv(matrix + _RIDGE * np.eye(len(matrix)))
        solved = ((across[:, heard] * scale) @ inverse.T) * scale
        gains[band][:, heard] = solved
        explained = np.real(np.einsum("si,si->s", solved, across[:, heard].conj()))
        left[band] = np.clip(power - explained, 1e-12 * power, power)
        spread = np.maximum(np.real(np.diag(inverse)), 0.0) * scale**2
        free = np.maximum(worth[band] - heard.sum(), 1.0)
        errors[band][:, heard] = np.sqrt(left[band][:, None] * spread / free)
    hz = np.array([0.5 * (a + b - 1) for a, b in edges]) * sample_rate_hz / WINDOW
    return Responses(hz, gains, errors, inputs, total, left)
