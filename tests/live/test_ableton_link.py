"""The link to Live over AbletonOSC, against a model of it built from its public handlers and documentation."""

import math
import socket
from itertools import pairwise
from typing import Any

import pytest
from live_ableton import (
    FADER,
    AbletonModel,
    FakeDevice,
    FakeTrack,
    Param,
    compressor,
    eq_eight,
    on,
    tracks,
    utility,
)
from live_wire import ModelWire, UdpServer

from bridge.live.clock import ManualClock, SystemClock
from bridge.live.link import LinkOptions
from bridge.live.link import open_link as open_any
from bridge.live.links.ableton import AbletonLink
from bridge.live.values import (
    Channel,
    Control,
    Event,
    Lost,
    Moved,
    Refused,
    Relisted,
    Transport,
)
from console.errors import LinkError, ParamError

FADER_0 = Control("track/0", "fader_db")


def session() -> list[FakeTrack]:
    """A kick with a chain, a group, a bass."""
    made = tracks("Kick", "Drums", "Bass")
    made[0].devices = [
        eq_eight((1, 0.143, 0.0), (2, 0.35, -2.0), (3, 0.389, 3.0), (4, 0.6, 0.0), (5, 0.9, 1.0)),
        compressor(),
        FakeDevice("Saturator", "Saturator", [on(), Param("Drive", 0.0)]),
        utility(),
    ]
    made[1].foldable = True
    return made


class Live:
    """A link that is connected to a model."""

    def __init__(
        self, model: AbletonModel | None = None, *, connect: bool = True, returns: Any = (), **switches: Any
    ) -> None:
        self.model = model or AbletonModel(session(), **switches)
        self.clock = ManualClock()
        self.wire = ModelWire(self.model, self.clock)
        self.link = AbletonLink(self.wire, self.clock, return_names=returns)
        if connect:
            self.link.connect()
            self.settle()

    @property
    def channels(self) -> dict[str, Channel]:
        return {one.key: one for one in self.link._listing.channels}

    def settle(self, seconds: float = 2.5) -> list[Event]:
        """Poll for a while; what was said."""
        events: list[Event] = []
        until_s = self.clock.now() + seconds
        while self.clock.now() < until_s:
            events += self.link.poll(0.1)
        return events

    def moves(self, seconds: float = 2.5) -> list[Moved]:
        return [event for event in self.settle(seconds) if isinstance(event, Moved)]

    def kinds(self, seconds: float = 2.5) -> set[type]:
        return {type(event) for event in self.settle(seconds)}

    def read(self, channel: str, parameter: str) -> float:
        control = Control(channel, parameter)
        return self.link.read([control])[control]

    def write(self, channel: str, parameter: str, value: float) -> None:
        self.link.write({Control(channel, parameter): value})
        self.clock.sleep(0.2)
        self.model.tick(self.clock.now())


