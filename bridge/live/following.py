"""Follows the curves of a mix while the song plays: the pure core, which says what to send at each tick.

A fader that is off its curve (the song has jumped, has just begun, or the curve is steeper than a fader may move) goes
to it by the shortest way at the guard's speed, 6 dB/s up and 24 dB/s down, and from there on follows; it never jumps.
It begins when the song is there, not before: what is louder too early is heard more than what is louder too late. While
the song stands still, and while nothing was heard of it for `stale_s`, every fader stays where it is.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from bridge.live.envelopes import Envelope
from bridge.live.parameters import Meaning
from bridge.live.ramps import audible, distance, largest_step
from bridge.live.songclock import Place, SongClock
from bridge.live.values import Control, LinkTraits, Transport

#: While a curve moves, a fader is sent to it when it is off by this much, in dB; where the curve is level, to the bit.
GRAIN_DB: Final = 0.05
#: A tick that comes early by more than this share waits for the next.
_EARLY: Final = 0.25
#: A fader that has only certain places takes the way to the next one in so many parts of a step.
_PARTS: Final = 8


@dataclass
class Follower:
    """Plays envelopes on faders.

    Args:
        envelopes: the curves, one a fader.
        traits: the link's: its tick, and how many messages a second its peer takes. Where that is too few for all, the
            faders that are furthest off their curves go first.
        lead_s: by how much later than it is sent a move is heard; the curve is read so much ahead.
        cue: whether faders go to their curves while the song stands still, too.
        song: where the song is.
    """

    envelopes: tuple[Envelope, ...]
    traits: LinkTraits
    lead_s: float = 0.0
    cue: bool = False
    song: SongClock = field(default_factory=SongClock)
    #: Every fader that was ever sent anywhere, and what it was sent to last.
    sent: dict[Control, float] = field(default_factory=dict)
    #: The faders that were off their curves at the last step.
    behind: frozenset[Control] = frozenset()
    _sent_s: dict[Control, float] = field(default_factory=dict)
    _wanted: dict[Control, float] = field(default_factory=dict)
    _way: dict[Control, float] = field(default_factory=dict)
    _room: float = 1.0
    _stepped_s: float | None = None

    def hear(self, told: Transport, now_s: float) -> None:
        """Take what the desk says of the song."""
        self.song.hear(told, now_s)

    def place(self, now_s: float) -> Place | None:
        """Where the song is; None while nothing was told of it."""
        return self.song.at(now_s)

    def step(
        self, now_s: float, values: Mapping[Control, float], held: Collection[str]
    ) -> dict[Control, float]:
        """What is to be sent at this moment.

        Args:
            now_s: the clock's time; to be called once a tick.
            values: where the faders stand, as far as is known.
            held: the channels that are left to the engineer.
        """
        self._make_room(now_s)
        at_s = self._read_at_s(now_s)
        if at_s is None:
            self._wanted.clear()
            self._way.clear()
            self.behind = frozenset()
            return {}
        batch: dict[Control, float] = {}
        for one, wanted in self._most_urgent(at_s, values, held):
            if self._room < 1.0:
                break
            value = self._next(one, wanted, values[one.control], now_s)
            if value is not None:
                batch[one.control] = value
                self._room -= 1.0
                self._sent_s[one.control] = now_s
        self.sent |= batch
        return batch

    def _make_room(self, now_s: float) -> None:
        elapsed_s = self.traits.tick_s if self._stepped_s is None else max(now_s - self._stepped_s, 0.0)
        self._stepped_s = now_s
        most = max(float(len(self.envelopes)), 1.0)
        self._room = min(self._room + elapsed_s * self.traits.messages_per_s, most)

    def _read_at_s(self, now_s: float) -> float | None:
        """The place at which the curves are read; None while faders stay."""
        place = self.place(now_s)
        if place is None or place.stale:
            return None
        if not place.playing:
            return place.position_s if self.cue else None
        # A value stands for a tick: it is that of the tick's middle.
        return place.position_s + place.speed * (self.lead_s + 0.5 * self.traits.tick_s)

    def _most_urgent(
        self, at_s: float, values: Mapping[Control, float], held: Collection[str]
    ) -> Iterable[tuple[Envelope, float]]:
        """The faders that are off their curves, those that are furthest off first, and where they shall be."""
        off: list[tuple[float, Envelope, float]] = []
        for one in self.envelopes:
            if one.control.channel in held or one.control not in values:
                continue
            now, wanted = values[one.control], one.at(at_s)
            rests = self._wanted.get(one.control) == wanted
            self._wanted[one.control] = wanted
            far = distance(one.control.meaning, now, wanted)
            if far >= GRAIN_DB or (rests and far > 0.0 and not one.knob.agree(now, wanted)):
                off.append((far, one, wanted))
        off.sort(key=lambda row: -row[0])
        self.behind = frozenset(one.control for _, one, _ in off)
        return [(one, wanted) for _, one, wanted in off]

    def _next(self, one: Envelope, wanted: float, now: float, now_s: float) -> float | None:
        """The next value on the way of a fader; None where its time has not come, or it has no place in between."""
        tick_s, control = self.traits.tick_s, one.control
        elapsed_s = min(now_s - self._sent_s.get(control, now_s - tick_s), tick_s)
        if elapsed_s < (1.0 - _EARLY) * tick_s:
            return None
        step = largest_step(control.meaning, wanted > now, elapsed_s)
        value = one.knob.nearest(_toward(control.meaning, now, wanted, step))
        if not one.knob.agree(value, now):
            self._way.pop(control, None)
            return value
        # The fader has no place so near: the way adds up until it reaches the next one, and not beyond.
        way = self._way.get(control, now)
        for _ in range(_PARTS):
            way = _toward(control.meaning, way, wanted, step / _PARTS)
            value = one.knob.nearest(way)
            if not one.knob.agree(value, now):
                self._way.pop(control, None)
                return value
        self._way[control] = way
        return None


def _toward(meaning: Meaning, now: float, wanted: float, step: float) -> float:
    """The value a step nearer to the one that is wanted, or that itself."""
    if distance(meaning, now, wanted) <= step:
        return wanted
    return audible(meaning, now) + (step if wanted > now else -step)
