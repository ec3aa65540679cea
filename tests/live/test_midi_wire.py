"""Whole messages out of any bytes, and ports by parts of their names."""

from random import Random

import mido
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.live.clock import ManualClock
from bridge.live.midiports import matching, open_ports
from bridge.live.midiwire import MOST_AT_ONCE, MemoryMidi, MidiStream
from console.errors import LinkError


@pytest.mark.parametrize(
    ("stream", "messages"),
    [
        ("903c7f 903c00", ["903c7f", "903c00"]),
        ("b0 0701 0702 0a03", ["b00701", "b00702", "b00a03"]),
        ("e0 f8 00 fe 40", ["e00040"]),
        ("f0 00 f8 01 f7", ["f00001f7"]),
        ("f000 01 903c7f", ["903c7f"]),
        ("f7 12 34 c005", ["c005"]),
        ("f27f7f 12 f3 01 f6 d040", ["f27f7f", "f301", "f6", "d040"]),
        ("903c f0 01 f7 40", ["f001f7"]),
        ("f4 01 f5 903c7f", ["903c7f"]),
        ("c0 01 02 03", ["c001", "c002", "c003"]),
    ],
)
def test_messages_are_found_in_a_stream(stream: str, messages: list[str]) -> None:
    for size in (1, 2, 100):
        parser, raw = MidiStream(), bytes.fromhex(stream)
        found = [m for at in range(0, len(raw), size) for m in parser.feed(raw[at : at + size])]
        assert [message.hex() for message in found] == messages


@given(st.binary(max_size=2_000))
def test_any_bytes_give_only_messages_that_mido_takes(raw: bytes) -> None:
    for message in MidiStream().feed(raw):
        assert bytes(mido.Message.from_bytes(message).bytes()) == message


def test_an_exclusive_without_an_end_is_dropped() -> None:
    parser = MidiStream()
    assert parser.feed(b"\xf0" + bytes(1_000_000)) == []
    assert parser.refused["torn"] == 1
    assert len(parser._pending) < 5_000
    assert parser.feed(bytes.fromhex("903c7f")) == [bytes.fromhex("903c7f")]


def test_a_wire_in_memory_keeps_order_and_time() -> None:
    wire = MemoryMidi(ManualClock())
    wire.push(b"\xc0\x01", after_s=0.5)
    wire.push(b"\xc0\x02")
    assert wire.receive(0.2) == []
    assert wire.clock.now() == pytest.approx(0.2)
    assert wire.receive(1.0) == [b"\xc0\x01", b"\xc0\x02"]
    assert wire.clock.now() == pytest.approx(0.5)


def test_a_flood_comes_in_parts() -> None:
    wire = MemoryMidi(ManualClock())
    dice = Random(1)  # noqa: S311 - chance, not secrets
    sent = [bytes((0xE0, dice.randrange(128), dice.randrange(128))) for _ in range(10_000)]
    for message in sent:
        wire.push(message)
    got: list[bytes] = []
    while part := wire.receive():
        assert len(part) <= MOST_AT_ONCE
        got += part
    assert got == sent


def test_ports_match_by_name_then_by_part_whatever_the_case() -> None:
    names = ["Mackie", "mackie control in", "Through"]
    assert matching("MACKIE", names) == ["Mackie"]
    assert matching("control", names) == ["mackie control in"]
    assert matching("a", names) == ["Mackie", "mackie control in"]
    assert matching("x", names) == []


def test_a_port_that_is_not_there_is_said() -> None:
    with pytest.raises(LinkError, match="no such port, surely"):
        open_ports("no such port, surely", "no such port, surely")
    with pytest.raises(LinkError, match="this python-rtmidi"):
        open_ports("a", "a", "no such system")