class TestLaws:
    @pytest.mark.parametrize(("raw", "level_db"), FADER[1:])
    def test_a_fader_goes_through_the_published_points(self, raw: float, level_db: float) -> None:
        live = SHARED
        close = 0.02 if level_db >= -57.0 else 0.4
        live.model.tracks[2].volume.value = raw
        assert live.read("track/2", "fader_db") == pytest.approx(level_db, abs=close)
        live.write("track/2", "fader_db", level_db)
        assert live.model.tracks[2].volume.value == pytest.approx(
            raw, abs=4e-4 if level_db >= -57.0 else 4e-3
        )

    # "0.55 = −12 dB", "0.85 = 0 dB", "0.001154 = −69.5 dB": from a forum, by another user
    @pytest.mark.parametrize(("raw", "level_db"), [(0.55, -12.0), (0.85, 0.0), (1.0, 6.0), (0.001154, -69.5)])
    def test_a_fader_goes_through_others_readings(self, raw: float, level_db: float) -> None:
        SHARED.model.tracks[2].volume.value = raw
        assert SHARED.read("track/2", "fader_db") == pytest.approx(level_db, abs=0.2)

    def test_a_fader_at_its_foot_is_silent_and_gets_there(self) -> None:
        SHARED.write("track/2", "fader_db", -70.0)
        assert SHARED.model.tracks[2].volume.value == 0.0

    def test_a_fader_never_goes_back(self) -> None:
        values = []
        for part in range(1001):
            SHARED.model.tracks[2].volume.value = part / 1000.0
            values.append(
                SHARED.link._listing.places[Control("track/2", "fader_db")].law.value(part / 1000.0)
            )
        assert all(after > before for before, after in pairwise(values))

    # a send ends at 0 dB, and is a fader 6 dB lower: measured by users
    @pytest.mark.parametrize(("raw", "level_db"), [(1.0, 0.0), (0.7, -12.0), (0.85, -6.0), (0.4, -24.0)])
    def test_sends_are_faders_six_decibels_lower(self, raw: float, level_db: float) -> None:
        SHARED.write("track/0", "send.1", level_db)
        assert SHARED.model.tracks[0].sends[1].value == pytest.approx(raw, abs=1e-4)
        assert SHARED.read("track/0", "send.1") == pytest.approx(level_db, abs=0.01)

    # what Live 12.4 showed of these numbers
    @pytest.mark.parametrize(("raw", "frequency_hz"), [(0.143, 30.0), (0.389, 200.0), (0.6, 1010.0)])
    def test_eq_frequencies_are_what_live_shows(self, raw: float, frequency_hz: float) -> None:
        param = SHARED.model.tracks[0].devices[0].param("3 Frequency A")
        param.value = raw
        assert SHARED.read("track/0", "equalizer.1.frequency_hz") == pytest.approx(frequency_hz, rel=5e-3)
        SHARED.write("track/0", "equalizer.1.frequency_hz", frequency_hz)
        assert param.value == pytest.approx(raw, abs=7e-4)

    @pytest.mark.parametrize(
        ("parameter", "value", "name", "raw"),
        [
            ("equalizer.1.gain_db", -3.0, "3 Gain A", -3.0),
            ("equalizer.1.type", 0.0, "3 Filter Type A", 2.0),
            ("equalizer.1.type", 1.0, "3 Filter Type A", 3.0),
            ("equalizer.1.type", 2.0, "3 Filter Type A", 5.0),
            ("equalizer.1.enabled", 0.0, "3 Filter On A", 0.0),
            ("equalizer.1.q", 18.0, "3 Q A", 1.0),
            ("equalizer.1.q", 0.1, "3 Q A", 0.0),
            ("highpass.frequency_hz", 10.0, "1 Frequency A", 0.0),
            ("highpass.enabled", 1.0, "1 Filter On A", 1.0),
        ],
    )
    def test_eq_bands(self, parameter: str, value: float, name: str, raw: float) -> None:
        SHARED.write("track/0", parameter, value)
        assert SHARED.model.tracks[0].devices[0].param(name).value == pytest.approx(raw, abs=1e-6)
        assert SHARED.read("track/0", parameter) == pytest.approx(value, rel=1e-5)

    @pytest.mark.parametrize(
        ("parameter", "value", "name", "raw"),
        [
            ("compressor.ratio", 4.0, "Ratio", 0.75),
            ("compressor.ratio", 2.0, "Ratio", 0.5),
            ("compressor.ratio", 1.0, "Ratio", 0.0),
            ("compressor.threshold_db", -6.0, "Threshold", 0.7),
            ("compressor.threshold_db", 0.0, "Threshold", 0.85),
            ("compressor.attack_ms", 1000.0, "Attack", 1.0),
            ("compressor.attack_ms", 0.01, "Attack", 0.0),
            ("compressor.release_ms", 3000.0, "Release", 1.0),
            ("compressor.knee_db", 9.0, "Knee", 0.5),
            ("compressor.makeup_db", 5.0, "Output Gain", 5.0),
            ("compressor.enabled", 0.0, "Device On", 0.0),
        ],
    )
    def test_compressors(self, parameter: str, value: float, name: str, raw: float) -> None:
        SHARED.write("track/0", parameter, value)
        assert SHARED.model.tracks[0].devices[1].param(name).value == pytest.approx(raw, abs=1e-6)
        assert SHARED.read("track/0", parameter) == pytest.approx(value, rel=1e-5, abs=1e-5)

    def test_everything_survives_a_round_trip(self) -> None:
        live = Live()
        for channel in live.link.channels():
            for parameter, knob in channel.knobs.items():
                control = channel.control(parameter)
                span = knob.high - knob.low
                for value in knob.choices or [knob.low + span * part / 7.0 for part in range(8)]:
                    live.link.write({control: value})
                    assert knob.agree(live.link.read([control])[control], value), (control, value)
        assert not live.model.ints


SHARED = Live()


