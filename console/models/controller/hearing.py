"""How the controller hears a session: windows from the whole song, in figures that no gain changes; numpy alone.

A track is brought to LEVEL_LUFS where it plays. Of it the network gets the mean products of its channels per half
critical band, silence counted, and figures of its sound and dynamics.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from console.errors import ParamError
from console.losses.bands import BANDS, LOUDNESS_WEIGHTS, SPLIT, bin_edges

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
#: Reads so many samples of a track from a place on, (1 or 2, samples), silent beyond its ends.
Reader = Callable[[int, int], Float32]

#: Every track is heard at this loudness, ungated, over the frames in which it plays.
LEVEL_LUFS = -18.0
#: Windows and their length; a look at the whole song finds where they lie.
WINDOWS, WINDOW_S = 8, 3.0
_GLANCES, _GLANCE_S = 128, 0.1
_FRAME_S = 0.09
#: A frame plays when its level is no more than this below the track's loudest frames.
_PLAYS_DB = 40.0
_SILENT_LUFS = -80.0
_LOUDNESS_OFFSET_DB = -0.691
_FLOOR = 1e-10
_PERCENTILES = (10.0, 50.0, 90.0)
_BARK = BANDS // SPLIT
#: Figures of a track: percentiles of its bark levels, their movement, and ten single ones.
FIGURES = len(_PERCENTILES) * _BARK + _BARK + 10


@dataclass(frozen=True, slots=True, eq=False)
class Hearing:
    """What is heard of a session, by track.

    - `gain_db` (tracks,): what brings the track to LEVEL_LUFS; 0 where it is silent;
    - `heard` (tracks,): whether it sounds at all;
    - `channels` (tracks,): 1 or 2;
    - `power` (tracks, 3, BANDS): mean of L², R² and L·R behind that gain, silence counted;
    - `figures` (tracks, FIGURES): see `_figures`;
    - `levels_db` (tracks, 4): peak, and the 50th, 75th and 95th percentile of its frames' levels, behind that gain.
    """

    gain_db: Float32
    heard: NDArray[np.bool_]
    channels: NDArray[np.int64]
    power: Float32
    figures: Float32
    levels_db: Float32

    def __len__(self) -> int:
        return len(self.gain_db)


def hear(
    readers: Sequence[Reader], channels: Sequence[int], samples: int, sample_rate_hz: int, *, threads: int = 1
) -> Hearing:
    """Hear the tracks of a session.

    Args:
        readers: one a track; each is read by one thread at a time, all of its places one after the other.
        channels: of each track, 1 or 2.
        samples: length of the session.
        sample_rate_hz: its rate.
        threads: tracks that are heard at once.

    Raises:
        ParamError: an empty session, or as many readers as there are not channels.
    """
    if samples < 1 or len(readers) != len(channels):
        raise ParamError(
            f"{len(readers)} tracks with {len(channels)} channel counts and {samples} samples; give a count for each "
            "track and a sample at least"
        )
    starts, length = choose_windows(readers, samples, sample_rate_hz, threads=threads)

    def track(reader: Reader, count: int) -> tuple[float, bool, Float64, Float64, Float64]:
        return _track((reader(start, length) for start in starts), count, sample_rate_hz)

    with ThreadPoolExecutor(max(threads, 1)) as pool:
        rows = list(pool.map(track, readers, channels))
    gain, heard, power, figures, levels = zip(*rows, strict=True) if rows else ((), (), (), (), ())
    return Hearing(
        np.array(gain, np.float32),
        np.array(heard, np.bool_),
        np.array(channels, np.int64),
        np.array(power, np.float32).reshape(len(rows), 3, BANDS),
        np.array(figures, np.float32).reshape(len(rows), FIGURES),
        np.array(levels, np.float32).reshape(len(rows), 4),
    )


def choose_windows(
    readers: Sequence[Reader], samples: int, sample_rate_hz: int, *, threads: int = 1
) -> tuple[tuple[int, ...], int]:
    """First samples of the windows, and their length: each adds the most of what the others have not caught.

    A session as short as the windows together is heard as a whole.
    """
    length = round(WINDOW_S * sample_rate_hz)
    if samples <= WINDOWS * length:
        return (0,), samples
    glance = round(_GLANCE_S * sample_rate_hz)
    places = np.linspace(0, samples - glance, _GLANCES).astype(np.int64)

    def glances(reader: Reader) -> list[float]:
        return [_mean_square(reader(int(at), glance)) for at in places]

    with ThreadPoolExecutor(max(threads, 1)) as pool:
        level = np.array(list(pool.map(glances, readers))).reshape(len(readers), len(places))
    share = level / np.maximum(level.max(axis=1, keepdims=True), _FLOOR)
    # A track counts where it plays, not by how loud it is against the others.
    playing = np.where(level > _FLOOR, np.sqrt(share), 0.0)
    candidates = np.linspace(0, samples - length, 4 * WINDOWS).astype(np.int64)
    inside = (places >= candidates[:, None]) & (places < candidates[:, None] + length)
    worth = inside @ playing.T  # (candidates, tracks)
    chosen: list[int] = []
    caught = np.zeros(worth.shape[1])
    free = np.ones(len(candidates), np.bool_)
    for _ in range(WINDOWS):
        gain = (np.sqrt(caught + worth) - np.sqrt(caught)).sum(axis=1)
        best = int(np.argmax(np.where(free, gain, -1.0)))
        chosen.append(int(candidates[best]))
        caught += worth[best]
        free &= np.abs(candidates - candidates[best]) >= length
        if not free.any():
            break
    return tuple(sorted(chosen)), length


def _mean_square(audio: Float32) -> float:
    """Of what is finite: one broken sample is not to make a track the loudest or none at all."""
    value = float(np.vdot(audio, audio)) / max(audio.size, 1)
    return value if np.isfinite(value) else 0.0


def _track(
    windows: Iterable[Float32], channels: int, sample_rate_hz: int
) -> tuple[float, bool, Float64, Float64, Float64]:
    products, peak, level = _measured(windows, channels, sample_rate_hz)
    both = products[:, 0] + products[:, 1]
    weighted = both @ LOUDNESS_WEIGHTS
    plays = weighted > max(float(weighted.max(initial=0.0)) * 10.0 ** (-_PLAYS_DB / 10.0), _FLOOR)
    loudness = _LOUDNESS_OFFSET_DB + 10.0 * np.log10(weighted[plays].mean()) if plays.any() else -np.inf
    if not loudness > _SILENT_LUFS:
        empty = np.zeros((3, BANDS))
        return 0.0, False, empty, np.zeros(FIGURES), np.full(4, -100.0)
    gain_db = LEVEL_LUFS - float(loudness)
    gain = 10.0 ** (gain_db / 10.0)
    levels_db = 10.0 * np.log10(level[: len(plays)][plays[: len(level)]] * gain + _FLOOR)
    median_db, high_db, top_db = np.percentile(levels_db, (50.0, 75.0, 95.0))
    peak_db = 20.0 * np.log10(peak + _FLOOR) + gain_db
    power = products.mean(axis=0) * gain
    figures = _figures(products[plays] * gain, power, float(plays.mean()), peak_db, levels_db)
    return gain_db, True, power, figures, np.array([peak_db, median_db, high_db, top_db])


def _measured(
    windows: Iterable[Float32], channels: int, sample_rate_hz: int
) -> tuple[Float64, float, Float64]:
    """Products of all frames (frames, 3, BANDS), the sample peak, and each frame's mean square over its channels."""
    from scipy import fft

    hop = fft.next_fast_len(round(0.5 * _FRAME_S * sample_rate_hz), real=True)
    scale = np.sqrt(2.0 / (0.375 * (2.0 * hop) ** 2))
    shape = (scale * np.hanning(2 * hop + 1)[:-1]).astype(np.float32)
    edges = bin_edges(sample_rate_hz, 2 * hop)
    products, levels, peak = [], [], 0.0
    for window in windows:
        audio = (
            window if np.isfinite(window).all() else np.nan_to_num(window, nan=0.0, posinf=0.0, neginf=0.0)
        )
        spare = max(2 * hop - audio.shape[1], 0)
        audio = np.pad(audio[:channels], ((0, 0), (0, spare))) if spare else audio[:channels]
        peak = max(peak, float(audio.max()), -float(audio.min()))
        halves = audio[:, : audio.shape[1] // hop * hop].reshape(channels, -1, hop)
        square = np.einsum("cfk,cfk->f", halves, halves)
        levels.append((square[1:] + square[:-1]) / (2 * hop * channels))
        frames = np.lib.stride_tricks.sliding_window_view(audio, 2 * hop, axis=1)[:, ::hop]
        spectra = fft.rfft(frames * shape, axis=-1)[..., : edges[-1]]
        products.append(_products(np.ascontiguousarray(spectra).view(np.float32), edges))
    return np.concatenate(products).astype(np.float64), peak, np.concatenate(levels).astype(np.float64)


def _products(spectra: Float32, edges: NDArray[np.int64]) -> Float32:
    """Mean L², R² and L·R of each frame per band, (frames, 3, BANDS); a mono track stands on both sides at −3 dB.

    Args:
        spectra: (channels, frames, 2 · bins), the real and the imaginary part of a bin side by side, so that a plain
            product of two has in its sum what the real part of a product with the other's conjugate is.
        edges: first bin of each band and the end of the last.
    """
    left, right = spectra[0], spectra[-1]
    if len(spectra) == 1:
        one = _summed(0.5 * left * left, edges)
        return np.stack((one, one, one), axis=1)
    return np.stack([_summed(a * b, edges) for a, b in ((left, left), (right, right), (left, right))], axis=1)


def _summed(products: Float32, edges: NDArray[np.int64]) -> Float32:
    """Sums between edges; a band without a bin (a low rate, a narrow band) is empty."""
    total = np.zeros((len(products), len(edges) - 1), np.float32)
    full = np.flatnonzero(np.diff(edges))
    if full.size:
        total[:, full] = np.add.reduceat(products, 2 * edges[full], axis=1)
    return total


def _figures(
    products: Float64, power: Float64, activity: float, peak_db: float, levels_db: Float64
) -> Float64:
    """Percentiles of the levels per critical band, how far they move from frame to frame, and ten single figures.

    Those are: activity, crest, spread of levels, level at the median, transients (mean and strongest rise), side over
    mid, right over left, correlation, and the spectrum's centre; all brought to about one in size.
    """
    bark = (products[:, 0] + products[:, 1]).reshape(len(products), _BARK, SPLIT).sum(axis=2)
    bark_db = 10.0 * np.log10(bark + _FLOOR)
    levels = np.percentile(bark_db, _PERCENTILES, axis=0)
    moves = np.diff(bark_db, axis=0)
    rises = np.maximum(moves, 0.0)
    rise = rises.mean(axis=0) if len(rises) else np.zeros(_BARK)
    low_db, median_db, high_db = np.percentile(levels_db, (10.0, 50.0, 95.0))
    left, right, cross = power.sum(axis=1)
    mid, side = 0.5 * (left + right) + cross, max(0.5 * (left + right) - cross, 0.0)
    loud = power[0] + power[1]
    centre = float(loud @ np.arange(BANDS) / max(loud.sum(), _FLOOR))
    total = rises.sum(axis=1) if len(rises) else np.zeros(1)
    single = (
        activity,
        (peak_db - median_db) / 20.0,
        (high_db - low_db) / 20.0,
        (median_db - LEVEL_LUFS) / 10.0,
        float(total.mean()) / 50.0,
        float(np.percentile(total, 98.0)) / 200.0,
        max(10.0 * np.log10((side + _FLOOR) / (mid + _FLOOR)), -40.0) / 20.0,
        float(np.clip(10.0 * np.log10((right + _FLOOR) / (left + _FLOOR)), -20.0, 20.0)) / 10.0,
        float(cross / max(np.sqrt(left * right), _FLOOR)),
        centre / BANDS,
    )
    return np.concatenate(((levels.ravel() + 40.0) / 20.0, rise / 5.0, single))
