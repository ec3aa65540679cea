"""Examples of both published training methods, drawn from songs and finished masters, in memory of the CPU."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from console.errors import ParamError
from console.losses.levels import loudness_lufs
from console.models.published.knobs import MASTER_KNOBS, STRIP_KNOBS
from console.training.material import TrainingSong
from console.training.published.settings import SAMPLE_RATE_HZ, PublishedSettings
from console.units import db_to_gain

Samples = NDArray[np.float32]

#: A track below this in its segment counts as silent.
_SILENT_LUFS = -60.0
#: Places that are tried in a song, and songs that are tried, before nothing is found to sound.
_PLACES, _SONGS = 6, 20


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """One batch, which as published is one example.

    Attributes:
        tracks: (channels, samples), each track at one loudness; of method 1 twice as long as the reference will be.
        reference: (2, samples) of method 2.
        strips: of method 1, where the knobs of the random console stand, (channels, knobs).
        master: likewise of its master, (knobs,).
    """

    tracks: Samples
    reference: Samples | None = None
    strips: Samples | None = None
    master: Samples | None = None


def draw_example(
    songs: Sequence[TrainingSong],
    references: Sequence[TrainingSong],
    settings: PublishedSettings,
    rng: np.random.Generator,
    step: int,
) -> Example:
    """An example of the method that the settings name.

    Raises:
        ParamError: nothing sounds in any song that was tried.
        SessionError: a file is gone or damaged.
    """
    count = int(rng.integers(settings.fewest_tracks, settings.most_tracks_at(step) + 1))
    if settings.method == 1:
        tracks = _draw_tracks(songs, settings, 2 * settings.segment_samples, count, rng)
        return Example(
            tracks,
            strips=rng.random((len(tracks), len(STRIP_KNOBS)), dtype=np.float32),
            master=rng.random(len(MASTER_KNOBS), dtype=np.float32),
        )
    tracks = _draw_tracks(songs, settings, settings.segment_samples, count, rng)
    return Example(tracks, reference=_draw_reference(references, settings, rng))


def _draw_tracks(
    songs: Sequence[TrainingSong],
    settings: PublishedSettings,
    samples: int,
    count: int,
    rng: np.random.Generator,
) -> Samples:
    """Up to `count` channels of one song, (channels, samples); at least one."""
    for _ in range(_SONGS):
        song = songs[int(rng.integers(len(songs)))]
        best: list[Samples] = []
        for _ in range(_PLACES):
            start, length = _place(song, samples, rng)
            audio = _at_rate(song.read(start, length), song.sample_rate_hz, samples)
            sounding = [
                levelled
                for row, track in zip(audio, song.tracks, strict=True)
                if (levelled := at_loudness(row[: track.channels], settings.track_lufs)) is not None
            ]
            if sum(map(len, sounding)) > sum(map(len, best)):
                best = sounding
            if sum(map(len, best)) >= count:
                break
        chosen: list[Samples] = []
        for index in rng.permutation(len(best)):
            if sum(map(len, chosen)) + len(best[index]) <= max(count, 2 if not chosen else 0):
                chosen.append(best[index])
        if chosen:
            return np.concatenate(chosen)
    raise ParamError(f"nothing sounds in {_SONGS} songs that were tried; give songs with audible stems")


def _draw_reference(
    references: Sequence[TrainingSong], settings: PublishedSettings, rng: np.random.Generator
) -> Samples:
    """A stretch of a finished song, (2, samples)."""
    for _ in range(_SONGS):
        song = references[int(rng.integers(len(references)))]
        start, length = _place(song, settings.segment_samples, rng)
        audio = _at_rate(song.read_mix(start, length), song.sample_rate_hz, settings.segment_samples)
        levelled = at_loudness(
            audio if len(audio) == 2 else np.repeat(audio[:1], 2, axis=0), settings.reference_lufs
        )
        if levelled is not None:
            return levelled
    raise ParamError(f"nothing sounds in {_SONGS} references that were tried; give finished songs that sound")


def _place(song: TrainingSong, samples: int, rng: np.random.Generator) -> tuple[int, int]:
    """Where a segment begins and how long it is, at the song's own rate."""
    length = -(-samples * song.sample_rate_hz // SAMPLE_RATE_HZ)
    return int(rng.integers(max(song.samples - length, 0) + 1)), length


def _at_rate(audio: Samples, rate_hz: int, samples: int) -> Samples:
    """Audio (..., samples) at the network's rate and of the length that it wants."""
    if rate_hz != SAMPLE_RATE_HZ:
        import soxr

        rows = audio.reshape(-1, audio.shape[-1])
        heard = soxr.resample(np.ascontiguousarray(rows.T), rate_hz, SAMPLE_RATE_HZ, quality="HQ").T
        audio = heard.reshape(*audio.shape[:-1], heard.shape[-1])
    spare = max(0, samples - audio.shape[-1])
    return np.pad(audio[..., :samples], [(0, 0)] * (audio.ndim - 1) + [(0, spare)])


def at_loudness(audio: Samples, wanted_lufs: float) -> Samples | None:
    """Audio (1 or 2, samples) at a loudness; None where it is as good as silent."""
    if not audio.any():
        return None
    found_lufs = float(loudness_lufs(torch.from_numpy(np.ascontiguousarray(audio)), SAMPLE_RATE_HZ))
    if not found_lufs > _SILENT_LUFS:
        return None
    return np.asarray(audio * db_to_gain(wanted_lufs - found_lufs), np.float32)
