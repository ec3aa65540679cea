"""The link to Ardour against a model of its OSC surface, quirk by quirk; the real one is in test_ardour_real.py."""

import math
import time
from collections.abc import Callable
from typing import Any

import pytest
from live_ardour_model import ArdourModel, Aux, Plugin, Strip, band, single
from live_wire import ModelWire, UdpServer

from bridge.live.clock import ManualClock, SystemClock
from bridge.live.link import LinkOptions, open_link
from bridge.live.links.ardour import ArdourLink
from bridge.live.links.ardour.levels import db_of_position, position_of_pan
from bridge.live.parameters import BAND_TYPES
from bridge.live.values import Channel, Control, Event, Knob, Lost, Moved, Relisted, Transport
from bridge.live.wires import Message
from console.errors import LinkError, ParamError


class Desk:
    """A link that is connected to a model."""

    def __init__(self, strips: list[Strip] | None = None, *, settings: Any = None, **quirks: Any) -> None:
        self.model = ArdourModel(band() if strips is None else strips, **quirks)
        self.clock = ManualClock()
        self.wire = ModelWire(self.model, self.clock)
        self.link = ArdourLink(self.wire, self.clock, **(settings or {}))

    def connected(self) -> "Desk":
        self.link.connect()
        return self

    @property
    def channels(self) -> dict[str, Channel]:
        return {channel.name: channel for channel in self.link.channels()}

    def strip(self, name: str) -> Strip:
        return next(strip for strip in self.model.strips if strip.name == name)

    def poll(self, seconds: float = 2.0) -> list[Event]:
        """All that it says in so long."""
        events: list[Event] = []
        end = self.clock.now() + seconds
        while self.clock.now() < end:
            events += self.link.poll(0.1)
        return events


@pytest.fixture
def desk() -> Desk:
    return Desk().connected()


def test_channels_have_ardour_s_names_kinds_and_sends(desk: Desk) -> None:
    channels = desk.link.channels()
    assert [(one.name, one.kind) for one in channels] == [
        ("Track 1", "track"),
        ("Track 2", "track"),
        ("Track 3", "track"),
        ("Pad", "track"),
        ("Drums", "group"),
        ("Hall", "fx"),
        ("Echo", "fx"),
        ("Master", "master"),
    ], "a VCA is no channel"
    assert dict(channels[0].sends) == {"send.0": "Hall"}
    assert desk.link.traits.messages_per_s == 6000.0


def test_each_plugin_gives_its_knobs_and_a_foreign_one_none(desk: Desk) -> None:
    channels = desk.channels
    track = channels["Track 1"]
    assert dict(track.band_types) == {"0": 0, "1": 1, "2": 1, "3": 1, "4": 1, "5": 2}
    assert {"gate.threshold_db", "gate.enabled", "compressor.knee_db", "equalizer.4.q"} <= set(track.knobs)
    assert "gate.range_db" not in track.knobs, "the ACE Expander has none"
    assert "equalizer.0.q" not in track.knobs, "its shelves have none"
    pad = channels["Pad"]
    assert pad.knobs["highpass.slope_db_per_octave"].choices == (24.0,), (
        "LSP's two filters are 24 dB per octave"
    )
    assert pad.knobs["equalizer.0.type"].choices == (0.0, 1.0, 2.0)
    assert "equalizer.3.gain_db" not in pad.knobs, "filters that are off are no bands"
    assert {"gate.range_db", "gate.hold_ms", "width", "lowpass.frequency_hz"} <= set(pad.knobs)
    assert "equalizer.enabled" not in pad.knobs, "LSP's own switch would take the cuts with it"
    assert "compressor.threshold_db" not in pad.knobs
    assert "limiter.ceiling_dbtp" in channels["Master"].knobs
    assert {"reverb.decay_s", "reverb.low_cut_hz", "reverb.high_cut_hz"} <= set(channels["Hall"].knobs)
    assert {"delay.time_ms", "delay.feedback", "delay.high_cut_hz"} <= set(channels["Echo"].knobs)
    assert "width" not in channels["Hall"].knobs


