"""A tap that plays a capture to a link instead of a desk, at the speed at which it was taken or at once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from bridge.live.capture import Capture, Passed
from bridge.live.clock import Clock
from bridge.live.midiwire import MidiWire
from bridge.live.wires import Argument, Message, Wire

#: An answer waits until the link has sent as much as before it came then, but no longer than this, in s.
_PATIENCE_S: Final = 0.3
_GLANCE_S: Final = 1e-3
_MOST_AT_ONCE: Final = 2_000


@dataclass
class Replay:
    """What a capture says, wire by wire, in its own time.

    The link sends what it sends; nothing of that goes anywhere. So that no answer comes before its question, a message
    of the capture also waits for as many to be sent as were sent before it was heard.

    Args:
        capture: what is played.
        clock: the time it goes by; one that moves only when somebody sleeps plays it at once.
        heard: told of every message, in both directions.
    """

    capture: Capture
    clock: Clock
    heard: Callable[[Passed], object] = lambda _passed: None
    _wires: int = 0
    _began_s: float = 0.0
    _sent: int = 0
    _forgiven: int = 0
    _due: list[list[tuple[int, Passed]]] = field(default_factory=list)
    _at: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        count = 1 + max((one.wire for one in self.capture.passed), default=0)
        self._due, self._at = [[] for _ in range(count)], [0] * count
        sent = 0
        for one in self.capture.passed:
            if one.incoming:
                self._due[one.wire].append((sent, one))
            else:
                sent += 1

    def osc(self, make: Callable[[], Wire]) -> Wire:
        """A wire that plays; the one that the link asked for is never opened."""
        return ReplayWire(self, self._next_wire())

    def midi(self, make: Callable[[], MidiWire]) -> MidiWire:
        """A wire that plays; the ports that the link asked for are never opened."""
        return ReplayMidiWire(self, self._next_wire())

    @property
    def finished(self) -> bool:
        """Whether all has been played."""
        return all(at >= len(due) for at, due in zip(self._at, self._due, strict=True))

    def sent(self, what: Message | bytes, wire: int) -> None:
        """Take note of what the link sends."""
        self._sent += 1
        self.heard(Passed(self._now_s(), False, what, wire))

    def play(self, wire: int, timeout_s: float) -> list[Message | bytes]:
        """What a wire brings until a time has passed."""
        end_s = self.clock.now() + max(timeout_s, 0.0)
        while True:
            found = self._ready(wire)
            now = self.clock.now()
            if found or now >= end_s:
                return found
            self.clock.sleep(max(min(self._next_s(wire), end_s) - now, 1e-6))

    def _next_wire(self) -> int:
        if not self._wires:
            self._began_s = self.clock.now()
        self._wires += 1
        if self._wires > len(self._due):
            self._due.append([])
            self._at.append(0)
        return self._wires - 1

    def _now_s(self) -> float:
        return self.clock.now() - self._began_s

    def _ready(self, wire: int) -> list[Message | bytes]:
        now_s, due = self._now_s(), self._due[wire]
        found: list[Message | bytes] = []
        while self._at[wire] < len(due) and len(found) < _MOST_AT_ONCE:
            sent, one = due[self._at[wire]]
            if one.at_s > now_s + 1e-9 or not self._may_come(sent, one, now_s):
                break
            self._at[wire] += 1
            self.heard(Passed(now_s, True, one.what, wire))
            found.append(one.what)
        return found

    def _may_come(self, sent: int, one: Passed, now_s: float) -> bool:
        missing = sent - self._sent - self._forgiven
        if missing > 0 and now_s < one.at_s + _PATIENCE_S:
            return False
        self._forgiven += max(missing, 0)
        return True

    def _next_s(self, wire: int) -> float:
        """When it is worth looking again."""
        due = self._due[wire]
        if self._at[wire] >= len(due):
            return float("inf")
        return max(self._began_s + due[self._at[wire]][1].at_s, self.clock.now() + _GLANCE_S)


@dataclass
class ReplayWire:
    """An OSC wire that plays a capture."""

    replay: Replay
    number: int = 0

    def send(self, address: str, *args: Argument) -> None:
        """Take note of a message."""
        self.replay.sent(Message(address, args), self.number)

    def receive(self, timeout_s: float = 0.0) -> list[Message]:
        """What came then."""
        return [one for one in self.replay.play(self.number, timeout_s) if isinstance(one, Message)]

    def close(self) -> None:
        """Nothing is open."""


@dataclass
class ReplayMidiWire:
    """A MIDI wire that plays a capture."""

    replay: Replay
    number: int = 0

    @property
    def name(self) -> str:
        """The peer's port, as far as the capture knows."""
        options = self.replay.capture.options
        return options.midi_out or options.midi_in or "replay"

    def send(self, message: bytes) -> None:
        """Take note of a message."""
        self.replay.sent(bytes(message), self.number)

    def receive(self, timeout_s: float = 0.0) -> list[bytes]:
        """What came then."""
        return [one for one in self.replay.play(self.number, timeout_s) if isinstance(one, bytes)]

    def is_there(self) -> bool:
        """As long as there is something to play."""
        return True

    def close(self) -> None:
        """Nothing is open."""
