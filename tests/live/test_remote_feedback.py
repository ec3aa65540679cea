"""What subscribers of the remote control are told, and when."""

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from live_remote import Client, SessionModel, started

from bridge.live.clock import ManualClock
from bridge.live.memory import plain_channel
from bridge.live.values import Control
from console.errors import LinkError
from console.mix.blend import GROUPS

KICK = Control("k1", "fader_db")
VOX = Control("k2", "fader_db")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(100.0)


@pytest.fixture
def model() -> SessionModel:
    return SessionModel(values={KICK: -6.0, VOX: -3.0, Control("k1", "pan"): 0.0})


@pytest.fixture
def client(model: SessionModel, clock: ManualClock) -> Iterator[Client]:
    client = Client(started(model, clock))
    yield client
    client.close()


def later(client: Client, clock: ManualClock, seconds: float = 0.06) -> list[tuple[object, ...]]:
    clock.sleep(seconds)
    client.server.serve()
    return client.heard()


def test_a_subscriber_is_told_everything_and_then_what_changes(
    model: SessionModel, client: Client, clock: ManualClock
) -> None:
    told = client.ask("/mixbridge/subscribe", "fader_db")
    assert told == [
        ("/mixbridge/status/panic", 0),
        ("/mixbridge/status/ab", "A"),
        ("/mixbridge/status/pending", 3),
        ("/mixbridge/status/text", "listening"),
        ("/mixbridge/amount", 100.0),
        *((f"/mixbridge/amount/{group}", 100.0) for group in GROUPS),
        ("/mixbridge/strip/1/name", "Kick"),
        ("/mixbridge/lock/1", 0),
        ("/mixbridge/strip/2/name", "Lead Vox"),
        ("/mixbridge/lock/2", 0),
        ("/mixbridge/strip/3/name", "Gtr/L #1"),
        ("/mixbridge/lock/3", 0),
        ("/mixbridge/strip/1/fader_db", -6.0),
        ("/mixbridge/strip/2/fader_db", -3.0),
    ]
    assert later(client, clock) == []
    model.values[KICK] = -7.5
    model.locks = {"k2"}
    model.side = "B"
    assert later(client, clock) == [
        ("/mixbridge/status/ab", "B"),
        ("/mixbridge/lock/2", 1),
        ("/mixbridge/strip/1/fader_db", -7.5),
    ]
    model.values[Control("k1", "pan")] = 0.5  # not asked for
    assert later(client, clock) == []


def test_it_is_told_twenty_times_a_second_at_most(
    model: SessionModel, client: Client, clock: ManualClock
) -> None:
    client.ask("/mixbridge/subscribe", "fader_db")
    told = 0
    for step in range(100):
        model.values[KICK] = -7.0 - step / 100.0
        told += len(later(client, clock, 0.01))
    assert 19 <= told <= 20


def test_norm_is_told_to_who_wants_it(client: Client) -> None:
    told = client.ask("/mixbridge/subscribe", "norm", "pan")
    assert ("/mixbridge/strip/1/pan/norm", 0.5) in told
    assert ("/mixbridge/amount/eq/norm", 1.0) in told
    assert not any("fader_db" in str(one[0]) for one in told)


def test_none_follows_no_knob(client: Client) -> None:
    told = client.ask("/mixbridge/subscribe", "none")
    assert ("/mixbridge/strip/1/name", "Kick") in told
    assert not any("fader_db" in str(one[0]) for one in told)


def test_who_says_nothing_for_a_minute_is_told_nothing(
    model: SessionModel, client: Client, clock: ManualClock
) -> None:
    client.ask("/mixbridge/subscribe")
    clock.sleep(50.0)
    client.ask("/mixbridge/version")  # a sign of life
    model.values[KICK] = -8.0
    assert later(client, clock, 50.0) == [("/mixbridge/strip/1/fader_db", -8.0)]
    model.values[KICK] = -9.0
    assert later(client, clock, 10.5) == []


def test_subscribing_again_repairs_what_was_lost(client: Client) -> None:
    first = client.ask("/mixbridge/subscribe")
    assert client.ask("/mixbridge/subscribe") == first


def test_another_port_can_be_told(client: Client) -> None:
    other = Client(client.server)
    try:
        assert client.ask("/mixbridge/subscribe", other.port, "none") == []
        assert ("/mixbridge/strip/2/name", "Lead Vox") in other.heard()
        client.ask("/mixbridge/unsubscribe", other.port)
        assert other.heard() == []
    finally:
        other.socket.close()


