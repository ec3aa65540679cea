"""What the network says of the knobs of one place, in units, and how sure it is of each."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from console.frozen import FrozenMap
from console.models.controller.knobs import TABLES, in_units, index

Array = NDArray[np.float64]


def confidence(doubt: float) -> float:
    """The chance that a knob stands within one usual move of what an engineer would set, 0 … 1.

    The network learns `doubt` as the scale of a Laplace law of its error, counted in usual moves: the mean absolute
    error that it expects. Of such a law 1 − exp(−1 / doubt) lies within one move.
    """
    return 1.0 - math.exp(-1.0 / max(doubt, 1e-3))


@dataclass(frozen=True, slots=True, eq=False)
class Dials:
    """The knobs of a track or of the master by their names in console.models.controller.knobs.

    `values` (knobs,) are in the parameters' units; `doubts` (knobs,) in usual moves.
    """

    place: str
    values: Array
    doubts: Array

    @classmethod
    def of(cls, place: str, scaled: Array, doubts: Array) -> Dials:
        """From values on the knobs' own scales."""
        return cls(place, in_units(place, scaled.astype(np.float64)), doubts.astype(np.float64))

    def __getitem__(self, name: str) -> float:
        return float(self.values[index(self.place, name)])

    def expected_error(self, *names: str) -> float:
        """How far the knobs are expected to be off on average: in their unit, in octaves where they are logarithmic."""
        places = [index(self.place, name) for name in names]
        return float(np.mean([self.doubts[at] * TABLES[self.place][at].step for at in places]))

    def confidence(self, *names: str) -> float:
        """The confidence in the knobs, on average."""
        return float(np.mean([confidence(float(self.doubts[index(self.place, name)])) for name in names]))

    def figures(self, *names: str, **more: float) -> FrozenMap[float]:
        """Figures of a reason: the confidence in the knobs, the expected error of the first one, and more."""
        return FrozenMap(
            {
                "confidence": round(self.confidence(*names), 3),
                "expected_error": round(self.expected_error(names[0]), 3),
                **{name: round(value, 2) for name, value in more.items()},
            }
        )
