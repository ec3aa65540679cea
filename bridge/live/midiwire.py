"""The wire under the MIDI links: whole messages in and out, whatever bytes arrive."""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from bridge.live.clock import Clock

#: Bytes of a message by the upper half of its status; of a system message by its status.
_CHANNEL_LENGTHS: Final = {0x8: 3, 0x9: 3, 0xA: 3, 0xB: 3, 0xC: 2, 0xD: 2, 0xE: 3}
_SYSTEM_LENGTHS: Final = {0xF1: 2, 0xF2: 3, 0xF3: 2, 0xF6: 1}
_SYSEX, _SYSEX_END, _REALTIME = 0xF0, 0xF7, 0xF8

#: A system exclusive message that grows beyond this is no message but a fault.
_LONGEST_SYSEX = 4_096
#: The most messages that one call takes in, so that a flood cannot keep the desk from being moved.
MOST_AT_ONCE: Final = 2_000


class MidiWire(Protocol):
    """Takes MIDI messages to a peer and brings what it says: whole messages, each with its status byte."""

    @property
    def name(self) -> str:
        """The peer's port, the same next time."""
        ...

    def send(self, message: bytes) -> None:
        """Send one message.

        Raises:
            LinkError: the port is gone.
        """
        ...

    def receive(self, timeout_s: float = 0.0) -> list[bytes]:
        """What has come, in order; waits at most so long for the first."""
        ...

    def is_there(self) -> bool:
        """Whether the peer's port is still there, as far as the system can say."""
        ...

    def close(self) -> None:
        """Close the wire; may be called twice."""
        ...


@dataclass
class MidiStream:
    """Makes whole messages of a stream of bytes: running status, clocks amid a message, garbage, torn exclusives.

    `refused` counts the bytes that belong to no message ("stray") and the exclusives that never ended ("torn").
    """

    refused: Counter[str] = field(default_factory=Counter)
    _pending: bytearray = field(default_factory=bytearray)
    _status: int = 0

    def feed(self, stream: bytes) -> list[bytes]:
        """The messages that are whole by now; clocks, sensing and resets are left out."""
        messages: list[bytes] = []
        for byte in stream:
            if byte >= _REALTIME:
                continue
            if byte >= 0x80:
                self._begin(byte, messages)
            elif self._status == _SYSEX:
                self._extend(byte)
            elif self._status:
                self._data(byte, messages)
            else:
                self.refused["stray"] += 1
        return messages

    def _begin(self, byte: int, messages: list[bytes]) -> None:
        if self._status == _SYSEX:
            if byte == _SYSEX_END:
                messages.append(bytes([*self._pending, byte]))
                self._drop()
                return
            self.refused["torn"] += 1
        self._drop()
        if byte == _SYSEX:
            self._status = byte
            self._pending.append(byte)
        elif _length(byte) == 1:
            messages.append(bytes([byte]))
        elif _length(byte):
            self._status = byte
        else:
            self.refused["stray"] += 1

    def _extend(self, byte: int) -> None:
        self._pending.append(byte)
        if len(self._pending) > _LONGEST_SYSEX:
            self.refused["torn"] += 1
            self._drop()

    def _data(self, byte: int, messages: list[bytes]) -> None:
        self._pending.append(byte)
        if len(self._pending) + 1 == _length(self._status):
            messages.append(bytes([self._status, *self._pending]))
            self._pending.clear()
            if self._status >= 0xF0:  # only messages of a channel leave their status running
                self._status = 0

    def _drop(self) -> None:
        self._pending.clear()
        self._status = 0


def _length(status: int) -> int:
    return _SYSTEM_LENGTHS.get(status, 0) if status >= 0xF0 else _CHANNEL_LENGTHS[status >> 4]


@dataclass
class MemoryMidi:
    """A wire in memory: what is sent goes to a function, what a test pushes arrives, at once or later.

    Args:
        clock: the time it goes by.
        heard: gets every message that is sent.
        name: the peer's port.
    """

    clock: Clock
    heard: Callable[[bytes], object] = lambda _message: None
    name: str = "memory"
    there: bool = True
    stream: MidiStream = field(default_factory=MidiStream)
    _coming: deque[tuple[float, bytes]] = field(default_factory=deque)

    def push(self, stream: bytes, after_s: float = 0.0) -> None:
        """Let bytes arrive, whole messages or not; what is pushed earlier never arrives later."""
        due_s = self.clock.now() + after_s
        if self._coming:
            due_s = max(due_s, self._coming[-1][0])
        self._coming.append((due_s, stream))

    def send(self, message: bytes) -> None:
        """Send one message."""
        self.heard(message)

    def receive(self, timeout_s: float = 0.0) -> list[bytes]:
        """What has come, in order; waits at most so long for the first."""
        end_s = self.clock.now() + max(timeout_s, 0.0)
        while True:
            messages: list[bytes] = []
            while self._coming and self._coming[0][0] <= self.clock.now() and len(messages) < MOST_AT_ONCE:
                messages += self.stream.feed(self._coming.popleft()[1])
            now = self.clock.now()
            if messages or now >= end_s:
                return messages
            due_s = self._coming[0][0] if self._coming else end_s
            self.clock.sleep(max(min(due_s, end_s) - now, 1e-9))

    def is_there(self) -> bool:
        """Whether the test lets the peer be there."""
        return self.there

    def close(self) -> None:
        """Close the wire."""
