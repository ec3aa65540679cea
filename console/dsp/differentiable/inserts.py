"""Runs any row of a console's modules on audio as it is, as console.dsp.inserts does, by the exact laws in torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from console.dsp.differentiable.effects import convolve, delay_responses, reverb_responses
from console.dsp.differentiable.layout import ConsoleLayout
from console.dsp.differentiable.limiter import limit
from console.dsp.differentiable.parameters import from_mix
from console.dsp.differentiable.strips import run_tracks
from console.dsp.inserts import InsertModule
from console.mix import Bus, BusKind, Delay, Limiter, Master, Mix, Reverb, TrackStrip

#: A track's modules in the order in which its strip runs them.
_STRIP = ("highpass", "lowpass", "gate", "equalizer", "compressor")


def play_modules(
    modules: Sequence[InsertModule], audio: NDArray[np.floating], sample_rate_hz: int
) -> NDArray[np.float64]:
    """What a row of modules makes of audio that they hear from rest; latency is taken out.

    Args:
        modules: in the order in which they run; those that are off change nothing.
        audio: (channels, samples), 1 or 2 channels, 2 for a reverb, delay or limiter.
        sample_rate_hz: the rate.

    Returns:
        float64 (channels, samples).
    """
    with torch.no_grad():
        sound = torch.from_numpy(np.ascontiguousarray(audio, dtype=np.float64))
        for row in _rows(modules):
            sound = _play_row(row, sound, sample_rate_hz)
        played: NDArray[np.float64] = sound.numpy()
        return played


def _rows(modules: Sequence[InsertModule]) -> Iterator[tuple[InsertModule, ...]]:
    """The modules in groups that stand in a strip's order; reverbs, delays and limiters alone."""
    row: list[InsertModule] = []
    for module in modules:
        place = _place(module)
        if row and (place is None or place <= (_place(row[-1]) or 0)):
            yield tuple(row)
            row = []
        if place is None:
            yield (module,)
        else:
            row.append(module)
    if row:
        yield tuple(row)


def _name(module: InsertModule) -> str:
    return type(module).__name__.casefold()


def _place(module: InsertModule) -> int | None:
    name = _name(module)
    return _STRIP.index(name) if name in _STRIP else None


def _play_row(row: tuple[InsertModule, ...], audio: Tensor, sample_rate_hz: int) -> Tensor:
    first = row[0]
    if isinstance(first, Limiter):
        return _limited(first, audio, sample_rate_hz) if first.enabled else audio
    if isinstance(first, Reverb | Delay):
        return _echoed(first, audio, sample_rate_hz)
    named: dict[str, Any] = {_name(module): module for module in row}
    strip = TrackStrip("strip", **named)
    mix, channels = Mix(sample_rate_hz, (strip,)), (audio.shape[0],)
    switches = ConsoleLayout(mix, channels).switches["tracks"]
    done = run_tracks(
        audio.unsqueeze(0),
        from_mix(mix, dtype=torch.float64),
        mix.tracks,
        switches,
        channels,
        float(sample_rate_hz),
        meter=False,
        fast=False,
    )
    return done.audio[0]


def _limited(limiter: Limiter, audio: Tensor, sample_rate_hz: int) -> Tensor:
    mix = Mix(sample_rate_hz, (), master=Master(limiter=limiter))
    knobs = from_mix(mix, dtype=torch.float64).module("master", "limiter")
    return limit(audio, knobs["ceiling_dbtp"][0], knobs["release_ms"][0], float(sample_rate_hz))


def _bus(effect: Reverb | Delay) -> Bus:
    if isinstance(effect, Delay):
        return Bus("effect", BusKind.FX, delay=effect)
    return Bus("effect", BusKind.FX, reverb=effect)


def _echoed(effect: Reverb | Delay, audio: Tensor, sample_rate_hz: int) -> Tensor:
    name, samples = _name(effect), audio.shape[1]
    mix = Mix(sample_rate_hz, (), (_bus(effect),))
    values = from_mix(mix, dtype=torch.float64).module("effects", name)
    knobs = {knob: value[0] for knob, value in values.items()}
    if isinstance(effect, Delay):
        return convolve(audio, delay_responses(knobs, effect.ping_pong, float(sample_rate_hz), samples))
    return convolve(audio, reverb_responses(knobs, float(sample_rate_hz), samples))
