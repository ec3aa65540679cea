"""The link to REAPER against a model of it, made from the published source of its OSC surface and web interface."""

import math
import socket
import time
from importlib import resources

import numpy as np
import pytest
from live_reaper import STOCK, ModelSend, ModelTrack, ModelWire, Quirks, ReaperModel, UdpReaper, WebReaper
from live_reaper_fx import ModelEq, jsfx, plugin

from bridge.live.clock import ManualClock, SystemClock
from bridge.live.link import LinkOptions, open_link
from bridge.live.links.reaper import ReaperLink, ReaperWebLink
from bridge.live.links.reaper.learning import Limits
from bridge.live.links.reaper.web import WebInterface
from bridge.live.values import Control, Lost, Moved, Relisted, Transport
from bridge.live.wires import Message
from console.errors import LinkError, ParamError
from presets.reaper.oscpattern import pattern_text

OURS = pattern_text()
BOTH = pytest.mark.parametrize("pattern", [OURS, STOCK], ids=["ours", "stock"])


def strip():
    return jsfx(resources.files("presets").joinpath("reaper", "mixbridge_strip.jsfx").read_text("utf-8"))


def song():
    return [
        ModelTrack(
            "Kick", -3.0, 0.0, [ModelSend("Reverb", -12.0)], [ModelEq(), plugin("ReaComp"), plugin("ReaGate")]
        ),
        ModelTrack("Vox", -6.5, 0.25, [ModelSend("Output 1 / Output 2"), ModelSend("Reverb")], [strip()]),
        ModelTrack(
            "Drums", 1.5, 0.0, [], [plugin("Foreign Synth"), plugin("ReaComp", "mixbridge ReaComp")], True
        ),
        ModelTrack("Reverb", 0.0, 0.0, [], [plugin("ReaVerbate"), plugin("ReaDelay")]),
    ]


class Desk:
    """A model that has been running for a while, and a link to it."""

    def __init__(self, pattern=OURS, tracks=None, quirks=None, web=False, connect=True, **options):
        master = ModelTrack("MASTER", -1.0, 0.0, [], [plugin("ReaComp"), plugin("ReaLimit")])
        self.model = ReaperModel(song() if tracks is None else tracks, pattern, quirks, master)
        self.clock = ManualClock(100.0)
        self.model.advance(100.0)
        self.model.packets.clear()
        self.wire = ModelWire(self.model, self.clock)
        if web:
            options["web"] = WebInterface("127.0.0.1:8080", self.model.fetch)
        self.link = (ReaperWebLink if web else ReaperLink)(self.wire, self.clock, **options)
        if connect:
            self.link.connect()

    def events(self, seconds=0.3):
        found = []
        end_s = self.clock.now() + seconds
        while self.clock.now() < end_s:
            found += self.link.poll(0.02)
        return found

    def moved(self, seconds=0.3):
        return {event.control: event.value for event in self.events(seconds) if isinstance(event, Moved)}

    def knob(self, control):
        channels = {channel.key: channel for channel in self.link.channels()}
        return channels[control.channel].knobs[control.parameter]

    def put(self, channel, parameter, value):
        """Write, wait and read back."""
        control = Control(channel, parameter)
        self.link.write({control: value})
        self.clock.sleep(self.link.traits.settle_s)
        return self.link.read([control])[control]


def test_a_project_is_learned():
    channels = {channel.key: channel for channel in Desk().link.channels()}
    assert [(one.name, one.kind) for one in channels.values()] == [
        ("Kick", "track"), ("Vox", "track"), ("Drums", "track"), ("Reverb", "fx"), ("MASTER", "master"),
    ]  # fmt: skip
    kick = channels["1"]
    assert kick.sends == {"send.0": "Reverb"}
    assert channels["2"].sends == {"send.1": "Reverb"}, "a hardware output is no send"
    assert kick.band_types == {"0": 0, "1": 1, "2": 1, "3": 2}
    for name in ("highpass.frequency_hz", "equalizer.3.gain_db", "compressor.ratio", "gate.range_db"):
        assert name in kick.knobs
    assert "highpass.enabled" not in kick.knobs, "the ReaEQ has bands too"
    assert "equalizer.5.type" in channels["2"].knobs
    assert "compressor.threshold_db" in channels["3"].knobs, "found by name behind a foreign plugin"
    assert {"reverb.decay_s", "delay.time_ms"} <= set(channels["4"].knobs)
    assert "limiter.ceiling_dbtp" not in channels["master"].knobs


