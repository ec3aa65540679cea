"""Changes to the sound of a stem: filters, speed, bandwidth, missing sides. Pure functions on (channels, samples)."""

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from console.dsp.design import (
    Sections,
    design_bell,
    design_high_shelf,
    design_highpass,
    design_low_shelf,
    design_lowpass,
    stack_sections,
)
from console.errors import ParamError

Samples = NDArray[np.float32]

_SPEEDS = (0.5, 2.0)
_LOWEST_RATE_HZ = 1000
_TILT_DB = 2.5
_CUT_CHANCE = 0.15


class Side(StrEnum):
    """What may be wrong with the two sides of a stereo stem: one is missing, both are one, or they are swapped."""

    LEFT = "left"
    RIGHT = "right"
    MONO = "mono"
    SWAPPED = "swapped"


def filtered(audio: Samples, sections: Sections) -> Samples:
    """The audio through biquads, (sections, 6) as of console.dsp.design; from rest."""
    from scipy.signal import sosfilt

    if not len(sections):
        return audio
    result: Samples = sosfilt(sections, audio.astype(np.float64), axis=-1).astype(np.float32)
    return result


def random_filter(rng: np.random.Generator, sample_rate_hz: float) -> Sections:
    """A colour that another microphone or room might have given: a tilt, a bell, now and then a cut at an end."""
    low_db, bell_db, high_db = rng.normal(0.0, _TILT_DB, 3)
    parts = [
        design_low_shelf(_log_uniform(rng, 80.0, 300.0), low_db, 0.71, sample_rate_hz),
        design_bell(_log_uniform(rng, 200.0, 6000.0), bell_db, _log_uniform(rng, 0.5, 2.0), sample_rate_hz),
        design_high_shelf(_log_uniform(rng, 2500.0, 8000.0), high_db, 0.71, sample_rate_hz),
    ]
    low_hz, high_hz = _log_uniform(rng, 20.0, 150.0), _log_uniform(rng, 7000.0, 18000.0)
    cuts_low, cuts_high = rng.random(2) < _CUT_CHANCE
    if cuts_low:
        parts.append(design_highpass(low_hz, 12, sample_rate_hz))
    if cuts_high:
        parts.append(design_lowpass(high_hz, 12, sample_rate_hz))
    return stack_sections(parts)


def at_speed(audio: Samples, ratio: float) -> Samples:
    """The audio played `ratio` times as fast, pitch and all, by resampling; (channels, samples / ratio).

    Raises:
        ParamError: a ratio outside 0.5 … 2.
    """
    if not _SPEEDS[0] <= ratio <= _SPEEDS[1]:
        raise ParamError(f"the speed is {ratio:g}; give a ratio from {_SPEEDS[0]:g} to {_SPEEDS[1]:g}")
    return _resampled(audio, ratio, 1.0)


def through_rate(audio: Samples, sample_rate_hz: int, rate_hz: int) -> Samples:
    """The audio as it is after a visit to a lower rate: the same length, without what that rate cannot hold.

    Raises:
        ParamError: a rate below 1000 Hz, or above the audio's own.
    """
    if not _LOWEST_RATE_HZ <= rate_hz <= sample_rate_hz:
        raise ParamError(
            f"the rate is {rate_hz} Hz; give a value from {_LOWEST_RATE_HZ} to {sample_rate_hz} Hz"
        )
    back = _resampled(_resampled(audio, sample_rate_hz, rate_hz), rate_hz, sample_rate_hz)
    out = np.zeros_like(audio)
    length = min(out.shape[1], back.shape[1])
    out[:, :length] = back[:, :length]
    return out


def with_side(audio: Samples, side: Side) -> Samples:
    """A stereo stem, (2, samples), with something wrong with its sides; a single side stands in both channels."""
    if side is Side.SWAPPED:
        return np.ascontiguousarray(audio[::-1])
    mono = {
        Side.LEFT: audio[0],
        Side.RIGHT: audio[1],
        Side.MONO: (audio[0] + audio[1]) * np.float32(0.5),
    }[side]
    return np.stack([mono, mono])


def _resampled(audio: Samples, from_rate: float, to_rate: float) -> Samples:
    import soxr

    result = soxr.resample(np.ascontiguousarray(audio.T), from_rate, to_rate, quality="HQ")
    return np.ascontiguousarray(np.asarray(result, dtype=np.float32).T)


def _log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))
