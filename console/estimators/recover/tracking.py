"""Sets faders, pans, widths and filters from how each track came into the mix, by regression in narrow bands."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from console.dsp.chain import compressor_for
from console.dsp.filters import BiquadCascade
from console.dsp.pan import output_matrix
from console.estimators.recover.descent import Problem, Strips
from console.estimators.recover.knobs import is_locked
from console.estimators.recover.parts import parts_of
from console.estimators.recover.regress import Responses, regress
from console.estimators.recover.running import all_sections
from console.estimators.recover.tone import LEAST_ERROR_DB, fit_tone
from console.mix import TrackStrip
from console.params import PARAMS

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]

_DB = 20.0 / math.log(10.0)
_SILENT = 1e-9
_MIDDLE_SIDE = np.array([[0.5, 0.5], [0.5, -0.5]])


@dataclass(frozen=True, slots=True)
class Correction:
    """What is missing in a strip: a level by frequency, and an image.

    Attributes:
        frequencies_hz: (bands,).
        level_db: by how much the track comes louder than the strip as it stands, (bands,).
        error_db: standard deviation of it, (bands,), infinite where nothing is known.
        gains: complex gains of the track's middle to left and right, (bands, 2).
        side_gain: amplitude of its side over that of its middle; 1 for a mono track.
    """

    frequencies_hz: Array
    level_db: Array
    error_db: Array
    gains: Complex
    side_gain: float

    @property
    def weights(self) -> Array:
        """How much each band is to be believed, (bands,)."""
        return 1.0 / (np.square(self.error_db) + LEAST_ERROR_DB**2)


def respond(problem: Problem, strips: Strips) -> tuple[Responses, list[Correction]]:
    """How each track comes into the target, relative to its strip before pan and fader."""
    inputs: list[list[Array]] = []
    targets = []
    rate_hz = problem.material.sample_rate_hz
    sides = problem.material.sides
    plain = replace(problem, taps=np.array([1.0]))
    for excerpt in problem.material.excerpts:
        left, own = parts_of(plain, strips, excerpt)
        targets.append((left + np.sum(own, axis=0))[:, excerpt.run_in :])
        channels: list[Array] = []
        for strip, stem, shares in zip(strips, excerpt.stems, sides, strict=True):
            channels.extend(_before_image(strip, stem, shares, rate_hz)[:, excerpt.run_in :])
        inputs.append(channels)
    found = regress(inputs, targets, rate_hz)
    corrections = []
    at = 0
    for shares in sides:
        corrections.append(_correction(found, at, shares))
        at += 2 if shares is None else 1
    return found, corrections


def _before_image(strip: TrackStrip, stem: NDArray[np.float32], shares: Array | None, rate_hz: int) -> Array:
    """A strip's signal before pan and fader: the one sound that it is, or middle and side, (1 or 2, samples)."""
    audio = np.array(stem, dtype=np.float64, order="C")
    BiquadCascade(all_sections(strip, rate_hz), len(audio)).process(audio)
    compressor = compressor_for(strip.compressor, rate_hz)
    if compressor:
        compressor.process(audio)
    matrix = _MIDDLE_SIDE if shares is None else shares[None] / len(shares)
    return np.asarray(matrix @ audio * (0.0 if strip.muted else 1.0))


def _correction(found: Responses, at: int, shares: Array | None) -> Correction:
    first = at
    side_gain = 1.0
    if shares is None:
        power = found.input_power[:, at : at + 2]
        both = (power > 1e-4 * power.max(initial=0.0)).all(axis=1) & np.isfinite(
            found.errors[:, :, at : at + 2]
        ).all(axis=(1, 2))
        if power[:, 1].sum() > power[:, 0].sum():
            first = at + 1
        elif both.any():
            weight = power[both].min(axis=1)
            middle = np.sqrt((weight * np.square(np.abs(found.gains[both, :, at])).sum(axis=1)).sum())
            side = np.sqrt((weight * np.square(np.abs(found.gains[both, :, at + 1])).sum(axis=1)).sum())
            side_gain = float(side / middle) if middle > 0.0 else 1.0
    gains, errors = found.gains[:, :, first], found.errors[:, :, first]
    if shares is not None and len(shares) == 2:
        # What goes to the left comes from the left; of a silent side the other one tells.
        loud = int(np.argmax(np.abs(shares)))
        known = [side if shares[side] else loud for side in range(2)]
        gains, errors = gains[:, known] / shares[known], errors[:, known] / np.abs(shares[known])
    amplitude = np.sqrt(np.square(np.abs(gains)).sum(axis=1))
    error = np.sqrt(np.square(errors).sum(axis=1))
    error_db = np.where(amplitude > _SILENT, _DB * error / np.maximum(amplitude, _SILENT), np.inf)
    return Correction(
        found.frequencies_hz, 20.0 * np.log10(np.maximum(amplitude, _SILENT)), error_db, gains, side_gain
    )


