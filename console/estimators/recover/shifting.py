"""Finds tracks that an engineer has moved in time or turned in polarity, and shifts their stems accordingly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from console.dsp.filters import FirFilter
from console.dsp.shift import LATENCY_SAMPLES, fractional_delay_taps
from console.estimators.recover.material import Audio, Material
from console.estimators.recover.regress import regress
from console.estimators.recover.tone import fit_tone

Array = NDArray[np.float64]

_MOST_S = 0.05
_CLEAR = 9.0
_SOFT = 0.8
#: A move shorter than this, in samples, is the phase of some filter.
_LEAST_SAMPLES = 2.0
#: How much more of a track's response must line up after a shift.
_WORTH = 1.15


@dataclass(frozen=True, slots=True)
class Shift:
    """By how much a track comes later, in samples, and whether its polarity is turned."""

    samples: float = 0.0
    inverted: bool = False


def find_shifts(material: Material, locked: list[bool]) -> list[Shift]:
    """Shift and polarity of each track; none where it is locked, silent or not clear."""
    far = [0.0 if lock else _far_shift(material, t) for t, lock in enumerate(locked)]
    moved = material.with_stems(
        {t: tuple(shifted(e.stems[t], lag) for e in material.excerpts) for t, lag in enumerate(far) if lag}
    )
    inputs = [[stem.mean(axis=0) for stem in e.stems] for e in moved.excerpts]
    found = regress(inputs, [e.target for e in moved.excerpts], material.sample_rate_hz, octaves=1.0 / 48.0)
    shifts = []
    for t, lock in enumerate(locked):
        error = np.sqrt(np.square(found.errors[:, :, t]).sum(axis=1))
        side = int(np.argmax(np.square(np.abs(found.gains[:, :, t])).sum(axis=0)))
        gains = found.gains[:, side, t]
        known = np.isfinite(error) & (np.abs(gains) > 2.0 * error)
        if lock or known.sum() < 12:
            shifts.append(Shift())
            continue
        near, inverted = _near_shift(
            found.frequencies_hz[known], gains[known], error[known], material.sample_rate_hz
        )
        shifts.append(Shift(far[t] + near, inverted))
    return shifts


def _far_shift(material: Material, track: int) -> float:
    """A shift by more than the phase of any filter, from a flattened correlation with the whole target."""
    from scipy.fft import irfft, next_fast_len, rfft

    rate_hz = material.sample_rate_hz
    most = round(_MOST_S * rate_hz)
    total = np.zeros(2 * most + 1)
    for excerpt in material.excerpts:
        stem = excerpt.stems[track].mean(axis=0)
        size = next_fast_len(2 * excerpt.samples)
        spectrum = rfft(stem, size)
        for side in excerpt.target:
            cross = rfft(side, size) * spectrum.conj()
            level = np.abs(cross)
            flat = irfft(cross * np.maximum(level, 1e-9 * level.max() + 1e-30) ** -_SOFT, size)
            total += np.concatenate([flat[-most:], flat[: most + 1]])
    size = np.abs(total)
    peak = int(np.argmax(size))
    clear = size[peak] / (np.sqrt(np.mean(np.square(total))) + 1e-300)
    lag = peak - most
    return (
        float(lag) if clear > _CLEAR and abs(lag) > 0.004 * rate_hz and size[peak] > 2.0 * size[most] else 0.0
    )


def _near_shift(hz: Array, gains: NDArray[np.complex128], error: Array, rate_hz: int) -> tuple[float, bool]:
    """What the phases say beyond that of filters with these magnitudes."""
    amplitude = np.abs(gains)
    error_db = 8.7 * error / amplitude
    tone = fit_tone(hz, 20.0 * np.log10(amplitude), error_db, rate_hz)
    phase = gains / amplitude * np.exp(-1j * _phase(tone, hz, rate_hz))
    weight = 1.0 / (np.square(error_db) + 1.0)
    lags = np.arange(-256.0, 256.25, 0.25)
    lined = (weight * phase) @ np.exp(2j * np.pi * np.outer(hz, lags) / rate_hz)
    here = int(np.argmax(np.abs(lined.real)))
    zero = len(lags) // 2
    if abs(lags[here]) < _LEAST_SAMPLES or abs(lined.real[here]) < _WORTH * abs(lined.real[zero]):
        here = zero
    return float(lags[here]), bool(lined.real[here] < 0.0)


def _phase(tone: object, hz: Array, rate_hz: int) -> Array:
    from scipy.signal import sosfreqz

    from console.dsp.chain import cut_sections, equalizer_sections
    from console.dsp.design import stack_sections

    sections = stack_sections(
        [
            cut_sections(tone.highpass, tone.lowpass, rate_hz),  # type: ignore[attr-defined]
            equalizer_sections(tone.equalizer, rate_hz),  # type: ignore[attr-defined]
        ]
    )
    if not len(sections):
        return np.zeros(len(hz))
    return np.asarray(np.angle(sosfreqz(sections, hz, fs=rate_hz)[1]))


def shifted(stem: Audio, samples: float) -> Audio:
    """A stem that much later (earlier when negative), of the same length."""
    if samples == 0.0:
        return stem
    whole = int(np.floor(samples))
    fraction = samples - whole
    audio = np.array(stem, dtype=np.float64)
    if fraction:
        padded = np.pad(audio, ((0, 0), (0, LATENCY_SAMPLES)))
        filtered = np.array(padded, order="C")
        FirFilter(fractional_delay_taps(fraction), len(stem)).process(filtered)
        audio = filtered[:, LATENCY_SAMPLES:]
    out = np.zeros(stem.shape, dtype=np.float32)
    length = max(stem.shape[1] - abs(whole), 0)
    if length:
        a, b = max(whole, 0), max(-whole, 0)
        out[:, a : a + length] = audio[:, b : b + length]
    return out
