"""A singer: eSpeak NG says the words, their spectral envelopes are sung on the notes of the melody."""

from __future__ import annotations

import functools
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy import signal

from composition.audio import SAMPLE_RATE_HZ, Audio, filtered, from_db
from composition.score import Sung

FRAME_S = 0.005
HOP = round(FRAME_S * SAMPLE_RATE_HZ)
BINS = 513
TOP_HZ = 11_025.0  # eSpeak NG speaks at 22.05 kHz
LIFTER_S = 0.0028  # shorter than a pitch period of the spoken voice: formants pass, harmonics do not


@dataclass(frozen=True, slots=True)
class Singer:
    """One voice: size of the mouth against the spoken one, vibrato, breath, and a seed for drift."""

    formant_scale: float
    vibrato_cents: float
    breath_db: float
    seed: int


@dataclass(frozen=True, slots=True)
class Word:
    """A spoken word in 5 ms frames: log envelope (frames, bins), voicing 0-1, and where the vowel is."""

    envelope: Audio
    voiced: Audio
    nucleus: tuple[int, int]


def _true_envelope(log_spectrum: Audio, lifter: int) -> Audio:
    """Cepstral envelope through the harmonics' tops (Roebel and Rodet, DAFx 2005), frame by frame."""
    target = log_spectrum
    smooth = log_spectrum
    for _ in range(12):
        cepstrum = np.fft.irfft(target, axis=-1)
        cepstrum[:, lifter:-lifter] = 0.0
        smooth = np.fft.rfft(cepstrum, axis=-1).real
        target = np.maximum(log_spectrum, smooth)
    return smooth


def _longest_run(mask: NDArray[np.bool_]) -> tuple[int, int]:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], mask.astype(np.int8), [0]))))
    starts, stops = edges[::2], edges[1::2]
    best = int(np.argmax(stops - starts))
    return int(starts[best]), int(stops[best])


