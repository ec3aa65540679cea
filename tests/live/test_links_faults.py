"""What arrives at the links to an X32 and to Live when the network, a stranger or a second program misbehaves."""

import math
import random
import socket
import time
from typing import Any

import pytest
from live_ableton import AbletonModel, compressor, eq_eight, tracks
from live_wire import ModelWire, UdpServer
from live_x32 import X32Model

from bridge.live.clock import ManualClock, SystemClock
from bridge.live.link import Link, LinkOptions
from bridge.live.link import open_link as open_any
from bridge.live.links.ableton import AbletonLink
from bridge.live.links.x32 import X32Link
from bridge.live.values import Control, Moved
from bridge.live.wires import encoded

FADERS = {"x32": Control("ch/01", "fader_db"), "ableton": Control("track/0", "fader_db")}


def model_of(kind: str) -> Any:
    if kind == "x32":
        return X32Model()
    made = tracks("Kick", "Snare", "Bass")
    made[0].devices = [eq_eight((1, 0.2, 0.0), (3, 0.5, 1.0)), compressor()]
    return AbletonModel(made)


def link_of(kind: str, model: Any, clock: ManualClock | None = None) -> tuple[Link, ModelWire]:
    clock = clock or ManualClock()
    wire = ModelWire(model, clock)
    return (X32Link if kind == "x32" else AbletonLink)(wire, clock), wire


class Connected:
    """A link to a model over real sockets on this computer."""

    def __init__(self, kind: str) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.model = model_of(kind)
        self.server = UdpServer(self.model, reply_port=self.port)
        self.fader = FADERS[kind]
        options = LinkOptions(port=self.server.port, listen_port=self.port)
        self.link = open_any(kind, options, SystemClock())

    def __enter__(self) -> "Connected":
        self.server.__enter__()
        self.link.connect()
        self.link.poll()
        return self

    def __exit__(self, *unused: object) -> None:
        self.link.close()
        self.server.__exit__()

    def works(self) -> bool:
        """Whether a fader that is moved over the link stands there."""
        self.link.write({self.fader: -12.0})
        return self.link.read([self.fader])[self.fader] == pytest.approx(-12.0, abs=0.03)


@pytest.fixture(params=["x32", "ableton"], scope="module")
def connected(request: pytest.FixtureRequest) -> Any:
    with Connected(request.param) as made:
        yield made


RUBBISH = [
    b"",
    b"\0",
    b"\xff" * 40_000,
    b"/ch/01/mix/fader",
    b"/ch/01/mix/fader\0\0\0\0,f\0\0",
    b"/ch/01/mix/fader\0\0\0\0,f\0\0\x7f\xc0\0\0",
    b"/ch/01/mix/fader\0\0\0\0,[f]\0\0\0\0\x3f\0\0\0",
    b"/live/track/get/volume\0\0,if\0\0\0\0\0\x7f\x80\0\0",
    b"/live/song/get/tempo\0\0\0\0,f\0\0\0\0\0\0",
    b"#bundle\0\0\0\0\0\0\0\0\x01\0\0\0\x08#bundle\0",
    b"/\xff\xfe\xfd",
]


def test_rubbish_is_ignored(connected: Connected) -> None:
    rng = random.Random(1)  # noqa: S311
    for packet in RUBBISH + [rng.randbytes(rng.randrange(200)) for _ in range(300)]:
        connected.server.raw(packet, connected.port)
    for _ in range(10):
        for event in connected.link.poll(0.02):
            assert not isinstance(event, Moved) or math.isfinite(event.value)
    assert connected.works()


def test_a_stranger_is_not_heard(connected: Connected) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        try:
            stranger.bind(("127.0.0.2", 0))
        except OSError:
            pytest.skip("this system has no second loopback address")
        for address, args in (("/ch/01/mix/fader", (0.9,)), ("/live/track/get/volume", (0, 0.9))):
            stranger.sendto(encoded(address, args), ("127.0.0.1", connected.port))
        moved = [event for _ in range(10) for event in connected.link.poll(0.02) if isinstance(event, Moved)]
    assert not [event for event in moved if event.value > 5.0]


def test_a_flood_does_not_keep_the_desk_from_being_moved(connected: Connected) -> None:
    flood = [encoded("/ch/02/mix/pan", (0.25,)), encoded("/live/track/get/panning", (1, -0.5))]
    began = time.perf_counter()
    for number in range(100_000):
        connected.server.raw(flood[number % 2], connected.port)
        if number % 5_000 == 0:
            connected.link.poll()
    assert connected.works()
    assert time.perf_counter() - began < 30.0


@pytest.mark.parametrize("kind", ["x32", "ableton"])
@pytest.mark.parametrize("seed", range(12))
def test_what_is_read_is_right_or_missing(kind: str, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311
    model = model_of(kind)
    if kind == "ableton":
        model.repeats_send = rng.random() < 0.5
    clock = ManualClock()
    sure = link_of(kind, model, clock)[0]
    sure.connect()
    link, wire = link_of(kind, model, clock)
    share = rng.uniform(0.0, 0.2)
    wire.lose_out = lambda number: rng.random() < share
    wire.lose_in = lambda number: rng.random() < share
    wire.double_in = rng.random() < 0.3
    wire.latency_s = rng.uniform(0.0, 0.1)
    link.connect()
    channels = link.channels()
    knobs = {one.control(name): knob for one in channels for name, knob in one.knobs.items()}
    wanted = {}
    for control in rng.sample(sorted(knobs), min(40, len(knobs))):
        knob = knobs[control]
        wanted[control] = rng.choice(knob.choices) if knob.choices else rng.uniform(knob.low, knob.high)
    before = link.read(knobs)
    link.write(wanted)
    for _ in range(6):
        link.poll(0.1)
    found, there = link.read(knobs), sure.read(knobs)
    assert len(found) >= 0.9 * len(knobs)
    for control, value in found.items():
        knob = knobs[control]
        assert knob.agree(value, there[control]), control
        assert knob.agree(value, wanted.get(control, value)) or knob.agree(value, before[control]), control


def test_two_programs_on_one_console_hear_each_other() -> None:
    model = X32Model()
    clock = ManualClock()
    one, other = (link_of("x32", model, clock)[0] for _ in range(2))
    one.connect()
    other.connect()
    one.poll()
    other.poll()
    one.write({FADERS["x32"]: -12.0})
    assert one.poll(0.1) == []
    (event,) = other.poll(0.1)
    assert isinstance(event, Moved)
    assert event.control == FADERS["x32"]
    assert event.value == pytest.approx(-12.0, abs=0.05)


def test_answers_that_come_late_are_answers() -> None:
    for kind in ("x32", "ableton"):
        link, wire = link_of(kind, model_of(kind))
        wire.latency_s = 0.2 if kind == "x32" else 0.4
        link.connect()
        assert link.read([FADERS[kind]])


def test_nothing_uses_wildcards() -> None:
    link, wire = link_of("ableton", model_of("ableton"))
    link.connect()
    for _ in range(30):
        link.poll(0.1)
    assert not [args for _, args in wire.sent if "*" in args]
    assert not [address for address, _ in wire.sent if "*" in address]
