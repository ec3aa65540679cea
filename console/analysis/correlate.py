"""Delay and polarity between two recordings of one source, by generalised cross-correlation.

Knapp and Carter, "The generalized correlation method for estimation of time delay", IEEE Trans. ASSP 24 (1976).
Between plain correlation (broad peaks under the lowest resonance) and full whitening (every noisy bin counts
alike) stands half of it: each spectrum divided by the fourth root of its smoothed power.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

Float32 = NDArray[np.float32]
Complex64 = NDArray[np.complex64]
Float64 = NDArray[np.float64]

#: The longest delay that is looked for, in seconds.
LONGEST_S = 0.03

_LOWEST_HZ, _HIGHEST_HZ = 40.0, 12_000.0
_SMOOTHING_HZ = 40.0

#: Delays of single windows that differ by less count as the same, in seconds.
_TOLERANCE_S = 0.00025

#: Share of the windows that have to agree.
_AGREEMENT = 0.6

#: Half-whitened correlation that convinces where only one window has both tracks.
_CONVINCING = 0.9

#: The weakest half-whitened, and the weakest plain, correlation that means something.
_WEAKEST, _WEAKEST_PLAIN = 0.07, 0.12


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """Spectra of one track's windows up to 12 kHz, (windows, bins), plain and half-whitened; which ones play."""

    plain: Complex64
    whitened: Complex64
    playing: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Delay:
    """What the correlation of two tracks says; see PairAnalysis."""

    samples: float
    correlation: float
    zero_lag: float


class Correlator:
    """Compares windows of one length at one sample rate."""

    def __init__(self, sample_rate_hz: int, window_samples: int) -> None:
        self._rate = sample_rate_hz
        self._longest = round(LONGEST_S * sample_rate_hz)
        self._size = fft.next_fast_len(window_samples + self._longest + 1, real=True)
        bin_hz = sample_rate_hz / self._size
        highest_hz = min(_HIGHEST_HZ, 0.5 * sample_rate_hz)
        self._bins = int(highest_hz / bin_hz) + 1
        self._first_bin = max(1, int(_LOWEST_HZ / bin_hz))
        self._smoothing = max(1, round(_SMOOTHING_HZ / bin_hz))
        # Single windows are compared at a low rate that holds these bins.
        self._coarse_size = fft.next_fast_len(2 * self._bins, real=True)
        self._coarse_rate = bin_hz * self._coarse_size
        self._coarse_longest = int(LONGEST_S * self._coarse_rate)

    def windows(self, audio: Float32, playing: NDArray[np.bool_]) -> Windows:
        """Transform a track's windows, (windows, samples)."""
        plain = fft.rfft(audio, self._size, axis=-1)[:, : self._bins].astype(np.complex64)
        plain[:, : self._first_bin] = 0.0
        power = (plain.real.astype(np.float64) ** 2 + plain.imag.astype(np.float64) ** 2).sum(axis=0)
        total = np.concatenate((np.zeros(1), np.cumsum(power)))
        index = np.arange(self._bins)
        low = np.maximum(index - self._smoothing // 2, 0)
        high = np.minimum(low + self._smoothing, self._bins)
        smooth = np.maximum((total[high] - total[low]) / (high - low), 0.0)
        smooth = np.maximum(smooth, 1e-6 * float(smooth.max(initial=0.0)) + 1e-30)
        return Windows(plain, (plain * smooth**-0.25).astype(np.complex64), playing)

    def compare(self, first: Windows, second: Windows, nearness_s: float) -> Delay | None:
        """The delay of `second` against `first` on which the windows agree, or None.

        Among peaks of like height the one with the shorter delay is taken: heights are divided by
        sqrt(1 + (delay / nearness_s)²).
        """
        both = np.flatnonzero(first.playing & second.playing)
        if not both.size:
            return None
        cross = np.conj(first.whitened[both]) * second.whitened[both]
        curves = self._around_zero(
            fft.irfft(cross, self._coarse_size, axis=-1), self._coarse_longest
        ) * np.float32(0.5 * self._coarse_size)
        lags_s = np.arange(-self._coarse_longest, self._coarse_longest + 1) / self._coarse_rate
        nearness = 1.0 / np.sqrt(1.0 + (lags_s / nearness_s) ** 2)
        energies = np.sqrt(_energy(first.whitened[both]) * _energy(second.whitened[both]))
        total_energy = np.sqrt(_energy(first.whitened[both]).sum() * _energy(second.whitened[both]).sum())
        if not energies.all():
            return None
        total = curves.sum(axis=0, dtype=np.float64)
        peak = int(np.argmax(np.abs(total) * nearness))
        weakest = _WEAKEST if both.size > 1 else _CONVINCING
        if abs(total[peak]) < weakest * total_energy or not self._agree(curves, nearness, peak, total[peak]):
            return None
        return self._refine(first.plain[both], second.plain[both], cross, lags_s[peak], total[peak])

    def _agree(self, curves: Float32, nearness: Float64, peak: int, height: float) -> bool:
        """Whether enough single windows have their own highest peak at the same place, with the same sign."""
        tolerance = max(1, round(_TOLERANCE_S * self._coarse_rate))
        own = np.argmax(np.abs(curves) * nearness, axis=1)
        signed = curves[np.arange(len(curves)), own] * np.sign(height) > 0.0
        agreeing = int(((np.abs(own - peak) <= tolerance) & signed).sum())
        return agreeing >= _AGREEMENT * len(curves)

    def _refine(
        self, first: Complex64, second: Complex64, cross: Complex64, lag_s: float, height: float
    ) -> Delay | None:
        """The peak near a delay at the full rate, to a fraction of a sample, and the plain correlation there."""
        longest = self._longest
        fine = self._around_zero(fft.irfft(cross.sum(axis=0), self._size), longest)
        reach = max(2, int(_TOLERANCE_S * self._rate))
        middle = int(np.clip(round(lag_s * self._rate), -longest, longest)) + longest
        low = max(0, middle - reach)
        near = fine[low : middle + reach + 1] * np.sign(height)
        top = low + int(np.argmax(near))
        position = top - longest + _vertex(fine, top)
        plain = self._around_zero(fft.irfft((np.conj(first) * second).sum(axis=0), self._size), longest)
        # Both spectra are one-sided, hence the factor of two.
        energy = 2.0 / self._size * np.sqrt(_energy(first).sum() * _energy(second).sum())
        correlation = float(plain[top]) / energy
        if abs(correlation) < _WEAKEST_PLAIN or correlation * height < 0.0:
            return None
        return Delay(position, float(np.clip(correlation, -1.0, 1.0)), float(plain[longest]) / energy)

    @staticmethod
    def _around_zero(circular: Float32, longest: int) -> Float32:
        return np.concatenate((circular[..., -longest:], circular[..., : longest + 1]), axis=-1)


def _energy(spectra: Complex64) -> Float64:
    """Energy of each window over its positive frequencies."""
    return np.asarray(
        (spectra.real.astype(np.float64) ** 2 + spectra.imag.astype(np.float64) ** 2).sum(axis=-1)
    )


def _vertex(curve: Sequence[float] | Float32, top: int) -> float:
    """Where the parabola through a peak and its neighbours has its vertex, −½ … ½ from the peak."""
    if not 0 < top < len(curve) - 1:
        return 0.0
    before, at, after = float(curve[top - 1]), float(curve[top]), float(curve[top + 1])
    bend = before - 2.0 * at + after
    return float(np.clip(0.5 * (before - after) / bend, -0.5, 0.5)) if bend else 0.0
