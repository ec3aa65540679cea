"""Damped Gauss–Newton on the waveform: all free knobs of all strips at once, against the whitened target.

The equations (Levenberg–Marquardt) are summed up block by block, so memory does not grow with the song. A weak
prior, as strong as the residual is loud, holds knobs that the audio says nothing about.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from console.dsp.bus import BusProcessor
from console.dsp.filters import FirFilter
from console.estimators.recover.knobs import Knob, coordinate, knobs_of, set_to
from console.estimators.recover.material import Excerpt, Material
from console.estimators.recover.running import RunningStrip
from console.mix import Bus, TrackStrip

Array = NDArray[np.float64]
Strips = tuple[TrackStrip, ...]

BLOCK = 32768
_LEAST_DAMPING, _MOST_DAMPING = 1e-5, 1e4
#: The residual is coloured and comes in bursts: so many of its samples tell as much as one independent one.
_SAMPLES_PER_FACT = 200.0
_TRIES = 6


@dataclass(frozen=True)
class Problem:
    """Strips that are to explain a target, and what may move in them.

    Attributes:
        material: stems and target.
        buses: the effects; they have to be linear.
        locked: the locks of each strip.
        taps: the whitening filter.
        workers: threads.
        modules: first words of the names of the knobs that may move; all when None.
        every_send: whether sends that are off may be turned up.
    """

    material: Material
    buses: tuple[Bus, ...]
    locked: tuple[tuple[str, ...], ...]
    taps: Array
    workers: int = 2
    modules: frozenset[str] | None = None
    every_send: bool = False

    def knobs(self, strips: Strips) -> list[list[Knob]]:
        """The free knobs of each strip."""
        names = [bus.id for bus in self.buses]
        found = []
        for strip, shares, locked in zip(strips, self.material.sides, self.locked, strict=True):
            knobs = [] if strip.muted else knobs_of(strip, shares is None, names, locked)
            if not self.every_send:
                knobs = [knob for knob in knobs if not knob.is_send or knob.bus in strip.sends]
            if self.modules is not None:
                knobs = [knob for knob in knobs if knob.name.partition(".")[0] in self.modules]
            found.append(knobs)
        return found

    def residual(self, strips: Strips) -> float:
        """Energy of what the strips leave unexplained of the whitened target."""
        return self._sweep(strips, [[] for _ in strips])[0]

    def energy(self) -> float:
        """Energy of the whitened target itself."""
        total = 0.0
        for excerpt in self.material.excerpts:
            white = FirFilter(self.taps, 2)
            block = np.array(excerpt.target, dtype=np.float64, order="C")
            white.process(block)
            total += float(np.square(block[:, excerpt.run_in :]).sum())
        return total

    def equations(self, strips: Strips) -> tuple[float, Array, Array, list[list[Knob]]]:
        """Residual energy, normal matrix, its right-hand side, and the knobs they speak of."""
        knobs = self.knobs(strips)
        return *self._sweep(strips, knobs), knobs

    def _sweep(self, strips: Strips, knobs: list[list[Knob]]) -> tuple[float, Array, Array]:
        from threadpoolctl import threadpool_limits

        count = sum(map(len, knobs))
        matrix, side = np.zeros((count, count)), np.zeros(count)
        energy = 0.0
        # The products are small: a library's own threads would mostly wait for each other.
        with ThreadPoolExecutor(self.workers) as pool, threadpool_limits(1, "blas"):
            for excerpt in self.material.excerpts:
                energy += self._passage(excerpt, strips, knobs, pool, matrix, side)
        return energy, matrix, side

    def _passage(
        self,
        excerpt: Excerpt,
        strips: Strips,
        knobs: list[list[Knob]],
        pool: ThreadPoolExecutor,
        matrix: Array,
        side: Array,
    ) -> float:
        heard = [index for index, strip in enumerate(strips) if not strip.muted]
        running = {
            index: RunningStrip(
                strips[index],
                excerpt.stems[index].shape[0],
                self.material.sample_rate_hz,
                knobs[index],
                self.buses,
                self.taps,
                excerpt.start_sample,
            )
            for index in heard
        }
        white = FirFilter(self.taps, 2)
        fed = {bus.id for index in heard for bus in self.buses if bus.id in running[index].sends}
        effects = {
            bus.id: BusProcessor(bus, self.material.sample_rate_hz) for bus in self.buses if bus.id in fed
        }
        energy = 0.0
        for start in range(0, excerpt.samples, BLOCK):
            cut = slice(start, start + BLOCK)
            left = np.array(excerpt.target[:, cut], dtype=np.float64, order="C")
            white.process(left)
            parts = list(
                pool.map(lambda index, cut=cut: running[index].process(excerpt.stems[index][:, cut]), heard)
            )
            for dry, _ in parts:
                left -= dry
            for name, effect in effects.items():
                shares = [running[index].sends.get(name, 0.0) for index in heard]
                left -= effect.process(
                    np.asarray(sum(g * dry for g, (dry, _) in zip(shares, parts, strict=True) if g))
                )
            first = max(excerpt.run_in - start, 0)
            if first >= left.shape[1]:
                continue
            left = left[:, first:]
            energy += float(np.square(left).sum())
            if matrix.size:
                columns = np.concatenate(
                    [part[:, :, first:].reshape(len(part), left.size) for _, part in parts]
                )
                matrix += columns @ columns.T
                side += columns @ left.reshape(-1).astype(np.float32)
        return energy


def descend(
    problem: Problem,
    strips: Strips,
    *,
    steps: int,
    least_gain: float = 0.003,
    patience: int = 1,
    best: Callable[[Strips, float], None] | None = None,
) -> tuple[Strips, float]:
    """Move all free knobs until steps lower the residual's energy by less than a share of `least_gain`.

    Args:
        problem: material and freedoms.
        strips: where to start.
        steps: the most steps.
        least_gain: 0.003 is 0.3 % of the energy, 0.013 dB.
        patience: so many steps in a row may gain less; the last of them ends it.
        best: told every better setting with its residual energy.

    Returns:
        The strips and the energy of their residual.
    """
    damping = 1e-3
    samples = sum(excerpt.samples - excerpt.run_in for excerpt in problem.material.excerpts)
    idle = 0
    for _ in range(steps):
        energy, matrix, side, knobs = problem.equations(strips)
        flat = [(index, knob) for index, group in enumerate(knobs) for knob in group]
        if not flat:
            return strips, energy
        noise = energy / (2.0 * samples) * _SAMPLES_PER_FACT
        widths = np.array([knob.prior_width for _, knob in flat])
        strength = noise / np.square(widths)
        # Without evidence a band stands at 0 dB, all else where it is.
        away = np.array([coordinate(strips[i], k) * (k.row == "equalizer.gain_db") for i, k in flat])
        for _ in range(_TRIES):
            damped = matrix + np.diag(strength + damping * np.diag(matrix) + 1e-12 * np.trace(matrix))
            step = np.linalg.solve(damped, side - strength * away)
            candidate = _moved(strips, flat, step)
            reached = problem.residual(candidate)
            if reached < energy:
                break
            damping = min(damping * 10.0, _MOST_DAMPING)
        else:
            return strips, energy
        damping = max(damping / 5.0, _LEAST_DAMPING)
        strips = candidate
        if best is not None:
            best(strips, reached)
        idle = idle + 1 if energy - reached < least_gain * energy else 0
        if idle == patience:
            return strips, reached
    return strips, problem.residual(strips) if not steps else reached


def _moved(strips: Strips, flat: Sequence[tuple[int, Knob]], step: Array) -> Strips:
    changed = list(strips)
    for (index, knob), length in zip(flat, step, strict=True):
        held = float(np.clip(length, -knob.longest_step, knob.longest_step))
        changed[index] = set_to(changed[index], knob, coordinate(changed[index], knob) + held)
    return tuple(changed)


def whitening_taps(targets: Sequence[NDArray[np.floating]], order: int = 12) -> Array:
    """Linear prediction over the target, (order + 1,): makes quiet highs count as much as loud lows.

    The target's power spectrum is first raised by a floor of −60 dB, so that an empty band stays empty.
    """
    from scipy.linalg import solve_toeplitz

    total = np.zeros(order + 1)
    for target in targets:
        for side in np.asarray(target, dtype=np.float64):
            size = 1 << int(np.ceil(np.log2(max(len(side), 2) + order)))
            power = np.square(np.abs(np.fft.rfft(side, size)))
            total += np.fft.irfft(power)[: order + 1]
    if total[0] <= 0.0:
        return np.array([1.0])
    total[0] *= 1.0 + 1e-6
    return np.concatenate([[1.0], -solve_toeplitz(total[:order], total[1:])])