#: Strip, parameter, value in the console's unit, and where it is seen in Ardour: as measured from the real one.
LAWS: list[tuple[str, str, float, Callable[[Strip], float], float]] = [
    ("Track 1", "fader_db", -6.0, lambda s: s.gain, 0.501187),
    ("Track 1", "fader_db", 6.0205, lambda s: s.gain, 1.99998),
    ("Track 1", "fader_db", -200.0, lambda s: s.gain, 0.0),
    ("Track 1", "input.gain_db", -20.0, lambda s: s.trim, 0.1),
    ("Track 1", "pan", -1.0, lambda s: s.azimuth, 0.0),
    ("Track 1", "pan", 0.0, lambda s: s.azimuth, 0.5),
    ("Pad", "pan", 1.0, lambda s: s.azimuth, 1.0),
    # A balance at half right: the left side at √2·cos 67.5°, of which the panner gives twice what is left of 1.
    ("Pad", "pan", 0.5, lambda s: s.azimuth, 1.0 - math.sqrt(2.0) * math.cos(math.radians(67.5)) / 2.0),
    ("Track 1", "send.0", -12.0, lambda s: s.sends[0].gain, 0.251189),
    ("Track 1", "equalizer.1.frequency_hz", 440.0, lambda s: s.plugins[1]["Frequency 1"], 440.0),
    # Bandwidths in octaves of the cookbook: √2 is one octave, 0.6667 two.
    ("Track 1", "equalizer.1.q", math.sqrt(2.0), lambda s: s.plugins[1]["Bandwidth 1"], 1.0),
    ("Track 1", "equalizer.2.q", 2.0 / 3.0, lambda s: s.plugins[1]["Bandwidth 2"], 2.0),
    ("Track 1", "equalizer.2.q", 1.0, lambda s: s.plugins[1]["Bandwidth 2"], 1.3884838819503784),
    ("Track 1", "equalizer.5.gain_db", 6.0, lambda s: s.plugins[1]["Gain H"], 6.0),
    ("Track 1", "equalizer.3.enabled", 0.0, lambda s: s.plugins[1]["Filter 3"], 0.0),
    ("Track 1", "equalizer.enabled", 0.0, lambda s: s.plugins[1].on, 0.0),
    ("Track 1", "compressor.threshold_db", -23.5, lambda s: s.plugins[2]["Threshold"], -23.5),
    ("Track 1", "compressor.knee_db", 6.01, lambda s: s.plugins[2]["Knee"], 1.0),
    ("Track 1", "compressor.knee_db", 0.0, lambda s: s.plugins[2]["Knee"], 0.0),
    ("Track 1", "compressor.makeup_db", 4.5, lambda s: s.plugins[2]["Makeup"], 4.5),
    ("Track 1", "gate.ratio", 2.5, lambda s: s.plugins[0]["Ratio"], 2.5),
    ("Track 1", "gate.enabled", 0.0, lambda s: s.plugins[0].on, 0.0),
    ("Pad", "gate.hold_ms", 33.0, lambda s: s.plugins[1]["Hold"], 33.0),
    ("Pad", "equalizer.0.gain_db", 6.0, lambda s: s.plugins[0]["Gain 2"], 1.995262),
    ("Pad", "equalizer.0.type", 1.0, lambda s: s.plugins[0]["Filter type 2"], 1.0),
    ("Pad", "equalizer.1.type", 2.0, lambda s: s.plugins[0]["Filter type 3"], 3.0),
    ("Pad", "equalizer.1.enabled", 0.0, lambda s: s.plugins[0]["Filter mute 3"], 1.0),
    ("Pad", "highpass.frequency_hz", 55.0, lambda s: s.plugins[0]["Frequency 1"], 55.0),
    ("Pad", "highpass.enabled", 0.0, lambda s: s.plugins[0]["Filter mute 1"], 1.0),
    ("Pad", "lowpass.slope_db_per_octave", 24.0, lambda s: s.plugins[3]["Low-pass Slope"], 24.0),
    ("Pad", "width", 0.5, lambda s: s.plugins[3]["Width"], 0.5),
    # A bandwidth of x42's at 250 and 6000 Hz for q = 1, as a real fil4 was seen to have it.
    ("Drums", "equalizer.1.frequency_hz", 250.0, lambda s: s.plugins[0]["Frequency 1"], 250.0),
    ("Master", "limiter.ceiling_dbtp", -2.0, lambda s: s.plugins[0]["Threshold"], -2.0),
    ("Master", "limiter.release_ms", 50.0, lambda s: s.plugins[0]["Release Time"], 0.05),
    ("Echo", "delay.feedback", 0.25, lambda s: s.plugins[0]["Feedback"], 25.0),
    ("Hall", "reverb.decay_s", 1.174, lambda s: s.plugins[1]["Room Size"], 0.8),
    ("Hall", "reverb.low_cut_hz", 150.0, lambda s: s.plugins[0]["High-pass Frequency"], 150.0),
]