@BOTH
def test_values_are_read(pattern):
    desk = Desk(pattern)
    wanted = {
        ("1", "fader_db"): -3.0, ("2", "pan"): 0.25, ("1", "send.0"): -12.0, ("2", "send.1"): -150.0,
        ("master", "fader_db"): -1.0, ("1", "highpass.frequency_hz"): 50.0, ("1", "equalizer.2.frequency_hz"): 1000.0,
        ("1", "compressor.ratio"): 4.0, ("1", "compressor.release_ms"): 100.0, ("2", "gate.release_ms"): 120.0,
        ("2", "highpass.slope_db_per_octave"): 12.0, ("4", "reverb.predelay_ms"): 25.0,
        ("master", "compressor.attack_ms"): 3.0,
    }  # fmt: skip
    found = desk.link.read([Control(*key) for key in wanted])
    for key, value in wanted.items():
        assert found[Control(*key)] == pytest.approx(value, rel=1e-5, abs=1e-5), key


@pytest.mark.parametrize(("pattern", "late"), [(OURS, False), (STOCK, True)], ids=["ours", "stock, late"])
def test_every_knob_of_every_channel_is_written_and_read_back(pattern, late):
    desk = Desk(pattern, quirks=Quirks(late_parameters=late))
    for channel in desk.link.channels():
        for parameter, knob in channel.knobs.items():
            for share in (0.2, 0.7) if not knob.choices else (0.0,):
                value = knob.choices[-1] if knob.choices else knob.low + share * (knob.high - knob.low)
                back = desk.put(channel.key, parameter, value)
                assert knob.agree(back, value), (channel.key, parameter, value, back)


def test_all_at_once_and_back_again():
    desk = Desk()
    found = {}
    for channel in desk.link.channels():
        found |= desk.link.read([channel.control(name) for name in channel.knobs])
    rng = np.random.default_rng(7)
    knobs = {c.control(n): k for c in desk.link.channels() for n, k in c.knobs.items()}
    wanted = {
        control: float(rng.choice(knob.choices)) if knob.choices else float(rng.uniform(knob.low, knob.high))
        for control, knob in knobs.items()
    }
    for values in (wanted, found):
        desk.link.write(values)
        desk.clock.sleep(0.3)
        back = desk.link.read(list(values))
        assert set(back) == set(values)
        for control, value in values.items():
            assert knobs[control].agree(back[control], value), (control, value, back[control])


def test_the_model_has_what_was_written():
    desk = Desk()
    track = desk.model.tracks[0]
    desk.put("1", "fader_db", -7.25)
    assert track.level_db == pytest.approx(-7.25, abs=1e-6)
    desk.put("1", "send.0", -9.5)
    assert track.sends[0].level_db == pytest.approx(-9.5, abs=1e-6)
    desk.put("1", "pan", -0.5)
    assert track.pan == pytest.approx(-0.5)
    desk.put("master", "fader_db", -2.0)
    assert desk.model.master.level_db == pytest.approx(-2.0)
    desk.put("1", "equalizer.2.frequency_hz", 2500.0)
    assert track.fx[0].bands[2][1] == pytest.approx(2500.0)
    desk.put("1", "equalizer.3.gain_db", 4.0)
    assert track.fx[0].bands[3][2] == pytest.approx(4.0)
    desk.put("1", "highpass.frequency_hz", 90.0)
    assert track.fx[0].bands[4][1] == pytest.approx(90.0)
    desk.put("1", "compressor.threshold_db", -18.0)
    assert track.fx[1].values[0] == pytest.approx(0.0629463, abs=1e-6)
    desk.put("1", "compressor.enabled", 0.0)
    assert track.fx[1].enabled is False
    desk.put("1", "gate.range_db", -20.0)
    assert track.fx[2].values[9:11] == pytest.approx([0.05, 0.45], abs=1e-6), "open, both signals make 0 dB"
    desk.put("2", "equalizer.1.frequency_hz", 20000.0)
    assert desk.model.tracks[1].fx[0].values[23] == pytest.approx(1.0)


