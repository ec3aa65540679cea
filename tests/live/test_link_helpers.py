"""What links share: questions and answers over a bad wire, the address to hear on, and Live's displays."""

import math
import socket
from typing import Any

import pytest
from live_wire import ModelWire

from bridge.live.clock import ManualClock
from bridge.live.link import LinkOptions
from bridge.live.links.ableton.display import read_display
from bridge.live.links.asking import Asker, Question
from bridge.live.links.facing import listening
from console.errors import LinkError


@pytest.mark.parametrize(
    ("text", "unit", "value", "step"),
    [
        ("-20.0 dB", "dB", -20.0, 0.1),
        ("−3,50 dB", "dB", -3.5, 0.01),
        ("0 dB", "dB", 0.0, 1.0),
        ("30.0 Hz", "Hz", 30.0, 0.1),
        ("1.01 kHz", "Hz", 1010.0, 10.0),
        ("2.50 s", "ms", 2500.0, 10.0),
        ("10.0 ms", "ms", 10.0, 0.1),
        ("4.00 : 1", ":1", 4.0, 0.01),
        ("0.71", "", 0.71, 0.01),
        ("150 %", "%", 150.0, 1.0),
        ("inf : 1", ":1", math.inf, 0.0),
        ("-inf dB", "dB", -math.inf, 0.0),
    ],
)
def test_displays_are_read(text: str, unit: str, value: float, step: float) -> None:
    shown = read_display(text, unit)
    assert shown is not None
    assert (shown.value, shown.step) == (pytest.approx(value), pytest.approx(step))


@pytest.mark.parametrize(
    ("text", "unit"), [("Auto", "ms"), ("", "dB"), ("20 Hz", "dB"), ("1/8", "ms"), ("dB", "dB")]
)
def test_other_displays_are_not(text: str, unit: str) -> None:
    assert read_display(text, unit) is None


def test_a_display_agrees_with_what_it_may_round_or_cut_off() -> None:
    shown = read_display("1.01 kHz", "Hz")
    assert shown is not None
    assert all(shown.agrees(value) for value in (1001.0, 1010.0, 1019.0))
    assert not any(shown.agrees(value) for value in (995.0, 1025.0))


class TestHearing:
    def test_this_computer_is_heard_on_the_loopback(self) -> None:
        for host in ("127.0.0.1", "localhost", "127.0.1.1"):
            assert listening(LinkOptions(host=host)) == ("127.0.0.1", 0)

    def test_what_was_asked_for_is_taken(self) -> None:
        options = LinkOptions(host="192.0.2.7", listen_host="192.0.2.1", listen_port=5000)
        assert listening(options, 11_001) == ("192.0.2.1", 5000)

    def test_a_peer_in_the_network_is_heard_where_it_is_faced_and_nowhere_else(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(socket, "socket", FacingSocket)
        assert listening(LinkOptions(host="192.0.2.7"), 11_001) == ("192.0.2.44", 11_001)

    def test_no_way_is_said(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(socket, "socket", FacingSocket)
        with pytest.raises(LinkError, match=r"no way to the host '198\.51\.100\.1'"):
            listening(LinkOptions(host="198.51.100.1"))


class FacingSocket:
    """A socket of a computer that is 192.0.2.44 in the network 192.0.2.0."""

    def __init__(self, *unused: object) -> None:
        pass

    def __enter__(self) -> "FacingSocket":
        return self

    def __exit__(self, *unused: object) -> None:
        pass

    def connect(self, peer: tuple[str, int]) -> None:
        if not peer[0].startswith("192.0.2."):
            raise OSError(101, "Network is unreachable")

    def getsockname(self) -> tuple[str, int]:
        return "192.0.2.44", 40_000


class Parrot:
    """A peer that answers a question with its arguments and a number that counts up."""

    def __init__(self) -> None:
        self.count = 0
        self.silent: set[str] = set()
        self.news: list[tuple[str, tuple[Any, ...]]] = []

    def tick(self, now_s: float) -> None:
        pass

    def take(self, address: str, args: tuple[Any, ...], client: Any) -> None:
        for told, values in self.news:
            client.tell(told, *values)
        self.news = []
        if address in self.silent:
            client.tell("/error")
        else:
            self.count += 1
            client.tell(address, *args, float(self.count))


class TestAsking:
    def ask(
        self, *questions: Question, **options: Any
    ) -> tuple[Asker, Parrot, ModelWire, dict[Question, Any]]:
        parrot, clock = Parrot(), ManualClock()
        wire = ModelWire(parrot, clock)
        asker = Asker(wire, clock, **options)
        parrot.silent = {"/silent"}
        parrot.news = [("/news", (1,)), ("/b", (9.0,))]
        return asker, parrot, wire, asker.ask(questions)

    def test_the_last_of_several_answers_counts_and_none_is_lost(self) -> None:
        a, b = Question("/a"), Question("/b")
        asker, _, _, answers = self.ask(a, b)
        assert answers[b].args == (2.0,)
        heard = asker.heard()
        assert [message.address for message in heard] == ["/news", "/b"]

    def test_what_was_on_its_way_before_is_no_answer(self) -> None:
        asker, _, wire, _ = self.ask(Question("/a"))
        wire.tell("/a", 77.0)
        wire.clock.sleep(1.0)
        assert asker.ask([Question("/a")])[Question("/a")].args == (2.0,)
        assert 77.0 in [message.number(0) for message in asker.heard()]

    def test_no_more_are_open_than_the_window_holds(self) -> None:
        parrot, clock = Parrot(), ManualClock()
        wire = ModelWire(parrot, clock, latency_s=0.1)
        questions = [Question("/a", (number,)) for number in range(40)]
        assert len(Asker(wire, clock, window=8).ask(questions)) == 40
        assert clock.now() == pytest.approx(0.5, abs=0.05)

    def test_what_stays_silent_is_asked_as_often_as_said_and_left_out(self) -> None:
        _, _, wire, answers = self.ask(Question("/silent"), Question("/a"), tries=3)
        assert set(answers) == {Question("/a")}
        assert [address for address, _ in wire.sent].count("/silent") == 3

    def test_a_refusal_spares_the_waiting(self) -> None:
        _, _, wire, answers = self.ask(Question("/silent"), tries=8, refusal="/error", patience_s=1.0)
        assert not answers
        assert len(wire.sent) == 2
        assert wire.clock.now() < 0.1

    def test_messages_are_spaced(self) -> None:
        parrot, clock = Parrot(), ManualClock()
        asker = Asker(ModelWire(parrot, clock), clock, window=100, spacing_s=0.01)
        asker.ask([Question("/a", (number,)) for number in range(50)])
        assert 0.45 < clock.now() < 0.55