@pytest.mark.parametrize(("name", "parameter", "value", "seen", "theirs"), LAWS)
def test_a_knob_has_ardour_s_law(
    desk: Desk, name: str, parameter: str, value: float, seen: Callable[[Strip], float], theirs: float
) -> None:
    channel = desk.channels[name]
    control = channel.control(parameter)
    desk.link.write({control: value})
    assert float(seen(desk.strip(name))) == pytest.approx(theirs, rel=2e-6, abs=1e-7)
    assert channel.knobs[parameter].agree(desk.link.read([control])[control], value)


@pytest.mark.parametrize(("hz", "bandwidth"), [(250.0, 0.4487188458442688), (6000.0, 0.4040610194206238)])
def test_a_bell_of_x42_keeps_its_q_while_it_moves(desk: Desk, hz: float, bandwidth: float) -> None:
    """The bandwidths that a real fil4 was seen to have for q = 1."""
    channel, plugin = desk.channels["Drums"], desk.strip("Drums").plugins[0]
    q, frequency = channel.control("equalizer.4.q"), channel.control("equalizer.4.frequency_hz")
    desk.link.write({frequency: 1000.0, q: 1.0})
    desk.link.write({frequency: hz})
    assert plugin["Bandwidth 4"] == pytest.approx(bandwidth, rel=1e-6)
    assert desk.link.read([q])[q] == pytest.approx(1.0, rel=1e-6)


@pytest.mark.parametrize(
    ("position", "level_db"),
    [
        (0.7817867398, 0.0),
        (0.5940818787, -6.5),
        (0.1713118553, -33.3),
        (0.0392689481, -60.1),
        (0.0050810459, -90.0),
    ],
)
def test_a_fader_s_place_is_the_level_that_a_real_ardour_says(position: float, level_db: float) -> None:
    assert db_of_position(position) == pytest.approx(level_db, abs=1e-5)


@pytest.mark.parametrize("pan", [-0.99, -0.7, -0.2, 0.1, 0.5, 0.9])
def test_a_mono_pan_gives_the_console_s_ratio_of_the_sides(pan: float) -> None:
    """By the mono panner's two gains as they were measured: x (s x + 1 − s) with s = 2 − 4·10^(−3/20)."""
    scale = 2.0 - 4.0 * 10.0 ** (-3.0 / 20.0)
    right = 1.0 - position_of_pan(pan, 1)
    gains = [x * (scale * x + 1.0 - scale) for x in (1.0 - right, right)]
    angle = (pan + 1.0) * math.pi / 4.0
    assert gains[1] / gains[0] == pytest.approx(math.tan(angle), rel=1e-9)


def test_a_shelf_s_frequency_follows_its_gain_and_comes_back(desk: Desk) -> None:
    channel, plugin = desk.channels["Track 1"], desk.strip("Track 1").plugins[1]
    gain, hz = channel.control("equalizer.0.gain_db"), channel.control("equalizer.0.frequency_hz")
    desk.link.write({hz: 25.0})
    start = plugin["Frequency L"]
    for gain_db in (1.0, 6.0, 12.0, 20.0, 0.0):
        desk.link.write({gain: gain_db})
    assert plugin["Frequency L"] == pytest.approx(start, rel=1e-6), (
        "also from where the knob had ended at 20 Hz"
    )
    desk.link.write({gain: 12.0, hz: 100.0})
    # √A of a shelf of 12 dB, on the scale of tan(π f/fs).
    factor = 10.0 ** (12.0 / 80.0)
    expected = math.atan(math.tan(math.pi * 100.0 / 48_000.0) / factor) * 48_000.0 / math.pi
    assert plugin["Frequency L"] == pytest.approx(expected, rel=1e-6)


