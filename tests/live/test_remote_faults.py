"""What bad packets, floods and strangers do to the remote control: nothing, and panic gets through."""

import random
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from live_remote import Client, SessionModel, bundle, packet, serve_for, started

import bridge.live.remote.server as server_module
from bridge.live.clock import ManualClock
from bridge.live.remote import RemoteServer
from bridge.live.remote.door import Door, Limits
from bridge.live.values import Channel, Control
from console.errors import LinkError

FADER = "/mixbridge/strip/1/fader_db"
PANIC = packet("/mixbridge/panic", 1.0)


@pytest.fixture
def model() -> SessionModel:
    return SessionModel()


@pytest.fixture
def client(model: SessionModel) -> Iterator[Client]:
    """A client of a server that has all the time of the world for each call."""
    client = Client(started(model, ManualClock()))
    yield client
    client.close()


@pytest.fixture
def hurried(model: SessionModel) -> Iterator[Client]:
    """A client of a server that goes by the true time."""
    client = Client(started(model))
    yield client
    client.close()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0",
        b"/mixbridge/panic",
        b"/mixbridge/amount\0\0\0,f\0\0",
        b"/mixbridge/amount\0\0\0,Q\0\0\0\0\0\0",
        b"/mixbridge/\xff\xfe\0\0\0,f\0\0\0\0\0\0",
        b"GET / HTTP/1.1\r\n\r\n",
        b"#bundle\0" + b"\0" * 8 + b"\x7f\xff\xff\xff",
        b"#bundle\0" + b"\0" * 8 + b"\xff\xff\xff\xff" * 100,
        bytes(65_507),
        b"\xff" * 65_507,
    ],
    ids=range(11),
)
def test_a_packet_that_is_no_osc(content: bytes, model: SessionModel, client: Client) -> None:
    client.raw(content)
    client.send("/mixbridge/undo")
    assert ("/mixbridge/done", "undo", "undo done") in (client.server.serve(0.5), *client.heard())
    assert model.log == [("undo",)]


def test_bundles_in_bundles(model: SessionModel, client: Client) -> None:
    deep = packet("/mixbridge/undo")
    for _ in range(2_000):
        deep = bundle(deep)
        if len(deep) > 60_000:
            break
    client.raw(deep)
    client.raw(bundle(bundle(packet(FADER, -4.0)), packet("/mixbridge/lock/1", 1)))
    serve_for(client.server, 0.05)
    assert model.log[-2:] == [("request", "k1", "fader_db", -4.0), ("lock", "k1", True)]


def test_a_future_bundle_is_done_now(model: SessionModel, client: Client) -> None:
    content = bytearray(bundle(packet(FADER, -4.0)))
    content[8:16] = b"\xff" * 8
    client.raw(bytes(content))
    client.server.serve(0.5)
    assert model.log == [("request", "k1", "fader_db", -4.0)]


@given(st.lists(st.binary(max_size=200), max_size=5), st.randoms(use_true_random=False))
def test_any_bytes(contents: list[bytes], chance: random.Random) -> None:
    """Bytes of all kinds, and true messages of which one byte is another: nothing is raised, the next is heard."""
    model = SessionModel()
    client = Client(started(model))
    try:
        for content in contents:
            client.raw(content)
        for true in (
            packet(FADER, -4.0),
            packet("/mixbridge/get", "amount"),
            bundle(PANIC, packet(FADER, 1.0)),
        ):
            changed = bytearray(true)
            changed[chance.randrange(len(true))] = chance.randrange(256)
            client.raw(bytes(changed))
        client.server.serve(0.5)
        client.ask("/mixbridge/undo")
        assert model.log[-1] == ("undo",)
    finally:
        client.close()


@given(
    st.lists(
        st.one_of(
            st.floats(width=32),
            st.integers(-(2**31), 2**31 - 1),
            st.text(),
            st.binary(min_size=1),
            st.booleans(),
        )
    )
)
def test_any_arguments(args: list[object]) -> None:
    model = SessionModel()
    client = Client(started(model))
    try:
        for address in (
            FADER,
            "/mixbridge/amount/eq",
            "/mixbridge/lock/1",
            "/mixbridge/get",
            "/mixbridge/ab",
        ):
            client.send(address, *args)
        client.server.serve(0.5)
        client.ask("/mixbridge/undo")
        assert model.log[-1] == ("undo",)
        assert all(-90.0 <= value <= 12.0 for value in model.values.values())
        assert all(0.0 <= amount <= 1.0 for amount in model.amounts.values())
    finally:
        client.close()


def test_of_many_values_for_one_knob_the_last_counts(model: SessionModel, client: Client) -> None:
    for step in range(500):
        client.send(FADER, -step / 10.0)
    client.send("/mixbridge/undo")
    client.send(FADER, -1.0)
    client.server.serve(0.5)
    assert model.log == [
        ("request", "k1", "fader_db", -49.9),
        ("undo",),
        ("request", "k1", "fader_db", -1.0),
    ]


