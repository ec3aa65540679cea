"""A tap that hears everything on the wires of a link, and writes it into a capture."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from bridge.live.capture import Passed, heading, written
from bridge.live.clock import Clock
from bridge.live.link import LinkOptions
from bridge.live.midiwire import MidiWire
from bridge.live.wires import Argument, Message, Wire
from console.errors import LinkError

#: A capture does not grow beyond this; what comes later is counted, not kept.
LARGEST_BYTES: Final = 100_000_000
#: What is heard is with the operating system after so long, in s.
_FLUSH_S: Final = 0.5

Heard = Callable[[Passed], object]


@dataclass
class Listener:
    """A tap that tells of every message that passes.

    Args:
        clock: the time that is told.
        heard: told of every message, those that go out before they do.
    """

    clock: Clock
    heard: Heard
    wires: list["RecordingWire | RecordingMidiWire"] = field(default_factory=list)
    _began_s: float = 0.0

    def osc(self, make: Callable[[], Wire]) -> Wire:
        """A wire that is listened to."""
        wire = RecordingWire(make(), self._tell, self._next())
        self.wires.append(wire)
        return wire

    def midi(self, make: Callable[[], MidiWire]) -> MidiWire:
        """A wire that is listened to."""
        wire = RecordingMidiWire(make(), self._tell, self._next())
        self.wires.append(wire)
        return wire

    @property
    def refused(self) -> dict[str, int]:
        """What the wires have dropped, by kind."""
        found: dict[str, int] = {}
        for wire in self.wires:
            for kind, count in getattr(wire.inner, "refused", {}).items():
                found[kind] = found.get(kind, 0) + count
        return found

    def _next(self) -> int:
        if not self.wires:
            self._began_s = self.clock.now()
        return len(self.wires)

    def _tell(self, incoming: bool, messages: Sequence[Message | bytes], wire: int) -> None:
        """What came together has one time, so that it comes together when it is replayed."""
        at_s = self.clock.now() - self._began_s
        for what in messages:
            self.heard(Passed(at_s, incoming, what, wire))


_Tell = Callable[[bool, Sequence[Message | bytes], int], object]


@dataclass
class RecordingWire:
    """An OSC wire that tells what passes."""

    inner: Wire
    tell: _Tell
    number: int = 0

    def send(self, address: str, *args: Argument) -> None:
        """Send one message."""
        self.tell(False, [Message(address, args)], self.number)
        self.inner.send(address, *args)

    def receive(self, timeout_s: float = 0.0) -> list[Message]:
        """What has come."""
        found = self.inner.receive(timeout_s)
        self.tell(True, found, self.number)
        return found

    def close(self) -> None:
        """Close the wire."""
        self.inner.close()


@dataclass
class RecordingMidiWire:
    """A MIDI wire that tells what passes."""

    inner: MidiWire
    tell: _Tell
    number: int = 0

    @property
    def name(self) -> str:
        """The peer's port."""
        return self.inner.name

    def send(self, message: bytes) -> None:
        """Send one message."""
        self.tell(False, [bytes(message)], self.number)
        self.inner.send(message)

    def receive(self, timeout_s: float = 0.0) -> list[bytes]:
        """What has come."""
        found = self.inner.receive(timeout_s)
        self.tell(True, found, self.number)
        return found

    def is_there(self) -> bool:
        """Whether the peer's port is still there."""
        return self.inner.is_there()

    def close(self) -> None:
        """Close the wire."""
        self.inner.close()


class CaptureFile:
    """A capture that is being written: whole lines, with the system within half a second, whatever ends the program.

    Args:
        path: the file, which must not be there.
        kind: the kind of desk.
        options: how it is reached.
        clock: the time by which it is flushed.
        largest_bytes: how large it may grow.

    Raises:
        LinkError: it cannot be written.
    """

    def __init__(
        self,
        path: Path,
        kind: str,
        options: LinkOptions,
        clock: Clock,
        *,
        largest_bytes: int = LARGEST_BYTES,
    ) -> None:
        self.path, self.left_out, self.lines = path, 0, 0
        self._clock, self._room = clock, largest_bytes
        self._flushed_s = clock.now()
        self._file: IO[str] | None = None
        with self._told_clearly():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("w", encoding="utf-8", newline="\n")
            self._file.write(heading(kind, options))
            self._file.flush()

    def keep(self, one: Passed) -> None:
        """Write one message down; what is too much is counted in `left_out`.

        Raises:
            LinkError: the disk takes no more.
        """
        line = written(one)
        if self._file is None or len(line) > self._room:
            self._room = 0
            self.left_out += 1
            return
        self._room -= len(line)
        with self._told_clearly():
            self._file.write(line)
            self.lines += 1
            if self._clock.now() - self._flushed_s >= _FLUSH_S:
                self._flushed_s = self._clock.now()
                self._file.flush()

    def close(self) -> None:
        """Close the file; may be called twice."""
        if self._file is not None:
            file, self._file = self._file, None
            with self._told_clearly():
                file.close()

    def _told_clearly(self) -> "_Clearly":
        return _Clearly(self.path)


@dataclass(frozen=True)
class _Clearly:
    """Turns an error of the disk into one that names the file."""

    path: Path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if isinstance(error, OSError):
            raise LinkError(
                f"the capture {str(self.path)!r} cannot be written: {error.strerror or error}; "
                "choose another place, or free some space"
            ) from None