@BOTH
def test_only_floats_go_out_but_for_the_devices_own_numbers(pattern):
    desk = Desk(pattern)
    for channel in desk.link.channels():
        desk.link.write(
            {channel.control(n): k.choices[0] if k.choices else k.high for n, k in channel.knobs.items()}
        )
    for _, address, *args in desk.wire.sent:
        if address.startswith(("/device/", "/action")):
            assert [type(arg) for arg in args] == [int]
        else:
            assert [type(arg) for arg in args] == [float]
            assert math.isfinite(args[0])


def test_nothing_but_the_knob_is_touched():
    desk = Desk()
    desk.wire.sent.clear()
    desk.link.write({Control("1", "fader_db"): -5.0})
    assert [entry[1:] for entry in desk.wire.sent] == [("/track/1/volume/db", -5.0)]
    assert not any(track.muted for track in desk.model.tracks)


def test_learning_moves_nothing_and_inserts_nothing():
    desk = Desk(STOCK, [ModelTrack("Bare"), *song()])
    assert desk.model.tracks[0].fx == []
    assert {address.split("/")[1] for address, *_ in desk.model.taken} <= {"device", "action", "bymarker"}


# --- a band's q ---


def test_the_q_stays_while_the_gain_of_a_shelf_moves():
    desk = Desk()
    desk.put("1", "equalizer.0.q", 0.6)
    for gain_db in (1.0, 3.0, 6.0, 9.0, -9.0, 0.0):
        desk.link.write({Control("1", "equalizer.0.gain_db"): gain_db})
        desk.clock.sleep(0.05)
        desk.link.poll()
    desk.clock.sleep(0.3)
    assert desk.link.read([Control("1", "equalizer.0.q")])[Control("1", "equalizer.0.q")] == pytest.approx(
        0.6, rel=1e-4
    )


def test_a_q_that_is_only_moved_along_is_no_hand():
    desk = Desk()
    desk.put("1", "equalizer.0.q", 0.6)
    desk.events()
    desk.link.write({Control("1", "equalizer.0.gain_db"): 6.0})
    assert set(desk.moved()) == {Control("1", "equalizer.0.gain_db")}
    desk.model.move_parameter(1, 1, 3, 0.9)
    assert set(desk.moved()) == {Control("1", "equalizer.0.q")}


def test_reaeq_with_the_other_scale_of_gain_is_known_by_its_text():
    desk = Desk(tracks=[ModelTrack("A", fx=[ModelEq([(2, 500.0, -6.0, 1.0)], bent=False)])])
    control = Control("1", "equalizer.0.gain_db")
    assert desk.link.read([control])[control] == pytest.approx(-6.0, abs=1e-4)
    assert desk.put("1", "equalizer.0.gain_db", 3.0) == pytest.approx(3.0, abs=1e-4)
    assert "equalizer.enabled" in desk.link.channels()[0].knobs, (
        "this ReaEQ is the equalizer and nothing else"
    )


def test_a_knob_whose_text_disagrees_is_left_alone():
    odd = plugin("ReaComp")
    odd.rows[0] = ("Threshold", 0.5, lambda x: f"{-60.0 + 60.0 * x:.1f}")
    desk = Desk(tracks=[ModelTrack("A", fx=[odd])])
    knobs = desk.link.channels()[0].knobs
    assert "compressor.threshold_db" not in knobs
    assert "compressor.ratio" in knobs
    assert any("Threshold of ReaComp" in note and "-30.0" in note for note in desk.link.traits.notes)


@BOTH
def test_another_fader_scale_is_noticed(pattern):
    desk = Desk(pattern, quirks=Quirks(taper_off=0.01))
    kick = desk.link.channels()[0]
    assert "send.0" not in kick.knobs
    assert kick.sends == {}
    assert ("fader_db" in kick.knobs) is (pattern == OURS)
    assert any("fader scale" in note for note in desk.link.traits.notes)


def test_a_second_reaeq_is_reached_by_its_parameters():
    first, second = (
        ModelEq([(0, 40.0, 0.0, 2.0)], "mixbridge Filters"),
        ModelEq([(2, 1000.0, 0.0, 1.0)], "mixbridge ReaEQ"),
    )
    desk = Desk(tracks=[ModelTrack("A", fx=[first, plugin("ReaGate"), second])])
    desk.put("1", "equalizer.0.frequency_hz", 3000.0)
    assert second.bands[0][1] == pytest.approx(3000.0, rel=1e-5)
    assert first.bands[0][1] == 40.0
    assert desk.put("1", "highpass.enabled", 0.0) == 0.0
    assert (first.enabled, second.enabled) == (False, True)