def test_every_knob_can_be_read_and_what_was_read_is_written_back_to_the_bit(desk: Desk) -> None:
    for number, strip in enumerate(desk.model.strips):
        strip.gain = 0.3 + 0.01 * number
        for plugin in strip.plugins:
            for label, low, high, _ in plugin.rows:
                if label.startswith(("Frequency", "Bandwidth", "Threshold", "Attack", "Release", "Gain")):
                    plugin[label] = single(low + (high - low) * 0.37)
    controls = [one.control(name) for one in desk.channels.values() for name in one.knobs]
    before = state(desk.model)
    values = desk.link.read(controls)
    assert set(values) == set(controls)
    desk.link.write(dict.fromkeys([one for one in controls if one.parameter == "fader_db"], -30.0))
    desk.link.write(values)
    after = state(desk.model)
    assert {
        key: (before[key], after[key])
        for key in before
        if not math.isclose(before[key], after[key], rel_tol=1e-6)
    } == {}
    plugins = [key for key in before if key[1] not in ("gain", "send")]
    assert {key: (before[key], after[key]) for key in plugins if before[key] != after[key]} == {}


def state(model: ArdourModel) -> dict[tuple[str, ...], float]:
    found: dict[tuple[str, ...], float] = {}
    for strip in model.strips:
        found |= {
            (strip.name, "gain"): strip.gain,
            (strip.name, "trim"): strip.trim,
            (strip.name, "azimuth"): strip.azimuth,
        }
        for number, aux in enumerate(strip.sends):
            found[strip.name, "send", str(number)] = aux.gain
        for plugin in strip.plugins:
            found[strip.name, plugin.name, "active"] = float(plugin.active)
            for label, *_ in plugin.rows:
                found[strip.name, plugin.name, label] = single(plugin[label])
    return found


def test_only_floats_are_sent_as_values(desk: Desk) -> None:
    values = {
        one.control(name): float(round(knob.nearest(1.0)))
        for one in desk.channels.values()
        for name, knob in one.knobs.items()
        if knob.low <= round(knob.nearest(1.0)) <= knob.high and not knob.choices
    }
    before = len(desk.wire.sent)
    desk.link.write(dict.fromkeys(values, 1) | values)  # type: ignore[arg-type]
    sent = [args for address, args in desk.wire.sent[before:] if args and "activate" not in address]
    assert len(sent) >= len(values)
    assert all(type(args[-1]) is float and math.isfinite(args[-1]) for args in sent)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 6.1, -201.0])
def test_what_ardour_would_corrupt_is_refused_and_nothing_is_sent(desk: Desk, value: float) -> None:
    track = desk.channels["Track 1"]
    before = len(desk.wire.sent)
    with pytest.raises(ParamError, match="outside the desk's range"):
        desk.link.write({track.control("pan"): 0.5, track.control("fader_db"): value})
    assert len(desk.wire.sent) == before


def test_ports_are_held_inside_what_ardour_does_not_drop(desk: Desk) -> None:
    """At the ends of every range nothing is dropped, though the ends are rounded to 32 bits."""
    for end in ("low", "high"):
        values = {
            one.control(name): getattr(knob, end)
            for one in desk.channels.values()
            for name, knob in one.knobs.items()
            if not knob.choices and ".q" not in name and "equalizer" not in name
        }
        desk.link.write(values)
        knobs = {
            one.control(name): knob for one in desk.channels.values() for name, knob in one.knobs.items()
        }
        found = desk.link.read(values)
        assert [c for c, value in values.items() if not knobs[c].agree(found[c], value)] == []