class TestChannels:
    def test_tracks_groups_and_names(self) -> None:
        channels = Live().channels
        assert [(one.name, one.kind) for one in channels.values()] == [
            ("Kick", "track"), ("Drums", "group"), ("Bass", "track"), ("Return A", "fx"), ("Return B", "fx"),
        ]  # fmt: skip
        assert dict(channels["track/0"].sends) == {"send.0": "Return A", "send.1": "Return B"}

    def test_the_user_names_the_returns(self) -> None:
        channels = Live(returns=["Plate"]).channels
        assert dict(channels["track/2"].sends) == {"send.0": "Plate", "send.1": "Return B"}
        assert channels["return/0"].name == "Plate"

    def test_bands_that_are_cuts_are_filters_and_a_notch_is_left_alone(self) -> None:
        knobs = Live().channels["track/0"].knobs
        assert knobs["highpass.slope_db_per_octave"].choices == (12.0,)
        assert "equalizer.enabled" not in knobs  # it would switch the high-pass off, too
        assert sorted(name for name in knobs if name.endswith(".q")) == [f"equalizer.{n}.q" for n in range(6)]

    def test_an_eq_without_cuts_can_be_switched(self) -> None:
        made = tracks("Kick")
        made[0].devices = [eq_eight((3, 0.5, 1.0))]
        live = Live(AbletonModel(made))
        live.write("track/0", "equalizer.enabled", 0.0)
        assert made[0].devices[0].param("Device On").value == 0.0

    def test_two_cuts_at_one_frequency_are_one_of_twice_the_slope(self) -> None:
        made = tracks("Kick")
        made[0].devices = [eq_eight((1, 0.2, 0.0), (1, 0.2, 0.0), (6, 0.9, 0.0))]
        live = Live(AbletonModel(made))
        assert live.read("track/0", "highpass.slope_db_per_octave") == 24.0
        assert live.read("track/0", "lowpass.slope_db_per_octave") == 12.0
        live.write("track/0", "highpass.frequency_hz", 100.0)
        eq = made[0].devices[0]
        cuts = [eq.param(f"{number} Frequency A") for number in (1, 2)]
        assert cuts[0].value == cuts[1].value == pytest.approx(0.29918, abs=1e-4)
        control = Control("track/0", "highpass.frequency_hz")
        cuts[1].value = 0.5  # the second one's packet was lost
        assert live.link.read([control]) == {}

    def test_a_filtering_eq_that_is_off_is_left_alone_and_told(self) -> None:
        made = tracks("Kick")
        made[0].devices = [eq_eight((1, 0.2, 0.0))]
        made[0].devices[0].param("Device On").value = 0.0
        live = Live(AbletonModel(made))
        assert not [name for name in live.channels["track/0"].knobs if name.startswith(("eq", "high"))]
        assert any("switch it on in Live" in note for note in live.link.traits.notes)

    def test_what_differs_from_the_console_is_told_once(self) -> None:
        made = tracks(*"ABCDEF")
        for track in made:
            track.devices = [eq_eight((3, 0.5, 1.0)), compressor()]
        made[1].devices[1].param("Model").value = 1.0
        made[2].devices[1].param("Dry/Wet").value = 0.5
        notes = Live(AbletonModel(made)).link.traits.notes
        assert "A, B, C, D and 2 more: Adaptive Q is on: the EQ's bands get narrower with their gain" in notes
        assert "B: the Compressor does not listen to peaks" in notes
        assert "C: the Compressor mixes in dry sound" in notes

    @pytest.mark.parametrize("q_name", ["Q", "Resonance"])
    def test_both_names_of_q_are_known(self, q_name: str) -> None:
        made = tracks("Kick")
        made[0].devices = [eq_eight((3, 0.5, 1.0), q_name=q_name)]
        assert "equalizer.0.q" in Live(AbletonModel(made)).channels["track/0"].knobs

    def test_devices_that_answer_nonsense_are_left_alone(self) -> None:
        made = tracks("Kick", "Snare")
        for track in made:
            track.devices = [eq_eight((3, 0.5, 1.0)), compressor()]
        made[0].devices[0].param("2 Filter Type A").value = math.nan
        made[0].devices[0].param("1 Frequency A").value = math.inf
        made[0].devices[1].params[1].low = math.nan
        made[1].devices[1].params.clear()
        channels = Live(AbletonModel(made)).channels
        assert "equalizer.0.gain_db" in channels["track/0"].knobs
        assert "equalizer.0.frequency_hz" not in channels["track/0"].knobs
        assert "compressor.threshold_db" not in channels["track/0"].knobs
        assert "compressor.ratio" in channels["track/0"].knobs
        assert not [name for name in channels["track/1"].knobs if name.startswith("compressor")]

    def test_a_session_without_tracks(self) -> None:
        live = Live(AbletonModel([], dialect="ids"))
        assert [one.key for one in live.channels.values()] == ["master"]

    @pytest.mark.parametrize("dialect", ["ids", "letters", "rooms"])
    def test_forks_with_master_and_returns_are_found_out(self, dialect: str) -> None:
        live = Live(dialect=dialect, tells_names=dialect != "letters")
        channels = live.channels
        assert [(one.key, one.name, one.kind) for one in channels.values()][3:] == [
            ("return/0", "A-Reverb", "fx"), ("return/1", "B-Delay", "fx"), ("master", "Main", "master"),
        ]  # fmt: skip
        live.write("master", "fader_db", -6.0)
        live.write("return/1", "pan", 0.5)
        assert live.model.master.volume.value == pytest.approx(0.7)
        assert live.model.returns[1].panning.value == 0.5
        assert live.model.tracks[-1].volume.value == 0.85  # Python's −1 is not a master
        live.settle()
        live.model.hand(live.model.master.volume, 0.55)
        assert [(move.control.channel, round(move.value, 3)) for move in live.moves()] == [("master", -12.0)]

    def test_devices_of_the_master_are_reached_where_they_can_be(self) -> None:
        model = AbletonModel(tracks("Kick"), dialect="ids")
        model.master.devices = [compressor()]
        live = Live(model)
        live.write("master", "compressor.ratio", 2.0)
        assert model.master.devices[0].param("Ratio").value == 0.5

    def test_nothing_can_mute_solo_or_arm(self) -> None:
        live = Live(dialect="ids")
        for channel in live.channels.values():
            live.link.write({channel.control(name): knob.low for name, knob in channel.knobs.items()})
        assert not [
            a for a, _ in live.wire.sent if any(word in a for word in ("mute", "solo", "arm", "monitor"))
        ]