@BOTH
def test_a_band_that_is_off_and_a_plugin_that_is_bypassed_are_told_of(pattern):
    first, second = ModelEq(), ModelEq()
    first.off, second.off = {4}, {2}
    comp = plugin("ReaComp")
    first.enabled = comp.enabled = False
    desk = Desk(pattern, [ModelTrack("A", fx=[first, comp]), ModelTrack("B", fx=[second])])
    a, b, _ = desk.link.channels()
    assert "highpass.frequency_hz" not in a.knobs
    assert a.band_types == {"0": 0, "1": 1, "2": 1, "3": 2}
    assert "highpass.frequency_hz" in b.knobs
    assert b.band_types == {"0": 0, "1": 1, "2": 2}
    notes = " ".join(desk.link.traits.notes)
    assert "High Pass 5 of ReaEQ (Cockos) on track 1 is off" in notes
    assert "Band 3 of ReaEQ (Cockos) on track 2 is off" in notes
    assert "ReaEQ (Cockos) on track 1 is bypassed" in notes
    assert "ReaComp (Cockos) on track 1 is bypassed" not in notes, "that is a knob"
    desk.put("2", "equalizer.1.gain_db", -3.0)
    assert [band[2] for band in second.bands] == pytest.approx([0.0, -3.0, 0.0, 0.0, 0.0], abs=1e-6)


def test_names_of_parameters_may_be_spelled_otherwise():
    verb = plugin("ReaVerbate")
    verb.rows[7] = ("Hi-pass", *verb.rows[7][1:])
    verb.rows[2] = ("Room Size", *verb.rows[2][1:])
    knobs = Desk(tracks=[ModelTrack("A", fx=[verb])]).link.channels()[0].knobs
    assert {"reverb.low_cut_hz", "reverb.decay_s"} <= set(knobs)


def test_parameters_are_found_by_name_when_their_order_is_another():
    comp = plugin("ReaComp")
    order = list(range(len(comp.rows)))
    order[0], order[1], order[14] = order[14], order[0], order[1]
    comp.rows, comp.values = [comp.rows[i] for i in order], [comp.values[i] for i in order]
    desk = Desk(tracks=[ModelTrack("A", fx=[comp])])
    desk.put("1", "compressor.ratio", 10.0)
    assert comp.values[order.index(1)] == pytest.approx(9.0 / 99.0)


# --- what is told ---


def test_hands_are_told():
    desk = Desk()
    desk.events()
    desk.model.move_fader(2, -10.0)
    desk.model.move_pan(1, -1.0)
    desk.model.move_send(1, 1, -20.0)
    desk.model.move_parameter(1, 2, 2, 0.5)
    desk.model.move_fader(0, -3.0)
    assert desk.moved() == {
        Control("2", "fader_db"): pytest.approx(-10.0),
        Control("1", "pan"): pytest.approx(-1.0),
        Control("1", "send.0"): pytest.approx(-20.0, abs=1e-4),
        Control("1", "compressor.ratio"): pytest.approx(50.5),
        Control("master", "fader_db"): pytest.approx(-3.0),
    }


def test_our_own_file_tells_every_write_back():
    desk = Desk()
    desk.events()
    values = {Control("1", "fader_db"): -4.0, Control("1", "pan"): 0.5, Control("2", "width"): 0.5,
              Control("1", "send.0"): -3.0, Control("master", "fader_db"): -0.5}  # fmt: skip
    desk.link.write(values)
    assert desk.moved() == {control: pytest.approx(value, abs=1e-4) for control, value in values.items()}


def test_the_stock_file_keeps_silent_about_a_write_and_is_asked():
    desk = Desk(STOCK)
    desk.events()
    control = Control("1", "pan")
    desk.link.write({control: 0.5})
    assert desk.moved() == {}
    desk.wire.sent.clear()
    assert desk.link.read([control])[control] == pytest.approx(0.5)
    assert [args for _, address, *args in desk.wire.sent if address == "/action"] == [[41743]]
    assert any("pattern file" in note for note in desk.link.traits.notes)
    assert not any("pattern file" in note for note in Desk().link.traits.notes)


def test_a_dump_is_no_hand():
    desk = Desk()
    desk.events()
    desk.link.surface.refresh()
    assert desk.moved(1.0) == {}