def test_a_flood_is_paced_so_that_nothing_is_lost(desk: Desk) -> None:
    desk = Desk(band(tracks=64), rate=6_000.0, flood_limit=200).connected()
    values = {
        one.control(name): knob.nearest((500.0 if name.endswith("_hz") else 2.0) + 0.01 * number)
        for number, one in enumerate(desk.channels.values())
        for name, knob in one.knobs.items()
        if not knob.choices
    }
    assert len(values) > 1500
    began, before = desk.clock.now(), len(desk.wire.sent)
    for _ in range(3):
        desk.link.write(values)
    assert desk.model.lost == 0
    assert (len(desk.wire.sent) - before) / (desk.clock.now() - began) < 6_500.0
    found = desk.link.read(values)
    knobs = {one.control(name): knob for one in desk.channels.values() for name, knob in one.knobs.items()}
    assert [c for c in values if not knobs[c].agree(found[c], values[c])] == []


def test_an_ardour_that_stalls_is_waited_for(desk: Desk) -> None:
    """What it has not taken yet lies in its socket, which holds some two hundred messages."""
    values = {
        one.control(name): knob.nearest(500.0 if name.endswith("_hz") else 2.0)
        for one in desk.channels.values()
        for name, knob in one.knobs.items()
        if not knob.choices
    }
    desk.model.flood_limit, desk.model.stalled_rate = 270, 700.0
    for _ in range(5):
        desk.link.write(values)
    assert desk.model.lost == 0
    knobs = {one.control(name): knob for one in desk.channels.values() for name, knob in one.knobs.items()}
    found = desk.link.read(values)
    assert [c for c in values if not knobs[c].agree(found[c], values[c])] == []


def test_answers_that_are_lost_are_asked_for_again() -> None:
    desk = Desk()
    desk.wire.lose_in = lambda number: number % 7 == 3
    desk.connected()
    channels = desk.channels
    reference = Desk().connected().channels
    assert {name: set(one.knobs) for name, one in channels.items()} == {
        name: set(one.knobs) for name, one in reference.items()
    }
    controls = [one.control(name) for one in channels.values() for name in one.knobs]
    assert set(desk.link.read(controls)) == set(controls)


def test_a_lost_message_shows_in_what_is_read_back_and_is_taken_for_no_hand(desk: Desk) -> None:
    control = desk.channels["Track 1"].control("compressor.threshold_db")
    desk.wire.lose_out = lambda number: True
    desk.link.write({control: -30.0})
    desk.wire.lose_out = lambda number: False
    assert [event for event in desk.poll(3.0) if isinstance(event, Moved)] == []
    assert desk.link.read([control])[control] == 0.0


def test_late_answers_are_waited_for() -> None:
    desk = Desk()
    desk.wire.latency_s = 0.3
    desk.connected()
    track = desk.channels["Track 1"]
    desk.link.write({track.control("compressor.ratio"): 3.0})
    assert desk.link.read([track.control("compressor.ratio")]) == {
        track.control("compressor.ratio"): pytest.approx(3.0)
    }


def test_an_answer_from_before_a_write_is_not_taken_for_one_after_it(desk: Desk) -> None:
    """The watch asks without waiting: its answers may still be on the way when we write and read back."""
    controls = [one.control(name) for one in desk.channels.values() for name in one.knobs if "ratio" in name]
    desk.wire.latency_s = 0.02
    for number in range(60):
        desk.link.poll(0.05)
        wanted = dict.fromkeys(controls, 2.0 + 0.1 * number)
        desk.link.write(wanted)
        assert desk.link.read(wanted) == {control: pytest.approx(value) for control, value in wanted.items()}


def test_a_trim_is_read_as_it_was_told_and_not_as_it_is_answered(desk: Desk) -> None:
    control = desk.channels["Track 1"].control("input.gain_db")
    desk.link.write({control: -17.0})
    assert desk.link.read([control])[control] == pytest.approx(-17.0, abs=1e-5)
    strip = desk.strip("Track 1")
    strip.trim = 2.0  # and its word is lost
    assert desk.link.read([control])[control] == pytest.approx(6.0206, abs=1e-4)


def test_hands_on_told_knobs_are_told_at_once(desk: Desk) -> None:
    channels = desk.channels
    desk.poll(0.2)
    desk.model.move(desk.strip("Track 2"), gain=0.5)
    desk.model.move(desk.strip("Pad"), azimuth=1.0)
    desk.model.move(desk.strip("Master"), trim=2.0)
    events = desk.link.poll(0.1)
    assert [(event.control, pytest.approx(event.value)) for event in events if isinstance(event, Moved)] == [
        (channels["Track 2"].control("fader_db"), pytest.approx(-6.0206, abs=1e-4)),
        (channels["Pad"].control("pan"), 1.0),
        (channels["Master"].control("input.gain_db"), pytest.approx(6.0206, abs=1e-4)),
    ]


