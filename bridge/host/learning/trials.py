"""Tries a learnt map at settings that it was not learnt from: how far the plugin then is from the console."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bridge.host.learning.bench import RATE_HZ, Bench, frame_gains_db
from bridge.host.learning.features import Listener, Reading
from bridge.host.values import Audio
from console.dsp.inserts import InsertProcessor
from console.mix import Delay, Gate, Limiter, Reverb
from console.params import Scale, spec
from presets.plugins.mapping import Mapped, map_processor
from presets.plugins.profile import PluginProfile, PluginRole

Module = Gate | Limiter | Delay | Reverb


@dataclass(frozen=True, slots=True)
class ParameterError:
    """How far a learnt parameter is off at settings it was not learnt from: dB, ms or percent, median and worst."""

    name: str
    unit: str
    median: float
    worst: float

    def __str__(self) -> str:
        return f"{self.name}: {self.median:.2g} {self.unit} off in the median, {self.worst:.2g} in the worst"


@dataclass(frozen=True, slots=True)
class Trial:
    """How far a map is off at random settings, in dB, in the median and in the worst, and by parameter."""

    error_db: float
    worst_db: float
    parameters: tuple[ParameterError, ...] = ()


class Learner(Protocol):
    """What finds the map of one kind of plugin; `notes` is what it noticed."""

    notes: list[str]

    @property
    def moves(self) -> Mapping[str, float]:
        """By knob: the share of its range by which it moved a feature most; {} where that was not looked at."""

    def learn(self, name: str) -> PluginProfile | None:
        """A profile; None where it is no such plugin."""

    def check(self, profile: PluginProfile) -> Trial:
        """How far the plugin then is from the console."""


def try_map(
    listener: Listener,
    profile: PluginProfile,
    plausible: Mapping[str, tuple[float, float]],
    difference_db: Callable[[Module, Mapped], float],
    *,
    trials: int,
    seed: int = 1,
) -> Trial:
    """Try a map at random plausible settings that it can hold, set and heard in the plugin's own numbers."""
    chance = np.random.default_rng(seed)
    errors, wanted, heard = [], [], []
    for _ in range(trials):
        values = draw(profile, plausible, chance)
        module = module_of(profile.role, values)
        mapped = map_processor(profile, module, listener.bench.facts.ranges)
        errors.append(difference_db(module, mapped))
        wanted.append(values)
        heard.append(listener.hear_values(mapped.values, mapped.raw))
    return Trial(float(np.median(errors)), max(errors), parameter_errors(profile, wanted, heard))


def module_of(role: PluginRole, values: Mapping[str, float]) -> Module:
    """The console's module of a role with these parameters, by their full names."""
    given = {name.partition(".")[2]: value for name, value in values.items()}
    if role is PluginRole.GATE:
        return Gate(True, **given)
    if role is PluginRole.LIMITER:
        return Limiter(True, **given)
    if role is PluginRole.DELAY:
        return Delay(given["time_ms"], given["feedback"], given["low_cut_hz"], given["high_cut_hz"])
    return Reverb(**given)


def gain_difference_db(bench: Bench, module: Module, mapped: Mapped, audio: Audio) -> float:
    """The median difference of gain between plugin and console in frames where either turns down."""
    real = frame_gains_db(bench.play_values(mapped.values, mapped.raw, audio), audio)
    processor = InsertProcessor([module], RATE_HZ, audio.shape[0])
    right = frame_gains_db(np.concatenate([processor.process(audio), processor.flush()], axis=1), audio)
    working = (right < right.max() - 0.5) | (real < real.max() - 0.5)
    difference = np.abs(real - right)
    return float(np.median(difference[working] if working.any() else difference))


def audible_differences_db(real: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    """The differences of spectra in dB where the second is within 30 dB of its loudest."""
    return np.asarray(np.abs(real - right)[right > right.max() - 30.0])


def draw(
    profile: PluginProfile, plausible: Mapping[str, tuple[float, float]], chance: np.random.Generator
) -> dict[str, float]:
    """Plausible values that the map can hold, by parameter of the console."""
    values = {}
    for name, (low, high) in plausible.items():
        row = spec(name)
        knob = profile.knobs.get(name)
        if knob is None:
            values[name] = row.clamp(profile.assumes.get(name, row.default))
            continue
        if knob.low is not None and knob.high is not None:
            ends = sorted((knob.from_plugin(knob.low), knob.from_plugin(knob.high)))
            low, high = max(low, min(ends[0], high)), min(high, max(ends[1], low))
        at = chance.uniform(row.normalise(row.clamp(low)), row.normalise(row.clamp(high)))
        values[name] = row.clamp(row.denormalise(at))
    return values


def parameter_errors(
    profile: PluginProfile, wanted: Sequence[Mapping[str, float]], heard: Sequence[Reading]
) -> tuple[ParameterError, ...]:
    """How far what was heard is from what was wanted, for each parameter that has a knob."""
    found = []
    for name in profile.knobs:
        pairs = [
            (want[name], got[name])
            for want, got in zip(wanted, heard, strict=True)
            if got.get(name) is not None
        ]
        if pairs:
            unit, errors = _errors(name, pairs)
            found.append(ParameterError(name, unit, float(np.median(errors)), max(errors)))
    return tuple(found)


def _errors(name: str, pairs: Sequence[tuple[float, float]]) -> tuple[str, list[float]]:
    row = spec(name)
    if row.unit.startswith("dB"):
        return "dB", [abs(got - want) for want, got in pairs]
    if row.scale is Scale.LOG:
        return "%", [100.0 * abs(got / want - 1.0) for want, got in pairs]
    if row.unit == "ms":
        return "ms", [abs(got - want) for want, got in pairs]
    return "%", [100.0 * abs(got - want) for want, got in pairs]