@BOTH
def test_faders_that_play_automation_hold_nobody_up(pattern):
    desk = Desk(pattern)
    wave, receive = [0], desk.wire.receive

    def played(timeout_s=0.0):
        wave[0] += 1
        desk.model.move_fader(4, -10.0 - (wave[0] % 50) / 10.0)
        return receive(timeout_s)

    desk.wire.receive = played
    began_s = desk.clock.now()
    assert desk.put("1", "pan", 0.5) == pytest.approx(0.5)
    assert desk.link.channels()
    assert desk.clock.now() - began_s < 2.0
    assert Control("4", "fader_db") in desk.moved()


def test_a_value_that_the_desk_holds_back_is_seen():
    desk = Desk()
    desk.model.tracks[0].fx[1].set = lambda index, value: None
    assert desk.put("1", "compressor.ratio", 8.0) == pytest.approx(4.0)


def test_a_lost_answer_is_asked_for_again():
    desk = Desk()
    control = Control("1", "fader_db")
    desk.link.write({control: -20.0})
    desk.clock.sleep(0.04)
    desk.model.advance(desk.clock.now())
    desk.model.packets.clear()
    assert desk.link.read([control])[control] == pytest.approx(-20.0)


@pytest.mark.parametrize(
    "change",
    [
        lambda model: model.rename(2, "Voice"),
        lambda model: model.relist([model.tracks[1], model.tracks[0], *model.tracks[2:]]),
        lambda model: model.relist(model.tracks[:-1]),
        lambda model: model.relist([*model.tracks, ModelTrack("New")]),
        lambda model: model.insert_fx(2, plugin("ReaComp")),
    ],
    ids=["renamed", "reordered", "removed", "added", "plugin"],
)
@BOTH
def test_another_list_of_tracks_is_told_once_and_stops_writing(pattern, change):
    desk = Desk(pattern)
    desk.events()
    change(desk.model)
    events = desk.events()
    assert len([event for event in events if isinstance(event, Relisted)]) == 1
    with pytest.raises(LinkError, match="have changed"):
        desk.link.write({Control("1", "fader_db"): 0.0})
    names = [channel.name for channel in desk.link.channels()]
    assert names == [*(track.name for track in desk.model.tracks), "MASTER"]
    assert desk.put("1", "fader_db", -8.0) == pytest.approx(-8.0, abs=1e-3)
    assert desk.model.tracks[0].level_db == pytest.approx(-8.0, abs=1e-3)


@BOTH
def test_tracks_without_names_are_counted(pattern):
    desk = Desk(pattern, [ModelTrack(""), ModelTrack("")])
    for count in (3, 2, 1, 2):
        desk.events()
        desk.model.relist([ModelTrack("", -1.0) for _ in range(count)])
        assert [type(event) for event in desk.events() if isinstance(event, Relisted)] == [Relisted]
        assert len(desk.link.channels()) == count + 1


def test_moves_behind_a_reordering_are_not_told_of_the_wrong_track():
    desk = Desk()
    desk.events()
    desk.model.relist(list(reversed(desk.model.tracks)))
    assert desk.moved() == {}


def test_the_transport():
    desk = Desk()
    desk.model.play(True)
    events = [event for event in desk.events(1.0) if isinstance(event, Transport)]
    assert events[-1].playing
    assert events[-1].position_s == pytest.approx(1.0, abs=0.15)
    desk.model.play(False)
    assert not desk.events()[-1].playing
    assert desk.link.traits.transport


# --- banks, sizes, quirks ---


@BOTH
def test_seventy_tracks_are_found_although_the_bank_was_of_eight(pattern):
    tracks = [ModelTrack(f"T{n}", -float(n) / 10.0, fx=[plugin("ReaComp")]) for n in range(1, 71)]
    desk = Desk(pattern, tracks)
    assert len(desk.link.channels()) == 71
    assert desk.put("70", "fader_db", -1.25) == pytest.approx(-1.25, abs=1e-3)
    desk.events()
    desk.model.move_fader(69, -30.0)
    assert desk.moved() == {Control("69", "fader_db"): pytest.approx(-30.0, abs=1e-3)}
    assert desk.put("66", "compressor.ratio", 3.0) == pytest.approx(3.0, rel=1e-5)


