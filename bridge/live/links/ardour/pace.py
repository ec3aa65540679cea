"""Sends no faster than Ardour takes: by rate, and never with more on the way than its socket holds."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from bridge.live.clock import Clock
from bridge.live.wires import Wire

#: What Ardour takes with time to spare: left to itself a sender loses some above 3000, one that waits for answers none.
#: It is sent some at once, and what was missed is made up for, up to so much.
MESSAGES_PER_S: Final = 6_000.0
_AT_ONCE: Final = 16
_MADE_UP: Final = 64
#: After so many messages comes a question; while two are open nothing is sent. A socket holds some two hundred.
_BETWEEN_QUESTIONS: Final = 64
_OPEN: Final = 2
#: An answer that is later than that was lost, or Ardour is: its heart will tell.
_PATIENCE_S: Final = 0.5
#: Questions that are asked for nothing else, so that their answers are told from all others.
_QUESTIONS: Final = ("/transport_speed", "/transport_frame")
#: The least time that is waited, so that a wait for a clock's last digit comes to an end.
_LEAST_S: Final = 1e-4


@dataclass(slots=True)
class Pace:
    """Keeps messages apart. `take_in` waits so long for messages and has them heard."""

    wire: Wire
    clock: Clock
    take_in: Callable[[float], None]
    _free_s: float = 0.0
    _sent: int = 0
    _turn: int = 0
    _open: deque[str] = field(default_factory=deque)

    def hear(self, address: str) -> bool:
        """Whether a message is the answer to a question of ours; Ardour has taken all that was sent before that."""
        if address not in _QUESTIONS:
            return False
        while address in self._open:
            self._open.popleft()
        return True

    def wait(self) -> None:
        """Let so much time pass that Ardour takes one more message."""
        self._sent += 1
        if self._sent % _BETWEEN_QUESTIONS == 0:
            self._ask()
        now = self.clock.now()
        self._free_s = max(self._free_s, now - _MADE_UP / MESSAGES_PER_S) + 1.0 / MESSAGES_PER_S
        if self._free_s - now < _AT_ONCE / MESSAGES_PER_S:
            return
        while (left_s := self._free_s - self.clock.now()) > _LEAST_S:
            self.take_in(left_s)

    def _ask(self) -> None:
        until = self.clock.now() + _PATIENCE_S
        while len(self._open) >= _OPEN and (left_s := until - self.clock.now()) > _LEAST_S:
            self.take_in(left_s)
        if len(self._open) >= _OPEN:
            self._open.clear()
        question = _QUESTIONS[self._turn % len(_QUESTIONS)]
        self._turn += 1
        self._open.append(question)
        self.wire.send(question)
