"""Which few seconds of a track to listen to: where it plays, spread from front to back."""

import numpy as np
from numpy.typing import NDArray

#: A longer song is not listened to for longer.
MOST_WINDOWS = 8

_HOP_S = 0.1
_WINDOW_HOPS = 20
#: What is so far below the loudest window counts as not playing.
_QUIET_DB = 20.0
_SILENCE_DB = -90.0


def choose_starts(level_db: NDArray[np.floating], most: int = MOST_WINDOWS) -> list[float]:
    """Where windows of 2 s are to begin, in seconds from the start of the track, in the order of time.

    The time in which the track plays is cut into `most` runs of equal length, and the loudest window of each is
    taken. Levels may be all higher or lower by any number of dB.

    Args:
        level_db: the track's level in each 0.1 s, (hops), in dB; −inf or below −90 dB is silence.
        most: how many windows at most.

    Returns:
        Starts in seconds; none for a silent track, one for one that is shorter than a window.
    """
    level = np.asarray(level_db, np.float64)
    power = np.where(level > _SILENCE_DB, np.power(10.0, level / 10.0), 0.0)
    playing = np.flatnonzero(power)
    if not len(playing):
        return []
    first = int(playing[0])
    count = -(-(int(playing[-1]) + 1 - first) // _WINDOW_HOPS)
    padded = np.zeros(count * _WINDOW_HOPS)
    padded[: len(power) - first] = power[first : first + len(padded)]
    energy = padded.reshape(count, _WINDOW_HOPS).sum(axis=1)
    candidates = np.flatnonzero(energy >= energy.max() * 10.0 ** (-_QUIET_DB / 10.0))
    runs = np.array_split(candidates, min(most, len(candidates)))
    best = [int(run[np.argmax(energy[run])]) for run in runs]
    return [(first + index * _WINDOW_HOPS) * _HOP_S for index in best]
