"""The link by a MIDI map: messages byte for byte, laws, feedback, and maps that are wrong."""

import math
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.live.clock import ManualClock
from bridge.live.link import LinkOptions, open_link
from bridge.live.links.midi import MidiLink, read_map
from bridge.live.midiwire import MemoryMidi
from bridge.live.mover import Outcome, Status
from bridge.live.rig import connected
from bridge.live.values import Control, Lost, Moved
from console.errors import LinkError, ParamError

_MAP = """
name = "rack"
bytes_per_s = 20000

[[control]]
track = "Kick"
parameter = "fader_db"
cc = 7
low = -60.0
high = 0.0
feedback = "echo"

[[control]]
track = "Kick"
parameter = "pan"
cc = 10
channel = 3
bits = 14
low = -1.0
high = 1.0
feedback = "moves"

[[control]]
track = "Room"
parameter = "equalizer.0.frequency_hz"
nrpn = 1234
channel = 2
bits = 14
low = 20.0
high = 20000.0
law = "log"
feedback = "echo"

[[control]]
track = "Room"
parameter = "compressor.ratio"
nrpn = 5
channel = 2
low = 10.0
high = 1.0

[[control]]
track = "Mix"
kind = "master"
parameter = "fader_db"
bend = true
channel = 9
marks = [[0, -90.0], [8192, -20.0], [13000, 0.0], [16383, 6.0]]
feedback = "echo"

[[control]]
track = "Room"
parameter = "compressor.enabled"
cc = 80
"""

KICK, PAN = Control("Kick", "fader_db"), Control("Kick", "pan")
FREQUENCY, RATIO = Control("Room", "equalizer.0.frequency_hz"), Control("Room", "compressor.ratio")
MIX, SWITCH = Control("Mix", "fader_db"), Control("Room", "compressor.enabled")


class Rack:
    """A link on a wire in memory, with all that it sent."""

    def __init__(self, folder: Path, text: str = _MAP) -> None:
        file = folder / "map.toml"
        file.write_text(text, encoding="utf-8")
        self.sent: list[bytes] = []
        self.wire = MemoryMidi(ManualClock(), self.sent.append, "rack port")
        self.link = MidiLink(self.wire, self.wire.clock, read_map(file))
        self.link.connect()


@pytest.fixture
def rack(tmp_path: Path) -> Rack:
    return Rack(tmp_path)


@pytest.mark.parametrize(
    ("control", "value", "sent"),
    [
        (KICK, -60.0, "b00700"),
        (KICK, 0.0, "b0077f"),
        (KICK, -20.0, "b00755"),
        (PAN, -1.0, "b20a00 b22a00"),
        (PAN, 1.0, "b20a7f b22a7f"),
        (PAN, 0.5, "b20a5f b22a7f"),
        (FREQUENCY, 20.0, "b16309 b16252 b10600 b12600"),
        (FREQUENCY, 20_000.0, "b16309 b16252 b1067f b1267f"),
        (FREQUENCY, 700.0, "b16309 b16252 b10641 b12670"),
        (RATIO, 10.0, "b16300 b16205 b10600"),
        (RATIO, 1.0, "b16300 b16205 b1067f"),
        (MIX, 0.0, "e84865"),
        (MIX, -90.0, "e80000"),
        (MIX, -55.0, "e80020"),
        (MIX, 6.0, "e87f7f"),
        (SWITCH, 1.0, "b0507f"),
        (SWITCH, 0.0, "b05000"),
    ],
)
def test_values_go_out_byte_for_byte(rack: Rack, control: Control, value: float, sent: str) -> None:
    rack.link.write({control: value})
    assert rack.sent == [bytes.fromhex(part) for part in sent.split()]


@pytest.mark.parametrize("control", [KICK, PAN, FREQUENCY, MIX])
def test_what_comes_back_is_what_was_sent(rack: Rack, control: Control) -> None:
    knob = next(c for c in rack.link.channels() if c.key == control.channel).knobs[control.parameter]
    dice = Random(1)  # noqa: S311 - chance, not secrets
    for _ in range(200):
        value = dice.uniform(knob.low, knob.high)
        rack.sent.clear()
        rack.link.write({control: value})
        rack.wire.push(b"".join(rack.sent))
        moved = [event for event in rack.link.poll() if isinstance(event, Moved)]
        assert [event.control for event in moved] == [control]
        assert knob.agree(moved[0].value, value)


