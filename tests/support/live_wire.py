"""The way between a link and a model of its peer: in memory, late, lossy or doubling as a test wishes; or by UDP."""

import heapq
import socket
import struct
import threading
import time
from collections.abc import Callable
from itertools import count
from typing import Any, Protocol

from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from bridge.live.clock import ManualClock
from bridge.live.wires import Message


class Model(Protocol):
    """A peer that takes messages and answers them to the client that sent them."""

    def take(self, address: str, args: tuple[Any, ...], client: "Client") -> None: ...

    def tick(self, now_s: float) -> None: ...


class Client(Protocol):
    def tell(self, address: str, *args: Any) -> None: ...


def as_sent(value: Any) -> Any:
    """What OSC makes of an argument: a float32, an int32, a text."""
    if isinstance(value, float):
        return struct.unpack(">f", struct.pack(">f", value))[0]
    if isinstance(value, int) and not isinstance(value, bool):
        return struct.unpack(">i", struct.pack(">i", value))[0]
    return value


class ModelWire:
    """The wire's end at the link. `lose_out` and `lose_in` say of the nth message whether it gets lost."""

    def __init__(self, model: Model, clock: ManualClock, latency_s: float = 0.001) -> None:
        self.model, self.clock, self.latency_s = model, clock, latency_s
        self.lose_out: Callable[[int], bool] = lambda number: False
        self.lose_in: Callable[[int], bool] = lambda number: False
        self.double_in = False
        self.sent: list[tuple[str, tuple[Any, ...]]] = []
        self.closed = False
        self._waiting: list[tuple[float, int, Message]] = []
        self._order, self._told = count(), count()

    def send(self, address: str, *args: Any) -> None:
        self.sent.append((address, args))
        if not self.lose_out(len(self.sent)):
            self.model.take(address, tuple(as_sent(value) for value in args), self)

    def tell(self, address: str, *args: Any) -> None:
        if self.lose_in(next(self._told)):
            return
        message = Message(address, tuple(as_sent(value) for value in args), ("127.0.0.1", 0))
        for _ in range(2 if self.double_in else 1):
            heapq.heappush(self._waiting, (self.clock.now() + self.latency_s, next(self._order), message))

    def receive(self, timeout_s: float = 0.0) -> list[Message]:
        deadline_s = self.clock.now() + timeout_s
        while True:
            self.model.tick(self.clock.now())
            found = []
            while self._waiting and self._waiting[0][0] <= self.clock.now():
                found.append(heapq.heappop(self._waiting)[2])
            left_s = deadline_s - self.clock.now()
            if found or left_s <= 0.0:
                return found
            due_s = self._waiting[0][0] - self.clock.now() if self._waiting else left_s
            self.clock.sleep(max(min(left_s, due_s, 0.05), 1e-6))

    def close(self) -> None:
        self.closed = True


class UdpServer:
    """A model behind a real UDP socket on this computer, on a thread of its own."""

    def __init__(self, model: Any, *, port: int = 0, reply_port: int = 0) -> None:
        self.model, self.reply_port = model, reply_port
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", port))
        self.socket.settimeout(0.02)
        self.port = self.socket.getsockname()[1]
        self.lock = threading.Lock()
        self._clients: dict[Any, _UdpClient] = {}
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "UdpServer":
        self._thread.start()
        return self

    def __exit__(self, *unused: object) -> None:
        self._stopped.set()
        self._thread.join()
        self.socket.close()

    def raw(self, packet: bytes, port: int) -> None:
        """Send bytes that may be no OSC."""
        self.socket.sendto(packet, ("127.0.0.1", port))

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                packet, sender = self.socket.recvfrom(65_535)
            except TimeoutError:
                packet = b""
            with self.lock:
                self.model.tick(time.monotonic())
                if packet:
                    message = OscMessage(packet)
                    back = (sender[0], self.reply_port or sender[1])
                    client = self._clients.setdefault(back, _UdpClient(self.socket, back))
                    self.model.take(message.address, tuple(message.params), client)


class _UdpClient:
    def __init__(self, source: socket.socket, address: tuple[str, int]) -> None:
        self._socket, self._address = source, address

    def tell(self, address: str, *args: Any) -> None:
        builder = OscMessageBuilder(address=address)
        for value in args:
            builder.add_arg(value, "f" if isinstance(value, float) else None)
        self._socket.sendto(builder.build().dgram, self._address)