def test_hands_on_sends_and_plugins_are_found_by_asking_round(desk: Desk) -> None:
    channels = desk.channels
    desk.poll(0.2)
    desk.strip("Track 2").sends[0].gain = 0.5
    desk.strip("Track 3").plugins[2]["Ratio"] = 7.0
    desk.strip("Pad").plugins[1].active = False
    events = [event for event in desk.poll(4.0) if isinstance(event, Moved)]
    assert {event.control: event.value for event in events} == {
        channels["Track 2"].control("send.0"): pytest.approx(-6.0206, abs=1e-4),
        channels["Track 3"].control("compressor.ratio"): 7.0,
        channels["Pad"].control("gate.enabled"): 0.0,
    }
    assert desk.poll(4.0) == [], "each is told once"


def test_without_the_watch_nothing_is_asked(desk: Desk) -> None:
    desk = Desk(settings={"watch": False}).connected()
    before = len(desk.wire.sent)
    desk.strip("Track 2").sends[0].gain = 0.5
    assert desk.poll(3.0) == []
    assert len(desk.wire.sent) == before


def test_own_moves_come_back_once_and_plugins_not_at_all(desk: Desk) -> None:
    track = desk.channels["Track 1"]
    values = {
        track.control("fader_db"): -3.0,
        track.control("send.0"): -9.0,
        track.control("gate.ratio"): 2.0,
    }
    desk.poll(0.2)
    desk.link.write(values)
    assert desk.poll(4.0) == [Moved(track.control("fader_db"), pytest.approx(-3.0))]


