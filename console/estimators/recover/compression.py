"""Finds where a track was compressed: tries settings on the strip and keeps what explains the target best.

Each trial is judged in the waveform, with the gain behind the compressor set by least squares: what a compressor does
is a gain that follows the level, and only the right threshold, ratio and times make that gain where the mix has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from console.dsp.chain import compressor_for
from console.dsp.filters import BiquadCascade, FirFilter
from console.dsp.pan import FaderCurve, output_matrix
from console.estimators.recover.descent import Problem, Strips
from console.estimators.recover.knobs import is_locked
from console.estimators.recover.parts import parts_of
from console.estimators.recover.running import all_sections
from console.mix import Compressor, TrackStrip
from console.params import PARAMS
from console.units import gain_to_db

Array = NDArray[np.float64]

_PERCENTILES = (35.0, 60.0, 80.0, 93.0)
_RATIOS = (2.0, 5.0)
_ATTACKS_MS = (0.6, 4.0, 20.0)
_RELEASES_MS = (60.0, 250.0)
_FACTORS = (0.5, 2.0)
#: Refinement: threshold in dB, then factors on ratio, attack and release.
_THRESHOLDS_DB = (-6.0, -3.0, 3.0, 6.0)
_FRAME_S = 0.01
#: A compressor has to explain this share of the residual, and of its own track, to be believed.
_WORTH_RESIDUAL, _WORTH_TRACK = 0.01, 2e-5


@dataclass(frozen=True)
class _Passage:
    """A track before its compressor, and what the rest of the mix leaves for it, whitened."""

    filtered: Array
    wanted: Array
    fader: Array | None
    run_in: int


def with_compressors(problem: Problem, strips: Strips) -> tuple[Strips, int]:
    """The strips with a better compressor each where one is found, and how many have changed."""
    energy, wanted = wanted_of(problem, strips)
    heard = [i for i, strip in enumerate(strips) if not strip.muted]
    open_to_it = [i for i in heard if not is_locked("compressor", problem.locked[i])]
    with ThreadPoolExecutor(problem.workers) as pool:
        found = list(pool.map(lambda i: _best(problem, strips[i], i, wanted[i], energy), open_to_it))
    changed = list(strips)
    for index, strip in zip(open_to_it, found, strict=True):
        changed[index] = strip
    count = sum(new is not old for new, old in zip(changed, strips, strict=True))
    return tuple(changed), count


def wanted_of(problem: Problem, strips: Strips) -> tuple[float, list[list[Array]]]:
    """Residual energy, and for each track and passage its own part plus the residual, whitened, (2, samples)."""
    wanted: list[list[Array]] = [[] for _ in strips]
    energy = 0.0
    for excerpt in problem.material.excerpts:
        left, own = parts_of(problem, strips, excerpt)
        energy += float(np.square(left[:, excerpt.run_in :]).sum())
        for index, part in enumerate(own):
            wanted[index].append(left + part)
    return energy, wanted


def _best(problem: Problem, strip: TrackStrip, index: int, wanted: list[Array], energy: float) -> TrackStrip:
    rate_hz = problem.material.sample_rate_hz
    matrix = output_matrix(problem.material.excerpts[0].stems[index].shape[0], strip.pan, strip.width)
    passages = []
    for excerpt, target in zip(problem.material.excerpts, wanted, strict=True):
        filtered = np.array(excerpt.stems[index], dtype=np.float64, order="C")
        BiquadCascade(all_sections(strip, rate_hz), len(filtered)).process(filtered)
        moves = strip.automation.fader_db
        fader = FaderCurve(moves, rate_hz).gains(excerpt.start_sample, excerpt.samples) if moves else None
        passages.append(_Passage(filtered, matrix.T @ target, fader, excerpt.run_in))
    levels_db = _levels_db(passages, rate_hz)
    if not len(levels_db):
        return strip
    image = matrix.T @ matrix

    def explained(settings: Compressor) -> tuple[float, float]:
        across = own = 0.0
        for passage in passages:
            out = passage.filtered.copy()
            processor = compressor_for(settings, rate_hz)
            if processor:
                processor.process(out)
            if passage.fader is not None:
                out *= passage.fader
            FirFilter(problem.taps, len(out)).process(out)
            out = out[:, passage.run_in :]
            across += float((out * passage.wanted[:, passage.run_in :]).sum())
            own += float(np.einsum("an,ab,bn->", out, image, out, optimize=True))
        return (across * abs(across) / own, across / own) if own > 0.0 else (0.0, 0.0)

    bare = explained(Compressor())[0]
    here = explained(strip.compressor) if strip.compressor.enabled else (bare, 1.0)
    best, best_settings, gain = here[0], strip.compressor, here[1]
    for settings in _settings(levels_db):
        value, factor = explained(settings)
        if value > best:
            best, best_settings, gain = value, settings, factor
    if best_settings is not strip.compressor:
        best, best_settings, gain = _refined(explained, best_settings, best, gain)
    worth = max(_WORTH_RESIDUAL * energy, _WORTH_TRACK * bare)
    if best - here[0] < worth or gain <= 0.0:
        return strip
    changed = replace(strip, compressor=best_settings)
    if not strip.automation.fader_db:
        changed = replace(changed, fader_db=PARAMS["strip.fader_db"].clamp(gain_to_db(gain)))
    return changed


def _settings(levels_db: Array) -> Iterator[Compressor]:
    thresholds = [
        PARAMS["compressor.threshold_db"].clamp(float(x)) for x in np.percentile(levels_db, _PERCENTILES)
    ]
    for threshold_db in dict.fromkeys(thresholds):
        for ratio in _RATIOS:
            for attack_ms in _ATTACKS_MS:
                for release_ms in _RELEASES_MS:
                    yield Compressor(True, threshold_db, ratio, attack_ms, release_ms)


def _refined(
    explained: object, settings: Compressor, best: float, gain: float
) -> tuple[float, Compressor, float]:
    """Two rounds of coordinate search around the best of the grid."""
    for _ in range(2):
        trials = [
            *(("threshold_db", settings.threshold_db + step) for step in _THRESHOLDS_DB),
            *(("ratio", 1.0 + (settings.ratio - 1.0) * factor) for factor in _FACTORS),
            *(("attack_ms", settings.attack_ms * factor) for factor in _FACTORS),
            *(("release_ms", settings.release_ms * factor) for factor in _FACTORS),
        ]
        for name, value in trials:
            trial = replace(settings, **{name: PARAMS[f"compressor.{name}"].clamp(value)})  # type: ignore[arg-type]
            reached, factor = explained(trial)  # type: ignore[operator]
            if reached > best:
                best, settings, gain = reached, trial, factor
    return best, settings, gain


def _levels_db(passages: list[_Passage], rate_hz: int) -> Array:
    """Peak levels of 10 ms of a track where it plays, within 40 dB of its loudest."""
    frame = max(1, round(_FRAME_S * rate_hz))
    peaks = []
    for passage in passages:
        whole = passage.filtered.shape[1] // frame * frame
        peaks.append(np.abs(passage.filtered[:, :whole]).max(axis=0).reshape(-1, frame).max(axis=1))
    levels = np.concatenate(peaks) if peaks else np.zeros(0)
    loud = levels.max(initial=0.0)
    return 20.0 * np.log10(levels[levels > 0.01 * loud]) if loud > 0.0 else np.zeros(0)
