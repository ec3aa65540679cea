"""Songs as the controller hears them, measured once and kept: excerpts of each, their mixes' sound, their labels."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from console.dsp.strip import StripProcessor
from console.errors import MixbridgeError
from console.losses.sound import Sound, measure_sound
from console.mix import Input, TrackStrip
from console.models.controller.conditions import CONDITIONS, condition
from console.models.controller.hearing import Hearing, hear
from console.models.controller.knobs import TRACK_KNOBS, index, on_scale
from console.progress import Progress, no_progress
from console.session import Role
from console.training.material import TrainingSong

Float32 = NDArray[np.float32]
T = TypeVar("T")

#: Counted up when what is kept means something else.
_RECIPE = 2
#: Excerpts of a song: one from its first and one from its second half, and two put together from all over it.
EXCERPTS = 4
EXCERPT_S, _PIECE_S = 15.0, 3.0
#: Excerpts of a finished master.
_LISTENINGS, _LISTENING_S = 5, 20.0
_ROLES = tuple(Role)
_ARRAYS = ("gain_db", "heard", "channels", "power", "figures", "levels_db")


@dataclass(frozen=True, slots=True, eq=False)
class HeardSong:
    """A song in figures.

    - `excerpts`: so many Hearings, the first two from the song's first and second half;
    - `mixes` (excerpts, CONDITIONS): the sound of the author's mix in them, NaN where there is none;
    - `roles` (tracks, roles): the confidence at each track's role;
    - `labels`, `told` (tracks, knobs): the author's settings on the knobs' scales and which are known; the level is
      that of the fader over a track as it is, before any hearing's gain;
    - `shaped_db` (excerpts, tracks): what the author's filters and compressor add to a track's level.
    """

    id: str
    group: str
    excerpts: tuple[Hearing, ...]
    mixes: Float32
    roles: Float32
    labels: Float32
    told: NDArray[np.bool_]
    shaped_db: Float32

    def level_labels(self, excerpt: int) -> Float32:
        """The author's settings for a track heard at LEVEL_LUFS, (tracks, knobs): the level is that it comes out at."""
        labels = self.labels.copy()
        labels[:, index("tracks", "level_db")] += self.shaped_db[excerpt] - self.excerpts[excerpt].gain_db
        return labels


def hear_songs(
    songs: Sequence[TrainingSong],
    cache: Path | None,
    *,
    threads: int = 1,
    progress: Progress = no_progress,
    stage: str = "listening to songs",
) -> tuple[HeardSong, ...]:
    """The songs of which two tracks and more sound, in their order; a song that cannot be read is left out."""
    return tuple(
        song for song in _each(songs, cache, "song", _hear_song, _load_song, threads, progress, stage) if song
    )


def hear_references(
    references: Sequence[TrainingSong],
    cache: Path | None,
    *,
    threads: int = 1,
    progress: Progress = no_progress,
    stage: str = "listening to references",
) -> Float32:
    """The sound of several excerpts of each master, (excerpts, CONDITIONS)."""
    found = _each(references, cache, "reference", _hear_reference, _load_reference, threads, progress, stage)
    rows = [row for row in found if row is not None and len(row)]
    return np.concatenate(rows) if rows else np.zeros((0, CONDITIONS), np.float32)


def _each(
    songs: Sequence[TrainingSong],
    cache: Path | None,
    kind: str,
    measure: Callable[[TrainingSong], dict[str, NDArray[np.generic]]],
    load: Callable[[TrainingSong, dict[str, NDArray[np.generic]]], T],
    threads: int,
    progress: Progress,
    stage: str,
) -> list[T]:
    done = 0

    def one(song: TrainingSong) -> T:
        nonlocal done
        place = None if cache is None else _place(song, cache, kind)
        arrays = _kept(place)
        if arrays is None:
            arrays = measure(song)
            _keep(place, arrays)
        done += 1
        progress(stage, done / len(songs))
        return load(song, arrays)

    with ThreadPoolExecutor(max(threads, 1)) as pool:
        return list(pool.map(one, songs))


