"""Voices where none were recorded: band power of sung phrases, from a source and formants.

Source and filter after G. Fant, Acoustic Theory of Speech Production (1960); the vowels' formants are rounded from
G. Peterson and H. Barney, JASA 24 (1952). It is a stand-in that need only be told from instruments as a voice is: by
harmonics that glide and waver under resonances that move, breath, and consonants between.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from console.models.roles.mel import BANDS, FRAME_S, FRAMES, HOP_S, Array, band_centres_hz, band_power

Float = NDArray[np.float64]

_VOWELS_HZ = np.array(
    [
        (270.0, 2290.0, 3010.0, 3700.0),
        (390.0, 1990.0, 2550.0, 3600.0),
        (530.0, 1840.0, 2480.0, 3600.0),
        (660.0, 1720.0, 2410.0, 3500.0),
        (730.0, 1090.0, 2440.0, 3500.0),
        (570.0, 840.0, 2410.0, 3400.0),
        (440.0, 1020.0, 2240.0, 3400.0),
        (300.0, 870.0, 2240.0, 3400.0),
        (490.0, 1350.0, 1690.0, 3300.0),
    ]
)
_BANDWIDTHS_HZ = np.array((80.0, 100.0, 140.0, 200.0))
_TONE_RATE_HZ = 44_100
_TONE_STEP_HZ = 10.0
_HARMONICS = 120


def sung(rng: np.random.Generator, frames: int = FRAMES) -> Array:
    """A phrase of one to three voices in unison, (bands, frames)."""
    voices = 1 if rng.random() < 0.7 else int(rng.integers(2, 4))
    pitch_hz, gate, vowel = _melody(rng, frames)
    tract = rng.uniform(0.85, 1.25)
    power = np.zeros((BANDS, frames))
    for _ in range(voices):
        detuned = pitch_hz * 2.0 ** (rng.normal(0.0, 0.12 if voices > 1 else 0.0, 1) / 12.0)
        power += _voice(rng, detuned, gate, vowel * tract)
    return np.asarray(power + _consonants(rng, gate) * power.sum(axis=0).max(), np.float32)


def _melody(rng: np.random.Generator, frames: int) -> tuple[Float, Float, Float]:
    """Pitch in Hz and loudness 0 … 1 over the frames, (frames), and formants in Hz, (frames, 4)."""
    time_s = np.arange(frames) * HOP_S
    centre = rng.uniform(np.log2(100.0), np.log2(520.0))
    spoken = rng.random() < 0.2
    pitch, gate, vowel = np.zeros(frames), np.zeros(frames), np.zeros((frames, 4))
    at = 0
    while at < frames:
        length = max(3, int(rng.lognormal(np.log(0.18 if spoken else 0.35), 0.6) / HOP_S))
        note = slice(at, at + length)
        pitch[note] = centre + rng.normal(0.0, 3.0) / 12.0
        vowel[note] = _VOWELS_HZ[rng.integers(len(_VOWELS_HZ))]
        if rng.random() > 0.12:
            gate[note] = rng.uniform(0.4, 1.0)
            gap = int(rng.integers(0, 4))
            gate[at + length - gap : at + length] = 0.0
        at += length
    depth = 0.0 if spoken else rng.uniform(0.0, 0.7)
    wave = np.sin(2 * np.pi * (rng.uniform(4.5, 6.5) * time_s + rng.random()))
    drift = np.cumsum(rng.normal(0.0, 0.02, frames))
    pitch = _smooth(pitch, rng.uniform(1.0, 4.0)) + (depth * wave + drift) / 12.0
    gate = _smooth(gate, rng.uniform(0.7, 2.5))
    for formant in range(4):
        vowel[:, formant] = _smooth(vowel[:, formant], rng.uniform(1.0, 4.0))
    return 2.0**pitch, gate, vowel


def _voice(rng: np.random.Generator, pitch_hz: Float, gate: Float, formants_hz: Float) -> Float:
    order = np.arange(1, _HARMONICS + 1)
    tone_hz = pitch_hz[:, None] * order
    slope_db = -rng.uniform(5.0, 13.0)
    level_db = slope_db * np.log2(order) + _resonance_db(tone_hz, formants_hz)
    level = np.where(tone_hz < 16_000.0, 10.0 ** (level_db / 10.0), 0.0) * gate[:, None] ** 2
    table = _tones()
    places = np.minimum((tone_hz / _TONE_STEP_HZ).astype(np.intp), len(table) - 1)
    voiced = np.einsum("fh,fhb->bf", level, table[places])
    breath_hz = np.broadcast_to(band_centres_hz(), (len(gate), BANDS))
    breath = 10.0 ** ((_resonance_db(breath_hz, formants_hz) - 6.0) / 10.0) * gate[:, None]
    breath *= np.clip(breath_hz / 1500.0, 0.05, 1.0)
    amount = (
        voiced.sum() / breath.sum() * 10.0 ** (-rng.uniform(14.0, 40.0) / 10.0) if breath.sum() > 0 else 0.0
    )
    noise = rng.exponential(1.0, (BANDS, len(gate)))
    voice: Float = voiced + breath.T * noise * amount
    return voice


def _resonance_db(tone_hz: Float, formants_hz: Float) -> Float:
    """What four resonances make of tones, (frames, tones), in dB."""
    total = np.zeros(tone_hz.shape)
    for formant, width_hz in enumerate(_BANDWIDTHS_HZ):
        ratio = tone_hz / formants_hz[:, formant, None]
        damping = width_hz / formants_hz[:, formant, None] * ratio
        total -= 10.0 * np.log10((1.0 - ratio**2) ** 2 + damping**2 + 1e-4)
    # The resonances above hold up what those four would let fall by 12 dB an octave each.
    lift_db = 10.0 * np.log10(1.0 + (tone_hz / 4200.0) ** 2)
    return np.maximum(total, -60.0) + 2.4 * np.minimum(lift_db, 20.0)


def _consonants(rng: np.random.Generator, gate: Float) -> Float:
    """Bursts and hisses where the voice is about to set in, relative to the voice's loudest frame."""
    frames = len(gate)
    power = np.zeros((BANDS, frames))
    hz = band_centres_hz()
    for onset in np.flatnonzero((gate[1:] > 0.2) & (gate[:-1] <= 0.2)):
        if rng.random() < 0.35:
            continue
        length = int(rng.integers(1, 7))
        centre_hz, width = np.exp(rng.uniform(np.log(1500.0), np.log(9000.0))), rng.uniform(0.3, 1.0)
        shape = np.exp(-0.5 * (np.log(hz / centre_hz) / width) ** 2)
        first = max(0, int(onset) - length)
        part, size = slice(first, int(onset) + 1), int(onset) + 1 - first
        level = 10.0 ** (-rng.uniform(8.0, 30.0) / 10.0) / shape.sum()
        power[:, part] += level * shape[:, None] * rng.exponential(1.0, (BANDS, size))
    return power


def _smooth(values: Float, frames: float) -> Float:
    reach = int(np.ceil(3 * frames))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / frames) ** 2)
    return np.convolve(np.pad(values, reach, mode="edge"), kernel / kernel.sum(), "valid")


@cache
def _tones() -> Array:
    """The band power of a steady tone at each multiple of 10 Hz, (tones, bands), as the front end hears it."""
    length = round(FRAME_S * _TONE_RATE_HZ)
    time_s = np.arange(length) / _TONE_RATE_HZ
    hz = np.arange(0.0, 16_000.0, _TONE_STEP_HZ)
    tones = np.sin(2 * np.pi * hz[:, None] * time_s).astype(np.float32)
    return np.stack([band_power(tone[None], _TONE_RATE_HZ)[:, 0] for tone in tones])