@functools.cache
def speak(text: str) -> Word:
    """Let eSpeak NG say one word and take its envelope; RuntimeError with its words if it fails."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "word.wav")
        command = ["espeak-ng", "-v", "en-us", "-s", "130", "-p", "45", "-w", str(path), text]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0 or not path.is_file():
            raise RuntimeError(f"espeak-ng ended with code {done.returncode}: {done.stderr.strip()}")
        spoken, rate_hz = soundfile.read(path, dtype="float64")
    if rate_hz != 2 * TOP_HZ:
        raise RuntimeError(f"espeak-ng spoke at {rate_hz} Hz, 22050 Hz expected; use version 1.51")
    loud = np.flatnonzero(np.abs(spoken) > 0.02 * np.max(np.abs(spoken)))
    window = round(0.04 * rate_hz)
    spoken = np.pad(spoken[loud[0] : loud[-1] + 1], (window // 2, window))
    starts = np.arange(0, spoken.size - window, FRAME_S * rate_hz).round().astype(int)
    frames = np.stack([spoken[start : start + window] for start in starts])
    spectrum = np.abs(np.fft.rfft(frames * np.hanning(window), 2 * (BINS - 1), axis=-1))
    envelope = _true_envelope(np.log(spectrum + 1e-6), round(LIFTER_S * rate_hz))
    energy_db = 10.0 * np.log10(np.mean(frames**2, axis=-1) + 1e-12)
    low, high = round(0.0035 * rate_hz), round(0.016 * rate_hz)
    correlation = np.fft.irfft(np.abs(np.fft.rfft(frames, 4096, axis=-1)) ** 2, axis=-1)
    bias = 1.0 - np.arange(low, high) / window  # fewer samples overlap at longer lags
    periodic = np.max(correlation[:, low:high] / bias, axis=-1) / (correlation[:, 0] + 1e-12)
    voiced = ((periodic > 0.5) & (energy_db > energy_db.max() - 35.0)).astype(float)
    voiced = np.convolve(voiced, np.ones(3) / 3, mode="same")
    begin, end = _longest_run((voiced > 0.5) & (energy_db > energy_db.max() - 9.0))
    # a held note does not swell as a spoken vowel does: bring the vowel's frames to one power
    power = 0.5 * np.log(np.mean(np.exp(2.0 * envelope[begin:end]), axis=-1, keepdims=True))
    envelope[begin:end] += 0.8 * (power.max() - power)
    return Word(envelope - envelope.max(), voiced, (begin, end))


def _warp(word: Word, frames: int) -> tuple[Audio, int]:
    """Source frame for each sung frame, and the frames before the vowel: only the vowel stretches."""
    begin, end = word.nucleus
    tail = min(len(word.voiced) - end, max(0, frames // 3))
    held = max(4, frames - tail)
    vowel = begin + (end - 1 - begin) * np.linspace(0.0, 1.0, held) ** 1.7  # diphthongs close late
    return np.concatenate([np.arange(begin), vowel, np.arange(end, end + tail)]), begin


def _resonance_db(word: Word, note: Sung, singer: Singer) -> float:
    """Power of the held vowel on this note: a singer evens out what formants lift and what they miss."""
    begin, end = word.nucleus
    hz = 440.0 * 2.0 ** ((note.pitch - 69) / 12.0) / singer.formant_scale
    harmonics = np.arange(hz, TOP_HZ, hz) * (BINS - 1) / TOP_HZ
    envelope = np.mean(word.envelope[begin:end], axis=0)
    return float(10.0 * np.log10(np.sum(np.exp(2.0 * np.interp(harmonics, np.arange(BINS), envelope)))))


def _frames(
    text: Sequence[Sung], singer: Singer, tempo_bpm: float, count: int
) -> tuple[Audio, Audio, Audio, Audio]:
    """Log envelope, voicing, level in dB and pitch in semitones on the 5 ms grid."""
    envelope = np.full((count, BINS), -20.0)
    voiced, level_db = np.zeros(count), np.full(count, -120.0)
    pitch = np.full(count, np.nan)
    rng = np.random.default_rng(singer.seed)
    grid = np.arange(BINS)
    for note in text:
        word = speak(note.text)
        onset = round(note.beat * 60.0 / tempo_bpm / FRAME_S) + int(rng.integers(-2, 4))
        length = round(note.length_beats * 60.0 / tempo_bpm / FRAME_S)
        source, before = _warp(word, length)
        at = np.arange(source.size) + onset - before
        keep = (at >= 0) & (at < count)
        at, source = at[keep], source[keep]
        index = source.round().astype(int)
        # effort: a louder note is brighter, as in a throat
        effort = (note.velocity - 90) / 37.0
        tilt = effort * 0.6 * np.log2(np.maximum(grid, 4) / 40.0).clip(0.0, 3.5)
        warped = np.stack([np.interp(grid / singer.formant_scale, grid, word.envelope[i]) for i in index])
        envelope[at] = warped + tilt
        voiced[at] = word.voiced[index]
        shape = 1.5 * np.sin(np.pi * np.linspace(0.0, 1.0, at.size)) - 1.0
        level_db[at] = 0.3 * (note.velocity - 110) + shape - 0.8 * _resonance_db(word, note, singer)
        level_db[at[-6:]] -= np.linspace(0.0, 14.0, len(at[-6:]))
        swing = np.clip((np.arange(at.size) - before) * FRAME_S / 0.35 - 0.6, 0.0, 1.0)
        vibrato = np.sin(2.0 * np.pi * (5.4 + 0.3 * rng.random()) * np.arange(at.size) * FRAME_S)
        scoop = -0.7 * np.exp(-np.maximum(np.arange(at.size) - before, 0) * FRAME_S / 0.045)
        pitch[at] = note.pitch + singer.vibrato_cents / 100.0 * swing * vibrato + scoop
    known = np.flatnonzero(~np.isnan(pitch))
    pitch = np.interp(np.arange(count), known, pitch[known])
    smooth = np.hanning(9) / np.hanning(9).sum()
    drift = filtered(rng.standard_normal(count), "lowpass", 480.0, 1)  # 2 Hz on the 200 Hz grid
    pitch = np.convolve(np.pad(pitch, 4, mode="edge"), smooth, "valid") + 0.08 * drift / np.std(drift)
    return envelope, voiced, level_db, pitch


def sing(text: Sequence[Sung], singer: Singer, tempo_bpm: float, samples: int) -> Audio:
    """Sing the words, (samples,) at 48 kHz: harmonics and breath shaped by the spoken envelopes.

    Silence between phrases is exact. Deterministic for one version of eSpeak NG.
    """
    count = samples // HOP + 1
    envelope, voiced, level_db, pitch = _frames(text, singer, tempo_bpm, count)
    gain = np.where(level_db > -100.0, 10.0 ** (level_db / 20.0), 0.0)
    fade = np.hanning(5) / np.hanning(5).sum()
    gain = np.convolve(gain, fade, "same")
    frequency_hz = 440.0 * 2.0 ** ((pitch - 69.0) / 12.0)
    at_frames, at_samples = np.arange(count) * HOP, np.arange(samples)
    phase = 2.0 * np.pi * np.cumsum(np.interp(at_samples, at_frames, frequency_hz)) / SAMPLE_RATE_HZ
    rng = np.random.default_rng(singer.seed + 1)
    bin_hz = TOP_HZ / (BINS - 1)
    rows = np.arange(count)
    out = np.zeros(samples)
    for harmonic in range(1, int(TOP_HZ / frequency_hz.min())):
        position = harmonic * frequency_hz / bin_hz
        low = np.clip(position.astype(int), 0, BINS - 2)
        part = position - low
        log_level = (1.0 - part) * envelope[rows, low] + part * envelope[rows, low + 1]
        level = np.exp(log_level) * gain * voiced * (position < BINS - 1)
        # phases of a pulse, slightly smeared: a voice has a crest, not a spike
        offset = 0.35 * rng.standard_normal() - 0.02 * harmonic**1.5
        out += np.interp(at_samples, at_frames, level) * np.sin(harmonic * phase + offset)
    noise_level = np.exp(envelope) * gain[:, None]
    breath = from_db(singer.breath_db) * np.linspace(0.2, 3.0, BINS)
    noise_level *= (1.0 - voiced)[:, None] * 1.2 + voiced[:, None] * breath
    return out + _noise(noise_level, samples, rng)


def _noise(level: Audio, samples: int, rng: np.random.Generator) -> Audio:
    """White noise shaped frame by frame with the given (frames, bins) spectrum up to 11 kHz."""
    size = 4 * HOP
    white = rng.standard_normal(samples)
    _, _, spectrum = signal.stft(white, nperseg=size, noverlap=size - HOP, boundary="zeros")
    bins = np.arange(size // 2 + 1) * SAMPLE_RATE_HZ / size
    grid = np.linspace(0.0, TOP_HZ, BINS)
    columns = min(spectrum.shape[1], level.shape[0])
    shaped = np.zeros_like(spectrum)
    for column in range(columns):
        shaped[:, column] = spectrum[:, column] * np.interp(bins, grid, level[column], right=0.0)
    _, noise = signal.istft(shaped, nperseg=size, noverlap=size - HOP)
    return np.asarray(noise)[:samples] * 0.9
