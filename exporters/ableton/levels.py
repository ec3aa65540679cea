"""A fader on Live's: where it ends, what it cannot give, and its moves as events."""

from dataclasses import dataclass

from console.units import db_to_gain, gain_to_db
from exporters.ableton.values import beats, stored
from exporters.moves import Points, settle, thin, to_points

#: The ends of Live's faders; the lower one is silence to Live.
LEAST_GAIN, MOST_GAIN = 0.0003162277571, 1.99526238
LEAST_DB, MOST_DB = -70.0, 6.0
#: The end of a send.
SEND_MOST_GAIN = 1.0

#: The tempo of the sets that are written, in beats per minute.
TEMPO_BPM = 120.0
BEATS_PER_SECOND = TEMPO_BPM / 60.0

#: Before the song begins: the time of every envelope's first event, in beats.
BEGINNING_BEATS = -63072000

_STEP_S = 0.001

Events = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Level:
    """A fader: its gain, the gain in dB that something behind the chain must give, and its moves.

    `events` are (beats, gain) as they will stand in the file.
    """

    volume: float
    excess_db: float = 0.0
    events: Events = ()


def level(
    fader_db: float, moves: Points, own_gain: float, beats_per_second: float = BEATS_PER_SECOND
) -> Level:
    """The fader for a level or for moves, with a gain of the pan law's own on top.

    What is over Live's +6 dB becomes the excess; what is under its −70 dB ends there.
    """
    points = to_points(settle(moves))
    top_db = max((gain_to_db(gain) for _, gain in points), default=fader_db) + gain_to_db(own_gain)
    excess_db = max(top_db - MOST_DB, 0.0)
    scale = own_gain * db_to_gain(-excess_db)
    events = tuple((float(beats(time_s * beats_per_second)), _held(gain * scale)) for time_s, gain in points)
    volume = events[0][1] if events else _held(db_to_gain(fader_db) * scale)
    return Level(volume, excess_db, events)


def moves_of(events: Events, own_gain: float, behind_db: float) -> Points:
    """The break points in (seconds, dB) that events of (seconds, gain) stand for; a jump takes a millisecond."""
    points: list[tuple[float, float]] = []
    less_db = gain_to_db(own_gain) - behind_db
    for time_s, gain in events:
        if points and time_s <= points[-1][0]:
            before = points.pop()
            if not points or points[-1][0] < time_s - _STEP_S:
                points.append((max(time_s - _STEP_S, 0.0), before[1]))
        points.append((time_s, gain_to_db(gain) - less_db))
    return thin(settle(tuple(points)))


def send_gain(level_db: float) -> float:
    """A send's gain within Live's range."""
    return stored(min(max(db_to_gain(level_db), LEAST_GAIN), SEND_MOST_GAIN))


def _held(gain: float) -> float:
    return min(max(stored(gain), LEAST_GAIN), MOST_GAIN)
