"""A live session in memory that the remote control steers, and an OSC client over a real socket."""

import socket
import time
from dataclasses import dataclass, field

from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from bridge.live.clock import Clock, SystemClock
from bridge.live.memory import plain_channel
from bridge.live.remote import RemoteServer, Status
from bridge.live.values import Channel, Control, Knob
from console.errors import LinkError, ParamError

BAND = (
    Knob("equalizer.0.enabled", 0.0, 1.0, choices=(0.0, 1.0)),
    Knob("equalizer.0.type", 0.0, 2.0, choices=(0.0, 1.0, 2.0)),
    Knob("equalizer.0.frequency_hz", 20.0, 20_000.0),
)
NARROW = Knob("fader_db", -90.0, 6.0)


@dataclass
class SessionModel:
    """Does at once what it is asked, and writes it down."""

    channels: list[Channel] = field(
        default_factory=lambda: [
            plain_channel("k1", "Kick"),
            plain_channel("k2", "Lead Vox", knobs=(NARROW, *BAND)),
            plain_channel("k3", "Gtr/L #1", knobs=(Knob("compressor.attack_ms", 0.05, 250.0),)),
        ]
    )
    values: dict[Control, float] = field(default_factory=dict)
    amounts: dict[str, float] = field(default_factory=dict)
    locks: set[str] = field(default_factory=set)
    log: list[tuple[object, ...]] = field(default_factory=list)
    panicked: int = 0
    side: str = "A"
    lost: bool = False

    def strips(self) -> list[Channel]:
        return self.channels

    def value(self, control: Control) -> float | None:
        return self.values.get(control)

    def request(self, control: Control, value: float, source: str) -> None:
        self._check()
        self.values[control] = value
        self.log.append(("request", control.channel, control.parameter, value))

    def locked(self, strip: str) -> bool:
        return strip in self.locks

    def set_locked(self, strip: str, locked: bool, source: str) -> None:
        self.locks = self.locks | {strip} if locked else self.locks - {strip}
        self.log.append(("lock", strip, locked))

    def amount(self, group: str) -> float:
        return self.amounts.get(group, 1.0)

    def set_amount(self, group: str, amount: float, source: str) -> None:
        if self.panicked:
            raise ParamError("stopped by panic; press undo or restore first")
        self.amounts[group] = amount
        self.log.append(("amount", group, amount))

    def command(self, name: str, args: tuple[str, ...], source: str) -> str:
        self._check()
        self.log.append((name, *args))
        if name == "panic":
            self.panicked = self.panicked % 2 + 1
        if name == "ab":
            self.side = args[0] if args else {"A": "B", "B": "A"}[self.side]
        return f"{name} done"

    def status(self) -> Status:
        return Status(self.panicked, self.side, 3, "listening")

    def _check(self) -> None:
        if self.lost:
            raise LinkError("the desk does not answer; connect again")


class Client:
    """A surface: one UDP socket that speaks to the server and hears what it says."""

    def __init__(self, server: RemoteServer, host: str = "127.0.0.1") -> None:
        self.server = server
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind((host, 0))
        self.socket.setblocking(False)

    def close(self) -> None:
        """Close both ends."""
        self.socket.close()
        self.server.close()

    @property
    def port(self) -> int:
        return int(self.socket.getsockname()[1])

    def raw(self, packet: bytes) -> None:
        self.socket.sendto(packet, ("127.0.0.1", self.server.port))

    def send(self, address: str, *args: object) -> None:
        self.raw(packet(address, *args))

    def heard(self) -> list[tuple[object, ...]]:
        """What has come, as (address, argument …), with floats rounded to what a float32 says."""
        found: list[tuple[object, ...]] = []
        while True:
            try:
                data = self.socket.recv(65_535)
            except BlockingIOError:
                return found
            message = OscMessage(data)
            said = (float(f"{one:.6g}") if isinstance(one, float) else one for one in message.params)
            found.append((message.address, *said))

    def ask(self, address: str, *args: object) -> list[tuple[object, ...]]:
        """Send, have the server serve once, and hear."""
        self.send(address, *args)
        self.server.serve(0.5)
        return self.heard()


def packet(address: str, *args: object) -> bytes:
    builder = OscMessageBuilder(address=address)
    for one in args:
        builder.add_arg(one, "f" if isinstance(one, float) else None)  # type: ignore[arg-type]
    return builder.build().dgram


def bundle(*packets: bytes) -> bytes:
    """A bundle to be done at once."""
    start = b"#bundle\0" + (1).to_bytes(8, "big")
    return start + b"".join(len(one).to_bytes(4, "big") + one for one in packets)


def serve_for(server: RemoteServer, seconds: float) -> int:
    """Have the server serve as a main loop would; how many messages it heard."""
    end = time.perf_counter() + seconds
    heard = 0
    while time.perf_counter() < end:
        heard += server.serve(0.01)
    return heard


def started(model: SessionModel, clock: Clock | None = None, **options: object) -> RemoteServer:
    return RemoteServer(model, clock or SystemClock(), listen=("127.0.0.1", 0), **options)  # type: ignore[arg-type]
