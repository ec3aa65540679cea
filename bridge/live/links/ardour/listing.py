"""Has Ardour list its strips and say where they stand, also where a burst of messages loses some of them."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from bridge.live.clock import Clock
from bridge.live.links.ardour.knobs import Knobs
from bridge.live.links.ardour.strips import Strip, strips_of
from bridge.live.wires import Message, Wire

#: Tracks, buses, foldback buses and the master; no VCAs, no monitor section.
STRIP_TYPES: Final = 1 + 2 + 4 + 8 + 32 + 128
#: Answers that are OSC, without which nothing can be asked.
_ANSWERS: Final = 16384
#: Switches and names, knobs, a heartbeat.
_FEEDBACK: Final = 1 + 2 + 8
#: The transport's state and its place in samples.
_TRANSPORT: Final = 16 + 1024

_PATIENCE_S: Final = 1.5
_TRIES: Final = 4
#: When so long no strip has said anything, all have.
_QUIET_S: Final = 0.12
_END: Final = "end_route_list"
_MOST_ROWS: Final = 20_000


@dataclass(slots=True)
class Listing:
    """Lists strips. `take_in` waits so long for messages and has them heard."""

    wire: Wire
    clock: Clock
    take_in: Callable[[float], None]
    transport: bool = False
    rate_hz: float = 48_000.0
    _rows: deque[Message] = field(default_factory=lambda: deque(maxlen=_MOST_ROWS))
    _said_s: float = 0.0

    def hear_row(self, message: Message) -> None:
        """Take a row of a list."""
        self._rows.append(message)

    def hear_strip(self) -> None:
        """Note that a strip says where it stands."""
        self._said_s = self.clock.now()

    def strips(self, knobs: Knobs) -> dict[int, Strip] | None:
        """The strips with what they say of themselves; None where no whole list comes."""
        self._rows.clear()
        for _ in range(_TRIES):
            strips = self._listed()
            if strips:
                self._speak(strips, knobs)
                return strips
        return None

    def refresh(self) -> None:
        """Have the strips say anew where they stand."""
        self.wire.send("/strip/list")
        self._await_quiet()

    def silence(self) -> None:
        """Have Ardour say nothing more."""
        self._surface(0)

    def _surface(self, feedback: int) -> None:
        self.wire.send("/set_surface", 0, STRIP_TYPES, feedback, 0, 0, 0)

    def _listed(self) -> dict[int, Strip] | None:
        """The list, asked for while the strips are silent, so that it is not lost among what they say.

        Rows that were lost of one answer are taken from the next.
        """
        self._surface(_ANSWERS)
        self.wire.send("/strip/list")
        until = self.clock.now() + _PATIENCE_S
        while self.clock.now() < until:
            self.take_in(max(until - self.clock.now(), 1e-3))
            ends = [row for row in self._rows if row.text(0) == _END]
            if ends:
                self.rate_hz = ends[-1].number(1, self.rate_hz)
                return self._whole()
        return None

    def _whole(self) -> dict[int, Strip] | None:
        """The strips of the rows that have come; None where one is missing, or two say different things of one."""
        names: dict[int, str] = {}
        for row in self._rows:
            if row.text(0) == _END:
                continue
            if names.setdefault(row.whole(6), row.text(1)) != row.text(1):
                self._rows.clear()
                return None
        return strips_of(self._rows) if set(names) == set(range(1, len(names) + 1)) else None

    def _speak(self, strips: dict[int, Strip], knobs: Knobs) -> None:
        """Have the strips speak until all have said all, or nothing comes that was missing."""
        feedback = _ANSWERS + _FEEDBACK + (_TRANSPORT if self.transport else 0)
        missing = -1
        for _ in range(_TRIES):
            self._surface(feedback)
            self._await_quiet()
            knobs.join(strips)
            before, missing = missing, sum(strip.lacks for strip in strips.values())
            if missing in (0, before):
                return

    def _await_quiet(self) -> None:
        self._said_s = self.clock.now()
        until = self._said_s + _PATIENCE_S
        while self.clock.now() < min(until, self._said_s + _QUIET_S):
            self.take_in(_QUIET_S)
