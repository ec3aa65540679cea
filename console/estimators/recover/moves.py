"""Fader moves over time: where one static level cannot explain the target, a few break points that can."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from console.estimators.recover.descent import Problem, Strips, descend
from console.estimators.recover.knobs import is_locked
from console.estimators.recover.parts import parts_of
from console.mix import Automation
from console.params import PARAMS

Array = NDArray[np.float64]

_WINDOW_S = 1.0
_MOST_POINTS = 8
#: A line through the measured levels may miss them by this; less is no move.
_MISS_DB = 0.5
_LEAST_SPREAD_DB = 0.8
#: The moves of a track have to lower the residual's energy by this share.
_WORTH = 0.05


@dataclass(frozen=True)
class _Levels:
    """Measured level of each track around its fader in each window, and how sure it is, (tracks, windows)."""

    times_s: Array
    level_db: Array
    error_db: Array


def with_moves(problem: Problem, strips: Strips) -> Strips:
    """Strips whose faders move, where that explains the target far better."""
    levels = _measure(problem, strips)
    energy = problem.residual(strips)
    changed = list(strips)
    for index, strip in enumerate(strips):
        locked = problem.locked[index]
        if (
            strip.muted
            or strip.automation.fader_db
            or any(is_locked(n, locked) for n in ("fader_db", "automation"))
        ):
            continue
        points = _break_points(levels.times_s, levels.level_db[index], levels.error_db[index], strip.fader_db)
        if len(points) < 2:
            continue
        attempt = [*changed]
        attempt[index] = replace(strip, automation=Automation(points))
        reached = problem.residual(tuple(attempt))
        if reached < energy * (1.0 - 0.5 * _WORTH):
            changed, energy = attempt, reached
    if tuple(changed) == strips:
        return strips
    refined, _ = descend(
        replace(problem, modules=frozenset({"fader_db", "automation", "pan"})), tuple(changed), steps=4
    )
    return _kept(problem, strips, refined)


def _kept(problem: Problem, before: Strips, after: Strips) -> Strips:
    """The moves that are worth having, each judged against a fader that stands still."""
    energy = problem.residual(after)
    kept = list(after)
    for index, strip in enumerate(after):
        if not strip.automation.fader_db or before[index].automation.fader_db:
            continue
        mean_db = float(np.mean([level for _, level in strip.automation.fader_db]))
        attempt = [*kept]
        attempt[index] = replace(strip, automation=Automation(), fader_db=mean_db)
        still, _ = descend(replace(problem, modules=frozenset({"fader_db"})), tuple(attempt), steps=1)
        reached = problem.residual(still)
        if reached * (1.0 - _WORTH) < energy:
            kept, energy = list(still), reached
    return tuple(kept)


def _measure(problem: Problem, strips: Strips) -> _Levels:
    """Least squares over all tracks in windows of a second, held near the fader by how loud the residual is."""
    rate_hz = problem.material.sample_rate_hz
    window = round(_WINDOW_S * rate_hz)
    times, levels, errors = [], [], []
    for excerpt in problem.material.excerpts:
        left, own = parts_of(problem, strips, excerpt)
        noise = float(np.square(left).sum()) / left.size
        for start in range(excerpt.run_in, excerpt.samples - window // 2, window):
            cut = slice(start, start + window)
            basis = np.stack([part[:, cut].reshape(-1) for part in own])
            wanted = left[:, cut].reshape(-1)
            matrix = basis @ basis.T
            # A factor of 1, give or take 6 dB, is what is known beforehand.
            prior = np.full(len(matrix), 100.0 * noise)
            inverse = np.linalg.inv(matrix + np.diag(prior + 1e-12))
            factor = 1.0 + inverse @ (basis @ wanted)
            spread = np.sqrt(np.diag(inverse) * 100.0 * noise)
            silent = np.diag(matrix) < 10.0 * 100.0 * noise
            safe = np.clip(factor, 0.05, 10.0)
            times.append((excerpt.start_sample + start + window / 2) / rate_hz)
            levels.append(20.0 * np.log10(safe))
            errors.append(np.where(silent, np.inf, 8.7 * spread / safe + 0.1))
    return _Levels(np.array(times), np.array(levels).T, np.array(errors).T)


def _break_points(
    times_s: Array, level_db: Array, error_db: Array, fader_db: float
) -> tuple[tuple[float, float], ...]:
    """A line of few points through the levels that are known; empty where they hardly move."""
    known = np.isfinite(error_db)
    if known.sum() < 4:
        return ()
    times, levels = times_s[known], level_db[known]
    smooth = np.array([np.median(levels[max(0, i - 1) : i + 2]) for i in range(len(levels))])
    if np.ptp(smooth) < _LEAST_SPREAD_DB:
        return ()
    chosen = {0, len(times) - 1}
    while len(chosen) < _MOST_POINTS:
        order = sorted(chosen)
        miss = np.abs(smooth - np.interp(times, times[order], smooth[order]))
        worst = int(np.argmax(miss))
        if miss[worst] < _MISS_DB:
            break
        chosen.add(worst)
    clamp = PARAMS["strip.fader_db"].clamp
    return tuple((float(times[i]), clamp(fader_db + float(smooth[i]))) for i in sorted(chosen))