def seconds(low: float, high: float) -> Any:
    return lambda raw: f"{low * (high / low) ** raw:.2f} s"


def ms(low: float, high: float) -> Any:
    return lambda raw: f"{low * (high / low) ** raw:.1f} ms"


#: Devices with knobs as versions of Live may have them: parameter, Live's number, the console's, its value.
DEVICES = [
    ("Gate", Param("Threshold", 0.7, show=lambda raw: "-6.00 dB"), "gate.threshold_db", -6.0),
    ("Gate", Param("Floor", -40.0, -74.0, 0.0, lambda raw: f"{raw:.1f} dB"), "gate.range_db", -40.0),
    ("Gate", Param("Hold", 50.0, 1.0, 1000.0, lambda raw: f"{raw:.1f} ms"), "gate.hold_ms", 50.0),
    ("Gate", Param("Release", 0.5, show=ms(1.0, 3000.0)), "gate.release_ms", 54.772),
    ("Limiter", Param("Ceiling", -0.3, -24.0, 0.0, lambda raw: f"{raw:.2f} dB"), "limiter.ceiling_dbtp", -0.3),
    ("Limiter", Param("Release time", 0.5, show=ms(0.01, 3000.0)), "limiter.release_ms", 5.477),
    ("Reverb", Param("Decay Time", 0.5, show=seconds(0.2, 60.0)), "reverb.decay_s", 3.4641),
    ("Reverb", Param("Predelay", 0.5, show=ms(0.5, 250.0)), "reverb.predelay_ms", 11.180),
    ("Delay", Param("Feedback", 0.4, 0.0, 0.95, lambda raw: f"{100 * raw:.0f} %"), "delay.feedback", 0.4),
    ("StereoGain", Param("Stereo Width", 0.25, show=lambda raw: f"{400 * raw:.0f} %"), "width", 1.0),
    ("StereoGain", Param("Gain", 3.0, -35.0, 35.0, lambda raw: f"{raw:.1f} dB"), "input.gain_db", 3.0),
    ("Compressor2", Param("Threshold", -9.0, -70.0, 6.0, lambda raw: f"{raw} dB"), "compressor.threshold_db", -9.0),
    ("Compressor2", Param("Ratio", 4.0, 1.0, 1e38, lambda raw: f"{raw:.2f} : 1"), "compressor.ratio", 4.0),
]  # fmt: skip


