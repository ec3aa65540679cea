"""Finds out in a process of its own what a plugin is, and whether it can be trusted."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.fft import irfft, rfft

from bridge.host.faults import Fault, PluginFault
from bridge.host.process import HostedPlugin, PluginProcess
from bridge.host.values import Audio, PluginFacts, PluginRef

#: What a plugin is tried with: two seconds of noise at −20 dBFS with a pause.
_RATE_HZ = 48_000
_SECONDS = 2.0
_LEVEL = 0.1
#: How much of the output must be the input, moved, for a delay to be told: the peak of their correlation.
_ALIKE = 0.3
#: A filter's own delay is no latency that was kept back: only what is over this counts, in samples.
_OWN_DELAY_SAMPLES = 32


@dataclass(frozen=True, slots=True)
class Probe:
    """A plugin, tried: its facts and what is wrong with it, or no facts and the fault that ended the attempt.

    `measured_latency_samples` is by how much noise came out late on top of the latency that was compensated, None
    where the output is too unlike the input to tell.
    """

    ref: PluginRef
    facts: PluginFacts | None
    faults: tuple[tuple[Fault, str], ...] = ()
    measured_latency_samples: int | None = None

    @property
    def usable(self) -> bool:
        """Whether it can take part in a mix."""
        bad = {Fault.NOT_FINITE, Fault.RUNAWAY, Fault.CRASHED, Fault.HUNG, Fault.LATENCY}
        return self.facts is not None and not any(fault in bad for fault, _ in self.faults)


def probe_file(path: Path, process: PluginProcess) -> Iterator[Probe]:
    """Every plugin of a file, tried one after the other."""
    ref = PluginRef(path)
    try:
        names = process.names_in(ref)
    except PluginFault as fault:
        yield Probe(ref, None, ((fault.fault, fault.text),))
        return
    for name in names:
        yield probe(PluginRef(path, name if len(names) > 1 else ""), process)


def probe(ref: PluginRef, process: PluginProcess) -> Probe:
    """A plugin loaded and played twice on noise, as it stands when it is new."""
    try:
        plugin = process.open(ref, 2)
    except PluginFault as fault:
        return Probe(ref, None, ((fault.fault, fault.text),))
    noise = _noise()
    faults: list[tuple[Fault, str]] = []
    late = None
    try:
        first, second = _play(plugin, process, noise), _play(plugin, process, noise)
        if not np.array_equal(first, second):
            worst_db = 20.0 * math.log10(max(float(np.max(np.abs(first - second))), 1e-12) / _LEVEL)
            faults.append((Fault.NOT_REPEATABLE, f"differs from run to run by {worst_db:.0f} dB"))
        late = _delay(noise, first)
        if late is not None and late > _OWN_DELAY_SAMPLES:
            told = plugin.facts.latency_samples
            faults.append((Fault.LATENCY, f"is late by {late} samples beyond the {told} that it tells"))
        plugin.close()
    except PluginFault as fault:
        faults.append((fault.fault, fault.text))
    return Probe(ref, plugin.facts, tuple(faults), late)


def _noise() -> Audio:
    samples = int(_SECONDS * _RATE_HZ)
    noise = np.random.default_rng(0).standard_normal((2, samples)) * _LEVEL
    noise[:, samples // 2 : samples // 2 + samples // 8] = 0.0
    return noise.astype(np.float32)


def _play(plugin: HostedPlugin, process: PluginProcess, noise: Audio) -> Audio:
    return np.concatenate(list(process.stream([plugin], [noise], _RATE_HZ)), axis=1)


def _delay(heard: Audio, given: Audio) -> int | None:
    """By how many samples the output follows the input, from their correlation; None where they are too unlike."""
    size = 2 * heard.shape[1]
    left, right = heard[0].astype(np.float64), given[0].astype(np.float64)
    scale = math.sqrt(float(left @ left) * float(right @ right))
    if scale == 0.0:
        return None
    correlation = np.abs(irfft(rfft(right, size) * np.conj(rfft(left, size)), size)) / scale
    at = int(np.argmax(correlation))
    if correlation[at] < _ALIKE:
        return None
    return at if at < size // 2 else at - size
