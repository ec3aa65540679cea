"""Sets an effect so that only its own sound is heard, at unity, as the console's FX buses have it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from itertools import pairwise

import numpy as np
from scipy.optimize import brentq

from bridge.host.learning.bench import Knobs
from bridge.host.learning.features import Listener, Reading, Row, reach_of

#: Features beside the console's parameters: the level of the dry sound and of the effect, in dB.
DRY, WET = "dry_db", "wet_db"

#: The dry sound is gone when it is so far under the effect.
_GONE_DB = 50.0
_UNITY_DB = 0.05
_POSITIONS = np.linspace(0.0, 1.0, 11)
#: Knobs that move a level by less, as a share of 60 dB, are left alone.
_MOVES = 0.02


def only_wet(
    listener: Listener, base: Knobs, sweeps: Mapping[str, Sequence[Row]], taken: Set[str]
) -> tuple[Knobs, list[str]]:
    """The setting with the dry sound out and the effect at 0 dB, as near as it gets, and what is to be said of it."""
    reach = {key: reach_of(rows) for key, rows in sweeps.items() if key not in taken}
    knobs = base
    for key in sorted(
        (key for key in reach if reach[key].get(DRY, 0.0) >= _MOVES), key=lambda k: -reach[k][DRY]
    ):
        tried = [knobs.moved({key: float(raw)}) for raw in _POSITIONS]
        knobs = min([knobs, *tried], key=lambda item: _cost(listener.hear(item)))
    for key in sorted(
        (key for key in reach if reach[key].get(WET, 0.0) >= _MOVES), key=lambda k: -reach[k][WET]
    ):
        knobs = _to_unity(listener, knobs, key)
    reading = listener.hear(knobs)
    notes = []
    if reading[DRY] > reading[WET] - _GONE_DB:
        notes.append(f"The dry sound cannot be taken out: it is heard at {reading[DRY]:.1f} dB.")
    if abs(reading[WET]) > 0.5:
        notes.append(f"Its level cannot be brought to that of the console: it is {reading[WET]:+.1f} dB off.")
    return knobs, notes


def _to_unity(listener: Listener, knobs: Knobs, key: str) -> Knobs:
    """The setting with one knob moved so that the effect is at 0 dB, if that keeps the dry sound out."""
    if abs(listener.hear(knobs)[WET]) < _UNITY_DB:
        return knobs
    rows = [(float(raw), listener.hear(knobs.moved({key: float(raw)}))) for raw in _POSITIONS]
    told = [(raw, reading) for raw, reading in rows if WET in reading]
    tried = [knobs, *(knobs.moved({key: raw}) for raw, _ in told)]
    for (low, before), (high, after) in pairwise(told):
        if before[WET] * after[WET] < 0.0:
            raw = brentq(
                lambda at: listener.hear(knobs.moved({key: float(at)})).get(WET, -60.0),
                low,
                high,
                xtol=1e-5,
                maxiter=24,
            )
            tried.append(knobs.moved({key: float(raw)}))
    return min(tried, key=lambda item: _cost(listener.hear(item)))


def _cost(reading: Reading) -> float:
    """How far a setting is from wet alone at unity."""
    if WET not in reading:
        return 1e3
    return abs(reading[WET]) + 4.0 * max(reading[DRY] - reading[WET] + _GONE_DB, 0.0)