@pytest.mark.parametrize(("class_name", "param", "parameter", "value"), DEVICES)
def test_knobs_of_devices_by_name_and_range(
    class_name: str, param: Param, parameter: str, value: float
) -> None:
    made = tracks("Kick")
    made[0].devices = [FakeDevice(class_name, class_name, [on(), param])]
    live = Live(AbletonModel(made))
    raw = param.value
    assert live.read("track/0", parameter) == pytest.approx(value, rel=1e-4)
    knob = live.channels["track/0"].knobs[parameter]
    live.write("track/0", parameter, knob.low)
    assert param.value == pytest.approx(param.low, abs=1e-6)
    live.write("track/0", parameter, value)
    assert param.value == pytest.approx(raw, rel=1e-4)


def test_a_knob_of_unknown_range_is_left_alone() -> None:
    knobs = SHARED.channels["track/0"].knobs
    assert "input.gain_db" not in knobs  # the model's Utility goes from −1 to 1
    assert "width" in knobs


def test_utilities_have_their_parts_by_name_and_place() -> None:
    made = tracks("Kick", "Snare")
    gain = [Param("Gain", 0.0, -35.0, 35.0, lambda raw: f"{raw:.1f} dB") for _ in range(3)]
    width = [Param("Stereo Width", 1.0, 0.0, 4.0, lambda raw: f"{100 * raw:.0f} %") for _ in range(3)]
    ours, theirs, last = (
        FakeDevice("StereoGain", name, [on(), gain[index], width[index]])
        for index, name in enumerate(("mixbridge input", "Utility", "mixbridge output"))
    )
    made[0].devices = [ours, compressor(), last]
    made[1].devices = [compressor(), theirs]
    live = Live(AbletonModel(made))
    live.link.write({Control("track/0", "input.gain_db"): -3.0, Control("track/0", "width"): 0.5})
    live.settle(0.3)
    assert [gain[0].value, width[0].value, width[2].value] == [-3.0, 1.0, 0.5]
    assert "input.gain_db" not in live.channels["track/1"].knobs  # behind the compressor
    live.write("track/1", "width", 1.5)
    assert width[1].value == 1.5


class TestDisplays:
    """A law that nobody has published is used only where Live's display agrees with it."""

    def attack(self, show: Any, **switches: Any) -> Live:
        made = tracks("Kick")
        device = compressor()
        device.param("Attack").show = show
        made[0].devices = [device]
        return Live(AbletonModel(made, **switches))

    def test_another_law_than_ours_is_left_alone(self) -> None:
        live = self.attack(lambda raw: f"{1000.0 * raw**3:.1f} ms")
        assert "compressor.attack_ms" not in live.channels["track/0"].knobs
        assert "compressor.release_ms" in live.channels["track/0"].knobs
        assert any("Compressor2 compressor.attack_ms" in note for note in live.link.traits.notes)

    def test_a_display_that_says_nothing_confirms_nothing(self) -> None:
        live = self.attack(lambda raw: "quick")
        assert "compressor.attack_ms" not in live.channels["track/0"].knobs

    def test_without_displays_published_laws_are_left(self) -> None:
        knobs = Live(value_strings=False).channels["track/0"].knobs
        assert "equalizer.0.frequency_hz" in knobs
        assert "fader_db" in knobs
        assert not {"equalizer.0.q", "compressor.ratio", "compressor.threshold_db"} & set(knobs)

    def test_a_law_that_agrees_by_chance_is_found_out_by_the_first_moves(self) -> None:
        live = self.attack(lambda raw: "1.00 ms" if raw == 0.4 else f"{1000.0 * raw:.0f} ms")
        live.write("track/0", "compressor.attack_ms", 10.0)
        events = live.settle(4.0)
        (refused,) = [event for event in events if isinstance(event, Refused)]
        assert "another law" in refused.text
        assert [event for event in events if isinstance(event, Relisted)]
        assert "compressor.attack_ms" not in {n for one in live.link.channels() for n in one.knobs}

    def test_a_lost_move_is_no_other_law(self, monkeypatch: pytest.MonkeyPatch) -> None:
        live = Live()
        tell = live.wire.tell

        def tell_displays(address: str, *args: Any) -> None:
            if not address.endswith(("parameter/value", "parameters/value")):
                tell(address, *args)

        with monkeypatch.context() as patch:
            patch.setattr(live.wire, "tell", tell_displays)
            live.wire.lose_out = lambda number: live.wire.sent[-1][0].endswith("set/parameter/value")
            live.write("track/0", "compressor.attack_ms", 3.0)
            assert not {Refused, Relisted} & live.kinds(4.0)
        live.wire.lose_out = lambda number: False
        assert not {Refused, Relisted} & live.kinds(4.0)

    def test_a_law_that_holds_is_not_asked_for_ever(self) -> None:
        live = Live()
        for value in (1.5, 3.0, 5.0, 8.0, 2.5, 6.0):
            live.write("track/0", "compressor.ratio", value)
            assert Refused not in live.kinds(2.0)
        asked = [args for address, args in live.wire.sent if address.endswith("value_string")]
        before = len(asked)
        live.write("track/0", "compressor.ratio", 7.0)
        live.settle(3.0)
        assert len([1 for address, _ in live.wire.sent if address.endswith("value_string")]) == before


