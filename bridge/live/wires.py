"""The wire under the OSC links: messages out and in over UDP, whatever arrives."""

import contextlib
import logging
import select
import socket
import struct
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from pythonosc.osc_message_builder import BuildError, OscMessageBuilder
from pythonosc.osc_packet import OscPacket

from bridge.live.clock import Clock
from bridge.live.framing import check_whole
from console.errors import LinkError, ParamError

log = logging.getLogger(__name__)

Argument = float | int | str | bool | bytes

#: The most packets that one call takes in, so that a flood cannot keep the desk from being moved.
_MOST_AT_ONCE = 2_000
_RECEIVE_BUFFER = 4 << 20
_LARGEST_PACKET = 65_535


@dataclass(frozen=True, slots=True)
class Message:
    """One OSC message with the address (host, port) it came from."""

    address: str
    args: tuple[object, ...] = ()
    sender: tuple[str, int] = ("", 0)

    def number(self, index: int, default: float = float("nan")) -> float:
        """An argument as a float; the default where it is missing or no number."""
        value = self.args[index] if index < len(self.args) else None
        return float(value) if isinstance(value, int | float) else default

    def whole(self, index: int, default: int = -1) -> int:
        """An argument as a whole number; the default where it is missing or none."""
        value = self.args[index] if index < len(self.args) else None
        if isinstance(value, float) and value.is_integer():
            return int(value)
        return value if isinstance(value, int) else default

    def text(self, index: int, default: str = "") -> str:
        """An argument as text; the default where it is missing or none."""
        value = self.args[index] if index < len(self.args) else None
        return value if isinstance(value, str) else default


class Wire(Protocol):
    """Takes OSC messages to a peer and brings what it says. A test may put a model of the peer behind it."""

    def send(self, address: str, *args: Argument) -> None:
        """Send one message. An int goes as int, a float as float: write 1.0 where the peer wants a float."""
        ...

    def receive(self, timeout_s: float = 0.0) -> list[Message]:
        """What has come, in order; waits at most so long for the first."""
        ...

    def close(self) -> None:
        """Close the wire; may be called twice."""
        ...


def encoded(address: str, args: Iterable[Argument]) -> bytes:
    """One OSC message as a packet.

    Raises:
        ParamError: something that OSC cannot say.
    """
    builder = OscMessageBuilder(address=address)
    try:
        for argument in args:
            builder.add_arg(argument, "f" if isinstance(argument, float) else None)
        return bytes(builder.build().dgram)
    except (BuildError, ValueError, OverflowError, struct.error) as error:
        raise ParamError(f"{address} {list(args)!r:.80} cannot be sent over OSC: {error}") from None


def decoded(packet: bytes, sender: tuple[str, int]) -> list[Message]:
    """The messages of a packet, those of nested bundles in their order.

    Raises:
        ValueError: it is no OSC.
    """
    try:
        check_whole(packet)
        timed = OscPacket(packet).messages
        return [Message(item.message.address, tuple(item.message.params), sender) for item in timed]
    except Exception as error:  # whatever a stranger's bytes do to the parser, they are no OSC
        raise ValueError(f"{type(error).__name__}: {error}") from None


class UdpWire:
    """A UDP socket that speaks with one peer and hears nobody else.

    `refused` counts what was dropped: "malformed" packets, and packets of a "stranger".
    """

    def __init__(
        self,
        peer: tuple[str, int],
        clock: Clock,
        *,
        listen: tuple[str, int] = ("127.0.0.1", 0),
    ) -> None:
        self._clock = clock
        try:
            host = socket.getaddrinfo(peer[0], peer[1], socket.AF_INET, socket.SOCK_DGRAM)[0][4][0]
        except OSError as error:
            raise LinkError(f"the host {peer[0]!r} is not known: {error.strerror}; check --host") from None
        self.peer = (str(host), peer[1])
        self.refused: Counter[str] = Counter()
        self._socket = bound_socket(listen)

    @property
    def port(self) -> int:
        """The port on which the wire hears."""
        return int(self._socket.getsockname()[1])

    def send(self, address: str, *args: Argument) -> None:
        """Send one message.

        Raises:
            LinkError: the computer has no way to the peer.
        """
        packet = encoded(address, args)
        try:
            self._socket.sendto(packet, self.peer)
        except BlockingIOError:
            select.select([], [self._socket], [], 0.05)
            with contextlib.suppress(BlockingIOError):  # lost, as any packet may be; read-back finds it
                self._socket.sendto(packet, self.peer)
        except ConnectionError:
            pass  # nobody listens at this moment, which the link finds by the missing answer
        except OSError as error:
            raise LinkError(
                f"{self.peer[0]}:{self.peer[1]} cannot be reached: {error.strerror}; check network and --host"
            ) from None

    def receive(self, timeout_s: float = 0.0) -> list[Message]:
        """What has come from the peer, in order; waits at most so long for the first."""
        messages: list[Message] = []
        for packet, sender in packets(self._socket, timeout_s):
            if sender[0] != self.peer[0]:
                self._refuse("stranger", f"a packet from {sender[0]}, who is not {self.peer[0]}")
                continue
            try:
                messages += decoded(packet, sender)
            except ValueError as error:
                self._refuse("malformed", f"a packet that is no OSC ({error})")
        return messages

    def _refuse(self, kind: str, text: str) -> None:
        self.refused[kind] += 1
        if self.refused[kind] == 1:
            log.warning("dropped %s; more of the kind are counted, not told", text)

    def close(self) -> None:
        """Close the wire; may be called twice."""
        self._socket.close()


def bound_socket(listen: tuple[str, int]) -> socket.socket:
    """A UDP socket that does not block, bound to (host, port); port 0 takes any.

    Raises:
        LinkError: the port is taken, or the host is none of this computer's.
    """
    found = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        found.setblocking(False)
        with contextlib.suppress(OSError):
            found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        found.bind(listen)
    except OSError as error:
        found.close()
        raise LinkError(
            f"the port {listen[0]}:{listen[1]} cannot be opened: {error.strerror}; "
            "close the program that has it, or give another by --listen"
        ) from None
    return found


def packets(source: socket.socket, timeout_s: float) -> list[tuple[bytes, tuple[str, int]]]:
    """The packets that wait in a socket, with their senders; waits at most so long for the first."""
    found: list[tuple[bytes, tuple[str, int]]] = []
    if source.fileno() < 0 or not select.select([source], [], [], max(timeout_s, 0.0))[0]:
        return found
    while len(found) < _MOST_AT_ONCE:
        try:
            packet, sender = source.recvfrom(_LARGEST_PACKET)
        except BlockingIOError:
            break
        except OSError:  # an answer to an earlier packet that nobody took (Windows), or a closed socket
            break
        found.append((packet, (str(sender[0]), int(sender[1]))))
    return found
