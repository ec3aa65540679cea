"""Everything that is measured of one signal, while it streams by."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from console.analysis.clipping import STATE, find_clipping
from console.analysis.hops import BarkHops, check_rate, levels_db
from console.analysis.levels import LevelHistogram, SpectrumByLevel
from console.analysis.loudness import HighestLoudness, loudness_to_power, measure_loudness, power_to_loudness
from console.analysis.onsets import OnsetDetector
from console.analysis.scan import difference_energy, scan, silence_nonfinite
from console.analysis.spectrum import SIXTH_OCTAVES_HZ, BankDesign, FilterBank, design_bank
from console.analysis.truepeak import REACH, interpolators, true_peak
from console.analysis.values import HOP_S, TrackAnalysis
from console.analysis.weighting import k_weighting
from console.errors import ParamError
from console.units import SILENCE_DB, gain_to_db, power_to_db

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

_RATIO_FLOOR_DB = -60.0
_DUAL_MONO = 1e-6  # energy of L − R over that of L + R: −60 dB


class TrackAnalyzer:
    """Measures a mono or stereo signal in blocks of any size; the block size does not change a bit of the result.

    Levels per hop refer to 0.1 s from the first sample on; the last hop may be shorter than the others and is
    measured as if silence followed. RMS and crest refer to the hops in which the signal plays (see
    TrackAnalysis.active): RMS is the root of the mean square over these and over the channels, crest the sample
    peak over it. Width, correlation and balance refer to the energy of the whole signal, limited to ±60 dB; a mono
    signal has width −60 dB, correlation 1 and balance 0 dB, and so has silence. Samples that are not finite, or
    beyond 1e15, count as silence and are counted.
    """

    def __init__(self, sample_rate_hz: int, channels: int) -> None:
        """Prepare for a signal.

        Raises:
            ParamError: neither mono nor stereo, or a sample rate outside 4 kHz … 768 kHz.
        """
        if channels not in (1, 2):
            raise ParamError(f"{channels} channels cannot be analysed; give 1 or 2, one track a pair")
        check_rate(sample_rate_hz)
        self._rate, self._channels = sample_rate_hz, channels
        self._design: BankDesign = design_bank(sample_rate_hz)
        self._weighting = k_weighting(sample_rate_hz)
        self._taps = interpolators(sample_rate_hz)
        half = self._design.half
        self._buffer = np.zeros((channels, half + sample_rate_hz), dtype=np.float32)
        self._filled = 0
        self._bounds = np.asarray((np.arange(101) * sample_rate_hz + 50) // 100, dtype=np.int64)
        self._lengths = np.diff(self._bounds).astype(np.float64)
        self._bank = FilterBank(self._design, sample_rate_hz, channels)
        self._filter_state = np.zeros((channels, 4))
        self._clip_state = np.zeros((channels, STATE))
        self._highest = np.zeros(channels)
        self._sums = np.zeros(channels)
        self._energies = np.zeros(channels)
        self._difference = 0.0
        self._nonfinite = 0
        self._samples = 0
        self._histogram = LevelHistogram()
        self._loudest = HighestLoudness()
        self._onsets = OnsetDetector()
        self._spectrum = SpectrumByLevel()
        self._recent = np.zeros(3)
        self._hop_power: list[Float64] = []
        self._hop_energy: list[Float64] = []
        self._hop_peak: list[Float32] = []
        self._hop_bark = BarkHops(sample_rate_hz)
        self._result: TrackAnalysis | None = None

    def push(self, block: Float32) -> None:
        """Take the next samples, (channels, samples) float32.

        Raises:
            ParamError: the block has another number of channels, or the result has been asked for already.
        """
        if block.ndim != 2 or len(block) != self._channels:
            raise ParamError(
                f"a block of shape {block.shape} is not ({self._channels}, samples); give such a one"
            )
        if self._result is not None:
            raise ParamError("0 more samples fit into a measurement that is done; begin a new one")
        half, at = self._design.half, 0
        while at < block.shape[1]:
            count = min(block.shape[1] - at, self._rate - self._filled)
            start = half + self._filled
            self._buffer[:, start : start + count] = block[:, at : at + count]
            at += count
            self._filled += count
            if self._filled == self._rate:
                self._second(self._rate)

    def result(self) -> TrackAnalysis:
        """Close the measurement (no more blocks) and return it."""
        if self._result is None:
            remaining = self._filled
            self._buffer[:, self._design.half + remaining :] = 0.0
            # At least half a window of silence follows, for what looks ahead: true peak and the spectra.
            self._second(remaining)
            if remaining > self._rate - self._design.half:
                self._buffer[:, self._design.half :] = 0.0
                self._second(0)
            self._result = self._conclude()
        return self._result

    def _second(self, count: int) -> None:
        """Measure the next second, of which `count` samples belong to the signal."""
        half = self._design.half
        fresh = self._buffer[:, half:]
        self._nonfinite += silence_nonfinite(fresh)
        heard, energy = np.zeros((2, 100)), np.zeros((2, 100))
        peak = np.zeros((2, 100), dtype=np.float32)
        for c in range(self._channels):
            x = fresh[c]
            args = (self._weighting, self._filter_state[c], heard[c], energy[c], peak[c])
            self._sums[c] += scan(x, self._bounds, *args)
            find_clipping(x, peak[c], self._bounds, self._clip_state[c])
            self._highest[c] = max(self._highest[c], float(peak[c].max()))
            reaching = self._buffer[c, half - 2 * REACH + 1 :]
            self._highest[c] = true_peak(reaching, self._taps, float(self._highest[c]))
        if self._channels == 2:
            self._difference += difference_energy(fresh[0], fresh[1])
        self._energies += energy.sum(axis=1)[: self._channels]
        self._collect(heard.sum(axis=0), energy.sum(axis=0), peak.max(axis=0), count)
        self._samples += count
        self._buffer[:, :half] = self._buffer[:, -half:].copy()
        self._filled = 0

    def _collect(self, heard: Float64, energy: Float64, peak: Float32, count: int) -> None:
        """Sort the 10 ms figures of a second, channels joined, into what is kept of it."""
        used = np.clip((count - self._bounds[:-1]).astype(np.float64), 0.0, self._lengths)
        self._histogram.add(energy / self._channels, used)
        self._loudest.push(heard / self._lengths)
        self._onsets.push(heard / self._lengths)
        hop_s = self._rate * HOP_S
        power = heard.reshape(10, 10).sum(axis=1) / hop_s
        self._hop_power.append(power)
        self._hop_energy.append(energy.reshape(10, 10).sum(axis=1) / self._channels)
        self._hop_peak.append(peak.reshape(10, 10).max(axis=1))
        bark, upper, lower = self._bank.push(self._buffer)
        self._hop_bark.push(bark)
        recent = np.concatenate((self._recent, power))
        momentary = power_to_loudness((recent[:-3] + recent[1:-2] + recent[2:-1] + recent[3:]) / 4.0)
        self._recent = power[-3:]
        self._spectrum.add(momentary, upper, lower, self._rate, -(-count * 10 // self._rate))

    def _conclude(self) -> TrackAnalysis:
        """Compute the result from what was collected."""
        rate, samples = self._rate, self._samples
        hops = -(-samples * 10 // rate)
        power, energy = (np.concatenate(parts)[:hops] for parts in (self._hop_power, self._hop_energy))
        loudness = measure_loudness(power, samples * 10 // rate)
        floor_lufs = max(loudness.integrated_lufs - 20.0, -70.0)
        threshold = loudness_to_power(floor_lufs)
        active = loudness.momentary_lufs > floor_lufs
        active_samples = max(1.0, min(samples, active.sum() * rate * HOP_S))
        rms_dbfs = power_to_db(float(energy[active].sum()) / active_samples)
        momentary_lufs, short_term_lufs = self._loudest.result()
        onsets, rise_db = self._onsets.result(threshold)
        sample_peak_dbfs = gain_to_db(float(max(part.max() for part in self._hop_peak)))
        silent = sample_peak_dbfs <= SILENCE_DB
        width_db, correlation, balance_db, dual_mono = self._stereo()
        return TrackAnalysis(
            sample_rate_hz=rate,
            channels=self._channels,
            samples=samples,
            integrated_lufs=loudness.integrated_lufs,
            max_momentary_lufs=momentary_lufs,
            max_short_term_lufs=short_term_lufs,
            loudness_range_lu=loudness.range_lu,
            true_peak_dbtp=gain_to_db(float(self._highest.max())),
            sample_peak_dbfs=sample_peak_dbfs,
            rms_dbfs=rms_dbfs,
            crest_db=0.0 if silent or not active.any() else sample_peak_dbfs - rms_dbfs,
            transients_per_s=onsets / (active_samples / rate) if onsets else 0.0,
            transient_rise_db=rise_db,
            width_db=width_db,
            correlation=correlation,
            balance_db=balance_db,
            dc_offset=tuple(float(total) / max(samples, 1) for total in self._sums),
            clipped_runs=int(self._clip_state[:, 5].sum()),
            longest_clip_samples=int(self._clip_state[:, 6].max()),
            nonfinite_samples=self._nonfinite,
            dual_mono=dual_mono,
            momentary_lufs=_frozen(loudness.momentary_lufs),
            short_term_lufs=_frozen(loudness.short_term_lufs),
            bark_db=self._hop_bark.result(hops),
            peak_db=_frozen(_amplitude_db(np.concatenate(self._hop_peak)[:hops])),
            spectrum_hz=_frozen(SIXTH_OCTAVES_HZ),
            spectrum_db=_frozen(self._spectrum.result(floor_lufs)),
            level_histogram=_frozen(self._histogram.result()),
        )

    def _stereo(self) -> tuple[float, float, float, bool]:
        """Width, correlation, balance, and whether both channels are the same."""
        if self._channels == 1 or not self._energies.any():
            return _RATIO_FLOOR_DB, 1.0, 0.0, False
        left, right = float(self._energies[0]), float(self._energies[1])
        side, middle = self._difference, max(0.0, 2.0 * (left + right) - self._difference)
        product = math.sqrt(left * right)
        correlation = (left + right - self._difference) / (2.0 * product) if product else 0.0
        return (
            _ratio_db(side, middle),
            min(1.0, max(-1.0, correlation)),
            _ratio_db(right, left),
            side <= _DUAL_MONO * middle,
        )


def _ratio_db(energy: float, over: float) -> float:
    """Ratio of two energies in dB, limited to ±60."""
    limit = 10.0 ** (_RATIO_FLOOR_DB / 10.0)
    if energy <= limit * over:
        return _RATIO_FLOOR_DB
    return -_RATIO_FLOOR_DB if over <= limit * energy else 10.0 * math.log10(energy / over)


def _amplitude_db(amplitude: Float32) -> Float32:
    """Amplitudes in dB, SILENCE_DB at and below 1e-8."""
    return levels_db(np.square(amplitude, dtype=np.float64))


def _frozen(values: NDArray[np.floating]) -> Float32:
    """A read-only float32 copy."""
    copy = np.array(values, dtype=np.float32)
    copy.setflags(write=False)
    return copy
