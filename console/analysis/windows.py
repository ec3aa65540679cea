"""Which few seconds of a set of tracks to compare: where as many as possible of them play."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from console.analysis.values import TrackAnalysis

#: Hops of 0.1 s in one window.
WINDOW_HOPS = 15

_STEP_HOPS = 5
_FLOOR_DB = -30.0


def choose_windows(tracks: Sequence[TrackAnalysis], count: int) -> list[int]:
    """First hops of up to `count` windows that do not overlap, in the order of time.

    Greedy: each next window is the one that adds most to what has been seen of the tracks, where twice as much of
    one track counts less than something of another.
    """
    presence = window_presence(tracks)
    chosen: list[int] = []
    seen = np.full(len(tracks), 0.05)
    free = np.ones(presence.shape[1], dtype=np.bool_)
    while len(chosen) < count and free.any():
        gain = np.log1p(presence / seen[:, None]).sum(axis=0)
        best = int(np.argmax(np.where(free, gain, -1.0)))
        if not presence[:, best].any():
            break
        chosen.append(best)
        seen += presence[:, best]
        reach = WINDOW_HOPS // _STEP_HOPS
        free[max(0, best - reach + 1) : best + reach] = False
    return [best * _STEP_HOPS for best in sorted(chosen)]


def window_presence(tracks: Sequence[TrackAnalysis]) -> NDArray[np.float64]:
    """Per track and candidate window, its level relative to the track's loudest one: 0 at −30 dB … 1 at 0 dB."""
    hops = max((len(track.peak_db) for track in tracks), default=0)
    positions = max(1, -(-max(0, hops - WINDOW_HOPS) // _STEP_HOPS) + 1)
    presence = np.zeros((len(tracks), positions))
    for row, track in enumerate(tracks):
        power = np.zeros((positions - 1) * _STEP_HOPS + WINDOW_HOPS)
        size = min(len(power), len(track.momentary_lufs))
        power[:size] = 10.0 ** (track.momentary_lufs[:size].astype(np.float64) / 10.0)
        starts = np.arange(positions) * _STEP_HOPS
        total = np.concatenate(((0.0,), np.cumsum(power)))
        level = 10.0 * np.log10(np.maximum(total[starts + WINDOW_HOPS] - total[starts], 1e-16))
        presence[row] = np.clip((level - level.max() - _FLOOR_DB) / -_FLOOR_DB, 0.0, 1.0)
    return presence


def presence_at(track: TrackAnalysis, first_hops: Sequence[int]) -> NDArray[np.bool_]:
    """Per window, whether the track plays in it."""
    presence = window_presence((track,))[0]
    index = np.array(first_hops, dtype=np.intp) // _STEP_HOPS
    return np.asarray([position < len(presence) and presence[position] > 0.0 for position in index])