def test_panic_comes_before_everything_else(model: SessionModel, client: Client) -> None:
    client.send(FADER, -4.0)
    client.send("/mixbridge/apply")
    client.send("/mixbridge/strip/1/name")
    client.raw(bundle(packet("/mixbridge/lock/1", 1), PANIC))
    client.send("/mixbridge/amount", 0.0)
    client.server.serve(0.5)
    assert model.log == [("panic",), ("lock", "k1", True)]
    answers = client.heard()
    assert answers[0] == ("/mixbridge/done", "panic", "panic done")
    assert ("/mixbridge/strip/1/name", "Kick") in answers
    assert [one[1] for one in answers if "came together with panic" in str(one[-1])] == [
        FADER,
        "/mixbridge/apply",
        "/mixbridge/amount",
    ]


class Startled(SessionModel):
    """A session whose engineer presses panic while the twentieth message of a batch is read."""

    client: Client
    asked: int = 0

    def strips(self) -> list[Channel]:
        self.asked += 1
        if self.asked == 20:
            self.client.raw(PANIC)
        return super().strips()


def test_panic_comes_before_what_was_read_and_not_done_yet() -> None:
    model = Startled()
    client = model.client = Client(started(model))
    try:
        for _ in range(200):
            client.send(FADER, -4.0)
        client.server.serve(0.5)
        assert model.log == [("panic",)]
        assert "came together with panic" in str(client.heard()[0])
    finally:
        client.close()


def test_a_second_press_is_one_that_comes_later(model: SessionModel) -> None:
    clock = ManualClock()
    client = Client(started(model, clock))
    try:
        for pause_s, count in [(0.0, 1), (0.1, 1), (0.3, 1), (0.39, 1), (0.5, 2), (0.1, 2), (1.0, 3)]:
            clock.sleep(pause_s)
            client.raw(PANIC)
            client.raw(PANIC)
            client.server.serve(0.5)
            client.ask("/mixbridge/panic", 0.0)  # the button comes up
            assert model.log.count(("panic",)) == count
    finally:
        client.close()


def test_a_press_that_counts_no_more_is_answered_too(model: SessionModel, client: Client) -> None:
    client.ask("/mixbridge/panic")
    assert client.ask("/mixbridge/panic") == [
        ("/mixbridge/done", "panic", "pressed twice at once, which is one press")
    ]
    assert model.log == [("panic",)]


def test_a_first_press_is_never_taken_for_a_second(model: SessionModel) -> None:
    """Panic, taken back by somebody at once; the next press has to stop, however soon it comes."""
    client = Client(started(model, ManualClock()))
    try:
        client.ask("/mixbridge/panic")
        model.panicked = 0
        client.ask("/mixbridge/panic")
        assert model.log == [("panic",), ("panic",)]
    finally:
        client.close()


def test_a_panic_with_an_odd_argument_is_a_panic(model: SessionModel, client: Client) -> None:
    client.ask("/mixbridge/panic", "now")
    assert model.log == [("panic",)]


_FLOOD = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
packets = [bytes.fromhex(one) for one in sys.argv[3:]]
sent = 0
print("go", flush=True)
for n in range(int(sys.argv[2])):
    try:
        s.sendto(packets[n % len(packets)], ("127.0.0.1", int(sys.argv[1])))
    except OSError:
        pass
