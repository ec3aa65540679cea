"""Reads times from gains that change: the one-pole in dB, as the console's dynamics have it, that is nearest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

Array = NDArray[np.float64]

_POINTS = 160
_SHORTEST_MS, _LONGEST_MS = 0.02, 20_000.0
_TIMES = (float(np.log(_SHORTEST_MS)), float(np.log(_LONGEST_MS)))
#: A wait is over when this share of the way is done.
_MOVED = 0.01


@dataclass(frozen=True, slots=True)
class Pole:
    """A one-pole that stands still for a while and then goes to its end, with its time constant."""

    wait_ms: float
    time_ms: float
    end_db: float


def nearest_pole(
    gains_db: Array, end_db: float, rate_hz: float, *, waits: bool, arrives: bool = True
) -> Pole | None:
    """The one-pole that goes most like a gain, from its first value on.

    gains_db: (samples,), the first one before anything moves. Points are taken evenly over the logarithm of time, so
    that short times count like long ones. waits: it may stand still at first. arrives: it is at its end when the
    samples are; otherwise where it goes is found too. None where it moves by less than 1 dB, or not halfway.
    """
    begin = float(gains_db[0])
    way = end_db - begin
    if abs(way) < 1.0:
        return None
    share = np.clip((gains_db - begin) / way, 0.0, 1.0)
    if share.max() < 0.5:
        return None
    first = int(np.argmax(share > _MOVED)) if waits else 0
    seen_most = int(np.argmax(share > min(0.63, 0.95 * share.max())))
    at = first + np.unique(np.geomspace(1, max(gains_db.size - 1 - first, 2), _POINTS).astype(int))
    at = at[at < gains_db.size]
    ms, seen, moved = 1000.0 * (at - first) / rate_hz, share[at], float(share[first])

    def residual(x: Array) -> Array:
        end = 1.0 if arrives else x[1]
        return np.asarray(end - (end - moved) * np.exp(-ms / np.exp(x[0])) - seen)

    guess = 1000.0 * max(seen_most - first, 1) / rate_hz
    unknown = [(np.log(np.clip(guess, 2.0 * _SHORTEST_MS, 0.5 * _LONGEST_MS)), *_TIMES), (1.0, 0.9, 10.0)]
    start, low, high = (np.array(row) for row in zip(*unknown[: 1 if arrives else 2], strict=True))
    fit = least_squares(residual, start, bounds=(low, high), loss="soft_l1", f_scale=0.05)
    time_ms = float(np.exp(fit.x[0]))
    # When it was first seen to move it had moved for a little already.
    wait_ms = max(1000.0 * first / rate_hz - _MOVED * time_ms, 0.0) if waits else 0.0
    return Pole(wait_ms, time_ms, begin + way * (1.0 if arrives else float(fit.x[1])))