def imaged(strip: TrackStrip, correction: Correction, channels: int, locked: tuple[str, ...]) -> TrackStrip:
    """The strip with the fader, pan and width that the regression found, over all bands at once."""
    weights = correction.weights
    if not weights.any() or strip.automation.fader_db:
        return strip
    left, right = np.sqrt(
        (weights[:, None] * np.square(np.abs(correction.gains))).sum(axis=0) / weights.sum()
    )
    level_db = float((weights * correction.level_db).sum() / weights.sum())
    if channels == 1:
        pan = 4.0 / math.pi * math.atan2(right, left) - 1.0
    else:
        pan = _balance(left, right)
        level_db -= 20.0 * math.log10(math.hypot(left, right) / max(left, right, _SILENT) or 1.0)
    change: dict[str, float] = {
        "fader_db": PARAMS["strip.fader_db"].clamp(level_db),
        "pan": PARAMS["strip.pan"].clamp(pan),
        "width": PARAMS["strip.width"].clamp(correction.side_gain) if channels == 2 else strip.width,
    }
    return replace(strip, **{name: x for name, x in change.items() if not is_locked(name, locked)})  # type: ignore[arg-type]


def _balance(left: float, right: float) -> float:
    """The pan of a stereo track from its sides' gains."""
    low, high = sorted((left, right))
    if high <= 0.0:
        return 0.0
    away = 4.0 / math.pi * math.acos(min(1.0, low / high / math.sqrt(2.0))) - 1.0
    return away if right > left else -away


def toned(
    strip: TrackStrip, correction: Correction, channels: int, rate_hz: int, locked: tuple[str, ...]
) -> TrackStrip:
    """The strip with filters fitted to its own response plus what is missing in it.

    A compressor behind them keeps working as it does: its threshold goes along with the level.
    """
    if any(is_locked(name, locked) for name in ("highpass", "lowpass", "equalizer", "fader_db")):
        return strip
    if strip.automation.fader_db or not np.isfinite(correction.error_db).any():
        return strip
    hz = correction.frequencies_hz
    before_db = _response_db(strip, hz, rate_hz)
    tone = fit_tone(hz, before_db + correction.level_db, correction.error_db, rate_hz)
    after = replace(strip, highpass=tone.highpass, lowpass=tone.lowpass, equalizer=tone.equalizer)
    matrix = output_matrix(channels, strip.pan, strip.width)
    image = float(np.sqrt(np.square(matrix[:, 0] + (matrix[:, 1] if channels == 2 else 0.0)).sum()))
    level_db = tone.gain_db - 20.0 * math.log10(max(image, _SILENT))
    after = replace(after, fader_db=PARAMS["strip.fader_db"].clamp(level_db))
    if strip.compressor.enabled:
        finite = np.isfinite(correction.error_db)
        change = _response_db(after, hz, rate_hz) - before_db
        shift = float((correction.weights[finite] * change[finite]).sum() / correction.weights[finite].sum())
        threshold = PARAMS["compressor.threshold_db"].clamp(strip.compressor.threshold_db + shift)
        after = replace(after, compressor=replace(strip.compressor, threshold_db=threshold))
    return after


def _response_db(strip: TrackStrip, frequencies_hz: Array, rate_hz: int) -> Array:
    from console.dsp.design import response_db

    return response_db(all_sections(strip, rate_hz), frequencies_hz, rate_hz)


def retoned(problem: Problem, strips: Strips) -> Strips:
    """Strips whose filters are fitted anew, each kept only where it lowers the residual."""
    _, corrections = respond(problem, strips)
    energy = problem.residual(strips)
    changed = list(strips)
    for index, strip in enumerate(strips):
        if strip.muted:
            continue
        channels = len(problem.material.excerpts[0].stems[index])
        candidate = toned(
            strip, corrections[index], channels, problem.material.sample_rate_hz, problem.locked[index]
        )
        if candidate is strip:
            continue
        attempt = [*changed]
        attempt[index] = candidate
        reached = problem.residual(tuple(attempt))
        if reached < energy:
            changed, energy = attempt, reached
    return tuple(changed)
