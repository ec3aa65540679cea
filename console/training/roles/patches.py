"""What the classifier learns from, small enough to keep in memory: band power in half decibels, a byte each."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from console.models.roles.classes import class_of
from console.models.roles.mel import FRAME_S, FRAMES, HOP_S, Array, band_power
from console.session.roles import DRUM_ROLES
from console.training.material import TrainingSong

Bytes = NDArray[np.uint8]

#: Frames of one stored patch: a window of 2 s and room to move it.
PATCH_FRAMES = FRAMES + 24
_PATCHES = 16
_BYTES_PER_DB = 2.0
#: A patch counts as played when its loudest frame is not farther below the track's loudest.
_PLAYED_DB = 20.0
_VERSION = "1"


@dataclass(frozen=True, slots=True)
class SongPatches:
    """The same few seconds of all tracks of a song.

    - `classes`: the class of each track that has one for sure, −1 for the others, (tracks);
    - `kit`: which tracks are parts of the drum kit, (tracks);
    - `power`: (tracks, patches, bands, frames), half decibels below each track's loudest frame, 255 at it;
    - `loudest_db`: that frame's power, (tracks);
    - `played`: in which patches each track plays, (tracks, patches).
    """

    group: str
    classes: NDArray[np.int64]
    kit: NDArray[np.bool_]
    power: Bytes
    loudest_db: NDArray[np.float32]
    played: NDArray[np.bool_]


def to_bytes(power: Array) -> tuple[Bytes, float]:
    """Band power, (..., bands, frames), as bytes, and the power of the loudest frame in dB; silence is −200 dB."""
    loudest = float(power.sum(axis=-2).max(initial=0.0))
    if loudest <= 1e-20:
        return np.zeros(power.shape, np.uint8), -200.0
    with np.errstate(divide="ignore"):
        level_db = 10.0 * np.log10(power / np.float32(loudest))
    return np.clip(np.round(255.0 + _BYTES_PER_DB * level_db), 0.0, 255.0).astype(np.uint8), 10.0 * float(
        np.log10(loudest)
    )


_POWER_OF_BYTE = np.concatenate(([0.0], 10.0 ** ((np.arange(1, 256) - 255.0) / _BYTES_PER_DB / 10.0))).astype(
    np.float32
)


def to_power(data: Bytes) -> Array:
    """Bytes as band power, the loudest frame at 1."""
    result: Array = _POWER_OF_BYTE[data]
    return result


def gather(songs: Iterable[TrainingSong], least_confidence: float, cache: Path | None) -> list[SongPatches]:
    """The patches of every song; kept in `cache`, a folder, if there is one.

    Raises:
        SessionError: a song's audio is gone or damaged.
    """
    return [_labelled(song, _patches(song, cache), least_confidence) for song in songs]


def _labelled(song: TrainingSong, stored: dict[str, np.ndarray], least_confidence: float) -> SongPatches:
    classes, kit = [], []
    for track in song.tracks:
        found = class_of(track.role) if track.role_confidence >= least_confidence else None
        classes.append(-1 if found is None else found)
        kit.append(found is not None and track.role in DRUM_ROLES)
    power, loudest_db = stored["power"], stored["loudest_db"]
    peaks = to_power(power).sum(axis=2).max(axis=2)
    played = peaks >= 10.0 ** (-_PLAYED_DB / 10.0)
    return SongPatches(
        song.group, np.array(classes, np.int64), np.array(kit, bool), power, loudest_db, played
    )


def _patches(song: TrainingSong, cache: Path | None) -> dict[str, np.ndarray]:
    place = None if cache is None else cache / "roles" / f"{_key(song)}.npz"
    if place is not None and place.is_file():
        with np.load(place, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    made = _listen(song)
    if place is not None:
        place.parent.mkdir(parents=True, exist_ok=True)
        unfinished = place.with_suffix(".part")
        with unfinished.open("wb") as file:
            np.savez(file, power=made["power"], loudest_db=made["loudest_db"])
        unfinished.replace(place)
    return made


def _key(song: TrainingSong) -> str:
    text = "\n".join((_VERSION, song.id, str(song.samples), *(track.id for track in song.tracks)))
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _listen(song: TrainingSong) -> dict[str, np.ndarray]:
    seconds = (PATCH_FRAMES - 1) * HOP_S + FRAME_S
    length = int(np.ceil(seconds * song.sample_rate_hz)) + 2
    spare = max(song.samples - length, 0)
    count = min(_PATCHES, max(1, song.samples // length))
    starts = np.linspace(0, spare, count).astype(int)
    power = np.zeros((len(song.tracks), count, 0, 0), np.float32)
    for index, start in enumerate(starts):
        audio = song.read(int(start), length)
        for track, (stem, item) in enumerate(zip(audio, song.tracks, strict=True)):
            bands = band_power(stem[: item.channels], song.sample_rate_hz)[:, :PATCH_FRAMES]
            if not power.size:
                power = np.zeros((len(song.tracks), count, *bands.shape), np.float32)
            power[track, index] = bands
    packed = [to_bytes(track) for track in power]
    return {
        "power": np.stack([data for data, _ in packed]),
        "loudest_db": np.array([level for _, level in packed], np.float32),
    }
