"""The link to an X32 or M32, against a model of the desk built from its public protocol."""

import math
import socket
from typing import Any

import pytest
from live_wire import ModelWire, UdpServer
from live_x32 import X32Model

from bridge.live.clock import ManualClock, SystemClock
from bridge.live.link import LinkOptions
from bridge.live.link import open_link as open_any
from bridge.live.links.x32 import X32Link
from bridge.live.values import Control, Lost, Moved, Relisted
from console.errors import LinkError, ParamError


class Desk:
    """A link that is connected to a model."""

    def __init__(self, model: X32Model | None = None, *, connect: bool = True, **quirks: Any) -> None:
        self.model = model or X32Model(**quirks)
        self.clock = ManualClock()
        self.wire = ModelWire(self.model, self.clock)
        self.link = X32Link(self.wire, self.clock)
        if connect:
            self.link.connect()

    def write(self, channel: str, parameter: str, value: float) -> Any:
        """The raw number that the model keeps after a write."""
        before = len(self.wire.sent)
        self.link.write({Control(channel, parameter): value})
        sent = self.wire.sent[before:]
        assert len(sent) == 1
        return self.model.state[sent[0][0]]

    def read(self, channel: str, parameter: str) -> float:
        control = Control(channel, parameter)
        return self.link.read([control])[control]


# From the tables of the public protocol document: what is asked for, the number that the console keeps, what it means.
PUBLISHED = [
    ("ch/01", "fader_db", 10.0, "/ch/01/mix/fader", 1.0, 10.0),
    ("ch/01", "fader_db", 3.0, "/ch/01/mix/fader", 844 / 1023, 3.0),
    ("ch/01", "fader_db", -6.0, "/ch/01/mix/fader", 614 / 1023, -5.99),
    ("ch/01", "fader_db", -20.5, "/ch/01/mix/fader", 377 / 1023, -20.52),
    ("ch/01", "fader_db", -60.0, "/ch/01/mix/fader", 64 / 1023, -59.99),
    ("ch/01", "fader_db", -85.4, "/ch/01/mix/fader", 10 / 1023, -85.31),
    ("ch/01", "fader_db", -90.0, "/ch/01/mix/fader", 0.0, -90.0),
    ("main/st", "fader_db", 0.0, "/main/st/mix/fader", 767 / 1023, -0.01),
    ("bus/16", "fader_db", -30.0, "/bus/16/mix/fader", 256 / 1023, -29.98),
    ("ch/02", "pan", 0.5, "/ch/02/mix/pan", 0.75, 0.5),
    ("ch/02", "pan", -1.0, "/ch/02/mix/pan", 0.0, -1.0),
    ("ch/32", "send.8", -8.3, "/ch/32/mix/09/level", 0.5437, -8.25),
    ("ch/32", "send.15", -58.9, "/ch/32/mix/16/level", 0.0688, -59.0),
    ("ch/32", "send.15", -84.2, "/ch/32/mix/16/level", 0.0125, -84.0),
    ("ch/01", "input.gain_db", -3.0, "/ch/01/preamp/trim", 0.41667, -3.0),
    ("ch/01", "highpass.frequency_hz", 100.0, "/ch/01/preamp/hpf", 0.54, 100.8),
    ("ch/01", "highpass.enabled", 1.0, "/ch/01/preamp/hpon", 1, 1.0),
    ("ch/01", "highpass.slope_db_per_octave", 12.0, "/ch/01/preamp/hpslope", 0, 12.0),
    ("ch/01", "gate.threshold_db", -40.0, "/ch/01/gate/thr", 0.5, -40.0),
    ("ch/01", "gate.range_db", -60.0, "/ch/01/gate/range", 1.0, -60.0),
    ("ch/01", "gate.range_db", -3.0, "/ch/01/gate/range", 0.0, -3.0),
    ("ch/01", "gate.attack_ms", 30.0, "/ch/01/gate/attack", 0.25, 30.0),
    ("ch/01", "gate.hold_ms", 100.0, "/ch/01/gate/hold", 0.74, 100.2),
    ("ch/01", "gate.release_ms", 100.0, "/ch/01/gate/release", 0.45, 101.2),
    ("ch/01", "gate.ratio", 4.0, "/ch/01/gate/mode", 2, 4.0),
    ("bus/13", "equalizer.0.gain_db", 3.25, "/bus/13/eq/1/g", 0.60833, 3.25),
    ("ch/01", "equalizer.0.frequency_hz", 124.7, "/ch/01/eq/1/f", 0.265, 124.7),
    ("ch/01", "equalizer.3.frequency_hz", 1000.0, "/ch/01/eq/4/f", 0.565, 990.9),
    ("ch/01", "equalizer.3.frequency_hz", 632.5, "/ch/01/eq/4/f", 0.5, 632.5),
    ("ch/01", "equalizer.0.q", 2.0, "/ch/01/eq/1/q", 0.4648, 1.96),
    ("ch/01", "equalizer.0.q", 10.0, "/ch/01/eq/1/q", 0.0, 10.0),
    ("ch/01", "equalizer.0.q", 0.3, "/ch/01/eq/1/q", 1.0, 0.3),
    ("main/st", "equalizer.1.type", 0.0, "/main/st/eq/2/type", 1, 0.0),
    ("main/st", "equalizer.5.type", 1.0, "/main/st/eq/6/type", 2, 1.0),
    ("bus/11", "compressor.threshold_db", -20.0, "/bus/11/dyn/thr", 0.66667, -20.0),
    ("bus/11", "compressor.ratio", 2.5, "/bus/11/dyn/ratio", 4, 2.5),
    ("ch/09", "compressor.ratio", 20.0, "/ch/09/dyn/ratio", 10, 20.0),
    ("ch/09", "compressor.makeup_db", 8.0, "/ch/09/dyn/mgain", 8 / 24, 8.0),
    ("ch/09", "compressor.attack_ms", 71.0, "/ch/09/dyn/attack", 71 / 120, 71.0),
    ("ch/09", "compressor.release_ms", 538.0, "/ch/09/dyn/release", 0.7, 538.4),
]


