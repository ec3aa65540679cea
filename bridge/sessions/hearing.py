"""Listens to a few seconds of each track, and says what it sounds like: the role classifier, by ONNX Runtime."""

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bridge.networks import OnnxNetwork
from console.analysis.values import TrackAnalysis
from console.errors import SessionError
from console.models.roles import MOST_WINDOWS, WINDOW_S, as_features, band_power, choose_starts
from console.models.roles.mel import BANDS, FRAMES, Array
from console.session import SessionTrack
from console.session.reader import open_sound
from console.session.values import AudioFile
from presets.weights import find_weights

Chances = NDArray[np.float64]

#: The network that comes with the package.
WEIGHTS = "roles"
#: Tracks that the network hears at once: few enough for memory, enough for speed.
_AT_ONCE = 16


def can_listen() -> bool:
    """Whether ONNX Runtime is here."""
    try:
        import onnxruntime  # noqa: F401
    except ImportError:
        return False
    return True


def sound_chances(
    tracks: Sequence[SessionTrack],
    analyses: Mapping[str, TrackAnalysis],
    sample_rate_hz: int,
    *,
    weights: str | Path = WEIGHTS,
    threads: int | None = None,
) -> dict[str, Chances]:
    """The probability of each class of sound (console.models.roles.SOUND_CLASSES), by track id.

    Up to eight windows of 2 s are read of each track, where it plays; tracks in which nothing plays are missing. The
    result depends neither on the level of a track nor on its neighbours.

    Args:
        tracks: the tracks to hear.
        analyses: their analyses, by id.
        sample_rate_hz: the session's rate.
        weights: of the network, by name or path.
        threads: how many read at once; None takes as many as there are processors.

    Raises:
        SessionError: a file cannot be read.
        ParamError: the weights are not there, or damaged.
    """
    network = _network(weights)
    with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        heard = pool.map(lambda track: features_of(track, analyses[track.id], sample_rate_hz), tracks)
        features = {track.id: found for track, found in zip(tracks, heard, strict=True) if found.any()}
    chances: dict[str, Chances] = {}
    names = list(features)
    for first in range(0, len(names), _AT_ONCE):
        some = names[first : first + _AT_ONCE]
        given, present = _padded([features[name] for name in some])
        found = network({"features": given, "present": present})["probabilities"]
        chances |= zip(some, np.asarray(found, np.float64), strict=True)
    return chances


def features_of(track: SessionTrack, analysis: TrackAnalysis, sample_rate_hz: int) -> Array:
    """What the network hears of a track: (windows, bands, frames), no window for silence.

    Raises:
        SessionError: a file cannot be read.
    """
    offset_s = track.start_samples / sample_rate_hz
    starts_s = [start - offset_s for start in choose_starts(analysis.peak_db)]
    power = np.zeros((len(starts_s), BANDS, FRAMES), np.float32)
    for file in track.files:
        for window, audio in zip(power, _excerpts(file, starts_s), strict=True):
            bands = band_power(audio, file.sample_rate_hz)[:, :FRAMES]
            window[:, : bands.shape[1]] += bands
    return as_features(power)


def _excerpts(file: AudioFile, starts_s: Sequence[float]) -> list[Array]:
    """Seconds of a file, each (channels, samples), finite; what lies outside the file is silent.

    A seek need not be exact to the sample here, so that compressed files are not decoded from their start.
    """
    import soundfile

    length = int(np.ceil(WINDOW_S * file.sample_rate_hz)) + 1
    found = []
    try:
        with open_sound(file.path) as sound:
            for start_s in starts_s:
                first = round(start_s * file.sample_rate_hz)
                out = np.zeros((length, min(file.channels, 2)), np.float32)
                begin = min(max(first, 0), file.frames)
                sound.seek(begin)
                data = sound.read(max(0, first + length - begin), dtype="float32", always_2d=True)
                out[begin - first :][: len(data)] = np.nan_to_num(data[:, :2], posinf=0.0, neginf=0.0)
                found.append(np.ascontiguousarray(out.T))
    except (soundfile.SoundFileError, OSError) as error:
        raise SessionError(
            f"{file.path.name!r} cannot be read ({error}); export it again, or leave it out"
        ) from error
    return found


def _padded(tracks: Sequence[Array]) -> tuple[Array, Array]:
    given = np.zeros((len(tracks), MOST_WINDOWS, BANDS, FRAMES), np.float32)
    present = np.zeros((len(tracks), MOST_WINDOWS), np.float32)
    for row, mask, track in zip(given, present, tracks, strict=True):
        row[: len(track)] = track
        mask[: len(track)] = 1.0
    return given, present


@cache
def _network(weights: str | Path) -> OnnxNetwork:
    """The network on the processor: it is so small that a GPU is slower."""
    return OnnxNetwork(find_weights(weights), providers=("CPUExecutionProvider",))