def test_a_chain_longer_than_is_looked_at_is_told_of():
    chain = [plugin("Foreign Synth") for _ in range(8)] + [plugin("ReaComp")]
    desk = Desk(tracks=[ModelTrack("Deep", fx=chain)])
    assert "compressor.ratio" not in desk.link.channels()[0].knobs
    assert any("plugins=" in note for note in desk.link.traits.notes)
    wide = Desk(tracks=[ModelTrack("Deep", fx=chain)], limits=Limits(plugins=12))
    assert wide.put("1", "compressor.ratio", 5.0) == pytest.approx(5.0, rel=1e-5)
    assert not any("plugins=" in note for note in wide.link.traits.notes)


def test_tracks_without_names_and_an_empty_project():
    desk = Desk(tracks=[ModelTrack(""), ModelTrack("", -150.0), ModelTrack("Last")])
    assert [channel.name for channel in desk.link.channels()] == ["Track 1", "Track 2", "Last", "MASTER"]
    assert [channel.key for channel in Desk(tracks=[]).link.channels()] == ["master"]


@BOTH
@pytest.mark.parametrize(
    "quirks",
    [
        Quirks(late_dump=True),
        Quirks(antifeedback=False),
        Quirks(packet_bytes=256, packet_wait_s=0.02),
        Quirks(packet_bytes=65000),
        Quirks(bank_start=2),
        Quirks(time_hz=30.0, late_parameters=True, late_dump=True),
    ],
    ids=["late dump", "echoes", "small packets", "large packets", "another bank", "busy"],
)
def test_versions_and_settings(pattern, quirks):
    desk = Desk(pattern, quirks=quirks)
    assert len(desk.link.channels()) == 5
    assert desk.put("1", "fader_db", -9.0) == pytest.approx(-9.0, abs=1e-3)
    assert desk.put("1", "compressor.ratio", 6.0) == pytest.approx(6.0, rel=1e-5)
    assert desk.put("1", "pan", 0.75) == pytest.approx(0.75)


def test_an_old_version_whose_dump_leaves_parameters_out():
    desk = Desk(quirks=Quirks(bare_dump=True))
    assert desk.put("1", "compressor.ratio", 6.0) == pytest.approx(6.0, rel=1e-5)
    stock = Desk(STOCK, quirks=Quirks(bare_dump=True))
    control = Control("1", "compressor.ratio")
    assert stock.link.read([control])[control] == pytest.approx(4.0)
    stock.link.write({control: 6.0})
    assert stock.link.read([control]) == {}, "nobody said where it is now, so that nothing is said here"


def test_lost_packets_lose_no_track():
    for every in (7, 11, 13):
        desk = Desk(quirks=Quirks(lose_every=every, packet_bytes=512))
        found = [channel.name for channel in desk.link.channels()]
        assert found[-1] == "MASTER"
        assert desk.put("1", "fader_db", -9.0) == pytest.approx(-9.0, abs=1e-3)


def test_a_wrong_device_ip_is_told_with_what_to_click():
    with pytest.raises(LinkError, match=r"Preferences.*never 0\.0\.0\.0.*9000.*8000"):
        Desk(quirks=Quirks(deaf=True))


def test_a_dialog_ends_the_link_once_and_for_good():
    desk = Desk()
    desk.model.quirks.dialog = True
    lost = [event for event in desk.events(8.0) if isinstance(event, Lost)]
    assert len(lost) == 1
    desk.model.quirks.dialog = False
    assert desk.events(2.0) == []
    for call in (desk.link.channels, lambda: desk.link.read([]), lambda: desk.link.write({})):
        with pytest.raises(LinkError, match="connect anew"):
            call()
    desk.link.connect()
    assert desk.put("1", "fader_db", -2.0) == pytest.approx(-2.0)


def test_the_heartbeat_goes_on_by_itself():
    desk = Desk()
    desk.wire.sent.clear()
    assert desk.events(5.0) == []
    assert 4 <= len([1 for entry in desk.wire.sent if entry[1] == "/bymarker"]) <= 6


@pytest.mark.parametrize("value", [math.nan, math.inf, 12.1, -151.0])
def test_what_the_desk_cannot_be_set_to_is_refused(value):
    desk = Desk()
    with pytest.raises(ParamError):
        desk.link.write({Control("1", "fader_db"): value})
    with pytest.raises(ParamError, match="no knob"):
        desk.link.write({Control("9", "fader_db"): 0.0})