@pytest.mark.parametrize("quantises", [True, False], ids=["desk", "emulator"])
@pytest.mark.parametrize(("channel", "parameter", "wanted", "address", "raw", "meant"), PUBLISHED)
def test_values_are_the_published_ones(
    quantises: bool, channel: str, parameter: str, wanted: float, address: str, raw: Any, meant: float
) -> None:
    desk = SHARED[quantises]
    kept = desk.write(channel, parameter, wanted)
    assert desk.wire.sent[-1][0] == address
    assert type(kept) is type(raw)
    assert kept == pytest.approx(raw, abs=6e-5)
    assert desk.read(channel, parameter) == pytest.approx(meant, rel=3e-3, abs=6e-3)
    assert not desk.model.wrong


SHARED = {quantises: Desk(quantises=quantises) for quantises in (True, False)}


def test_every_step_of_every_knob_survives_a_round_trip() -> None:
    desk = Desk()
    for channel in ("ch/05", "bus/15", "main/st"):
        knobs = next((one.knobs for one in desk.link.channels() if one.key == channel), {})
        for parameter, knob in knobs.items():
            values = knob.choices or [knob.low + (knob.high - knob.low) * part / 97.0 for part in range(98)]
            control = Control(channel, parameter)
            for value in values:
                desk.link.write({control: value})
                got = desk.link.read([control])[control]
                assert knob.agree(got, value), (control, value, got)
                raw = dict(desk.model.state)
                desk.link.write({control: got})  # what was read is what is there: to the bit
                assert desk.model.state == raw
    assert not desk.model.wrong


def test_fader_steps_are_the_consoles_1024() -> None:
    desk = Desk(quantises=False)
    control = Control("ch/07", "fader_db")
    kept = set()
    for part in range(5000):
        desk.link.write({control: -90.0 + 100.0 * part / 4999.0})
        kept.add(desk.model.state["/ch/07/mix/fader"])
    assert all(abs(raw * 1023 - round(raw * 1023)) < 1e-3 for raw in kept)
    assert min(kept) == 0.0
    assert max(kept) == 1.0


