"""Loudness over time and as a whole, from K-weighted power per 0.1 s (ITU-R BS.1770-4, EBU Tech 3341 and 3342)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from console.analysis.weighting import LOUDNESS_OFFSET_LU
from console.units import SILENCE_DB

Float64 = NDArray[np.float64]

_MOMENTARY_HOPS = 4
_SHORT_TERM_HOPS = 30
_FRAMES_PER_HOP = 10
_ABSOLUTE_GATE_LUFS = -70.0
_RELATIVE_GATE_LU = -10.0
_RANGE_GATE_LU = -20.0


@dataclass(frozen=True, slots=True, eq=False)
class Loudness:
    """Loudness of one signal; the arrays have one entry per 0.1 s, each window ending with it."""

    momentary_lufs: Float64
    short_term_lufs: Float64
    integrated_lufs: float
    range_lu: float


def power_to_loudness(power: Float64) -> Float64:
    """Loudness in LUFS of K-weighted powers; SILENCE_DB at and near zero."""
    with np.errstate(divide="ignore"):
        return np.maximum(LOUDNESS_OFFSET_LU + 10.0 * np.log10(power), SILENCE_DB)


def loudness_to_power(loudness_lufs: float) -> float:
    """K-weighted power of a loudness in LUFS."""
    return float(10.0 ** ((loudness_lufs - LOUDNESS_OFFSET_LU) / 10.0))


class HighestLoudness:
    """The highest momentary and short-term loudness of windows that end every 10 ms, while power streams by.

    Windows that began only every 0.1 s would miss up to 0.6 LU of a burst as long as themselves (EBU Tech 3341,
    cases 10 and 13).
    """

    def __init__(self) -> None:
        self._recent = np.zeros(_SHORT_TERM_HOPS * _FRAMES_PER_HOP)
        self._highest = np.zeros(2)

    def push(self, power: Float64) -> None:
        """Take the K-weighted powers of the next 10 ms frames, channels summed."""
        frames = np.concatenate((self._recent, power))
        total = np.concatenate(((0.0,), np.cumsum(frames)))
        first = len(self._recent) + 1
        for index, hops in enumerate((_MOMENTARY_HOPS, _SHORT_TERM_HOPS)):
            size = hops * _FRAMES_PER_HOP
            highest = float((total[first:] - total[first - size : -size]).max()) / size
            self._highest[index] = max(self._highest[index], highest)
        self._recent = frames[len(power) :]

    def result(self) -> tuple[float, float]:
        """Highest momentary and short-term loudness in LUFS."""
        momentary, short_term = power_to_loudness(self._highest)
        return float(momentary), float(short_term)


def measure_loudness(power: Float64, complete: int) -> Loudness:
    """Loudness from the K-weighted power of 0.1 s hops, channels summed, of which `complete` are full.

    Windows that begin before the signal hold silence there. Only full windows are gated into the integrated
    loudness and the range; a signal shorter than one window counts as one, with silence behind it.
    """
    momentary = _windowed(power, _MOMENTARY_HOPS)
    short_term = _windowed(power, _SHORT_TERM_HOPS)
    blocks = momentary[_MOMENTARY_HOPS - 1 : complete]
    if not blocks.size:
        blocks = np.array((power.sum() / _MOMENTARY_HOPS,))
    return Loudness(
        momentary_lufs=power_to_loudness(momentary),
        short_term_lufs=power_to_loudness(short_term),
        integrated_lufs=_integrated(blocks),
        range_lu=_range(short_term[_SHORT_TERM_HOPS - 1 : complete]),
    )


def _windowed(power: Float64, hops: int) -> Float64:
    """Mean power of windows of that many hops, each ending with its hop."""
    padded = np.concatenate((np.zeros(hops - 1), power))
    if not power.size:
        return power
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, hops).mean(axis=1))


def _integrated(power: Float64) -> float:
    """Gated loudness of 0.4 s blocks (BS.1770-4, equations 5 to 7)."""
    audible = power[power_to_loudness(power) > _ABSOLUTE_GATE_LUFS]
    if not audible.size:
        return SILENCE_DB
    gate_lufs = float(power_to_loudness(audible.mean())) + _RELATIVE_GATE_LU
    return float(power_to_loudness(audible[power_to_loudness(audible) > gate_lufs].mean()))


def _range(power: Float64) -> float:
    """Loudness range of 3 s windows (EBU Tech 3342): 10th to 95th percentile of what passes the gates."""
    audible = power[power_to_loudness(power) > _ABSOLUTE_GATE_LUFS]
    if not audible.size:
        return 0.0
    gate_lufs = float(power_to_loudness(audible.mean())) + _RANGE_GATE_LU
    levels = np.sort(power_to_loudness(audible[power_to_loudness(audible) > gate_lufs]))
    low, high = (round((levels.size - 1) * share) for share in (0.10, 0.95))
    return float(levels[high] - levels[low])
