"""Mixes of a trained Diff-MST, as published: one window from the start of the song, every channel a mono strip.

A stereo stem is two tokens and so two strips, each with its own equalizer, compressor and pan. That is no `Mix` of the
session, whose stereo tracks have one strip each: what comes out is the audio, by the renderer's own strips.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bridge.evaluation.plain import QUIETEST_LUFS
from bridge.evaluation.values import AbsentError, Float64, Made, Task
from bridge.jobs.mixing import heard_masking
from console.analysis import TrackAnalyzer
from console.dsp.bus import MasterProcessor
from console.dsp.strip import StripProcessor
from console.errors import RenderError
from console.mix import Mix
from console.session import SessionTrack
from console.session.reader import TrackReader
from console.training.settings import TrainingConfig
from console.units import db_to_gain

if TYPE_CHECKING:
    from bridge.evaluation.consoles import Maker
    from console.models.published.network import PublishedNetwork
    from console.training.published.settings import PublishedSettings

Samples = NDArray[np.float32]

#: What the published system hears of tracks and reference.
WINDOW_S = 6.0
STAGE = "diff-mst"
#: A window whose every sample lies below this is gone by: there is nothing in it to go by.
_SILENCE = 1e-3


@dataclass(frozen=True, slots=True)
class Trained:
    """A network with its best weights, and the settings it was trained with."""

    network: PublishedNetwork
    settings: PublishedSettings


def load_published(config: TrainingConfig, weights: Path) -> Trained:
    """A trained Diff-MST.

    Raises:
        ParamError: settings or weights do not read, or do not belong together.
    """
    from console.codec import decode
    from console.models.published.network import PublishedNetwork
    from console.training.checkpoint import load_weights
    from console.training.published.settings import PublishedSettings

    settings = decode(PublishedSettings, config.section, config.objective)
    network = PublishedNetwork(settings.network)
    load_weights(weights, network)
    return Trained(network.eval(), settings)


def published_maker(config: TrainingConfig, weights: Path) -> Maker:
    """What makes mixes by a trained Diff-MST; the weights are read with the first of them."""

    @cache
    def trained() -> Trained:
        return load_published(config, weights)

    def make(task: Task) -> Made:
        if task.reference is None:
            raise AbsentError("0 references are given; give one with --reference")
        tracks = [track for track in task.session.included if not task.analysis.tracks[track.id].silent]
        if not tracks:
            raise RenderError(f"{task.song.name!r} is silent; give stems that sound")
        mix = predict(trained(), task, tracks)
        return _play(mix, task, tracks, trained().settings.track_lufs)

    return make


def predict(trained: Trained, task: Task, tracks: Sequence[SessionTrack]) -> Mix:
    """The strips of every channel, in the order of tracks and channels, and the master.

    Raises:
        RenderError: the reference is silent.
        SessionError: a file cannot be read.
    """
    import torch

    from console.models.published.knobs import published_mix, published_template
    from console.training.published.drawing import at_loudness

    rate = task.session.sample_rate_hz
    heard = _at_network_rate(_first_window(task, tracks, trained.settings.track_lufs), rate)
    reference = at_loudness(
        _at_network_rate(_window_of_reference(task), rate), trained.settings.reference_lufs
    )
    if reference is None:
        raise RenderError("the reference is silent; give a finished song")
    with torch.no_grad():
        found = trained.network(torch.from_numpy(heard)[None], torch.from_numpy(reference)[None])
    names = [f"{track.id} {channel}" for track in tracks for channel in range(1, track.channels + 1)]
    return published_mix(found.strips[0], found.master[0], published_template(names, rate))


def _gain(task: Task, track: SessionTrack, track_lufs: float) -> float:
    """What brings a track to the level it was trained at, by its loudness over the whole song.

    A window in which it hardly plays would say that it is to be turned up, and it would be too loud ever after.
    """
    return db_to_gain(track_lufs - max(task.analysis.tracks[track.id].integrated_lufs, QUIETEST_LUFS))


def _first_window(task: Task, tracks: Sequence[SessionTrack], track_lufs: float) -> Samples:
    """The first window of all channels in which anything sounds, (channels, samples); else the last one."""
    rate = task.session.sample_rate_hz
    length = round(WINDOW_S * rate)
    heard: list[Samples] = []
    with ExitStack() as stack:
        readers = [stack.enter_context(TrackReader(track, rate)) for track in tracks]
        for _ in range(0, task.session.samples, length):
            heard = [reader.read(length) for reader in readers]
            if any(np.abs(audio).max(initial=0.0) > _SILENCE for audio in heard):
                break
    rows = [_gain(task, track, track_lufs) * audio for track, audio in zip(tracks, heard, strict=True)]
    return np.concatenate(rows).astype(np.float32)


def _window_of_reference(task: Task) -> Samples:
    audio = task.reference.audio if task.reference is not None else np.zeros((2, 0))
    length = round(WINDOW_S * task.session.sample_rate_hz)
    loud = np.flatnonzero(np.abs(audio).max(axis=0) > _SILENCE)
    start = int(loud[0]) // length * length if len(loud) else 0
    return audio[:, start : start + length].astype(np.float32)


def _at_network_rate(audio: Samples, rate_hz: int) -> Samples:
    from console.training.published.settings import SAMPLE_RATE_HZ

    if rate_hz == SAMPLE_RATE_HZ:
        return np.ascontiguousarray(audio)
    import soxr

    return np.ascontiguousarray(soxr.resample(audio.T, rate_hz, SAMPLE_RATE_HZ, "HQ").T, dtype=np.float32)


def _play(mix: Mix, task: Task, tracks: Sequence[SessionTrack], track_lufs: float) -> Made:
    """The whole song through the strips and the master, fader included, (2, samples)."""
    rate, samples = task.session.sample_rate_hz, task.session.samples
    total: Float64 = np.zeros((2, samples))
    strips = iter(mix.tracks)
    measured = {}
    for number, track in enumerate(tracks):
        with TrackReader(track, rate) as reader:
            audio = reader.read(samples)
        gain = _gain(task, track, track_lufs)
        out = sum(
            (StripProcessor(next(strips), rate, 1).process(gain * channel[None]) for channel in audio),
            start=np.zeros((2, samples)),
        )
        meter = TrackAnalyzer(rate, 2)
        meter.push(np.ascontiguousarray(out, dtype=np.float32))
        measured[track.id] = meter.result()
        total += out
        task.progress(STAGE, (number + 1) / len(tracks))
    master = MasterProcessor(mix.master, rate)
    return Made(master.process(total) * master.fader_gain, heard_masking(measured, task.session))
