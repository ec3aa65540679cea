"""Small signal tools that the example music shares: filters, delays, levels, rooms."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import signal

SAMPLE_RATE_HZ = 48_000

Audio = NDArray[np.float64]


def from_db(level_db: float) -> float:
    """Decibels to an amplitude ratio."""
    return float(10.0 ** (level_db / 20.0))


def set_peak(audio: Audio, peak_dbfs: float) -> Audio:
    """Scale so that the largest sample is `peak_dbfs`; silence stays silence."""
    peak = float(np.max(np.abs(audio)))
    return audio if peak == 0.0 else audio * (from_db(peak_dbfs) / peak)


def delay(audio: Audio, samples: int) -> Audio:
    """Move audio later by whole samples; the length stays."""
    if samples == 0:
        return audio
    out = np.zeros_like(audio)
    out[..., samples:] = audio[..., :-samples]
    return out


def filtered(audio: Audio, kind: str, frequency_hz: float, order: int = 2) -> Audio:
    """Butterworth `lowpass` or `highpass` along the last axis."""
    sos = signal.butter(order, frequency_hz, kind, fs=SAMPLE_RATE_HZ, output="sos")
    return np.asarray(signal.sosfilt(sos, audio, axis=-1))


def bell(audio: Audio, frequency_hz: float, gain_db: float, q: float) -> Audio:
    """Peaking equaliser after the RBJ cookbook."""
    amplitude = 10.0 ** (gain_db / 40.0)
    omega = 2.0 * math.pi * frequency_hz / SAMPLE_RATE_HZ
    alpha, cosine = math.sin(omega) / (2.0 * q), math.cos(omega)
    numerator = [1.0 + alpha * amplitude, -2.0 * cosine, 1.0 - alpha * amplitude]
    denominator = [1.0 + alpha / amplitude, -2.0 * cosine, 1.0 - alpha / amplitude]
    return np.asarray(signal.lfilter(numerator, denominator, audio, axis=-1))


def shelf(audio: Audio, frequency_hz: float, gain_db: float) -> Audio:
    """First-order high shelf: flat below the frequency, `gain_db` well above it."""
    return audio + (from_db(gain_db) - 1.0) * filtered(audio, "highpass", frequency_hz, order=1)


def room_response(decay_s: float, length_s: float, seed: int, cutoff_hz: float) -> Audio:
    """A synthetic small room, (2, samples): early reflections, then noise that falls 60 dB in `decay_s`."""
    rng = np.random.default_rng(seed)
    samples = round(length_s * SAMPLE_RATE_HZ)
    time_s = np.arange(samples) / SAMPLE_RATE_HZ
    tail = rng.standard_normal((2, samples)) * 10.0 ** (-3.0 * time_s / decay_s)
    tail = filtered(tail, "lowpass", cutoff_hz, order=1)
    tail *= 1.0 - np.exp(-time_s / 0.008)  # the field builds up while the first echoes arrive
    tail /= np.sqrt(np.sum(tail**2, axis=-1, keepdims=True))
    for channel in range(2):
        for _ in range(7):
            at = int(rng.integers(round(0.004 * SAMPLE_RATE_HZ), round(0.032 * SAMPLE_RATE_HZ)))
            tail[channel, at] += float(rng.uniform(0.15, 0.4)) * float(rng.choice([-1.0, 1.0]))
    return tail


def convolve(audio: Audio, response: Audio) -> Audio:
    """Convolve along the last axis and keep the input's length."""
    return np.asarray(signal.fftconvolve(audio, response, axes=-1))[..., : audio.shape[-1]]


def rumble(samples: int, seed: int, low_hz: float = 12.0, high_hz: float = 45.0) -> Audio:
    """Building noise that comes through a microphone stand: band noise that swells slowly, RMS 1."""
    noise = np.random.default_rng(seed).standard_normal(samples)
    noise = filtered(filtered(noise, "lowpass", high_hz, 4), "highpass", low_hz, 2)
    time_s = np.arange(samples) / SAMPLE_RATE_HZ
    noise *= 1.0 + 0.4 * np.sin(2.0 * math.pi * 0.21 * time_s + seed)
    return noise / float(np.sqrt(np.mean(noise**2)))


def click(samples: int, tempo_bpm: float, beats_per_bar: int) -> Audio:
    """A metronome: 40 ms beeps on every beat, 1500 Hz on the bar and 1000 Hz between."""
    out = np.zeros(samples)
    time_s = np.arange(round(0.04 * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    envelope = np.minimum(1.0, time_s / 0.001) * np.exp(-time_s / 0.008) * (1.0 - time_s / time_s[-1])
    period = 60.0 / tempo_bpm * SAMPLE_RATE_HZ
    for beat in range(math.ceil(samples / period)):
        frequency_hz, gain = (1500.0, 1.0) if beat % beats_per_bar == 0 else (1000.0, 0.7)
        start = round(beat * period)
        beep = gain * envelope * np.sin(2.0 * math.pi * frequency_hz * time_s)
        stop = min(samples, start + beep.size)
        out[start:stop] += beep[: stop - start]
    return out