class TestChannels:
    def test_unnamed_channels_are_channels_too(self) -> None:
        desk = Desk(connect=False)
        desk.model.state["/ch/03/config/name"] = "Snare Top"
        desk.model.state["/main/st/config/name"] = "House"
        desk.link.connect()
        channels = {one.key: one for one in desk.link.channels()}
        assert channels["ch/03"].name == "Snare Top"
        assert channels["ch/04"].name == "Ch 04"
        assert channels["main/st"].name == "House"
        assert [one.kind for one in channels.values()] == ["track"] * 32 + ["fx"] * 8 + ["master"]

    def test_monitor_mixes_are_left_alone(self) -> None:
        desk = Desk()  # buses 1–8 are fed before the fader
        keys = {one.key for one in desk.link.channels()}
        assert "bus/01" not in keys
        assert "bus/09" in keys
        assert "send.0" not in desk.link.channels()[0].knobs
        assert any("monitors" in note for note in desk.link.traits.notes)

    def test_a_bus_that_channels_are_grouped_in_is_a_group(self) -> None:
        desk = Desk(connect=False)
        desk.model.state["/ch/01/mix/01/type"] = 5
        desk.model.state["/bus/01/config/name"] = "Drums"
        desk.link.connect()
        channels = {one.key: one for one in desk.link.channels()}
        assert (channels["bus/01"].kind, channels["bus/01"].name) == ("group", "Drums")
        assert "send.0" not in channels["ch/01"].knobs  # its level is fixed

    def test_sends_name_their_bus_and_one_that_is_off_is_none(self) -> None:
        desk = Desk(connect=False)
        desk.model.state["/bus/13/config/name"] = "Plate"
        desk.model.state["/ch/02/mix/13/on"] = 0
        desk.link.connect()
        one, two = desk.link.channels()[:2]
        assert one.sends["send.12"] == "Plate"
        assert set(one.sends) == {name for name in one.knobs if name.startswith("send.")}
        assert "send.12" not in two.knobs

    def test_duckers_expanders_and_foreign_bands_are_left_alone(self) -> None:
        desk = Desk(connect=False)
        state = desk.model.state
        state["/ch/01/gate/mode"] = 4
        state["/ch/02/dyn/mode"] = 1
        for band, kind in ((1, 0), (2, 3), (4, 5)):
            state[f"/ch/03/eq/{band}/type"] = kind
        desk.link.connect()
        ducked, expanded, filtered = (one.knobs for one in desk.link.channels()[:3])
        assert not any(name.startswith("gate.") for name in ducked)
        assert not any(name.startswith("compressor.") for name in expanded)
        assert [name for name in filtered if name.endswith(".q")] == ["equalizer.2.q"]

    def test_nothing_can_mute_solo_or_reach_what_is_not_listed(self) -> None:
        desk = Desk()
        before = dict(desk.model.state)
        reachable = {address for address, _ in desk.link._layout.places.values()}
        assert not [address for address in reachable if address.endswith("/mix/on") or "solo" in address]
        assert not [address for address in reachable if "/dca/" in address or "/auxin/" in address]
        assert not [address for address in reachable if address.startswith(("/headamp", "/config", "/-"))]
        for channel in desk.link.channels():
            desk.link.write({channel.control(name): knob.high for name, knob in channel.knobs.items()})
        changed = {address for address, value in desk.model.state.items() if value != before[address]}
        assert changed <= reachable
        assert not desk.model.wrong

    def test_what_differs_from_the_console_is_told(self) -> None:
        desk = Desk(connect=False)
        desk.model.state |= {
            "/ch/01/dyn/det": 1, "/ch/02/dyn/auto": 1, "/ch/03/dyn/mix": 0.5, "/config/chlink/5-6": 1,
        }  # fmt: skip
        desk.link.connect()
        notes = " ".join(desk.link.traits.notes)
        assert "compressors of ch/01 compress by RMS" in notes
        assert "compressors of ch/02 have automatic times" in notes
        assert "compressors of ch/03 mix dry" in notes
        assert "5-6 are linked" in notes