def _place(song: TrainingSong, cache: Path, kind: str) -> Path:
    text = f"{_RECIPE} {kind} {song.id} {song.samples} {song.sample_rate_hz} {len(song.tracks)}"
    shaping = _shaping(song) if kind == "song" else ()
    text += f" {shaping}" if any(shaping) else ""
    return cache / "heard" / f"{hashlib.sha256(text.encode()).hexdigest()[:24]}.npz"


def _kept(place: Path | None) -> dict[str, NDArray[np.generic]] | None:
    if place is None:
        return None
    try:
        # Opened here, since numpy leaves a broken one open.
        with place.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return None


def _keep(place: Path | None, arrays: dict[str, NDArray[np.generic]]) -> None:
    if place is None:
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    part = place.with_suffix(f".{os.getpid()}.part")
    with part.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]
    part.replace(place)


def _excerpts(song: TrainingSong) -> list[list[tuple[int, int]]]:
    """The pieces (first sample, samples) that each excerpt is made of; the same for the same song."""
    rng = np.random.default_rng(int(hashlib.sha256(song.id.encode()).hexdigest()[:12], 16))
    length, piece = round(EXCERPT_S * song.sample_rate_hz), round(_PIECE_S * song.sample_rate_hz)
    half = song.samples // 2
    taken = min(length, half)
    first = int(rng.integers(0, half - taken + 1))
    second = half + int(rng.integers(0, song.samples - half - taken + 1))
    result = [[(first, taken)], [(second, taken)]]
    for _ in range(EXCERPTS - len(result)):
        starts = np.sort(rng.integers(0, max(song.samples - piece, 1), round(EXCERPT_S / _PIECE_S)))
        result.append([(int(start), min(piece, song.samples)) for start in starts])
    return result


def _hear_song(song: TrainingSong) -> dict[str, NDArray[np.generic]]:
    found: dict[str, list[NDArray[np.generic]]] = {name: [] for name in _ARRAYS}
    mixes, shaped = [], []
    channels = [track.channels for track in song.tracks]
    shaping = _shaping(song)
    try:
        for pieces in _excerpts(song):
            audio = np.concatenate([song.read(start, samples) for start, samples in pieces], axis=2)
            readers = [_reader(row[:count]) for row, count in zip(audio, channels, strict=True)]
            heard = hear(readers, channels, audio.shape[2], song.sample_rate_hz)
            for name in _ARRAYS:
                found[name].append(getattr(heard, name))
            shaped.append(_shaped_db(shaping, audio, channels, heard, song.sample_rate_hz))
            mix = np.concatenate([song.read_mix(start, samples) for start, samples in pieces], axis=1)
            mixes.append(_sound_of(mix, song.sample_rate_hz))
    except MixbridgeError:
        return {}
    arrays = {name: np.stack(rows) for name, rows in found.items()}
    return {**arrays, "mixes": np.stack(mixes), "shaped_db": np.stack(shaped)}


def _shaping(song: TrainingSong) -> tuple[TrackStrip | None, ...]:
    """Of each track the author's trim, filters, equalizer and compressor, None where nothing of that works."""
    mix = song.strips()
    if mix is None:
        return (None,) * len(song.tracks)
    return tuple(
        TrackStrip(
            strip.id,
            input=Input(strip.input.gain_db),
            highpass=strip.highpass,
            lowpass=strip.lowpass,
            equalizer=strip.equalizer,
            compressor=strip.compressor,
        )
        if any(
            module.enabled for module in (strip.highpass, strip.lowpass, strip.equalizer, strip.compressor)
        )
        else None
        for strip in mix.tracks
    )


