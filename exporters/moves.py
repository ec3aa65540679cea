"""Fader moves as DAW envelope points: dense enough for any way of joining them, and thinned again."""

import math
from itertools import pairwise

from console.units import db_to_gain, gain_to_db
from exporters.neat import neat_db

#: Most that the level may move between two points. DAWs join points in amplitude or in their fader's
#: scale, the console in dB: over half a decibel a line in amplitude lies at most 0.0036 dB from one in dB.
STEP_DB = 0.5
CHORD_DEVIATION_DB = 0.0036

_ON_LINE_DB = 1e-5

Points = tuple[tuple[float, float], ...]


def to_points(moves: Points) -> list[tuple[float, float]]:
    """(seconds, linear gain) for break points of (seconds, dB), with points between where the level moves."""
    points: list[tuple[float, float]] = []
    for (start_s, start_db), (end_s, end_db) in pairwise(moves):
        steps = max(1, math.ceil(abs(end_db - start_db) / STEP_DB))
        for step in range(steps):
            share = step / steps
            points.append(
                (start_s + share * (end_s - start_s), db_to_gain(start_db + share * (end_db - start_db)))
            )
    if moves:
        points.append((moves[-1][0], db_to_gain(moves[-1][1])))
    return points


def from_points(points: list[tuple[float, float]]) -> Points:
    """The break points of (seconds, dB) that points of (seconds, linear gain) stand for."""
    return settle(thin(tuple((time_s, gain_to_db(gain)) for time_s, gain in points)))


def settle(moves: Points) -> Points:
    """The break points on a grid of microseconds; of several at one time the last stays."""
    return tuple({round(time_s, 6) + 0.0: neat_db(level_db) for time_s, level_db in moves}.items())


def thin(moves: Points) -> Points:
    """The same curve without the break points that lie on the line between their neighbours."""
    kept: list[tuple[float, float]] = []
    for index, (time_s, level_db) in enumerate(moves):
        if 0 < index < len(moves) - 1:
            (before_s, before_db), (after_s, after_db) = kept[-1], moves[index + 1]
            share = (time_s - before_s) / (after_s - before_s)
            if abs(before_db + share * (after_db - before_db) - level_db) < _ON_LINE_DB:
                continue
        kept.append((time_s, level_db))
    return tuple(kept)
