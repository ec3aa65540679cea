"""Stems and single sounds from the user's folders: one folder per role, and patches made of what lies in it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from console.codec import did_you_mean
from console.errors import ParamError, SessionError
from console.models.roles.classes import class_of
from console.models.roles.mel import FRAMES, HOP_S, Array, band_power
from console.session.reader import open_sound
from console.session.roles import DRUM_ROLES, Role
from console.training.roles.patches import Bytes, to_bytes, to_power

_SUFFIXES = frozenset({".wav", ".flac", ".ogg", ".aif", ".aiff", ".mp3"})
_LONGEST_S = 120.0
#: Sounds of a drum kit up to this length are struck again and again; others follow each other.
_STRUCK_FRAMES = 100
_QUIET = 10.0 ** (-20.0 / 10.0)


@dataclass(frozen=True, slots=True)
class Clip:
    """One sound of a class: (bands, frames) as bytes; `struck`: one hit of something."""

    kind: int
    data: Bytes
    struck: bool


def read_folder(folder: Path) -> list[Clip]:
    """The sounds of a folder that has one folder per role in it, in the order of their names.

    Raises:
        ParamError: the folder is not there, or one in it is called after no role that sounds.
        SessionError: a file cannot be read.
    """
    if not folder.is_dir():
        raise ParamError(f"{str(folder)!r} is no folder; give one that has a folder for each role in it")
    clips = []
    for part in sorted(entry for entry in folder.iterdir() if entry.is_dir()):
        kind = class_of(Role(part.name)) if part.name in set(Role) else None
        if kind is None:
            known = [str(role) for role in Role if class_of(role) is not None]
            raise ParamError(f"{str(part)!r} is called after no role{did_you_mean(part.name, known)}")
        for path in sorted(part.rglob("*")):
            if path.suffix.lower() in _SUFFIXES:
                power = _listen(path)
                struck = Role(part.name) in DRUM_ROLES and power.shape[1] <= _STRUCK_FRAMES
                clips.append(Clip(kind, to_bytes(power)[0], struck))
    return [clip for clip in clips if clip.data.any()]


def _listen(path: Path) -> Array:
    import soundfile

    try:
        with open_sound(path) as file:
            audio = file.read(int(_LONGEST_S * file.samplerate), dtype="float32", always_2d=True)
            rate_hz = file.samplerate
    except (soundfile.SoundFileError, OSError) as error:
        raise SessionError(f"{str(path)!r} cannot be read ({error}); take it out of the folder") from error
    samples = np.nan_to_num(audio[:, :2].T)
    frame = int(np.ceil(0.05 * rate_hz))
    return band_power(np.pad(samples, ((0, 0), (0, max(0, frame - samples.shape[1])))), rate_hz)


def patch_of(clips: list[Clip], rng: np.random.Generator) -> Array:
    """Two seconds of one of the clips, (bands, frames): an excerpt, or with its neighbours one after another."""
    index = int(rng.integers(len(clips)))
    clip = clips[index]
    if clip.struck:
        return _struck(clips, index, rng)
    if clip.data.shape[1] < FRAMES:
        return _in_turn(clips, index, rng)
    power = to_power(clip.data)
    return _played(power, rng)


def _played(power: Array, rng: np.random.Generator) -> Array:
    """An excerpt in which the sound plays, if there is one among a few."""
    loudest = power.sum(axis=0).max()
    for _ in range(8):
        start = int(rng.integers(power.shape[1] - FRAMES + 1))
        excerpt = power[:, start : start + FRAMES]
        if excerpt.sum(axis=0).max() >= loudest * _QUIET:
            break
    return excerpt


def _struck(clips: list[Clip], index: int, rng: np.random.Generator) -> Array:
    """A rhythm of one to three sounds that lie beside each other."""
    near = [other for other in clips[max(0, index - 1) : index + 2] if other.struck]
    patch = np.zeros((len(clips[index].data), FRAMES), np.float32)
    step = rng.uniform(0.09, 0.6) / HOP_S
    for at in np.arange(rng.uniform(0.0, step), FRAMES, step):
        if rng.random() < 0.25 and patch.any():
            continue
        hit = near[int(rng.integers(len(near)))] if rng.random() < 0.3 else clips[index]
        _add(patch, to_power(hit.data), int(at), 10.0 ** (rng.normal(0.0, 3.0) / 10.0))
    return patch


def _in_turn(clips: list[Clip], index: int, rng: np.random.Generator) -> Array:
    """One sound after another, with short pauses, from the middle of the first on."""
    patch = np.zeros((len(clips[index].data), FRAMES), np.float32)
    at = -int(rng.integers(max(1, clips[index].data.shape[1] // 2)))
    while at < FRAMES:
        power = to_power(clips[index % len(clips)].data)
        _add(patch, power, at, 1.0)
        at += max(power.shape[1], 4) + int(rng.integers(0, 12))
        index += 1
    return patch


def _add(patch: Array, power: Array, at: int, gain: float) -> None:
    skip = max(0, -at)
    first = max(0, at)
    length = min(power.shape[1] - skip, patch.shape[1] - first)
    if length > 0:
        patch[:, first : first + length] += power[:, skip : skip + length] * np.float32(gain)
