"""A plugin on the test bench: what it makes of a pulse, of steps of level and of noise, at settings of its knobs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft, rfftfreq

from bridge.host.process import HostedPlugin, PluginProcess
from bridge.host.values import Audio, Parameter, Readback, Setting

Array = NDArray[np.float64]

RATE_HZ = 48_000
_PRIME_S = 0.15

#: The pulse for responses: as quiet as music's peaks, so that a compressor that waits above −20 dBFS does not stir.
_PULSE = 0.05
_PULSE_S = 0.7
#: Where responses are looked at, in Hz.
GRID_HZ: Array = np.geomspace(20.0, 20_000.0, 121)

#: Levels of the steps in dBFS, up and down, and how long each lasts.
_STEPS_DB = (-60, -45, -30, -36, -18, -24, -9, -15, -3, -40, -12, -6, -50, 0, -30, -60)
_STEP_S = 0.2
_TONE_HZ = 1000.0
#: Gains are read in frames of this length.
FRAME_S = 0.005


@dataclass(frozen=True, slots=True)
class Knobs:
    """A setting of the plugin on the bench: raw positions 0 … 1 by key; keys that are absent stand as when new."""

    raw: tuple[tuple[str, float], ...] = ()

    def moved(self, changes: Mapping[str, float]) -> Knobs:
        """This setting with some keys set otherwise."""
        return Knobs(tuple(sorted({**dict(self.raw), **changes}.items())))


class Bench:
    """Plays test signals through one plugin, each setting once."""

    def __init__(self, process: PluginProcess, plugin: HostedPlugin, channels: int) -> None:
        self._process, self._plugin = process, plugin
        self.channels = channels
        self.facts = plugin.facts
        self.parameters: tuple[Parameter, ...] = tuple(
            item for item in self.facts.parameters if item.settable
        )
        self._new = tuple((item.key, item.raw) for item in self.parameters)
        self._steps = steps(channels)

    def set(self, knobs: Knobs) -> dict[str, Readback]:
        """Set the plugin; returns what it shows for every key that the setting names."""
        raw = {**dict(self._new), **dict(knobs.raw)}
        shown = self._plugin.configure(Setting(raw=tuple(raw.items())))
        return {item.key: item for item in shown}

    def play(self, knobs: Knobs, audio: Audio, prime_s: float = _PRIME_S) -> Audio:
        """What becomes of audio, float32 (channels, samples), after so much silence."""
        self.set(knobs)
        return self._heard(audio, prime_s)

    def _heard(self, audio: Audio, prime_s: float = _PRIME_S) -> Audio:
        blocks = self._process.stream([self._plugin], [audio], RATE_HZ, prime_s=prime_s, may_be_silent=True)
        return np.concatenate(list(blocks), axis=1)

    def play_values(
        self,
        values: Mapping[str, float | str],
        raw: Mapping[str, float],
        audio: Audio,
        prime_s: float = _PRIME_S,
    ) -> Audio:
        """What becomes of audio at a setting in the plugin's own numbers."""
        named = {*values, *raw}
        rest = tuple((key, position) for key, position in self._new if key not in named)
        self._plugin.configure(Setting(raw=rest))
        self._plugin.configure(Setting(tuple(values.items()), tuple(raw.items())))
        return self._heard(audio, prime_s)

    def play_again(self, audio: Audio) -> Audio:
        """What becomes of audio at the setting that was played last."""
        return self._heard(audio)

    def one_loud_side(self) -> Audio:
        """A tone of −3 dBFS on the left and of −40 dBFS on the right, float32 (2, samples)."""
        tone = np.sin(2.0 * math.pi * _TONE_HZ / RATE_HZ * np.arange(RATE_HZ))
        return np.stack([0.7 * tone, 0.01 * tone]).astype(np.float32)

    def response_db(self, knobs: Knobs) -> Array:
        """The magnitude of the response to a quiet pulse at GRID_HZ, in dB."""
        return _response_db(self.play(knobs, _pulse(self.channels)))

    def response_of(self, values: Mapping[str, float | str], raw: Mapping[str, float]) -> Array:
        """The same at a setting in the plugin's own numbers."""
        return _response_db(self.play_values(values, raw, _pulse(self.channels)))

    def gains_db(self, knobs: Knobs) -> Array:
        """The gain in each frame of 5 ms of a tone in steps of level, in dB."""
        return frame_gains_db(self.play(knobs, self._steps), self._steps)