def test_a_channel_of_the_map_is_a_channel_of_the_desk(rack: Rack) -> None:
    channels = {channel.key: channel for channel in rack.link.channels()}
    assert set(channels) == {"Kick", "Room", "Mix"}
    assert channels["Mix"].kind == "master"
    assert channels["Room"].knobs["compressor.enabled"].choices == (0.0, 1.0)
    assert channels["Room"].knobs["compressor.ratio"].low == 1.0
    told = {name: (knob.readable, knob.told) for name, knob in channels["Kick"].knobs.items()}
    assert told == {"fader_db": (True, True), "pan": (False, True)}
    assert not channels["Room"].knobs["compressor.ratio"].told
    assert "rack" in rack.link.identity
    assert rack.link.traits.messages_per_s == pytest.approx(0.8 * 20_000 / 12)


def test_what_should_come_back_is_read_when_it_has(rack: Rack) -> None:
    assert rack.link.read([KICK, PAN, RATIO]) == {}
    rack.link.write({KICK: -10.0, PAN: 0.0, RATIO: 2.0})
    before = rack.wire.clock.now()
    assert rack.link.read([KICK, PAN, RATIO]) == {PAN: 0.0, RATIO: 2.0}
    assert 0.1 < rack.wire.clock.now() - before < 1.0
    rack.wire.push(bytes.fromhex("b0076a"), after_s=0.1)
    assert rack.link.read([KICK]) == {KICK: pytest.approx(-60.0 + 60.0 * 106 / 127)}


def test_a_knob_that_nobody_can_ask_is_moved_from_its_start_and_then_from_where_it_was_left(
    tmp_path: Path,
) -> None:
    path = tmp_path / "map.toml"
    path.write_text(
        'name = "amp"\n[[control]]\ntrack = "Gtr"\nparameter = "fader_db"\ncc = 7\nlow = -60.0\nhigh = 0.0\n'
        "start = -20.0\n",
        encoding="utf-8",
    )
    clock = ManualClock()
    fader = Control("Gtr", "fader_db")

    def moved(end_db: float) -> tuple[list[int], Outcome]:
        sent: list[bytes] = []
        wire = MemoryMidi(clock, sent.append)
        with connected(MidiLink(wire, clock, read_map(path)), clock, root=tmp_path, identity="amp") as rig:
            outcome = rig.carry_out(rig.prepare_values({fader: end_db}), "a test", ramp_s=0.5)
        return [message[2] for message in sent], outcome

    sent, outcome = moved(-30.0)
    assert outcome.status is Status.DONE
    assert outcome.unverified == (fader,)
    assert sent[0] in (83, 84, 85)  # -20 dB is 84.7 of 127: it begins where it was said to stand
    assert sent[-1] == round(127 * 30.0 / 60.0)
    assert max(abs(b - a) for a, b in pairwise(sent)) <= 2
    sent, _ = moved(-25.0)
    assert abs(sent[0] - 64) <= 2
    assert sent[-1] == round(127 * 35.0 / 60.0)


def test_halves_of_a_number_may_come_apart(rack: Rack) -> None:
    for part in ("b16309", "b16252", "b10640", "b12601", "b10620"):
        rack.wire.push(bytes.fromhex(part))
    events = rack.link.poll()
    assert events == [Moved(FREQUENCY, pytest.approx(20.0 * 1000.0 ** (0x20 * 128 / 16383)))]
    rack.wire.push(bytes.fromhex("b20a40"))
    assert rack.link.poll() == [Moved(PAN, pytest.approx(-1.0 + 2.0 * 8192 / 16383))]
    rack.wire.push(bytes.fromhex("b22a7f"))
    assert rack.link.poll() == [Moved(PAN, pytest.approx(-1.0 + 2.0 * 8319 / 16383))]


def test_other_messages_move_nothing(rack: Rack) -> None:
    for part in (
        "b10740",
        "b00840",
        "903c7f",
        "f043f7",
        "b16500 b16400 b10640",
        "b00550",
        "b0507f",
        "e04040",
    ):
        rack.wire.push(bytes.fromhex(part))
    assert rack.link.poll() == []
    assert rack.link.read([KICK]) == {}


