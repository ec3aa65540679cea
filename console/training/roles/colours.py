"""What rooms, microphones, desks and formats do to a sound, done to its band power. Pure functions."""

import numpy as np
from numpy.typing import NDArray

from console.models.roles.mel import BANDS, FRAMES, HOP_S, Array


def coloured(rng: np.random.Generator, power: Array, bleed: Array | None) -> Array:
    """The same instrument, recorded elsewhere by someone else.

    Args:
        rng: all chance.
        power: (windows, bands, frames) of one track.
        bleed: the same of another track, which is heard softly behind it; None for none.

    Returns:
        (windows, bands, frames); the pattern in time and over the bands stays, the colour does not.
    """
    if rng.random() < 0.5:
        power = _warped(power, rng.uniform(-2.5, 2.5))
    if rng.random() < 0.35:
        power = _with_room(rng, power)
    if rng.random() < 0.3:
        power = _squeezed(power, rng.uniform(0.5, 0.95))
    if bleed is not None:
        power = power + _at_level(bleed, power, rng.uniform(-40.0, -14.0))
    gains = 10.0 ** (rng.normal(0.0, 2.0, (len(power), 1, 1)) / 10.0)
    power = np.asarray(power * _curve(rng)[:, None] * gains, np.float32)
    if rng.random() < 0.3:
        power = power + _noise(rng, power)
    return _limited(rng, power)


def _warped(power: Array, bands: float) -> Array:
    """Higher or lower by so many bands at the top, and by the same ratio of that below: another size of instrument."""
    place = np.arange(BANDS) * (1.0 + bands / BANDS)
    below = np.minimum(place.astype(np.intp), BANDS - 2)
    share = np.clip(place - below, 0.0, 1.0).astype(np.float32)[:, None]
    return np.asarray(power[:, below] * (1.0 - share) + power[:, below + 1] * share, np.float32)


def _with_room(rng: np.random.Generator, power: Array) -> Array:
    """Energy that decays by 60 dB within 0.2 … 2.5 s is added behind."""
    from scipy.signal import lfilter

    decay_s = np.exp(rng.uniform(np.log(0.2), np.log(2.5)))
    pole = 10.0 ** (-6.0 * HOP_S / decay_s)
    wet = lfilter([0.0, 1.0 - pole], [1.0, -pole], power, axis=-1)
    damping = np.linspace(1.0, rng.uniform(0.1, 1.0), BANDS)[:, None]
    level = 10.0 ** (rng.uniform(-14.0, 6.0) / 10.0)
    return np.asarray(power + level * wet * damping, np.float32)


def _squeezed(power: Array, share: float) -> Array:
    """Levels from frame to frame brought together to a share of what they were, as by a compressor."""
    level = power.sum(axis=1, keepdims=True)
    floor = max(float(level.max()) * 1e-5, 1e-20)
    gain = np.maximum(level, floor) ** (share - 1.0)
    return np.asarray(power * gain, np.float32)


def _at_level(other: Array, power: Array, level_db: float) -> Array:
    loudest, own = float(other.max()), float(power.max())
    gain = own / loudest * 10.0 ** (level_db / 10.0) if loudest > 0.0 else 0.0
    return np.asarray(other * np.float32(gain), np.float32)


def _curve(rng: np.random.Generator) -> NDArray[np.float64]:
    """A smooth equalizer, and now and then a cut at an end: a factor for each band."""
    place = np.linspace(0.0, 1.0, BANDS)
    curve_db = np.zeros(BANDS)
    for order in range(1, 6):
        curve_db += rng.normal(0.0, 4.0 / order) * np.cos(np.pi * order * place + rng.uniform(0.0, np.pi))
    if rng.random() < 0.2:
        curve_db -= 40.0 * np.clip(rng.uniform(0.0, 0.12) - place, 0.0, None) / 0.1
    if rng.random() < 0.25:
        curve_db -= 40.0 * np.clip(place - rng.uniform(0.55, 1.0), 0.0, None) / 0.1
    return 10.0 ** (curve_db / 10.0)


def _noise(rng: np.random.Generator, power: Array) -> Array:
    level = float(power.sum(axis=1).max()) / BANDS * 10.0 ** (-rng.uniform(30.0, 70.0) / 10.0)
    tilt = 10.0 ** (rng.normal(0.0, 6.0) * np.linspace(-1.0, 1.0, BANDS)[:, None] / 10.0)
    return np.asarray(level * tilt * rng.exponential(1.0, power.shape), np.float32)


def _limited(rng: np.random.Generator, power: Array) -> Array:
    """Nothing above where a lower sample rate or a lossy format ends; a window that is not full."""
    if rng.random() < 0.2:
        power[:, int(rng.integers(34, BANDS)) :] = 0.0
    if rng.random() < 0.1:
        power[:, :, int(rng.integers(FRAMES // 5, FRAMES)) :] = 0.0
    return power
