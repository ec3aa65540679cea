"""What each strip gives to a passage, and what is left of the target behind all of them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from console.dsp.bus import BusProcessor
from console.dsp.filters import FirFilter
from console.estimators.recover.descent import Problem, Strips
from console.estimators.recover.material import Excerpt
from console.estimators.recover.running import RunningStrip

Array = NDArray[np.float64]


def parts_of(problem: Problem, strips: Strips, excerpt: Excerpt) -> tuple[Array, list[Array]]:
    """The rest of the target, (2, samples), and each strip's dry part of it, whitened by the problem's filter."""
    running = [
        RunningStrip(
            strip,
            len(stem),
            problem.material.sample_rate_hz,
            [],
            problem.buses,
            problem.taps,
            excerpt.start_sample,
        )
        for strip, stem in zip(strips, excerpt.stems, strict=True)
    ]

    def play(index: int) -> Array:
        if strips[index].muted:
            return np.zeros((2, excerpt.samples))
        return running[index].process(np.asarray(excerpt.stems[index], dtype=np.float64))[0]

    with ThreadPoolExecutor(problem.workers) as pool:
        own = list(pool.map(play, range(len(strips))))
    left = np.array(excerpt.target, dtype=np.float64, order="C")
    FirFilter(problem.taps, 2).process(left)
    for bus in problem.buses:
        shares = [
            strip.sends.get(bus.id) and run.sends[bus.id] for strip, run in zip(strips, running, strict=True)
        ]
        fed = [gain * part for gain, part in zip(shares, own, strict=True) if gain]
        if fed:
            left -= BusProcessor(bus, problem.material.sample_rate_hz).process(np.sum(fed, axis=0))
    for part in own:
        left -= part
    return left, own