@given(st.lists(st.binary(max_size=200), max_size=20))
def test_no_bytes_whatever_break_it(tmp_path_factory: pytest.TempPathFactory, parts: list[bytes]) -> None:
    rack = Rack(tmp_path_factory.mktemp("rack"))
    for part in parts:
        rack.wire.push(part)
    events = rack.link.poll()
    assert all(isinstance(event, Moved) and math.isfinite(event.value) for event in events)
    rack.wire.push(b"\xf7" + bytes.fromhex("b0077f"))
    assert rack.link.poll()[-1] == Moved(KICK, 0.0)


def test_a_flood_is_taken_in_parts(rack: Rack) -> None:
    for number in range(100_000):
        rack.wire.push(bytes((0xB0, 7, number % 128)))
    calls = 0
    while rack.wire._coming:
        assert len(rack.link.poll()) <= 1
        calls += 1
    assert calls == 50


def test_out_of_range_is_refused_before_anything_is_sent(rack: Rack) -> None:
    for control, value in (
        (KICK, 0.1),
        (KICK, math.nan),
        (Control("Kick", "width"), 1.0),
        (Control("X", "pan"), 0.0),
    ):
        with pytest.raises(ParamError):
            rack.link.write({PAN: 0.0, control: value})
    assert rack.sent == []


def test_a_port_that_goes_is_told_once(rack: Rack) -> None:
    rack.wire.there = False
    rack.wire.clock.sleep(2.0)
    assert [type(event) for event in rack.link.poll()] == [Lost]
    assert rack.link.poll() == []
    with pytest.raises(LinkError, match="gone"):
        rack.link.write({KICK: 0.0})
    rack.link.close()


def one(text: str) -> str:
    return f'[[control]]\ntrack = "A"\n{text}\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no \\[\\[control"),
        ("x = 1", "unknown key 'x'"),
        ("control = 3", "give a list"),
        ("[[control", "not valid TOML"),
        (one('parameter = "fader_db"'), "just one of"),
        (one('parameter = "fader_db"\ncc = 1\nbend = true'), "just one of"),
        (one('parameter = "mute"\ncc = 1'), "nothing that is moved"),
        (one('parameter = "pan"\ncc = 120'), "give 0 to 119"),
        (one('parameter = "pan"\ncc = 32\nbits = 14'), "give 0 to 31"),
        (one('parameter = "pan"\ncc = 1\nbits = 8'), "give 7 or 14"),
        (one('parameter = "pan"\nnrpn = 16384'), "0 to 16383"),
        (one('parameter = "pan"\ncc = 1\nchannel = 17'), "from 1 to 16"),
        (one('parameter = "pan"\ncc = 1\nlaw = "lin"'), "did you mean 'linear'"),
        (one('parameter = "pan"\ncc = 1\nfeedback = "yes"'), "known are"),
        (one('parameter = "pan"\ncc = 1\nlow = 1.0'), "that differ"),
        (one('parameter = "pan"\ncc = 1\nhigh = 2.0'), "inside"),
        (one('parameter = "compressor.attack_ms"\ncc = 1\nlaw = "log"'), "above zero"),
        (one('parameter = "pan"\ncc = 1\nmarks = [[0, 0.0]]'), "differ"),
        (one('parameter = "pan"\ncc = 1\nmarks = [[0, 0.0], [200, 1.0]]'), "0 to 127"),
        (one('parameter = "pan"\ncc = 1\nmarks = [[0, 0.0], [9, 0.5], [5, 1.0]]'), "one way"),
        (one('parameter = "pan"\ncc = 1') + one('parameter = "width"\ncc = 1'), "same message"),
        (one('parameter = "pan"\ncc = 1\nbits = 14') + one('parameter = "width"\ncc = 33'), "same message"),
        (one('parameter = "pan"\ncc = 1') + one('parameter = "pan"\ncc = 2'), "same knob"),
        (one('parameter = "pan"\nnrpn = 1') + one('parameter = "width"\ncc = 98'), "parameter numbers"),
    ],
)
def test_a_wrong_map_is_explained(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "map.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ParamError, match=said):
        read_map(file)


def test_a_map_has_to_be_given_and_there(tmp_path: Path) -> None:
    for settings, said in (
        ((), "needs a map"),
        ((("map", str(tmp_path / "none.toml")),), "cannot be read"),
        ((("mop", "x"),), "did you mean 'map'"),
    ):
        with pytest.raises(ParamError, match=said):
            open_link("midi", LinkOptions(settings=settings), ManualClock())
