"""Where the song is at this moment, from what a desk tells of it: late, unevenly, with jumps and pauses."""

import math
from collections import deque
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from bridge.live.values import Transport

#: A place told so far from the one expected is a jump in the song (a loop, a locate), not an update that came late.
JUMP_S: Final = 0.15
#: How long a playing song is followed without an update before it counts as unknown.
STALE_S: Final = 2.0
#: So many seconds of updates are looked at together; of those that come closer to each other only one counts.
_WINDOW_S: Final = 3.0
_APART_S: Final = 0.02
#: A speed is measured over at least this time, and taken for 1 when it is no further from it than this many times the
#: error with which it is known.
_LEAST_SPAN_S: Final = 0.4
_SURE: Final = 3.0
_FASTEST: Final = 8.0
#: The last updates whatever they say, from which a song that is wound or played backwards is known.
_LATEST: Final = 4


@dataclass(frozen=True, slots=True)
class Place:
    """Where the song is, in s, at which speed it goes there (1: as recorded), and whether that can be relied upon.

    `playing` is false where the song stands still, and where nothing was heard of it for too long (`stale`).
    """

    position_s: float
    playing: bool
    stale: bool = False
    speed: float = 1.0


@dataclass
class SongClock:
    """Extrapolates between updates.

    Updates come late and never early. So of those of the last seconds, which all lie on one line, the earlier half
    counts. The line's slope is the song's speed; one so near to 1 that uneven updates could make it is 1. An update far
    from the line begins another.
    """

    stale_s: float = STALE_S
    _playing: bool = False
    _heard_s: float = -math.inf
    _position_s: float = math.nan
    _speed: float = 1.0
    #: (time, position) of updates on one line.
    _line: deque[tuple[float, float]] = field(default_factory=deque)
    _latest: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=_LATEST))

    def hear(self, told: Transport, now_s: float) -> None:
        """Take an update; one that is no number is none."""
        if not math.isfinite(told.position_s):
            return
        expected_s = self._reckoned(now_s) if self._playing else math.nan
        began = told.playing and not self._playing
        self._playing, self._heard_s, self._position_s = told.playing, now_s, told.position_s
        if not told.playing or began:
            self._line.clear()
            self._latest.clear()
            self._speed = 1.0
        if not told.playing:
            return
        self._latest.append((now_s, told.position_s))
        if abs(told.position_s - expected_s) > JUMP_S:
            self._line = self._after_jump(now_s, told.position_s)
            return
        if self._line and now_s - self._line[-1][0] < _APART_S:
            return
        self._line.append((now_s, told.position_s))
        while self._line[0][0] < now_s - _WINDOW_S:
            self._line.popleft()
        if now_s - self._line[0][0] >= _LEAST_SPAN_S:
            self._speed = _rounded(self._line)

    def at(self, now_s: float) -> Place | None:
        """The song's place at a time; None while nothing was told yet."""
        if math.isnan(self._position_s):
            return None
        if not self._playing:
            return Place(self._position_s, False)
        stale = now_s - self._heard_s > self.stale_s
        position_s = self._reckoned(min(now_s, self._heard_s + self.stale_s))
        return Place(max(position_s, 0.0), not stale, stale, self._speed)

    def _reckoned(self, now_s: float) -> float:
        if not self._line:
            return self._position_s
        offsets = sorted(position_s - self._speed * time_s for time_s, position_s in self._line)
        earlier = offsets[len(offsets) // 2 :] if self._speed >= 0.0 else offsets[: (len(offsets) + 1) // 2]
        return sum(earlier) / len(earlier) + self._speed * now_s

    def _after_jump(self, now_s: float, position_s: float) -> deque[tuple[float, float]]:
        """A new line; where the last updates all went on at one other speed, they are one: the song is wound."""
        slopes = [
            (after[1] - before[1]) / (after[0] - before[0])
            for before, after in pairwise(self._latest)
            if after[0] > before[0]
        ]
        if len(slopes) == _LATEST - 1 and max(slopes) - min(slopes) <= 0.1 + 0.35 * abs(sum(slopes) / 3.0):
            self._speed = _rounded(self._latest)
            return deque(self._latest)
        return deque([(now_s, position_s)])


def _rounded(points: deque[tuple[float, float]]) -> float:
    """The speed that points tell, by the straight line through them (least squares), in bounds.

    It is 1 where it cannot be told from that: within three standard errors of the line's slope.
    """
    count = len(points)
    mean_x = sum(x for x, _ in points) / count
    mean_y = sum(y for _, y in points) / count
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    if count < 3 or spread <= 0.0:
        return 1.0
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread
    misses = sum((y - mean_y - slope * (x - mean_x)) ** 2 for x, y in points)
    if abs(slope - 1.0) <= _SURE * math.sqrt(misses / (count - 2) / spread) + 1e-6:
        return 1.0
    return min(max(slope, -_FASTEST), _FASTEST)
