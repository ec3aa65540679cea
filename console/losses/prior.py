"""Where professionals keep their parameters, and how large their moves are: what a plausible mix is measured by.

The ranges are the 10th percentile, median and 90th percentile of 385 professional vocal chains fitted by DiffVox
(2025), thresholds for a track at −18 LUFS; the usual moves are the working range of a mixing engineer's hand.
"""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: (10 %, median, 90 %) by the name in console.params.
PROFESSIONAL: Mapping[str, tuple[float, float, float]] = MappingProxyType(
    {
        "compressor.threshold_db": (-26.0, -22.0, -18.0),
        "compressor.ratio": (1.8, 3.3, 8.8),
        "compressor.attack_ms": (0.5, 2.7, 16.0),
        "compressor.release_ms": (32.0, 259.0, 715.0),
        "compressor.makeup_db": (-0.7, 2.1, 6.4),
        "highpass.frequency_hz": (33.0, 148.0, 305.0),
    }
)

#: Size of a usual move: levels in dB, frequencies, q, ratios and times in octaves, pan and width in their own unit.
USUAL_MOVES: Mapping[str, float] = MappingProxyType(
    {
        "fader_db": 4.0,
        "equalizer_db": 3.0,
        "master_db": 6.0,
        "octaves": 0.5,
        "pan": 0.4,
        "width": 0.4,
        "send_db": 6.0,
        "low_cut_hz": 0.7,
        "threshold_db": 6.0,
        "ratio_octaves": 1.0,
        "time_octaves": 1.5,
        "limiting_db": 6.0,
    }
)


#: A track at this level in dB is what the professional thresholds refer to.
PROFESSIONAL_LEVEL_DB = -18.0


def implausibility(name: str, value: float) -> float:
    """How far a value lies outside the professional range, in widths of that range on its own scale; 0 inside.

    A parameter of which no range is known is always plausible.
    """
    from console.params import PARAMS, Scale

    if name not in PROFESSIONAL:
        return 0.0
    low, _, high = PROFESSIONAL[name]
    if PARAMS[name].scale is Scale.LOG:
        low, high, value = (float(np.log(x)) for x in (low, high, value))
    return max(low - value, value - high, 0.0) / (high - low)


def compressor_implausibility(
    threshold_db: float, ratio: float, attack_ms: float, release_ms: float, level_db: float
) -> Array:
    """The implausibility of a compressor's threshold, ratio, attack and release, (4,).

    The threshold is taken against `level_db`, the level of what comes in. A ratio below the range is no odd setting,
    but less of a compressor: the others then count by as much less.
    """
    settings = {
        "threshold_db": threshold_db - level_db + PROFESSIONAL_LEVEL_DB,
        "ratio": max(ratio, PROFESSIONAL["compressor.ratio"][0]),
        "attack_ms": attack_ms,
        "release_ms": release_ms,
    }
    working = min(1.0, float(np.log(ratio) / np.log(PROFESSIONAL["compressor.ratio"][0])))
    return working * np.array(
        [implausibility(f"compressor.{name}", value) for name, value in settings.items()]
    )