def test_nonsense_is_counted_and_changes_nothing():
    desk = Desk()
    control = Control("1", "fader_db")
    before = desk.link.read([control])
    hostile = [
        ("/track/1/volume/db/told", (math.nan,)),
        ("/track/1/volume/db/told", ("loud",)),
        ("/track/1/volume/db/told", ()),
        ("/track/1/volume/db/told", (b"blob",)),
        ("/track/1/name", (1.0,)),
        ("/track/x/volume", (0.5,)),
        ("/" + "a/" * 500, (1.0,)),
        ("/time", ("soon",)),
        ("/bymarker", ()),
    ]
    for address, args in hostile:
        desk.model.packets.append((0.0, [Message(address, args)]))
    assert [event for event in desk.events() if not isinstance(event, Transport)] == []
    assert desk.link.read([control]) == before
    assert desk.link.surface.ignored >= 6


def test_a_level_from_a_hand_that_is_out_of_the_range_is_read_as_it_is():
    desk = Desk()
    desk.model.move_fader(1, 15.0)
    desk.model.tracks[0].fx[1].values[0] = 1.0
    assert desk.moved()[Control("1", "fader_db")] == pytest.approx(15.0)


# --- the web interface ---


def test_the_web_interface_tells_folders_and_the_number_of_tracks():
    desk = Desk(tracks=[*song(), ModelTrack("", -150.0)], web=True)
    assert [channel.kind for channel in desk.link.channels()] == [
        "track",
        "track",
        "group",
        "fx",
        "track",
        "master",
    ]


def test_one_step_of_undo():
    desk = Desk(web=True)
    desk.model.undo.clear()
    with desk.link.undo_block("mixbridge: push / 60 %"):
        desk.link.write({Control(str(n), "fader_db"): -10.0 for n in range(1, 5)})
    assert desk.model.undo == ["mixbridge%3A%20push%20%2F%2060%20%25"]
    desk.put("1", "fader_db", 0.0)
    assert len(desk.model.undo) == 2
    assert not hasattr(Desk().link, "undo_block")


def test_the_web_interface_corrects_what_osc_missed():
    desk = Desk(web=True)
    desk.model.tracks[0].level_db = -33.0
    control = Control("1", "fader_db")
    assert desk.link.read([control])[control] == pytest.approx(-33.0, abs=1e-3)


@pytest.mark.parametrize("address", ["", "host", "host:0", "host:99999", "http://host:80", ":80"])
def test_an_address_that_is_none(address):
    with pytest.raises(ParamError, match="host:port"):
        WebInterface(address)


@pytest.mark.parametrize(
    "reply", ["", "<html>", "TRACK\n", "TRACK\tx\ty\tz\t1\t2\n", "TRACK\t1\tA\t0\tnan\t0\n"]
)
def test_somebody_else_at_the_address(reply):
    with pytest.raises(LinkError, match="not REAPER's web interface"):
        WebInterface("127.0.0.1:80", lambda path: reply).tracks()


# --- real sockets ---


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def test_over_real_sockets():
    port = free_port()
    model = ReaperModel(song(), OURS, Quirks(packet_wait_s=0.001, packet_bytes=8192))
    reaper, web = UdpReaper(model, port), WebReaper(model)
    reaper.start()
    web.start()
    options = LinkOptions(port=reaper.port, listen_port=port, settings=(("http", f"127.0.0.1:{web.port}"),))
    link = open_link("reaper", options, SystemClock())
    try:
        link.connect()
        assert link.identity == f"reaper 127.0.0.1:{reaper.port}"
        assert [channel.kind for channel in link.channels()][2] == "group"
        values = {Control("1", "fader_db"): -7.0, Control("2", "compressor.ratio"): 5.0}
        with link.undo_block("push"):
            link.write(values)
        time.sleep(0.1)
        assert link.read(list(values)) == {
            control: pytest.approx(v, rel=1e-5) for control, v in values.items()
        }
        assert model.undo[-1] == "push"
    finally:
        link.close()
        link.close()
        reaper.stop()
        web.stop()


def test_settings_are_checked():
    for settings in ((("colour", "red"),), (("sends", "0"),), (("plugins", "many"),), (("http", "x"),)):
        with pytest.raises(ParamError):
            open_link("reaper", LinkOptions(settings=settings, listen_port=free_port()), SystemClock())
