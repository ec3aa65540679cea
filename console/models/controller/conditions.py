"""What the controller aims at, as numbers: the sound of a reference or of a saved style; numpy alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from console.analysis.values import BARK_BANDS
from console.losses.sound import MID_FLOOR_DB, SIDE_FLOOR_DB, WIDTH_FLOOR_DB, Sound

Float32 = NDArray[np.float32]

#: Mid and side per critical band, width, balance, crest, spread, and whether the last two are told.
CONDITIONS = 2 * BARK_BANDS + 5


def condition(sound: Sound, *, dynamics: bool = True) -> Float32:
    """The figures of a sound as the network takes them, (CONDITIONS,): in dB but for the last.

    Args:
        sound: what is aimed at.
        dynamics: whether its crest and spread are meant; else the network is told that nobody knows them.
    """
    last = (sound.crest_db, sound.spread_db, 1.0) if dynamics else (0.0, 0.0, 0.0)
    return np.array(
        (
            *np.maximum(sound.mid_db, MID_FLOOR_DB),
            *np.maximum(sound.side_db, SIDE_FLOOR_DB),
            max(sound.width_db, WIDTH_FLOOR_DB),
            sound.balance_db,
            *last,
        ),
        np.float32,
    )