print("done", flush=True)
"""

FLOODS = {
    "values": [packet(FADER, -4.0), packet(FADER, -5.0)],
    "noise": [b"/mixbridge/\xff\xff", bytes(100)],
    "blobs": [packet(FADER, bytes(8_000))],
    "unknown": [packet("/mixbridge/strip/by_name/Nobody/fader_db", 1.0), packet("/mixbridge/pannic")],
    "queries": [packet("/mixbridge/addresses"), packet("/mixbridge/strips")],
    "subscriptions": [packet("/mixbridge/subscribe"), packet("/mixbridge/subscribe", 40_001)],
    "false alarms": [b"/mixbridge/panic\0", bundle(packet("/mixbridge/panic", 0.0), packet(FADER, -4.0))],
}


@pytest.mark.parametrize("kind", FLOODS)
def test_panic_gets_through_a_flood(kind: str, model: SessionModel, hurried: Client) -> None:
    """Up to 100,000 packets from another process; panic is pressed in the middle and obeyed once."""
    count = 100_000 if kind in ("values", "noise") else 40_000
    arguments = [str(hurried.server.port), str(count), *(one.hex() for one in FLOODS[kind])]
    flood = subprocess.Popen([sys.executable, "-c", _FLOOD, *arguments], stdout=subprocess.PIPE, text=True)
    try:
        assert flood.stdout is not None
        assert flood.stdout.readline() == "go\n"
        serve_for(hurried.server, 0.02)
        pressed_s = time.perf_counter()
        presses = 0
        while ("panic",) not in model.log and time.perf_counter() < pressed_s + 5.0:
            if time.perf_counter() >= pressed_s + presses * 0.1:
                hurried.raw(PANIC)  # again, as a frightened hand does: a full socket may lose one
                presses += 1
            hurried.server.serve(0.01)
        took_s = time.perf_counter() - pressed_s
        while flood.poll() is None:
            hurried.server.serve(0.01)
    finally:
        flood.kill()
        flood.communicate()
    serve_for(hurried.server, 0.05)
    assert model.log.count(("panic",)) == 1
    assert took_s < 1.0
    assert hurried.server.refused["flood"] > count / 10
    hurried.heard()
    time.sleep(0.2)  # the share of the attention has grown again
    hurried.send("/mixbridge/strip/2/name")
    serve_for(hurried.server, 0.3)
    assert ("/mixbridge/strip/2/name", "Lead Vox") in hurried.heard()


def test_of_a_flood_the_newest_counts(model: SessionModel) -> None:
    client = Client(started(model, ManualClock()))
    try:
        for step in range(3_000):
            client.send(FADER, -step / 100.0)
        client.server.serve(0.5)
        assert model.values == {Control("k1", "fader_db"): pytest.approx(-29.99)}
        assert client.server.refused["flood"] == 2_000
    finally:
        client.close()


def test_one_sender_does_not_use_up_the_share_of_another(model: SessionModel) -> None:
    client = Client(started(model, ManualClock()))
    other = Client(client.server)
    try:
        other.send("/mixbridge/lock/2", 1)
        for step in range(1_500):
            client.send(FADER, -step / 100.0)
        client.server.serve(0.5)
        assert ("lock", "k2", True) in model.log
    finally:
        other.socket.close()
        client.close()


def test_mistakes_are_answered_five_times_a_second(model: SessionModel) -> None:
    clock = ManualClock()
    client = Client(started(model, clock))
    try:
        for _ in range(100):
            client.send("/mixbridge/nothing")
        client.server.serve(0.5)
        assert len(client.heard()) == 10
        clock.sleep(1.0)
        for _ in range(100):
            client.raw(b"nothing")
        client.server.serve(0.5)
        assert len(client.heard()) == 5
        assert client.server.refused == {"invalid": 100, "malformed": 100}
    finally:
        client.close()


def test_complaints_are_never_answered(model: SessionModel, client: Client) -> None:
    assert client.ask("/mixbridge/error", "/mixbridge/nothing", "there is no such thing") == []
    assert client.ask("/mixbridge/done", "panic", "stopped") == []
    assert model.log == []


def test_a_stranger_is_not_heard(
    model: SessionModel, client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    batches = [[(PANIC, ("192.0.2.9", 5_000)), (packet(FADER, -4.0), ("192.0.2.9", 5_000))] * 50]
    monkeypatch.setattr(server_module, "packets", lambda source, timeout_s: batches.pop(0) if batches else [])
    client.server.serve()
    assert model.log == []
    assert client.server.refused["stranger"] == 100
    assert [one.getMessage().split(";")[0] for one in caplog.records] == [
        "dropped what 192.0.2.9 sent, who is not allowed"
    ]


def test_the_door_knows_hosts_by_name_and_by_address() -> None:
    door = Door(["192.0.2.7", "localhost"], ManualClock(), Limits())
    assert door.lets_in(("192.0.2.7", 1))
    assert door.lets_in(("127.0.0.1", 1))
    assert not door.lets_in(("192.0.2.70", 1))
    with pytest.raises(LinkError, match=r"'no\.such\.host\.invalid' of --allow is not known"):
        Door(["no.such.host.invalid"], ManualClock(), Limits())


def test_an_allowed_host_is_heard(model: SessionModel, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client(started(model, allow=["192.0.2.9"]))
    try:
        batches = [[(packet(FADER, -4.0), ("192.0.2.9", 5_000))]]
        monkeypatch.setattr(
            server_module, "packets", lambda source, timeout_s: batches.pop(0) if batches else []
        )
        client.server.serve()
        assert model.log == [("request", "k1", "fader_db", -4.0)]
    finally:
        client.close()


def test_it_listens_on_this_computer_only_unless_told_otherwise(model: SessionModel) -> None:
    server = started(model)
    try:
        assert server._socket.getsockname()[0] == "127.0.0.1"
    finally:
        server.close()
        server.close()
    assert server.serve() == 0


ANY = "0.0.0.0"  # noqa: S104 - for as long as it takes to close it


@pytest.mark.parametrize(
    ("host", "allow", "told"), [(ANY, [], 1), (ANY, ["192.0.2.9"], 0), ("127.0.0.1", [], 0)]
)
def test_a_server_that_no_one_else_may_speak_to_says_so(
    host: str, allow: list[str], told: int, model: SessionModel, caplog: pytest.LogCaptureFixture
) -> None:
    RemoteServer(model, ManualClock(), listen=(host, 0), allow=allow).close()
    assert [one.getMessage().count("no other host is allowed") for one in caplog.records] == [1] * told
