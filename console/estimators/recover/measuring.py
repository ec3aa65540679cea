"""Plays strips on the exact processors, and tells what they leave of a target: in all, by band, over time."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from console.dsp.bus import BusProcessor, MasterProcessor
from console.dsp.strip import StripProcessor
from console.estimators.recover.descent import Problem, Strips
from console.estimators.recover.material import Excerpt, Material
from console.estimators.recover.values import Residual, Step
from console.mix import Mix

Array = NDArray[np.float64]

_BANDS_HZ = tuple(31.25 * 2.0**k for k in range(10))
_NOTHING_DB = -160.0


def play_track(mix: Mix, index: int, excerpt: Excerpt) -> Array:
    """One track of a passage behind its fader, (2, samples); input delays are whole in the stems already."""
    track = mix.tracks[index]
    stem = excerpt.stems[index]
    if track.muted:
        return np.zeros((2, excerpt.samples))
    points = track.automation.fader_db
    if points and excerpt.start_sample:
        start_s = excerpt.start_sample / mix.sample_rate_hz
        inner = [(time_s - start_s, level_db) for time_s, level_db in points if time_s > start_s]
        first = float(
            np.interp(start_s, [time_s for time_s, _ in points], [level_db for _, level_db in points])
        )
        track = replace(track, automation=replace(track.automation, fader_db=((0.0, first), *inner)))
    return StripProcessor(track, mix.sample_rate_hz, len(stem)).process(stem)


def play(mix: Mix, excerpt: Excerpt, parts: list[Array] | None = None, workers: int = 2) -> Array:
    """A passage as the mix has it, (2, samples), through buses and master; parts are tracks played before.

    The limiter is left out: it has its own latency, and a recovered mix has none.
    """
    if parts is None:
        with ThreadPoolExecutor(workers) as pool:
            parts = list(pool.map(lambda i: play_track(mix, i, excerpt), range(len(mix.tracks))))
    silence = np.zeros((2, excerpt.samples))
    fed: dict[str, Array] = {}
    for track, part in zip(mix.tracks, parts, strict=True):
        fed[track.output] = fed.get(track.output, silence) + part
        for name, level_db in track.sends.items():
            gain = 10.0 ** (level_db / 20.0) if level_db > -90.0 else 0.0
            fed[name] = fed.get(name, silence) + gain * part
    master = fed.get("master", silence)
    for bus in mix.buses:
        if bus.id in fed:
            master = np.add(master, BusProcessor(bus, mix.sample_rate_hz).process(fed[bus.id]))
    processor = MasterProcessor(mix.master, mix.sample_rate_hz)
    return processor.process(master) * processor.fader_gain


def spectral_loss(material: Material) -> Any:
    """A function of the passages' mixes, a list of (2, samples), to their spectral distance from the targets."""
    import torch
    from threadpoolctl import threadpool_limits

    from console.losses.spectral import Mrstft

    losses = [Mrstft(torch.from_numpy(e.target[:, e.run_in :])) for e in material.excerpts]

    def loss(mixes: list[Array]) -> float:
        # Short transforms: threads of the library would wait for each other more than they work.
        with torch.no_grad(), threadpool_limits(1):
            values = [
                float(one(torch.from_numpy(mix[:, e.run_in :].astype(np.float32))))
                for one, mix, e in zip(losses, mixes, material.excerpts, strict=True)
            ]
        return float(np.mean(values))

    return loss


def step_of(name: str, problem: Problem, strips: Strips, mix: Mix, loss: Any) -> Step:
    """The residual of a mix after a step."""
    mixes = [play(mix, excerpt, workers=problem.workers) for excerpt in problem.material.excerpts]
    left = sum(
        float(np.square(e.target[:, e.run_in :] - mix[:, e.run_in :]).sum())
        for e, mix in zip(problem.material.excerpts, mixes, strict=True)
    )
    whitened = problem.residual(strips) / max(problem.energy(), 1e-300)
    return Step(name, _ratio_db(left, problem.material.energy), _power_db(whitened), loss(mixes))


def residual_of(mix: Mix, material: Material, unexplained: float) -> Residual:
    """What a mix leaves of the target by octave band and by second."""
    edges_hz = [hz / math.sqrt(2.0) for hz in _BANDS_HZ] + [_BANDS_HZ[-1] * math.sqrt(2.0)]
    left_bands, whole_bands = np.zeros(len(_BANDS_HZ)), np.zeros(len(_BANDS_HZ))
    times_s, left_times, whole = [], [], 0.0
    rate_hz = material.sample_rate_hz
    samples = 0
    for excerpt in material.excerpts:
        left = (excerpt.target - play(mix, excerpt))[:, excerpt.run_in :]
        target = excerpt.target[:, excerpt.run_in :]
        left_bands += _by_band(left, edges_hz, rate_hz)
        whole_bands += _by_band(target, edges_hz, rate_hz)
        whole += float(np.square(target, dtype=np.float64).sum())
        samples += target.shape[1]
        for start in range(0, left.shape[1] - rate_hz // 2, rate_hz):
            second = left[:, start : start + rate_hz]
            times_s.append((excerpt.start_sample + excerpt.run_in + start) / rate_hz)
            left_times.append(float(np.square(second).sum()) / second.shape[1])
    return Residual(
        total_db=_ratio_db(float(left_bands.sum()), float(whole_bands.sum())),
        bands_hz=_BANDS_HZ,
        bands_db=tuple(_ratio_db(a, b) for a, b in zip(left_bands, whole_bands, strict=True)),
        times_s=tuple(times_s),
        times_db=tuple(_ratio_db(value, whole / samples) for value in left_times),
        unexplained_db=_power_db(unexplained),
    )


def _by_band(audio: NDArray[np.floating], edges_hz: list[float], rate_hz: int) -> Array:
    power = np.square(np.abs(np.fft.rfft(np.asarray(audio, dtype=np.float64), axis=1))).sum(axis=0)
    hz = np.fft.rfftfreq(audio.shape[1], 1.0 / rate_hz)
    return np.array([power[(hz >= a) & (hz < b)].sum() for a, b in pairwise(edges_hz)])


def _ratio_db(left: float, whole: float) -> float:
    return _power_db(left / whole) if whole > 0.0 else _NOTHING_DB


def _power_db(power: float) -> float:
    return max(10.0 * math.log10(power), _NOTHING_DB) if power > 0.0 else _NOTHING_DB