class TestWrites:
    @pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -90.5, 10.5])
    def test_what_no_fader_can_do_is_refused_before_anything_is_sent(self, value: float) -> None:
        desk = Desk()
        before = len(desk.wire.sent)
        with pytest.raises(ParamError, match="fader_db of channel ch/01"):
            desk.link.write({Control("ch/02", "fader_db"): -6.0, Control("ch/01", "fader_db"): value})
        assert len(desk.wire.sent) == before

    def test_unknown_controls_are_refused(self) -> None:
        with pytest.raises(ParamError, match="no knob of this desk"):
            Desk().link.write({Control("ch/33", "fader_db"): 0.0})

    def test_a_muted_channel_stays_muted(self) -> None:
        desk = Desk(connect=False)
        desk.model.state["/ch/01/mix/on"] = 0
        desk.link.connect()
        desk.link.write({Control("ch/01", "fader_db"): -3.0})
        assert desk.model.state["/ch/01/mix/on"] == 0


class TestListening:
    def test_moves_of_others_are_told_and_own_ones_are_not(self) -> None:
        desk = Desk()
        desk.link.poll()
        desk.link.write({Control("ch/01", "fader_db"): -6.0})
        assert desk.link.poll(0.2) == []
        desk.model.hand("/ch/01/mix/fader", 0.75)
        (event,) = desk.link.poll(0.2)
        assert isinstance(event, Moved)
        assert event.control == Control("ch/01", "fader_db")
        assert event.value == pytest.approx(0.0, abs=0.02)

    def test_moves_arrive_after_an_hour(self) -> None:
        desk = Desk()
        while desk.clock.now() < 3600.0:
            desk.link.poll(0.4)
        desk.model.hand("/main/st/mix/pan", 1.0)
        assert desk.link.poll(0.2) == [Moved(Control("main/st", "pan"), 1.0)]

    def test_moves_during_a_read_are_told_afterwards(self) -> None:
        desk = Desk()
        desk.link.poll()
        desk.model.hand("/ch/09/mix/pan", 0.25)
        desk.link.read([Control("ch/10", "fader_db")])
        assert desk.link.poll() == [Moved(Control("ch/09", "pan"), -0.5)]

    @pytest.mark.parametrize(
        ("address", "value"),
        [
            ("/ch/01/config/name", "Kick"),
            ("/ch/01/gate/mode", 4),
            ("/ch/01/dyn/mode", 1),
            ("/ch/01/eq/1/type", 0),
            ("/ch/01/mix/09/type", 3),
            ("/-show/prepos/current", 3),
        ],
    )
    def test_what_makes_other_channels_of_them_is_told(self, address: str, value: Any) -> None:
        desk = Desk()
        desk.link.poll()
        desk.model.hand(address, value)
        assert [event for event in desk.link.poll(0.2) if isinstance(event, Relisted)]
        assert not [event for event in desk.link.poll(0.2) if isinstance(event, Relisted)]

    def test_a_mute_is_nobodys_business(self) -> None:
        desk = Desk()
        desk.link.poll()
        desk.model.hand("/ch/01/mix/on", 0)
        desk.model.hand("/dca/1/fader", 0.2)
        assert desk.link.poll(0.2) == []

    def test_nonsense_is_no_news(self) -> None:
        desk = Desk()
        desk.link.poll()
        for args in (
            (),
            ("loud",),
            (math.nan,),
            (math.inf,),
            (3,),
            (b"\0\1",),
            (None,),
            (0.5, 0.5, "x"),
            ([1.0],),
        ):
            desk.wire.tell("/ch/01/mix/fader", *args)
            desk.wire.tell("/ch/01/dyn/ratio", *args[:1] or (99,))
            desk.wire.tell("/ch/01/config", *args)
        events = desk.link.poll(0.1)
        assert all(isinstance(event, Moved) and math.isfinite(event.value) for event in events)
        assert {event.value for event in events if isinstance(event, Moved)} <= {-10.0, 2.0}