def test_the_server_does_not_talk_to_itself(client: Client) -> None:
    answer = client.ask("/mixbridge/subscribe", client.server.port)
    assert "is mixbridge's own" in str(answer[0][2])


def test_nine_subscribers_are_too_many(client: Client) -> None:
    ports = range(50_001, 50_009)
    for port in ports:
        assert client.ask("/mixbridge/subscribe", port, "none") == []
    assert "8 are told already" in str(client.ask("/mixbridge/subscribe", 50_009)[0][2])
    client.ask("/mixbridge/unsubscribe", 50_001)  # lets go who speaks from here: all of them
    assert client.ask("/mixbridge/subscribe", "none")[0] == ("/mixbridge/status/panic", 0)


def test_a_fader_under_a_finger_is_left_alone(
    model: SessionModel, client: Client, clock: ManualClock
) -> None:
    other = Client(client.server)
    try:
        other.ask("/mixbridge/subscribe", "fader_db")
        client.ask("/mixbridge/subscribe", "fader_db")
        other.heard()
        client.send("/mixbridge/strip/1/fader_db", -20.0)
        assert later(client, clock) == []
        model.values[KICK] = -19.0  # the ramp is on its way
        assert later(client, clock) == []
        assert other.heard() == [
            ("/mixbridge/strip/1/fader_db", -20.0),
            ("/mixbridge/strip/1/fader_db", -19.0),
        ]
        assert later(client, clock, 0.5) == [("/mixbridge/strip/1/fader_db", -19.0)]
    finally:
        other.socket.close()


def test_an_amount_under_a_finger_is_left_alone(client: Client, clock: ManualClock) -> None:
    client.ask("/mixbridge/subscribe", "norm", "none")
    client.send("/mixbridge/amount/eq/norm", 0.5)
    assert later(client, clock) == []
    assert later(client, clock, 0.5) == [("/mixbridge/amount/eq/norm", 0.5)]


def test_names_that_go_are_cleared(model: SessionModel, client: Client, clock: ManualClock) -> None:
    client.ask("/mixbridge/subscribe", "none")
    model.channels = [replace(model.channels[0], name="Snare")]
    assert later(client, clock) == [
        ("/mixbridge/strip/2/name", ""),
        ("/mixbridge/strip/3/name", ""),
        ("/mixbridge/strip/1/name", "Snare"),
    ]


def test_many_values_come_in_turns_and_all_come(clock: ManualClock) -> None:
    channels = [plain_channel(f"k{n}", f"Track {n}") for n in range(64)]
    values = {Control(one.key, name): 0.0 for one in channels for name in ("fader_db", "pan")}
    client = Client(started(SessionModel(channels, values), clock))
    try:
        told = client.ask("/mixbridge/subscribe")
        assert len(told) == 100
        while more := later(client, clock):
            assert len(more) <= 100
            told += more
        assert len(told) == len(set(told)) == 4 + 1 + len(GROUPS) + 64 * 4
    finally:
        client.close()


def test_one_that_is_gone_does_no_harm(model: SessionModel, client: Client, clock: ManualClock) -> None:
    gone = Client(client.server)
    gone.ask("/mixbridge/subscribe")
    gone.socket.close()
    client.ask("/mixbridge/subscribe", "fader_db")
    for step in range(20):
        model.values[KICK] = -7.0 - step
        assert later(client, clock) == [("/mixbridge/strip/1/fader_db", -7.0 - step)]


def test_a_name_that_no_packet_holds_is_left_out(model: SessionModel, client: Client) -> None:
    model.channels[0] = replace(model.channels[0], name="x" * 70_000)
    told = client.ask("/mixbridge/subscribe", "none")
    assert ("/mixbridge/strip/2/name", "Lead Vox") in told


def test_serving_waits_only_as_long_as_feedback_is_due(client: Client) -> None:
    client.ask("/mixbridge/subscribe", "none")
    before = time.perf_counter()
    client.server.serve(5.0)
    assert time.perf_counter() - before < 1.0


def test_a_port_that_is_taken(client: Client, model: SessionModel) -> None:
    with pytest.raises(LinkError, match=f"{client.server.port} cannot be opened"):
        type(client.server)(model, ManualClock(), listen=("127.0.0.1", client.server.port))