class TestListening:
    def test_a_hand_on_a_fader_is_told_at_once(self) -> None:
        live = Live()
        live.model.hand(live.model.tracks[1].volume, 0.7)
        (event,) = live.link.poll(0.2)
        assert isinstance(event, Moved)
        assert event.control == Control("track/1", "fader_db")
        assert event.value == pytest.approx(-6.0, abs=0.001)

    def test_a_hand_on_a_device_or_a_send_is_told_soon(self) -> None:
        live = Live()
        live.model.hand(live.model.tracks[0].devices[1].param("Ratio"), 0.5)
        live.model.hand(live.model.tracks[2].sends[0], 0.7)
        moves = {move.control: move.value for move in live.moves(2.0)}
        assert moves[Control("track/0", "compressor.ratio")] == pytest.approx(2.0)
        assert moves[Control("track/2", "send.0")] == pytest.approx(-12.0, abs=0.01)

    def test_own_moves_of_devices_are_not_told_as_others(self) -> None:
        live = Live()
        for part in range(20):
            live.link.write({Control("track/0", "compressor.ratio"): 1.0 + part / 10.0})
            moved = [event for event in live.link.poll(0.1) if isinstance(event, Moved)]
            assert not [event for event in moved if event.control.parameter == "compressor.ratio"]

    def test_faders_still_come_in_after_an_hour(self) -> None:
        live = Live(AbletonModel(tracks("Kick", sends=0)))
        live.settle(3600.0)
        live.model.hand(live.model.tracks[0].volume, 0.55)
        assert [round(move.value, 2) for move in live.moves(1.0)] == [-12.0]

    def test_the_song_is_told_in_seconds(self) -> None:
        live = Live()
        live.model.tempo = 90.0
        live.settle()
        live.model.play(12.0)
        places = [event for event in live.settle() if isinstance(event, Transport)]
        assert places[-1] == Transport(8.0, True)

    def test_nonsense_is_no_news(self) -> None:
        live = Live()
        for args in (
            (),
            ("x",),
            (0,),
            (0, "loud"),
            (0, math.nan),
            (0, math.inf),
            (None, 0.5),
            (9, 0.5),
            (0, b"1", 3),
            ([0], [[1]]),
        ):
            for address in (
                "/live/track/get/volume", "/live/track/get/send", "/live/device/get/parameters/value",
                "/live/device/get/parameter/value", "/live/device/get/parameter/value_string",
                "/live/song/get/tempo", "/live/song/get/current_song_time", "/live/nothing", "/live/track/get/name",
            ):  # fmt: skip
                live.wire.tell(address, *args)
        assert live.kinds(1.0) <= {Transport}
        live.model.hand(live.model.tracks[0].volume, 0.55)
        assert live.moves(1.0)

    def test_errors_are_told(self) -> None:
        live = Live()
        live.wire.tell("/live/error", "it went wrong")
        assert Refused("it went wrong") in live.settle(0.5)


