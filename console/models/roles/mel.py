"""From samples at any rate to log-mel patches that depend neither on the rate nor on the level."""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from console.errors import ParamError

Array = NDArray[np.float32]

BANDS = 64
LOWEST_HZ, HIGHEST_HZ = 30.0, 16_000.0

#: Short-time spectra: length and distance of the frames; so many make a patch, which lasts WINDOW_S.
FRAME_S, HOP_S = 0.04, 0.02
FRAMES = 100
WINDOW_S = (FRAMES - 1) * HOP_S + FRAME_S

#: What is farther below the loudest frame is taken for nothing.
RANGE_DB = 80.0

_LOWEST_RATE_HZ, _HIGHEST_RATE_HZ = 4_000, 768_000


def frame_count(samples: int, sample_rate_hz: int) -> int:
    """How many whole frames lie in so many samples."""
    return max(0, int((samples / sample_rate_hz - FRAME_S) / HOP_S + 1e-6) + 1)


def band_power(audio: Array, sample_rate_hz: int) -> Array:
    """The power in each mel band and frame, all channels added: (bands, frames), full-scale sine 0.5.

    Bands above half the rate are 0. Power adds up: that of two sources that know nothing of each other is the sum of
    theirs. The mel scale is O'Shaughnessy's, 2595·log10(1 + f/700).

    Args:
        audio: (channels, samples), one or two channels, finite; shorter than a frame gives no frames.
        sample_rate_hz: its rate in Hz.

    Raises:
        ParamError: a rate outside 4 kHz … 768 kHz, or audio of another shape.
    """
    if not _LOWEST_RATE_HZ <= sample_rate_hz <= _HIGHEST_RATE_HZ:
        raise ParamError(
            f"{sample_rate_hz} Hz is no sample rate to listen at; give {_LOWEST_RATE_HZ} to {_HIGHEST_RATE_HZ} Hz"
        )
    if audio.ndim != 2 or not 1 <= len(audio) <= 2:
        raise ParamError(f"the audio has the shape {audio.shape}; give (channels, samples), 1 or 2 channels")
    from scipy.fft import rfft

    frames = frame_count(audio.shape[1], sample_rate_hz)
    length = round(FRAME_S * sample_rate_hz)
    starts = np.minimum(
        np.round(np.arange(frames) * HOP_S * sample_rate_hz).astype(np.intp), audio.shape[1] - length
    )
    window, matrix = _window(length), _mel_matrix(sample_rate_hz)
    size = _fft_size(sample_rate_hz)
    power = np.zeros((frames, size // 2 + 1), np.float32)
    for channel in audio if frames else ():
        views = np.lib.stride_tricks.sliding_window_view(channel, length)
        spectrum = rfft(views[starts] * window, size, axis=1)
        power += spectrum.real**2 + spectrum.imag**2
    # Sparse, as a small dense product wakes threads that then wait for each other.
    return np.asarray(matrix @ np.ascontiguousarray(power.T), np.float32)


def as_features(power: Array) -> Array:
    """What the network hears of a track: 1 at its loudest frame's power, 0 at 80 dB below and less.

    Args:
        power: (windows, bands, frames) as of `band_power`, of one track.

    Returns:
        (windows, bands, frames) float32, 0 … 1; all 0 for silence. A gain changes nothing.
    """
    loudest = float(power.sum(axis=1).max(initial=0.0))
    if loudest <= 0.0:
        return np.zeros(power.shape, np.float32)
    with np.errstate(divide="ignore"):
        level_db = 10.0 * np.log10(power / np.float32(loudest))
    return np.asarray(np.clip(level_db / RANGE_DB + 1.0, 0.0, 1.0), np.float32)


def band_centres_hz() -> NDArray[np.float64]:
    """The centres of the bands in Hz, (bands)."""
    return _edges_hz()[1:-1]


def _edges_hz() -> NDArray[np.float64]:
    low, high = (2595.0 * np.log10(1.0 + hz / 700.0) for hz in (LOWEST_HZ, HIGHEST_HZ))
    edges: NDArray[np.float64] = 700.0 * (10.0 ** (np.linspace(low, high, BANDS + 2) / 2595.0) - 1.0)
    return edges


def _fft_size(sample_rate_hz: int) -> int:
    return 1 << (round(FRAME_S * sample_rate_hz) - 1).bit_length()


@cache
def _window(length: int) -> Array:
    window = np.hanning(length + 1)[:-1]
    return np.asarray(window / np.sqrt((window**2).sum()), np.float32)


@cache
def _mel_matrix(sample_rate_hz: int) -> Any:
    """Triangles, (bands, bins) sparse, each averaged over the width of a bin, so that the grid of bins hardly matters.

    By Parseval, Σ|X|²·2/size is the mean power of a frame whose window has the energy 1.
    """
    from scipy.sparse import csr_array

    size = _fft_size(sample_rate_hz)
    step_hz = sample_rate_hz / size
    borders_hz = (np.arange(size // 2 + 2) - 0.5) * step_hz
    edges = _edges_hz()
    matrix = np.zeros((BANDS, size // 2 + 1))
    for band in range(BANDS):
        low, centre, high = edges[band : band + 3]
        below = np.clip(borders_hz, low, centre) - low
        above = high - np.clip(borders_hz, centre, high)
        area = below**2 / (2 * (centre - low)) + ((high - centre) - above**2 / (high - centre)) / 2
        matrix[band] = np.diff(area) / step_hz
    return csr_array(np.asarray(matrix * 2.0 / size, np.float32))
