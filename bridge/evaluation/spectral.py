"""Spectral shape and panning of a stereo signal, frame by frame; in NumPy.

Frames of about 46 ms under a Hann window, half overlapping. The spectral figures are of A = √(½(|L|² + |R|²)), so that
nothing cancels out; frames 60 dB below the loudest one are left out. Centroid, bandwidth, flatness and roll-off as in
Peeters, "A large set of audio features", IRCAM 2004; contrast after Jiang et al., ICME 2002; panning after Avendano,
WASPAA 2003, and Tzanetakis, Jones, McNally, ISMIR 2007.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]

#: Length of a frame in seconds; the number of samples is the nearest power of two.
FRAME_S = 0.0464
#: Share of the magnitudes that lie below the roll-off.
ROLLOFF = 0.85
#: Edges of the contrast's octaves in Hz; the last one reaches to the end of the spectrum.
CONTRAST_EDGES_HZ = (0.0, 200.0, 400.0, 800.0, 1600.0, 3200.0, 6400.0)
#: Share of an octave's bins that make its peak, and its valley.
CONTRAST_SHARE = 0.02
#: Bands of the panning in Hz by name; None is the end of the spectrum.
PANNING_BANDS_HZ: dict[str, tuple[float, float | None]] = {
    "all": (0.0, None),
    "low": (0.0, 250.0),
    "mid": (250.0, 2500.0),
    "high": (2500.0, None),
}

_QUIET_FRAME = 1e-6  # power against the loudest frame's: −60 dB
_LOWEST_BIN = 1e-5  # magnitude against the frame's highest: −100 dB
_SILENT_BIN = 1e-4  # magnitude against the frame's highest: −80 dB; below it a bin has no place in the image
_AT_ONCE = 256


@dataclass(frozen=True, slots=True, eq=False)
class Spectral:
    """Means over the frames: frequencies in Hz, flatness and contrast in dB, panning 0 (middle) … 1 (one side).

    `contrast_db` has one entry an octave that the sample rate leaves room for; `panning` one a band of
    PANNING_BANDS_HZ, 0 where the sample rate leaves no room for it.
    """

    centroid_hz: float
    bandwidth_hz: float
    rolloff_hz: float
    flatness_db: float
    contrast_db: Float64
    panning: dict[str, float]


def measure_spectral(audio: Float64, sample_rate_hz: int) -> Spectral:
    """The spectral figures of a signal that is not silent, (2, samples)."""
    length = int(2 ** round(np.log2(FRAME_S * sample_rate_hz)))
    padded = np.pad(audio, ((0, 0), (0, max(0, length - audio.shape[1]))))
    hz = np.arange(length // 2 + 1, dtype=np.float64) * sample_rate_hz / length
    parts = [_frame_figures(left, right, hz) for left, right in _magnitudes(padded, length)]
    columns = np.concatenate(parts, axis=1).mean(axis=1)
    bands = len(_octaves(hz))
    return Spectral(
        centroid_hz=float(columns[0]),
        bandwidth_hz=float(columns[1]),
        rolloff_hz=float(columns[2]),
        flatness_db=float(columns[3]),
        contrast_db=columns[4 : 4 + bands],
        panning=dict(zip(PANNING_BANDS_HZ, columns[4 + bands :].tolist(), strict=True)),
    )


def _magnitudes(audio: Float64, length: int) -> Iterator[tuple[Float64, Float64]]:
    """Magnitudes of left and right, (frames, bins) each, of some frames at a time that are not quiet."""
    view = np.lib.stride_tricks.sliding_window_view(audio, length, axis=1)[:, :: length // 2]
    power = np.concatenate(
        [(view[:, at : at + _AT_ONCE] ** 2).sum(axis=(0, 2)) for at in range(0, view.shape[1], _AT_ONCE)]
    )
    heard = np.flatnonzero(power >= _QUIET_FRAME * power.max())
    window = np.hanning(length + 1)[:-1]
    for at in range(0, len(heard), _AT_ONCE):
        spectra = np.abs(np.fft.rfft(view[:, heard[at : at + _AT_ONCE]] * window, axis=-1))
        yield spectra[0], spectra[1]


def _frame_figures(left: Float64, right: Float64, hz: Float64) -> Float64:
    """All figures of some frames, (figures, frames)."""
    magnitude = np.sqrt(0.5 * (left**2 + right**2))
    floored = np.maximum(magnitude, _LOWEST_BIN * magnitude.max(axis=1, keepdims=True))
    cumulative = np.cumsum(magnitude, axis=1)
    total = cumulative[:, -1]
    centroid = magnitude @ hz / total
    bandwidth = np.sqrt((magnitude * (hz - centroid[:, None]) ** 2).sum(axis=1) / total)
    rolloff = hz[np.argmax(cumulative >= ROLLOFF * total[:, None], axis=1)]
    power = floored**2
    flatness = 10.0 * (np.log10(power).mean(axis=1) - np.log10(power.mean(axis=1)))
    contrast = [_contrast_db(floored[:, chosen]) for chosen in _octaves(hz)]
    return np.stack([centroid, bandwidth, rolloff, flatness, *contrast, *_panning(left, right, hz)])


def _octaves(hz: Float64) -> list[slice]:
    """The bins of each octave of the contrast that has room below half the sample rate."""
    edges = [int(at) for at in np.searchsorted(hz, CONTRAST_EDGES_HZ)] + [len(hz)]
    return [slice(low, high) for low, high in pairwise(edges) if high > low]


def _contrast_db(magnitude: Float64) -> Float64:
    """Mean of the highest over mean of the lowest bins of an octave, (frames,), in dB."""
    count = max(1, round(CONTRAST_SHARE * magnitude.shape[1]))
    ordered = np.sort(magnitude, axis=1)
    return np.asarray(20.0 * np.log10(ordered[:, -count:].mean(axis=1) / ordered[:, :count].mean(axis=1)))


def _panning(left: Float64, right: Float64, hz: Float64) -> list[Float64]:
    """Root mean square of 1 − 2·|L|·|R| / (|L|² + |R|²) over the bins of each band, (frames,) each."""
    energy = left**2 + right**2
    floor = _SILENT_BIN**2 * energy.max(axis=1, keepdims=True)
    place = np.where(energy > floor, 1.0 - 2.0 * left * right / np.maximum(energy, floor), 0.0)
    found = []
    for low_hz, high_hz in PANNING_BANDS_HZ.values():
        chosen = (hz >= low_hz) & (hz < (np.inf if high_hz is None else high_hz))
        found.append(np.sqrt((place[:, chosen] ** 2).mean(axis=1)) if chosen.any() else np.zeros(len(left)))
    return found