def _shaped_db(
    shaping: Sequence[TrackStrip | None],
    audio: Float32,
    channels: Sequence[int],
    heard: Hearing,
    sample_rate_hz: int,
) -> Float32:
    """What the modules of `_shaping` add to each track's level, (tracks,), the trim not counted."""
    shaped = np.zeros(len(channels), np.float32)
    for at, (strip, row, count) in enumerate(zip(shaping, audio, channels, strict=True)):
        if strip is None or not heard.heard[at]:
            continue
        out = StripProcessor(strip, sample_rate_hz, count).process(row[:count])
        # A mono track is on both sides, at 3 dB less.
        out = out if count == 2 else out[:1] * np.sqrt(2.0)
        after = hear([_reader(out.astype(np.float32))], [count], out.shape[1], sample_rate_hz)
        if after.heard[0]:
            shaped[at] = heard.gain_db[at] - after.gain_db[0] - strip.input.gain_db
    return shaped


def _reader(audio: Float32) -> Callable[[int, int], Float32]:
    return lambda start, samples: audio[:, start : start + samples]


def _load_song(song: TrainingSong, arrays: dict[str, NDArray[np.generic]]) -> HeardSong | None:
    if not arrays:
        return None
    excerpts = tuple(Hearing(*(arrays[name][at] for name in _ARRAYS)) for at in range(EXCERPTS))
    if max(int(excerpt.heard.sum()) for excerpt in excerpts) < 2:
        return None
    labels, told = _labels(song)
    roles = np.zeros((len(song.tracks), len(_ROLES)), np.float32)
    for row, track in zip(roles, song.tracks, strict=True):
        row[_ROLES.index(track.role)] = track.role_confidence
    shaped = arrays.get("shaped_db", np.zeros((EXCERPTS, len(song.tracks)), np.float32))
    return HeardSong(song.id, song.group, excerpts, arrays["mixes"], roles, labels, told, shaped)  # type: ignore[arg-type]


def _labels(song: TrainingSong) -> tuple[Float32, NDArray[np.bool_]]:
    """Fader and pan as the author left them; the rest of the console is not told of by such projects."""
    labels = np.zeros((len(song.tracks), len(TRACK_KNOBS)), np.float32)
    told = np.zeros(labels.shape, np.bool_)
    mix = song.strips()
    if mix is None:
        return labels, told
    level, pan = index("tracks", "level_db"), index("tracks", "pan")
    groups = {bus.id: bus.fader_db for bus in mix.buses}
    for at, strip in enumerate(mix.tracks):
        moves = bool(strip.automation.fader_db) or strip.muted
        labels[at, level] = strip.fader_db + strip.input.gain_db + groups.get(strip.output, 0.0)
        labels[at, pan] = on_scale("tracks", "pan", strip.pan)
        told[at, level], told[at, pan] = not moves, True
    return labels, told


def _sound_of(mix: Float32, sample_rate_hz: int) -> Float32:
    try:
        return condition(_stereo_sound(mix, sample_rate_hz))
    except MixbridgeError:
        return np.full(CONDITIONS, np.nan, np.float32)


def _stereo_sound(mix: Float32, sample_rate_hz: int) -> Sound:
    return measure_sound(mix if len(mix) == 2 else np.repeat(mix, 2, axis=0), sample_rate_hz)


def _hear_reference(song: TrainingSong) -> dict[str, NDArray[np.generic]]:
    rng = np.random.default_rng(int(hashlib.sha256(song.id.encode()).hexdigest()[:12], 16))
    length = min(round(_LISTENING_S * song.sample_rate_hz), song.samples)
    rows = []
    for _ in range(_LISTENINGS):
        start = int(rng.integers(0, song.samples - length + 1))
        try:
            sound = _stereo_sound(song.read_mix(start, length), song.sample_rate_hz)
        except MixbridgeError:
            continue
        if not sound.mono:
            rows.append(condition(sound))
    return {"sounds": np.stack(rows) if rows else np.zeros((0, CONDITIONS), np.float32)}


def _load_reference(song: TrainingSong, arrays: dict[str, NDArray[np.generic]]) -> Float32 | None:
    sounds = arrays.get("sounds")
    return None if sounds is None else np.asarray(sounds, np.float32)
