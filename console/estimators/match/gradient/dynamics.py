"""Brings crest and spread to the reference's by the master's compressor and limiter, through the exact processors.

A few damped Gauss-Newton steps (Levenberg-Marquardt) on five knobs, from the most promising of some starts; the
compressor's gradients are those of console.dsp.differentiable. What the moves cost is part of the residuals. The
limiter is counted by its depth, how far its ceiling lies under the peak that comes in: that is what crest follows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from console.dsp.differentiable.dynamics import compress, compressor_law
from console.dsp.differentiable.limiter import limit
from console.dsp.limiter import MARGIN_DB
from console.losses.prior import USUAL_MOVES, compressor_implausibility
from console.losses.sound import LEVEL_S, SPREAD_PERCENTILES, Sound
from console.mix import Compressor, Limiter, Master
from console.params import PARAMS

Tensor = torch.Tensor
Array = NDArray[np.float64]

#: The most that the limiter may take off the highest peak, in dB, and off the level of the whole: single peaks may go
#: deep, what sounds all the time may not.
MOST_LIMITING_DB, MOST_LOST_DB = 12.0, 2.5
#: Knobs: threshold dB, log2 ratio, log2 attack, log2 release, depth of the limiter dB.
_NAMES = ("threshold_db", "ratio_octaves", "time_octaves", "time_octaves", "limiting_db")
_USUAL = np.array([USUAL_MOVES[name] for name in _NAMES])
#: Cost of a usual move, and of a width of the professional range outside of it, as residuals in dB.
_MOVE_COST, _IMPLAUSIBLE_COST = 0.25, 0.5
#: In which steps, in usual moves, the slope of the latter is taken.
_SLOPE_STEP = 0.01
#: Spread matters less here than crest: what is quiet in the stems stays so.
_SPREAD_WEIGHT = 0.7
#: Residual of each dB of level that the limiter takes beyond what it may.
_LOST_WEIGHT = 3.0
#: Fast enough that a caught peak does not take the level around it along.
LIMITER_RELEASE_MS = 30.0
_DEPTH_STEP_DB = 0.5
_STEPS = 5
_ENOUGH_DB = 0.05
#: Residuals of this size together are good enough to try no other start.
_GOOD_DB = 0.4
_LEAST_WORK_DB = 0.2
_RATIOS = (1.05, 6.0)
_ATTACKS_MS, _RELEASES_MS = (0.5, 60.0), (40.0, 800.0)
#: Where a compressor begins that the start does not have: threshold under the peak, ratio, attack, release.
_FRESH = Compressor(True, -20.0, 1.5, attack_ms=20.0, release_ms=200.0, knee_db=6.0)
_FRESH_BELOW_PEAK_DB = 8.0
#: More starts, by what they do to peaks: threshold under the highest, ratio, attack and release.
_STARTS = (
    (12.0, 4.0, 1.5, 80.0),  # catches them
    (26.0, 4.0, 0.5, 40.0),  # holds everything that is loud
    (20.0, 3.0, 20.0, 150.0),  # lets them through and lowers what follows
)


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    """A point: its knobs, those of the compressor as a leaf, what comes out of that, the terms and the residuals."""

    knobs: Array
    leaf: Tensor
    compressed: Tensor
    terms: tuple[Tensor, Tensor, Tensor]
    residuals: Array

    @property
    def cost(self) -> float:
        return float(self.residuals @ self.residuals)


def match_dynamics(
    before: Array, master: Master, base: Master, wanted: Sound, sample_rate_hz: int, *, compressor: bool
) -> Master:
    """The master with compressor and limiter set for the crest and the spread of `wanted`.

    Args:
        before: what enters the compressor, (2, samples).
        master: as it stands, to go on from.
        base: as it stood at first; moves from there cost.
        wanted: the sound aimed at.
        sample_rate_hz: of the audio.
        compressor: whether the compressor may move; the limiter always may.
    """
    peak_db = 20.0 * float(np.log10(np.abs(before).max(initial=1e-9)))
    if peak_db < -60.0:
        return master
    problem = _Problem(before, base, wanted, sample_rate_hz, peak_db, compressor)
    first, *others = problem.starts(master)
    best = _descended(problem, problem.begun(first))
    if others and best.cost > _GOOD_DB**2:
        begun = min(map(problem.begun, others), key=lambda state: state.cost)
        best = min(best, _descended(problem, begun), key=lambda state: state.cost)
    return problem.settings(master, best.knobs)


def _descended(problem: _Problem, state: _State) -> _State:
    """Damped Gauss-Newton steps from a start."""
    damping = 0.05
    for _ in range(_STEPS):
        if state.cost < _ENOUGH_DB**2:
            break
        trial = problem.at(problem.clamp(state.knobs + problem.step(state, damping)))
        if trial.cost < state.cost:
            gained = state.cost - trial.cost
            state, damping = trial, damping / 4.0
            if gained < _ENOUGH_DB**2:
                break
        else:
            damping *= 8.0
    return state


class _Problem:
    """Residuals of crest and spread, and of the moves, as a function of the five knobs."""

    def __init__(
        self, before: Array, base: Master, wanted: Sound, rate: int, peak_db: float, compressor: bool
    ) -> None:
        self._audio = torch.from_numpy(np.ascontiguousarray(before, dtype=np.float64))
        self._wanted, self._rate, self._peak_db = wanted, rate, peak_db
        self._level_db = 10.0 * float(torch.log10((self._audio**2).mean() + 1e-12))
        used = base.compressor.enabled and base.compressor.ratio > 1.0
        self._moves = compressor
        threshold_db = PARAMS["compressor.threshold_db"].clamp(peak_db - _FRESH_BELOW_PEAK_DB)
        self._settings = base.compressor if used else replace(_FRESH, threshold_db=threshold_db)
        self._runs = used or compressor
        self._usual = np.where([compressor] * 4 + [True], _USUAL, 1e-6)
        self._start = self._knobs_of(self._settings)
        low = [peak_db - 30.0, *np.log2([_RATIOS[0], _ATTACKS_MS[0], _RELEASES_MS[0]]), 0.0]
        high = [peak_db + 3.0, *np.log2([_RATIOS[1], _ATTACKS_MS[1], _RELEASES_MS[1]]), MOST_LIMITING_DB]
        self._low = np.minimum(low, self._start)
        self._high = np.maximum(high, self._start)

    def _knobs_of(self, c: Compressor) -> Array:
        return np.array([c.threshold_db, np.log2(c.ratio), np.log2(c.attack_ms), np.log2(c.release_ms), 0.0])

    def starts(self, master: Master) -> list[Array]:
        """Compressors to begin with, the one as it stands first."""
        first = self._knobs_of(master.compressor) if master.compressor.enabled else self._start
        if not self._moves:
            return [self._start]
        idle = self._start.copy()
        idle[1] = np.log2(_RATIOS[0])
        more = [
            np.array([self._peak_db - below, *np.log2([ratio, attack_ms, release_ms]), 0.0])
            for below, ratio, attack_ms, release_ms in _STARTS
        ]
        unique = {tuple(np.round(knobs, 6)): self.clamp(knobs) for knobs in (first, self._start, idle, *more)}
        return list(unique.values())

    def clamp(self, knobs: Array) -> Array:
        """Knobs brought inside their ranges."""
        return np.clip(knobs, self._low, self._high)

    def _compressed(self, knobs: Tensor) -> Tensor:
        """The audio behind the compressor, by its four knobs."""
        if not self._runs:
            return self._audio
        values = {
            "threshold_db": knobs[0:1],
            "ratio": 2.0 ** knobs[1:2],
            "attack_ms": 2.0 ** knobs[2:3],
            "release_ms": 2.0 ** knobs[3:4],
            "knee_db": torch.full((1,), self._settings.knee_db, dtype=torch.float64),
            "makeup_db": torch.zeros(1, dtype=torch.float64),
        }
        law = compressor_law(values, float(self._rate))
        return compress(self._audio.unsqueeze(0), law, (True,), (2,))[0][0]

    def _terms(self, audio: Tensor, depth_db: float) -> tuple[Tensor, Tensor, Tensor]:
        """Crest and spread of the compressed mix behind the limiter, and the level that this takes, in dB."""
        power = (audio**2).mean(dim=0)
        lost = torch.zeros((), dtype=torch.float64)
        if depth_db > 0.0:
            # At full scale, where every depth has its ceiling in the limiter's range.
            audio = audio / audio.detach().abs().max()
            ceiling = torch.tensor(MARGIN_DB - depth_db, dtype=torch.float64)
            release = torch.tensor(LIMITER_RELEASE_MS, dtype=torch.float64)
            entered = (audio**2).mean(dim=0)
            audio = limit(audio, ceiling, release, float(self._rate))
            power = (audio**2).mean(dim=0)
            lost = 10.0 * torch.log10(entered.mean() / power.mean())
        crest = 20.0 * torch.log10(audio.abs().max()) - 10.0 * torch.log10(power.mean())
        frame = round(LEVEL_S * self._rate)
        whole = len(power) // frame * frame
        levels = 10.0 * torch.log10(power[:whole].reshape(-1, frame).mean(dim=1) + 1e-10)
        if not len(levels):
            return crest, torch.zeros((), dtype=torch.float64), lost
        low, high = (torch.quantile(levels, share / 100.0) for share in SPREAD_PERCENTILES)
        return crest, high - low, lost

    def _residuals(self, knobs: Array, terms: tuple[Tensor, ...]) -> Array:
        crest, spread, lost = (float(term.detach()) for term in terms)
        moved = (knobs - self._start) / self._usual
        aims = (
            crest - self._wanted.crest_db,
            _SPREAD_WEIGHT * (spread - self._wanted.spread_db),
            _LOST_WEIGHT * max(lost - MOST_LOST_DB, 0.0),
        )
        return np.concatenate((aims, _MOVE_COST * moved, self._implausible(knobs)))

    def _implausible(self, knobs: Array) -> Array:
        """What settings further outside of what professionals use than the start's cost, (4,)."""
        if not self._moves:
            return np.zeros(4)
        return _IMPLAUSIBLE_COST * np.maximum(self._outside(knobs) - self._outside(self._start), 0.0)

    def _outside(self, knobs: Array) -> Array:
        ratio, attack_ms, release_ms = (float(value) for value in 2.0 ** knobs[1:4])
        settings = float(knobs[0]), ratio, attack_ms, release_ms
        return compressor_implausibility(*settings, level_db=self._level_db)

    def _implausible_slopes(self, knobs: Array) -> Array:
        """How that grows with each knob, (4, knobs)."""
        steps = np.diag(_SLOPE_STEP * _USUAL)
        columns = [
            (self._implausible(knobs + step) - self._implausible(knobs - step)) / (2.0 * step.sum())
            for step in steps
        ]
        return np.stack(columns, axis=1)

    def begun(self, knobs: Array) -> _State:
        """A start, with the limiter as deep as the crest asks."""
        return self._state(knobs, None)

    def at(self, knobs: Array) -> _State:
        """A point."""
        return self._state(knobs, float(knobs[4]))

    def _state(self, knobs: Array, depth_db: float | None) -> _State:
        leaf = torch.from_numpy(knobs[:4].copy()).requires_grad_(self._moves)
        audio = self._compressed(leaf)
        if depth_db is None:
            with torch.no_grad():
                over_db = float(self._terms(audio, 0.0)[0]) - self._wanted.crest_db
            depth_db = float(np.clip(over_db, 0.0, MOST_LIMITING_DB))
        knobs = np.append(knobs[:4], depth_db)
        terms = self._terms(audio, depth_db)
        return _State(knobs, leaf, audio, terms, self._residuals(knobs, terms))

    def _jacobian(self, state: _State) -> Array:
        # How the limiter's gain moves with its ceiling has no gradient; a small step tells.
        with torch.no_grad():
            further = self._terms(state.compressed, float(state.knobs[4]) + _DEPTH_STEP_DB)
        over = float(state.terms[2].detach()) > MOST_LOST_DB
        weights = (1.0, _SPREAD_WEIGHT, _LOST_WEIGHT if over else 0.0)
        rows = []
        for term, then, weight in zip(state.terms, further, weights, strict=True):
            row = np.zeros(len(state.knobs))
            if term.requires_grad and weight > 0.0:
                slope = torch.autograd.grad(term, state.leaf, retain_graph=True)[0]
                row[:4] = np.nan_to_num(slope.numpy())
            row[4] = (float(then) - float(term.detach())) / _DEPTH_STEP_DB
            rows.append(weight * row)
        moves = np.diag(_MOVE_COST / self._usual)
        return np.concatenate((np.stack(rows), moves, self._implausible_slopes(state.knobs)))

    def step(self, state: _State, damping: float) -> Array:
        """The damped Gauss-Newton step, in which every knob counts in usual moves."""
        scaled = self._jacobian(state) * self._usual
        normal = scaled.T @ scaled + damping * np.eye(len(self._usual))
        return np.asarray(-np.linalg.solve(normal, scaled.T @ state.residuals) * self._usual)

    def settings(self, master: Master, knobs: Array) -> Master:
        """The master with these knobs, quantised; modules that do next to nothing stay off.

        The compressor's make-up gives back the level that it takes, so that the limiter's ceiling means the same.
        """
        compressor, makeup_db = master.compressor, 0.0
        with torch.no_grad():
            out = self._compressed(torch.from_numpy(knobs[:4].copy()))
        if self._moves:
            threshold_db, ratio, attack_ms, release_ms = knobs[0], *(2.0 ** knobs[1:4])
            works = self._peak_db - threshold_db > _LEAST_WORK_DB and ratio > _RATIOS[0] + 1e-3
            taken_db = 10.0 * float(torch.log10((self._audio**2).mean() / (out**2).mean()))
            makeup_db = _quantised("compressor.makeup_db", max(taken_db, 0.0)) if works else 0.0
            compressor = replace(
                self._settings,
                enabled=bool(works),
                threshold_db=_quantised("compressor.threshold_db", threshold_db),
                ratio=_quantised("compressor.ratio", ratio),
                attack_ms=_quantised("compressor.attack_ms", attack_ms),
                release_ms=_quantised("compressor.release_ms", release_ms),
                makeup_db=makeup_db,
            )
        elif compressor.enabled:
            makeup_db = compressor.makeup_db
        limiter, depth_db = Limiter(), self._held_back(out, float(knobs[4]))
        if depth_db > _LEAST_WORK_DB:
            peak_db = 20.0 * float(torch.log10(out.abs().max())) + makeup_db
            ceiling_db = _quantised("limiter.ceiling_dbtp", peak_db - depth_db + MARGIN_DB)
            limiter = Limiter(True, ceiling_db, LIMITER_RELEASE_MS)
        return replace(master, compressor=compressor, limiter=limiter)

    def _held_back(self, audio: Tensor, depth_db: float) -> float:
        """A depth at which the limiter takes no more off the level than it may."""
        with torch.no_grad():
            while depth_db > 0.0 and float(self._terms(audio, depth_db)[2]) > MOST_LOST_DB:
                depth_db -= _DEPTH_STEP_DB
        return max(depth_db, 0.0)


def _quantised(name: str, value: float) -> float:
    return PARAMS[name].quantise(float(value))
