"""Where a stem was recorded: through a cabinet, in a room, with the neighbours in its microphone."""

import numpy as np
from numpy.typing import NDArray

from console.dsp.design import design_lowpass
from console.errors import ParamError
from console.training.augment.sound import Samples, filtered

_SOUND_M_PER_S = 343.0
_DISTANCES_M = (0.4, 6.0)
_BLEED_DB = (-40.0, -14.0)
_BLEED_HZ = (2500.0, 10_000.0)
_ONSET = 0.1


def through_impulse(audio: Samples, impulse: Samples, wet: float) -> Samples:
    """The audio convolved with an impulse response, mixed with itself; (channels, samples) as it came.

    The response begins at its onset and is scaled so that the wet part is as strong as the dry one. A mono response
    serves both channels, of a stereo one each channel its own.

    Args:
        audio: (channels, samples).
        impulse: (1 or 2, samples) at the same rate.
        wet: the share of the wet part, 0 … 1; 1 for a cabinet.

    Raises:
        ParamError: a share outside its range, or a silent or empty response.
    """
    from scipy.signal import oaconvolve

    if not 0.0 <= wet <= 1.0:
        raise ParamError(f"the wet share is {wet:g}; give a value from 0 to 1")
    peak = float(np.abs(impulse).max(initial=0.0))
    if not 0.0 < peak < np.inf:
        raise ParamError("the impulse response is silent or not finite; give one that rings")
    onset = int(np.argmax(np.abs(impulse).max(axis=0) >= _ONSET * peak))
    response = np.resize(impulse[:, onset:].astype(np.float64), (audio.shape[0], impulse.shape[1] - onset))
    rung = oaconvolve(audio.astype(np.float64), response, axes=1)[:, : audio.shape[1]]
    dry_energy, wet_energy = float(np.square(audio, dtype=np.float64).sum()), float(np.square(rung).sum())
    scale = np.sqrt(dry_energy / wet_energy) if wet_energy > 0.0 else 0.0
    result: Samples = ((1.0 - wet) * audio + wet * scale * rung).astype(np.float32)
    return result


def with_bleed(
    tracks: NDArray[np.float32], rng: np.random.Generator, sample_rate_hz: float, heard: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Tracks as microphones in one room: each hears the others later, quieter and duller, by its own distance.

    Args:
        tracks: (tracks, channels, samples).
        rng: where distances come from.
        sample_rate_hz: the rate.
        heard: (tracks,), which ones stand in the room; the others are left as they are.
    """
    out = tracks.copy()
    members = np.flatnonzero(heard)
    if len(members) < 2:
        return out
    places = rng.uniform(0.0, 1.0, (len(members), 2)) * _DISTANCES_M[1] / np.sqrt(2.0)
    near_db, far_db = _BLEED_DB[1], _BLEED_DB[0]
    walls_db = float(rng.uniform(-12.0, 0.0))
    duller = {
        source: filtered(
            tracks[source],
            design_lowpass(float(np.exp(rng.uniform(*np.log(_BLEED_HZ)))), 12, sample_rate_hz),
        )
        for source in members
    }
    for number, microphone in enumerate(members):
        for other, source in enumerate(members):
            if source == microphone:
                continue
            metres = max(float(np.linalg.norm(places[number] - places[other])), _DISTANCES_M[0])
            level_db = float(
                np.clip(near_db + walls_db - 20.0 * np.log10(metres / _DISTANCES_M[0]), far_db, near_db)
            )
            delay = min(round(metres / _SOUND_M_PER_S * sample_rate_hz), tracks.shape[2])
            late = duller[source][:, : tracks.shape[2] - delay]
            out[microphone][:, delay:] += np.float32(10.0 ** (level_db / 20.0)) * late
    return out