def _pulse(channels: int) -> Audio:
    pulse = np.zeros((channels, round(_PULSE_S * RATE_HZ)), np.float32)
    pulse[:, 0] = _PULSE
    return pulse


def _response_db(played: Audio) -> Array:
    spectrum = np.abs(rfft(played[0].astype(np.float64))) / _PULSE
    hz = rfftfreq(played.shape[1], 1.0 / RATE_HZ)
    return np.asarray(np.interp(GRID_HZ, hz, 20.0 * np.log10(np.maximum(spectrum, 1e-9))))


def steps(channels: int) -> Audio:
    """A tone of 1 kHz in steps of level, float32 (channels, samples)."""
    length = round(_STEP_S * RATE_HZ)
    level = np.repeat(10.0 ** (np.array(_STEPS_DB) / 20.0), length)
    tone = np.sin(2.0 * math.pi * _TONE_HZ / RATE_HZ * np.arange(level.size))
    return np.repeat((level * tone)[None], channels, axis=0).astype(np.float32)


def frame_gains_db(out: NDArray[np.floating], heard: NDArray[np.floating]) -> Array:
    """The gain of each frame of 5 ms in dB; of frames that nothing was played in, 0."""
    size = round(FRAME_S * RATE_HZ)
    energies = []
    for signal in (out, heard):
        frames = signal[:, : signal.shape[1] // size * size].astype(np.float64)
        energies.append(np.sum(frames.reshape(signal.shape[0], -1, size) ** 2, axis=(0, 2)))
    loud = energies[1] > 1e-12
    gains = np.zeros(loud.size)
    gains[loud] = 10.0 * np.log10(np.maximum(energies[0][loud], 1e-20) / energies[1][loud])
    return gains


def program(channels: int, seconds: float = 4.0, seed: int = 0) -> Audio:
    """Something like drums over a bass: hits of noise that die away, on a low tone; float32 (channels, samples)."""
    chance = np.random.default_rng(seed)
    samples = round(seconds * RATE_HZ)
    audio = 0.08 * np.sin(2.0 * math.pi * 82.4 / RATE_HZ * np.arange(samples))
    at = 0
    while at < samples:
        length = round(chance.uniform(0.05, 0.3) * RATE_HZ)
        level = 10.0 ** (chance.uniform(-24.0, -3.0) / 20.0)
        hit = chance.standard_normal(length) * np.exp(-np.arange(length) / (0.25 * length)) * level * 0.5
        end = min(at + length, samples)
        audio[at:end] += hit[: end - at]
        at += round(chance.uniform(0.1, 0.5) * RATE_HZ)
    peak = float(np.max(np.abs(audio)))
    return np.repeat((audio * (0.9 / peak))[None], channels, axis=0).astype(np.float32)


def hits(channels: int, seconds: float = 4.0, seed: int = 0) -> Audio:
    """Hits of noise that die away into a floor of −66 dBFS, as a gate gets them; float32 (channels, samples)."""
    chance = np.random.default_rng(seed)
    samples = round(seconds * RATE_HZ)
    audio = 5e-4 * chance.standard_normal(samples)
    at = round(0.2 * RATE_HZ)
    while at < samples:
        length = round(chance.uniform(0.1, 0.5) * RATE_HZ)
        hit = chance.standard_normal(length) * np.exp(-np.arange(length) / (0.2 * length))
        hit *= 10.0 ** (chance.uniform(-18.0, -3.0) / 20.0) / float(np.max(np.abs(hit)))
        end = min(at + length, samples)
        audio[at:end] += hit[: end - at]
        at += length + round(chance.uniform(0.1, 0.5) * RATE_HZ)
    return np.repeat(audio[None], channels, axis=0).astype(np.float32)


def numeric(parameters: Sequence[Parameter]) -> list[Parameter]:
    """The parameters that are numbers, not switches or lists."""
    return [item for item in parameters if not item.texts and item.low is not None]
