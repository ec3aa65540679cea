"""Keeps equalizers within what they may do at any frequency, all bands together."""

import numpy as np
from numpy.typing import NDArray

from console.dsp import design
from console.estimators.match.knobs import MOST_MASTER_DB, MOST_STRIP_DB, SLOTS, Knobs, Values

Array = NDArray[np.float64]

_LOWEST_HZ, _HIGHEST_SHARE, _POINTS = 20.0, 0.45, 400
#: Gains are set in these steps, in dB.
_STEP_DB = 0.1
_TURNS = 12


def held_back(knobs: Knobs, values: Values, sample_rate_hz: int) -> dict[str, Array]:
    """The values, with the gains of equalizers that do more than they may lowered until they do not.

    An equalizer whose start does more already may do as much as that.
    """
    gain = values["gain"].copy()
    start = knobs.start
    for row in range(len(gain)):
        if not knobs.families["gain"].free[row].any():
            continue
        most_db = MOST_MASTER_DB if row == len(gain) - 1 else MOST_STRIP_DB
        begun = most_done_db(start["gain"][row], start["octave"][row], start["q"][row], sample_rate_hz)
        most_db = max(most_db, begun)
        octave, log_q = values["octave"][row], values["q"][row]
        for _ in range(_TURNS):
            done = most_done_db(_stepped(gain[row]), octave, log_q, sample_rate_hz)
            if done <= most_db:
                break
            gain[row] = np.trunc(gain[row] * (most_db / done) / _STEP_DB) * _STEP_DB
    return {**values, "gain": gain}


def most_done_db(gain_db: Array, octave: Array, log_q: Array, sample_rate_hz: int) -> float:
    """The most that the bands of one equalizer do together, in dB; arrays over its slots."""
    sections = design.stack_sections(
        design.BAND_DESIGNS[kind](2.0**at, gain, 2.0**q, sample_rate_hz)
        for kind, gain, at, q in zip(SLOTS, gain_db, octave, log_q, strict=True)
        if abs(gain) >= _STEP_DB / 2.0
    )
    hz = np.geomspace(_LOWEST_HZ, _HIGHEST_SHARE * sample_rate_hz, _POINTS)
    if not len(sections):
        return 0.0
    return float(np.abs(design.response_db(sections, hz, sample_rate_hz)).max())


def _stepped(gain_db: Array) -> Array:
    return np.round(gain_db / _STEP_DB) * _STEP_DB
