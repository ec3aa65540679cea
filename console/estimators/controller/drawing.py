"""Other mixes of the same song: balances drawn from what the network holds possible."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from console.models.controller.knobs import ends, index, steps

Float32 = NDArray[np.float32]

#: What engineers differ in most, and what makes another mix of it: the balance, the image and the tone.
_DRAWN = ("level_db", "pan", "width", *(f"eq{slot}.gain_db" for slot in range(6)))
#: Draws beyond so many doubts are cut: each candidate is to be a mix, not a mistake.
_MOST_DOUBTS = 2.0


def drawn(values: Float32, doubts: Float32, candidate: int) -> Float32:
    """Settings of the tracks drawn around those that the network says, (tracks, knobs) on the knobs' scales.

    Each knob's error is expected to follow a Laplace law whose scale is its doubt: what it is sure of stays near, and
    what an engineer might as well have set otherwise moves. The pan keeps its side.

    Args:
        values: what the network says, on the knobs' scales, tracks in an order that their names play no part in.
        doubts: in usual moves.
        candidate: the number of the draw; the same number gives the same draw.
    """
    rng = np.random.default_rng(candidate)
    low, _, high = ends("tracks")
    moved = values.astype(np.float64).copy()
    for name in _DRAWN:
        at = index("tracks", name)
        draw = np.clip(rng.laplace(size=len(values)), -_MOST_DOUBTS, _MOST_DOUBTS)
        moved[:, at] += draw * doubts[:, at] * steps("tracks")[at]
    pan = index("tracks", "pan")
    moved[:, pan] = np.where(moved[:, pan] * values[:, pan] < 0.0, 0.0, moved[:, pan])
    return np.asarray(np.clip(moved, low, high), np.float32)
