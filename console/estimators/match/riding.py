"""Rides the faders over time, where one static level cannot make the song as steady or as dynamic as the reference.

All tracks move together, as a hand on the master would: few break points, at most 3 dB, following or flattening the
song's own loud and quiet parts. What is aimed at is the spread of the levels of successive 0.4 s.
"""

from collections.abc import Collection
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from console.estimators.match.digest import Digest
from console.estimators.match.knobs import is_locked
from console.losses.sound import LEVEL_S, SPREAD_PERCENTILES
from console.mix import Automation, Mix
from console.params import PARAMS

Array = NDArray[np.float64]
Ride = tuple[tuple[float, float], ...]

#: Break points, how near they may lie, and how far a fader may go from where it stands.
MOST_POINTS, _LEAST_APART_S, MOST_RIDE_DB = 8, 2.0, 3.0
#: Faders are ridden if the spread is off by more than this, and if that is expected to bring so much, in dB.
_LEAST_OFF_DB, _LEAST_GAIN_DB = 1.0, 0.75
#: How much of the song's own course may be taken away, and how much of it added.
_SCALES = np.linspace(-1.0, 3.0, 41)


def find_ride(finished: Array, digest: Digest, wanted_db: float) -> Ride:
    """Break points (seconds, dB) that bring the spread of a finished mix, (2, samples), nearer; none if not worth it.

    Args:
        finished: the mix over the digest, as it sounds now.
        digest: tells where in the song each part of it lies.
        wanted_db: the spread that is aimed at.
    """
    frame = round(LEVEL_S * digest.sample_rate_hz)
    count = finished.shape[1] // frame
    power = (finished[:, : count * frame] ** 2).mean(axis=0)
    levels_db = 10.0 * np.log10(power.reshape(count, frame).mean(axis=1) + 1e-10)
    if count < 2 or abs(spread_db(levels_db) - wanted_db) < _LEAST_OFF_DB:
        return ()
    times_s = digest.times_s((np.arange(count) + 0.5) * frame)
    points = min(MOST_POINTS, int((times_s[-1] - times_s[0]) / _LEAST_APART_S) + 1)
    if points < 2:
        return ()
    at_s = np.linspace(times_s[0], times_s[-1], points)
    course_db = _course_db(levels_db, times_s, at_s)
    rides = [np.clip(scale * course_db, -MOST_RIDE_DB, MOST_RIDE_DB).round(1) for scale in _SCALES]
    off = [abs(spread_db(levels_db + np.interp(times_s, at_s, ride)) - wanted_db) for ride in rides]
    best = int(np.argmin(off))
    if abs(spread_db(levels_db) - wanted_db) - off[best] < _LEAST_GAIN_DB:
        return ()
    return tuple(zip(at_s.round(2).tolist(), rides[best].tolist(), strict=True))


def spread_db(levels_db: Array) -> float:
    """The spread of levels, as console.losses.sound has it."""
    low, high = np.percentile(levels_db, SPREAD_PERCENTILES)
    return float(high - low)


def _course_db(levels_db: Array, times_s: Array, at_s: Array) -> Array:
    """The level of the song around each break point, against its usual one; where nothing was heard, as usual."""
    reach_s = 0.5 * (at_s[1] - at_s[0])
    course = np.full(len(at_s), np.nan)
    for index, time_s in enumerate(at_s):
        near = levels_db[np.abs(times_s - time_s) <= reach_s]
        if len(near):
            course[index] = 10.0 * np.log10(np.mean(10.0 ** (near / 10.0)))
    return np.asarray(np.nan_to_num(course - np.nanmedian(course)))


def ridden(mix: Mix, ride: Ride, groups: Collection[str], heard: Collection[str]) -> Mix:
    """The mix with the faders of all tracks that are heard and may move, on this ride."""
    if "fader" not in groups or not ride:
        return mix
    row = PARAMS["strip.fader_db"]
    tracks = []
    for strip in mix.tracks:
        held = strip.automation.fader_db or is_locked(strip.locked, "fader_db", "automation")
        if held or strip.id not in heard or strip.fader_db <= row.low:
            tracks.append(strip)
            continue
        points = tuple((time_s, row.quantise(strip.fader_db + move_db)) for time_s, move_db in ride)
        tracks.append(replace(strip, automation=Automation(points)))
    return replace(mix, tracks=tuple(tracks))