CHANGES: dict[str, Callable[[Desk], None]] = {
    "renamed": lambda desk: desk.model.rename(desk.strip("Track 1"), "Kick"),
    "added": lambda desk: desk.model.arrange([*desk.model.strips[:-1], Strip("New"), desk.model.strips[-1]]),
    "removed": lambda desk: desk.model.arrange(desk.model.strips[1:]),
    "reordered": lambda desk: desk.model.arrange(desk.model.strips[::-1]),
    "plugin added": lambda desk: desk.strip("Track 1").plugins.insert(0, Plugin("Somebody's Phaser")),
    "plugin removed": lambda desk: desk.strip("Track 3").plugins.clear(),
    "plugins swapped": lambda desk: desk.strip("Track 2").plugins.reverse(),
    "send added": lambda desk: desk.strip("Track 2").sends.append(Aux(desk.strip("Echo"))),
    "automation": lambda desk: desk.model.automate(desk.strip("Track 3"), 1),
    "send off": lambda desk: setattr(desk.strip("Track 2").sends[0], "on", False),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_told_once_and_until_then_listed_anew_nothing_is_moved(desk: Desk, change: str) -> None:
    control = desk.channels["Track 2"].control("compressor.threshold_db")
    desk.poll(0.2)
    CHANGES[change](desk)
    events = desk.poll(3.0)
    assert [type(event) for event in events] == [Relisted]
    sent = len(desk.wire.sent)
    with pytest.raises(ParamError, match="anew"):
        desk.link.write({control: -20.0})
    assert [address for address, _ in desk.wire.sent[sent:]] == []
    assert desk.link.read([control]) == {}
    names = [channel.name for channel in desk.link.channels()]
    assert names == [strip.name for strip in desk.model.strips if strip.sort != "V"]
    assert desk.poll(3.0) == []


def test_strips_that_change_while_they_are_moved_stop_the_moves(desk: Desk) -> None:
    fine = desk.channels
    values = {
        one.control(name): knob.nearest(1.0) for one in fine.values() for name, knob in one.knobs.items()
    }
    desk.model.arrange(desk.model.strips[1:])
    sent = len(desk.wire.sent)
    desk.clock.sleep(0.01)
    with pytest.raises(ParamError, match="anew"):
        desk.link.write(values)
    assert len(desk.wire.sent) - sent < 100


def test_a_peer_that_vanishes_is_told_once(desk: Desk) -> None:
    track = desk.channels["Track 1"]
    desk.poll(5.0)
    desk.model.alive = False
    began = desk.clock.now()
    events = desk.poll(6.0)
    assert [type(event) for event in events] == [Lost]
    assert desk.clock.now() - began < 7.0
    for call in (
        lambda: desk.link.write({track.control("pan"): 0.0}),
        lambda: desk.link.read([track.control("pan")]),
        desk.link.channels,
    ):
        with pytest.raises(LinkError, match="lost"):
            call()
    desk.link.close()
    desk.link.close()


def test_a_restarted_ardour_is_lost_though_it_answers(desk: Desk) -> None:
    """It does not know our surface any more: strips might have other numbers."""
    desk.poll(1.0)
    desk.model.restart()
    assert any(isinstance(event, Lost) for event in desk.poll(6.0))


def test_a_heart_that_beats_late_is_no_loss(desk: Desk) -> None:
    desk.model.beating = False
    assert desk.poll(2.5) == []
    desk.model.beating = True
    assert desk.poll(10.0) == []


def test_nobody_there_is_told_with_what_to_click() -> None:
    desk = Desk(alive=False)
    with pytest.raises(LinkError, match=r"Control Surfaces.*Open Sound Control.*--port"):
        desk.link.connect()
    with pytest.raises(LinkError, match="connect it first"):
        desk.link.channels()


def test_answers_with_a_hash_are_avoided_by_the_surface_s_set_up(desk: Desk) -> None:
    feedback = [args[2] for address, args in desk.wire.sent if address == "/set_surface"]
    assert all(value & 16384 for value in feedback)
    assert feedback[0] == 16384, "the list is asked for while the strips are silent"


def test_closing_has_ardour_say_nothing_more(desk: Desk) -> None:
    desk.link.close()
    address, args = desk.wire.sent[-1]
    assert (address, args[2]) == ("/set_surface", 0)
    assert desk.wire.closed


def test_the_song_s_place_is_told_when_asked_for() -> None:
    silent, asked = Desk().connected(), Desk(settings={"transport": True}).connected()
    for desk in (silent, asked):
        desk.model.roll(True)
        events = [event for event in desk.poll(3.2) if isinstance(event, Transport)]
        desk.model.roll(False)
        events += [event for event in desk.poll(0.2) if isinstance(event, Transport)]
        if desk is silent:
            assert events == []
        else:
            assert [event.position_s for event in events] == sorted(event.position_s for event in events)
            assert events[-2].position_s == pytest.approx(3.0, abs=0.6)
            assert [event.playing for event in events] == [True] * (len(events) - 1) + [False]
    assert asked.link.traits.transport
    assert not silent.link.traits.transport


def test_a_plugin_s_own_switch_counts_and_is_put_back(desk: Desk) -> None:
    plugin = desk.strip("Track 1").plugins[2]
    plugin["Enable"] = 0.0
    control = desk.channels["Track 1"].control("compressor.enabled")
    assert desk.link.read([control]) == {control: 0.0}
    desk.link.write({control: 1.0})
    assert plugin.on
    assert desk.link.read([control]) == {control: 1.0}
    desk.link.write({control: 0.0})
    assert (plugin.active, plugin["Enable"]) == (True, 0.0)


def test_a_send_that_is_off_has_no_knob_and_the_others_keep_their_numbers() -> None:
    strips = band()
    strips[0].sends = [Aux(strips[5], on=False), Aux(strips[6], gain=0.5)]
    desk = Desk(strips).connected()
    track = desk.channels["Track 1"]
    assert dict(track.sends) == {"send.1": "Echo"}
    desk.link.write({track.control("send.1"): -20.0})
    assert strips[0].sends[1].gain == pytest.approx(0.1)
    assert strips[0].sends[0].gain == pytest.approx(10.0 ** (-90.0 / 20.0))


def test_a_stereo_panner_of_ardour_s_own_has_no_pan() -> None:
    strips = band()
    strips[3].panner = "panner_2in2out"
    strips[2].panner = ""
    channels = Desk(strips).connected().channels
    assert "pan" not in channels["Pad"].knobs
    assert "pan" not in channels["Track 3"].knobs
    assert "pan" in channels["Track 1"].knobs


@pytest.mark.parametrize("mode", [1, 2, 3])
def test_a_fader_that_automation_has_is_no_knob(desk: Desk, mode: int) -> None:
    desk.model.automate(desk.strip("Track 1"), mode)
    assert "fader_db" not in desk.channels["Track 1"].knobs
    desk.model.automate(desk.strip("Track 1"), 0)
    assert "fader_db" in desk.channels["Track 1"].knobs


def test_bands_of_two_equalizers_are_counted_on_and_share_no_switch() -> None:
    strips = band()
    strips[0].plugins = [Plugin("x42-eq - Parametric Equalizer Mono"), Plugin("ACE EQ"), Plugin("ACE EQ")]
    track = Desk(strips).connected().channels["Track 1"]
    assert len(track.band_types) == 18
    assert [BAND_TYPES[track.band_types[n]] for n in ("5", "6")] == ["high_shelf", "low_shelf"]
    assert "equalizer.17.gain_db" in track.knobs
    assert "equalizer.enabled" not in track.knobs


NONSENSE = [
    Message("/strip/gain", ()),
    Message("/strip/gain", ("one", "two")),
    Message("/strip/gain", (1, math.nan)),
    Message("/strip/gain", (1, math.inf)),
    Message("/strip/gain", (99, -3.0)),
    Message("/strip/gain", (-1, -3.0)),
    Message("/strip/name", (1,)),
    Message("/strip/name", ()),
    Message("/strip/sends", (1, "x")),
    Message("/strip/plugin/list", ()),
    Message("/strip/plugin/descriptor", (1, 1)),
    Message("/strip/plugin/descriptor_end", (1, 1)),
    Message("/reply", ()),
    Message("/reply", ("AT", "Extra", 1, 2, 0, 0, 2_000_000_000)),
    Message("/position/samples", ("abc",)),
    Message("/position/samples", ("nan",)),
    Message("/transport_play", ("yes",)),
    Message("", (b"\0" * 60_000,)),
    Message("/nobody/knows", (1, 2, 3)),
]


@pytest.mark.parametrize("number", range(len(NONSENSE)))
def test_nonsense_is_overheard(desk: Desk, number: int) -> None:
    message = NONSENSE[number]
    control = desk.channels["Track 1"].control("fader_db")
    for _ in range(20):
        desk.wire.tell(message.address, *message.args)
        events = desk.link.poll(0.05)
        assert not [event for event in events if isinstance(event, Moved | Lost)]
        assert all(math.isfinite(value) for value in desk.link.read([control]).values())


def test_over_real_sockets() -> None:
    model = ArdourModel(band())
    with UdpServer(model) as server:
        link = open_link("ardour", LinkOptions(port=server.port), SystemClock())
        assert link.identity == f"ardour 127.0.0.1:{server.port}"
        link.connect()
        channels = {channel.name: channel for channel in link.channels()}
        knobs: dict[Control, Knob] = {
            one.control(name): knob for one in channels.values() for name, knob in one.knobs.items()
        }
        values = link.read(knobs)
        assert set(values) == set(knobs)
        wanted = {control: knobs[control].nearest(3.0) for control in knobs if "fader" in control.parameter}
        link.write(wanted)
        found = link.read(wanted)
        assert [
            control for control in wanted if not knobs[control].agree(found[control], wanted[control])
        ] == []
        with server.lock:
            model.move(model.strips[0], gain=0.5)
        end, events = time.monotonic() + 3.0, []
        wanted_event = Moved(channels["Track 1"].control("fader_db"), pytest.approx(-6.0206, abs=1e-4))
        while wanted_event not in events and time.monotonic() < end:
            events += link.poll(0.1)
        assert wanted_event in events
        link.close()


def test_settings_are_checked() -> None:
    with pytest.raises(ParamError, match="transprot"):
        open_link("ardour", LinkOptions(settings=(("transprot", "on"),)), ManualClock())
    with pytest.raises(ParamError, match="give on or off"):
        open_link("ardour", LinkOptions(settings=(("watch", "maybe"),)), ManualClock())