class TestLists:
    @pytest.mark.parametrize("change", ["renamed", "added", "removed", "moved"])
    def test_other_tracks_are_noticed_within_two_seconds(self, change: str) -> None:
        live = Live()
        if change == "renamed":
            live.model.tracks[1].name = "Toms"
        elif change == "added":
            live.model.tracks.insert(0, *tracks("New"))
        elif change == "removed":
            del live.model.tracks[1]
        else:
            live.model.tracks.reverse()
        events = [event for event in live.settle(2.0) if isinstance(event, Relisted)]
        assert len(events) == 1
        stood = [track.volume.value for track in live.model.tracks]
        with pytest.raises(LinkError, match="until they are listed anew"):
            live.link.write({FADER_0: -20.0})
        assert live.link.read([FADER_0]) == {}
        assert [track.volume.value for track in live.model.tracks] == stood
        live.link.channels()
        live.write("track/0", "fader_db", -6.0)
        live.settle()  # listeners that were lost with their tracks have left errors in the queue
        assert live.model.tracks[0].volume.value == pytest.approx(0.7)

    def test_a_read_tells_that_tracks_have_moved_meanwhile(self) -> None:
        live = Live()
        live.model.tracks.reverse()
        assert live.link.read([FADER_0]) == {}
        assert [event for event in live.link.poll() if isinstance(event, Relisted)]

    def test_other_devices_are_noticed(self) -> None:
        live = Live()
        live.model.tracks[0].devices.insert(0, utility())
        assert Relisted in live.kinds(2.0)

    def test_a_filter_of_another_shape_is_noticed(self) -> None:
        live = Live()
        live.model.hand(live.model.tracks[0].devices[0].param("1 Filter Type A"), 3.0)
        assert Relisted in live.kinds(3.0)

    def test_a_band_that_becomes_a_cut_is_noticed(self) -> None:
        live = Live()
        live.model.hand(live.model.tracks[0].devices[0].param("3 Filter Type A"), 7.0)
        assert Relisted in live.kinds(3.0)

    def test_a_restart_is_noticed(self) -> None:
        live = Live()
        live.model.restart()
        assert Relisted in live.kinds(1.0)

    def test_what_listeners_of_moved_tracks_say_is_not_believed(self) -> None:
        live = Live()
        live.model.tracks.reverse()  # listeners stay with the tracks and go on to tell their old numbers
        live.settle()
        live.link.channels()
        live.settle()
        assert live.channels["track/1"].knobs["fader_db"].told  # the one in the middle
        assert not live.channels["track/0"].knobs["fader_db"].told
        live.model.hand(live.model.tracks[0].volume, 0.4)
        assert not live.moves()
        assert live.read("track/0", "fader_db") == pytest.approx(-18.0, abs=0.001)
        assert live.read("track/2", "fader_db") == pytest.approx(0.0, abs=0.001)

    def test_a_large_set_that_was_reordered_is_learnt_again_without_a_jam(self) -> None:
        made = tracks(*(f"Track {number}" for number in range(64)))
        live = Live(AbletonModel(made))
        live.model.tracks.reverse()
        assert Relisted in live.kinds(2.0)
        began, errors = live.clock.now(), len(live.model.errors)
        live.link.channels()
        assert live.clock.now() - began < 10.0
        assert sum("Observer" in error for error in live.model.errors[errors:]) <= 2
        assert Lost not in live.kinds(5.0)


