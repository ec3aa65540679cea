"""Reads where the song stands from a Mackie Control's time display and lights."""

import math
from dataclasses import dataclass

from bridge.live.links.mackie.unit import PLAY_LIGHT, SMPTE_LIGHT, STOP_LIGHT, Unit
from bridge.live.values import Transport

#: A display that goes on at least this often tells that the song plays, where no light does.
_GOES_ON_S = 0.4


@dataclass
class SongTime:
    """The song's position: whole seconds from the display, what lies between by the clock while it plays."""

    unit: Unit
    _digits: tuple[int, ...] = ()
    _second: int = -1
    _since_s: float = 0.0
    _changes_s: tuple[float, float] = (-math.inf, -math.inf)
    _told: Transport | None = None

    @property
    def counts_seconds(self) -> bool:
        """Whether the display shows hours, minutes, seconds and frames; bars tell no time without the tempo."""
        return bool(self.unit.lights.get(SMPTE_LIGHT))

    def moved(self, now_s: float) -> Transport | None:
        """Where the song stands, where that is known and not told yet."""
        digits = tuple(self.unit.digits)
        if digits != self._digits:
            self._digits, self._changes_s = digits, (self._changes_s[1], now_s)
        second = self._shown_second()
        if second is None or not self.counts_seconds:
            return None
        if second != self._second:
            self._second, self._since_s = second, now_s
        playing = self._plays(now_s)
        if self._told is not None and self._told.playing == playing and self._changes_s[1] != now_s:
            return None
        beyond = min(now_s - self._since_s, 0.999) if playing else 0.0
        self._told = Transport(second + beyond, playing)
        return self._told

    def _plays(self, now_s: float) -> bool:
        lights = self.unit.lights
        if lights.get(PLAY_LIGHT) or lights.get(STOP_LIGHT):
            return bool(lights.get(PLAY_LIGHT))
        # A DAW that finds the surface again may leave its lights dark.
        return now_s - self._changes_s[0] < _GOES_ON_S

    def _shown_second(self) -> int | None:
        """Hours (three digits), minutes and seconds; the display's digits are counted from the right."""
        if all(digit < 0 for digit in self._digits[3:]):
            return None
        digits = [max(digit, 0) for digit in self._digits]
        hours = digits[7] + 10 * digits[8] + 100 * digits[9]
        minutes, seconds = digits[5] + 10 * digits[6], digits[3] + 10 * digits[4]
        return 3600 * hours + 60 * minutes + seconds if minutes < 60 and seconds < 60 else None
