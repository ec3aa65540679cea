"""Fits the console's filters to the spectrum of an echo, or to how a knob changes a tail."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from bridge.host.learning.bench import RATE_HZ

Array = NDArray[np.float64]

#: A cut beyond these is as good as none, or takes all.
LOW_HZ, HIGH_HZ = (22.0, 2000.0), (500.0, 19_500.0)
_ENDS = (np.log([8.0, 4000.0]), np.log([150.0, 23_500.0]))
#: Levels further under the loudest are not looked at.
_HEARD_DB = 40.0
_SILENT_DB = 100.0


@dataclass(frozen=True, slots=True)
class Cuts:
    """A level in dB, a low cut and a high cut in Hz, and the response of the two alone, in dB."""

    level_db: float
    low_hz: float
    high_hz: float
    shape_db: Array


def _warp(hz: Array) -> Array:
    """Frequencies as the bilinear transform sees them: there the console's Butterworth filters are the analog ones."""
    return np.asarray(np.tan(np.pi * np.minimum(hz, 0.4999 * RATE_HZ) / RATE_HZ))


def is_cut(hz: float) -> bool:
    """Whether a frequency that was found is one, and not the end of what can be told."""
    return LOW_HZ[0] < hz < HIGH_HZ[1]


def nearest_cuts(grid_hz: Array, spectrum_db: Array) -> Cuts | None:
    """The level and the cuts of 12 dB an octave each that are nearest to a spectrum; None where they leave nothing."""
    heard = spectrum_db > spectrum_db.max() - _HEARD_DB
    top = float(np.percentile(spectrum_db[heard], 90))
    if abs(top) > _SILENT_DB:
        return None

    warped = _warp(grid_hz)

    def shape(x: Array) -> Array:
        low, high = (warped / _warp(np.exp(x[at])) for at in (1, 2))
        return np.asarray(-10.0 * np.log10((1.0 + low**-4.0) * (1.0 + high**4.0)))

    def residual(x: Array) -> Array:
        return np.asarray((x[0] + shape(x) - spectrum_db)[heard])

    near = grid_hz[spectrum_db > top - 3.0]
    best = min(
        (
            least_squares(
                residual,
                [top, np.clip(low, *(_ENDS[0] + [0.01, -0.01])), np.clip(high, *(_ENDS[1] + [0.01, -0.01]))],
                bounds=([-150.0, _ENDS[0][0], _ENDS[1][0]], [150.0, _ENDS[0][1], _ENDS[1][1]]),
                loss="soft_l1",
                max_nfev=60,
            )
            for low, high in ((np.log(near[0]), np.log(near[-1])), (np.log(20.0), np.log(18_000.0)))
        ),
        key=lambda fit: fit.cost,
    )
    low_hz, high_hz = float(np.exp(best.x[1])), float(np.exp(best.x[2]))
    if high_hz < HIGH_HZ[0] or low_hz > LOW_HZ[1]:
        return None
    return Cuts(float(best.x[0]), low_hz, high_hz, shape(best.x))