class TestFaults:
    def test_lost_packets_are_asked_again(self) -> None:
        desk = Desk(connect=False)
        desk.wire.lose_out = lambda number: number % 5 == 0
        desk.wire.lose_in = lambda number: number % 7 == 0
        desk.link.connect()
        controls = [one.control("fader_db") for one in desk.link.channels()]
        assert set(desk.link.read(controls)) == set(controls)

    def test_doubled_packets_do_no_harm(self) -> None:
        desk = Desk(connect=False)
        desk.wire.double_in = True
        desk.link.connect()
        desk.link.poll()
        desk.model.hand("/ch/01/mix/pan", 0.25)
        assert desk.link.poll(0.1) == [Moved(Control("ch/01", "pan"), -0.5)]

    def test_a_knob_without_an_answer_is_left_out(self) -> None:
        desk = Desk(mute_addresses={"/ch/01/mix/fader"})
        controls = [Control("ch/01", "fader_db"), Control("ch/02", "fader_db")]
        assert set(desk.link.read(controls)) == {controls[1]}

    def test_a_desk_that_goes_away_is_lost_once_and_for_good(self) -> None:
        desk = Desk()
        desk.link.poll()
        desk.model.silent = True
        events = []
        began = desk.clock.now()
        while not events:
            events = desk.link.poll(0.4)
        assert isinstance(events[0], Lost)
        assert 2.0 < desk.clock.now() - began < 5.0
        desk.model.silent = False
        assert desk.link.poll(5.0) == []
        with pytest.raises(LinkError, match="connect again"):
            desk.link.write({Control("ch/01", "fader_db"): 0.0})
        with pytest.raises(LinkError):
            desk.link.read([Control("ch/01", "fader_db")])

    def test_a_desk_that_goes_away_in_a_read_says_so_soon(self) -> None:
        desk = Desk()
        desk.model.silent = True
        began = desk.clock.now()
        with pytest.raises(LinkError, match="does not answer"):
            desk.link.read([one.control(name) for one in desk.link.channels() for name in one.knobs])
        assert desk.clock.now() - began < 3.0

    def test_nobody_there(self) -> None:
        with pytest.raises(LinkError, match="check that the console is on"):
            Desk(silent=True)

    def test_somebody_else_there(self) -> None:
        with pytest.raises(LinkError, match="'XR18' answers, which is no X32"):
            Desk(model=X32Model(model="XR18"))

    @pytest.mark.parametrize("model", ["X32", "X32RACK", "X32C", "M32", "M32R"])
    def test_the_family_is_welcome(self, model: str) -> None:
        assert len(Desk(model=X32Model(model=model)).link.channels()) == 41

    def test_old_firmware_is_welcome(self) -> None:
        Desk(model=X32Model(knows_xinfo=False)).link.channels()

    def test_a_closed_link_is_closed(self) -> None:
        desk = Desk()
        desk.link.close()
        desk.link.close()
        assert desk.wire.closed
        assert desk.link.poll() == []
        with pytest.raises(LinkError):
            desk.link.write({Control("ch/01", "fader_db"): 0.0})


def test_a_read_never_has_more_open_questions_than_the_desk_takes() -> None:
    desk = Desk()
    desk.wire.latency_s = 0.05
    controls = [one.control(name) for one in desk.link.channels() for name in one.knobs]
    desk.wire.sent.clear()
    began = desk.clock.now()
    assert len(desk.link.read(controls)) == len(controls)
    assert len(desk.wire.sent) - 2 <= len(controls) + 1
    assert len(controls) / (desk.clock.now() - began) <= 24 / 0.05


def test_over_real_sockets() -> None:
    model = X32Model()
    model.state["/ch/01/config/name"] = "Kick"
    with UdpServer(model) as server:
        link = open_any("x32", LinkOptions(port=server.port), SystemClock())
        try:
            link.connect()
            assert link.identity == f"x32 127.0.0.1:{server.port}"
            channels = link.channels()
            assert channels[0].name == "Kick"
            control = channels[0].control("fader_db")
            link.write({control: -6.0})
            controls = [one.control(name) for one in channels for name in one.knobs]
            values = link.read(controls)
            assert len(values) == len(controls)
            assert values[control] == pytest.approx(-6.0, abs=0.02)
            link.poll()
            with server.lock:
                model.hand("/ch/01/mix/fader", 0.75)
            assert link.poll(2.0)[0].control == control  # type: ignore[union-attr]
        finally:
            link.close()


def test_a_taken_port_is_said() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(LinkError, match="cannot be opened"):
            open_any("x32", LinkOptions(listen_port=taken.getsockname()[1]), ManualClock())