class TestFaults:
    @pytest.mark.parametrize("value", [math.nan, math.inf, -70.5, 6.5])
    def test_what_no_fader_can_do_is_refused_before_anything_is_sent(self, value: float) -> None:
        live = Live()
        before = len(live.wire.sent)
        with pytest.raises(ParamError, match="fader_db of channel track/0"):
            live.link.write({Control("track/1", "fader_db"): -6.0, FADER_0: value})
        assert len(live.wire.sent) == before

    def test_nothing_is_bundled_and_numbers_of_knobs_are_floats(self) -> None:
        live = Live()
        live.link.write({FADER_0: 0.0, Control("track/0", "equalizer.1.type"): 1.0})
        sets = [args for address, args in live.wire.sent if "/set/" in address]
        assert all(isinstance(args[-1], float) for args in sets)
        assert all(type(part) is int for args in sets for part in args[:-1])

    def test_an_error_in_the_queue_delays_but_loses_nothing(self) -> None:
        live = Live()
        controls = [control for control in live.link._listing.knobs if control.parameter != "width"]
        live.wire.send("/live/track/get/volume", 77)
        live.wire.send("/live/track/get/volume", 78)
        assert set(live.link.read(controls)) == set(controls)

    @pytest.mark.parametrize("repeats_send", [True, False])
    def test_lost_packets_are_asked_again(self, repeats_send: bool) -> None:
        live = Live(connect=False, repeats_send=repeats_send)
        for send in range(2):
            live.model.tracks[0].sends[send].value = 0.2 + 0.3 * send
        live.wire.lose_out = lambda number: number % 7 == 0
        live.wire.lose_in = lambda number: number % 5 == 0
        live.link.connect()
        channel = live.channels["track/0"]
        values = live.link.read([channel.control(name) for name in channel.knobs])
        assert len(values) == len(channel.knobs)
        assert values[Control("track/0", "send.0")] == pytest.approx(-40.6, abs=0.3)
        assert values[Control("track/0", "send.1")] == pytest.approx(-20.0, abs=0.1)

    def test_sends_whose_answers_look_alike_are_not_mixed_up(self) -> None:
        live = Live(repeats_send=False)
        for track in live.model.tracks:
            for number, send in enumerate(track.sends):
                send.value = 0.5 + 0.1 * number
        controls = [Control(f"track/{t}", f"send.{s}") for t in range(3) for s in range(2)]
        values = live.link.read(controls)
        assert [round(values[one], 2) for one in controls] == [-20.0, -16.0] * 3
        assert not live.channels["track/0"].knobs["send.0"].told

    def test_doubled_packets_do_no_harm(self) -> None:
        live = Live(connect=False)
        live.wire.double_in = True
        live.link.connect()
        live.settle()
        live.model.hand(live.model.tracks[0].volume, 0.55)
        assert {move.control for move in live.moves()} == {FADER_0}

    def test_a_small_buffer_is_not_overrun(self) -> None:
        made = tracks(*(f"Track {number}" for number in range(64)), sends=4)
        for track in made:
            track.devices = [eq_eight((1, 0.2, 0.0), (3, 0.5, 1.0)), compressor(), utility()]
        model = AbletonModel(made)
        live = Live(model, connect=False)
        live.link.connect()
        began = live.clock.now()
        live.settle(20.0)
        assert not model.dropped
        assert live.clock.now() - began < 21.0
        assert [len(one.knobs) for one in live.channels.values()] == [52] * 64 + [0] * 4

    def test_live_that_goes_away_is_lost_once_and_for_good(self) -> None:
        live = Live()
        live.model.silent = True
        began = live.clock.now()
        events: list[Event] = []
        while not events:
            events = live.link.poll(0.4)
        assert isinstance(events[0], Lost)
        assert 2.0 < live.clock.now() - began < 5.0
        live.model.silent = False
        assert live.link.poll(2.0) == []
        with pytest.raises(LinkError, match="connect again"):
            live.link.write({FADER_0: 0.0})
        with pytest.raises(LinkError):
            live.link.read([FADER_0])

    def test_live_that_goes_away_in_a_read_says_so_soon(self) -> None:
        live = Live()
        live.model.silent = True
        live.clock.sleep(0.1)  # what was on its way has come
        began = live.clock.now()
        with pytest.raises(LinkError, match="does not answer"):
            live.link.read(list(live.link._listing.knobs))
        assert live.clock.now() - began < 3.0

    def test_nobody_there(self) -> None:
        with pytest.raises(LinkError, match="choose AbletonOSC as a control surface"):
            Live(silent=True)

    def test_versions_that_tell_no_errors(self) -> None:
        assert len(Live(tells_errors=False).channels) == 5

    def test_a_closed_link_leaves_no_listeners(self) -> None:
        live = Live()
        live.link.close()
        live.link.close()
        live.clock.sleep(0.2)
        live.model.tick(live.clock.now())
        assert live.wire.closed
        assert not any(track.volume.listeners or track.panning.listeners for track in live.model.tracks)
        assert live.link.poll() == []


def test_over_real_sockets() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        answers = probe.getsockname()[1]
    model = AbletonModel(session())
    with UdpServer(model, reply_port=answers) as server:
        options = LinkOptions(port=server.port, listen_port=answers, settings=(("returns", "Plate, Echo"),))
        link = open_any("ableton", options, SystemClock())
        try:
            link.connect()
            assert link.identity == f"ableton 127.0.0.1:{server.port}"
            channels = {one.key: one for one in link.channels()}
            assert channels["return/1"].name == "Echo"
            link.write({FADER_0: -6.0})
            controls = [one.control(name) for one in channels.values() for name in one.knobs]
            values = link.read(controls)
            assert len(values) == len(controls)
            assert values[FADER_0] == pytest.approx(-6.0, abs=0.001)
            with server.lock:
                model.hand(model.tracks[2].volume, 0.7)
            moved = [event for _ in range(10) for event in link.poll(0.2) if isinstance(event, Moved)]
            assert Control("track/2", "fader_db") in {event.control for event in moved}
        finally:
            link.close()


def test_a_taken_answer_port_is_said() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(LinkError, match="one program at a time"):
            open_any("ableton", LinkOptions(listen_port=taken.getsockname()[1]), ManualClock())
