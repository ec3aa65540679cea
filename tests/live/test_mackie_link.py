"""The Mackie link against a model of a DAW, with the ways of several DAWs switched on one by one."""

import math
from collections.abc import Iterable
from random import Random

import pytest
from live_mackie import ARDOUR_MEASURED, MackieDaw, Quirks, Track, straight_db, straight_raw

from bridge.live.clock import ManualClock
from bridge.live.link import LinkOptions, open_link
from bridge.live.links.mackie.banking import Banking, overlap
from bridge.live.links.mackie.daws import ARDOUR_LAW, DAWS, Daw, law_of_marks
from bridge.live.links.mackie.link import Habits, MackieLink
from bridge.live.links.mackie.surface import Surface
from bridge.live.links.mackie.unit import Unit
from bridge.live.values import Control, Event, Lost, Moved, Relisted, Transport
from console.errors import LinkError, ParamError

#: The notes that a surface of ours may press: banks, channels, NAME/VALUE, SMPTE/BEATS, the Control key.
_HARMLESS = {0x2E, 0x2F, 0x30, 0x31, 0x34, 0x35, 0x48}

STRAIGHT = law_of_marks(((0.0, -90.0), (1.0, 10.0)))


def tracks(count: int) -> list[Track]:
    """Tracks that stand at different places."""
    dice = Random(count)  # noqa: S311 - chance, not secrets
    return [
        Track(f"Trk{index:03d}", dice.uniform(-40.0, 5.0), dice.random()) for index in range(1, count + 1)
    ]


def connected(
    daw: MackieDaw, kind: Daw = DAWS["ardour"], *, mono: Iterable[str] = (), looks: bool = False
) -> MackieLink:
    """A link to a model that has started."""
    units = [
        Unit(wire, daw.clock, 0x14 if index == daw.main else 0x15) for index, wire in enumerate(daw.wires)
    ]
    link = MackieLink(
        Surface(units, daw.clock, daw.main),
        daw.clock,
        kind,
        "ardour",
        Habits(frozenset(mono), looks_around=looks),
    )
    daw.start()
    link.connect()
    return link


def fader(index: int) -> Control:
    return Control(str(index + 1), "fader_db")


def pan(index: int) -> Control:
    return Control(str(index + 1), "pan")


def polled(link: MackieLink, seconds: float) -> list[Event]:
    """Everything said in a time."""
    events: list[Event] = []
    clock = link._clock
    end = clock.now() + seconds
    while clock.now() < end:
        events += link.poll(0.05)
        clock.sleep(1e-3)
    return events


@pytest.mark.parametrize(("raw", "level_db"), ARDOUR_MEASURED)
def test_the_law_of_ardour_is_the_measured_one(raw: int, level_db: float) -> None:
    assert ARDOUR_LAW.of_raw(raw) == pytest.approx(level_db, abs=0.006)
    assert ARDOUR_LAW.raw(level_db) == pytest.approx(raw, abs=6)


@pytest.mark.parametrize(
    ("daw", "raw", "level_db"),
    [
        ("reaper", 16383, 12.0),
        ("reaper", 11733, 0.0),
        ("reaper", 4096, -30.01),
        ("ableton", 16383, 6.0),
        ("ableton", 13926, 0.0),
        ("ableton", 6553, -18.0),
        ("plain", 12287, 0.0),
        ("plain", 6144, -30.0),
        ("cubase", 16383, 10.0),
    ],
)
def test_the_laws_of_other_daws_meet_their_published_points(daw: str, raw: int, level_db: float) -> None:
    assert DAWS[daw].law.of_raw(raw) == pytest.approx(level_db, abs=0.02)
    assert DAWS[daw].law.raw(level_db) == pytest.approx(raw, abs=8)
    assert any("untested" in note for note in DAWS[daw].notes)


@pytest.mark.parametrize("law", [*(daw.law for daw in DAWS.values()), STRAIGHT])
def test_every_position_of_a_law_comes_back(law) -> None:
    levels = [law.of_raw(raw) for raw in range(0, 16384, 7)]
    assert levels == sorted(levels)
    back = [law.raw(level) for level in levels]
    assert all(
        abs(one - raw) <= 1 or law.of_raw(raw) == law.low_db
        for one, raw in zip(back, range(0, 16384, 7), strict=True)
    )
    assert law.raw(law.low_db) == law.raw(-500.0) == 0
    assert law.raw(law.high_db) == law.raw(60.0) == 16383


@pytest.mark.parametrize("marks", [((0.0, 0.0),), ((0.0, 0.0), (0.0, 1.0)), ((0.0, 0.0), (1.0, 0.0))])
def test_marks_that_do_not_rise_are_refused(marks) -> None:
    with pytest.raises(ParamError, match="do not rise"):
        law_of_marks(marks)


@pytest.mark.parametrize("count", [1, 7, 8, 9, 16, 20, 64])
@pytest.mark.parametrize("last_full", [False, True])
def test_all_channels_are_found_whatever_the_banks(count: int, last_full: bool) -> None:
    daw = MackieDaw(ManualClock(), tracks(count), Quirks(last_full=last_full))
    link = connected(daw)
    assert [channel.name for channel in link.channels()] == [
        *(track.name for track in daw.tracks),
        "Master",
    ]
    assert [channel.key for channel in link.channels()] == [*(str(n + 1) for n in range(count)), "master"]
    found = link.read([fader(index) for index in range(count)])
    for index, track in enumerate(daw.tracks):
        assert found[fader(index)] == pytest.approx(track.level_db, abs=0.06)


@pytest.mark.parametrize(
    "quirks",
    [
        Quirks(),
        Quirks(handshake="none"),
        Quirks(handshake="challenge"),
        Quirks(delay_s=0.12),
        Quirks(letters=7),
        Quirks(last_full=True),
        Quirks(leaves_out_known=False),
        Quirks(lights_answer=False),
        Quirks(names_on_demand=True),
        Quirks(needs_touch=True),
        Quirks(tells_pan=False),
        Quirks(loses_every=13),
        Quirks(shows_levels=False),
        Quirks(delay_s=0.05, last_full=True, lights_answer=False, needs_touch=True, letters=7),
    ],
    ids=str,
)
def test_what_is_written_arrives_and_is_read_back(quirks: Quirks) -> None:
    daw = MackieDaw(ManualClock(), tracks(20), quirks)
    lost, quirks.loses_every = quirks.loses_every, 0
    link = connected(daw)
    quirks.loses_every = lost
    knobs = {
        channel.control(name): knob for channel in link.channels() for name, knob in channel.knobs.items()
    }
    assert (pan(0) in knobs) == quirks.tells_pan
    dice = Random(3)  # noqa: S311
    wanted = {control: dice.uniform(max(knob.low, -50.0), knob.high) for control, knob in knobs.items()}
    link.write(wanted)
    if lost:  # a V-pot's step that is lost is not known to be; what is read tells, and it is written again
        for _ in range(4):
            found = link.read(wanted)
            link.write({c: v for c, v in wanted.items() if c not in found or not knobs[c].agree(found[c], v)})
    found = link.read(wanted)
    for control, value in wanted.items():
        assert knobs[control].agree(found[control], value), control
        if control.channel == "master":
            assert daw.master_db == pytest.approx(value, abs=0.05)
        elif control.parameter == "fader_db":
            assert daw.tracks[int(control.channel) - 1].level_db == pytest.approx(value, abs=0.05)
        else:
            place = knobs[control].position
            assert place is not None
            assert daw.tracks[int(control.channel) - 1].azimuth == pytest.approx(place(value), abs=0.0135)
    assert set(daw.pressed) <= _HARMLESS
    polled(link, 1.0)
    assert lost or not daw.touched


@pytest.mark.parametrize("level_db", [0.0, -12.0, 6.0])
def test_a_fader_whose_answer_was_lost_is_known_all_the_same(level_db: float) -> None:
    """The DAW believes that it has answered, and says nothing more of a position that it has been sent again."""
    daw = MackieDaw(ManualClock(), tracks(3))
    link = connected(daw)
    daw.quirks.loses_answers = 1
    link.write({fader(1): level_db})
    assert daw.quirks.loses_answers == 0
    assert link.read([fader(1)]) == {fader(1): pytest.approx(level_db, abs=0.05)}
    assert daw.tracks[1].level_db == pytest.approx(level_db, abs=0.05)


def test_a_daw_without_echo_is_believed_what_it_was_told() -> None:
    kind = Daw("a DAW", STRAIGHT, echoes=False)
    daw = MackieDaw(ManualClock(), tracks(12), Quirks(echoes=False), to_db=straight_db, to_raw=straight_raw)
    link = connected(daw, kind)
    wanted = {fader(index): -3.0 * index for index in range(12)}
    link.write(wanted)
    assert [track.level_db for track in daw.tracks] == pytest.approx(list(wanted.values()), abs=0.01)
    assert not any(name == "pan" for channel in link.channels() for name in channel.knobs)


@pytest.mark.parametrize("main", [0, 1])
def test_extenders_make_banks_wider(main: int) -> None:
    daw = MackieDaw(ManualClock(), tracks(37), units=2, main=main)
    link = connected(daw)
    assert [channel.name for channel in link.channels()][:-1] == [track.name for track in daw.tracks]
    wanted = {fader(index): -0.5 * index for index in range(37)}
    link.write(wanted)
    assert [track.level_db for track in daw.tracks] == pytest.approx(list(wanted.values()), abs=0.06)
    assert len([note for note in daw.pressed if note == 0x2F]) <= 6


def test_a_fader_that_is_moved_in_the_daw_is_told() -> None:
    daw = MackieDaw(ManualClock(), tracks(20))
    link = connected(daw)
    daw.move(2, -12.5)
    daw.pan(3, 0.8)
    events = link.poll(0.1)
    moved = {event.control: event.value for event in events if isinstance(event, Moved)}
    assert moved[fader(2)] == pytest.approx(-12.5, abs=0.02)
    assert moved[pan(3)] == pytest.approx(0.66, abs=0.05)


def test_a_hand_in_a_hidden_bank_is_seen_when_nothing_is_written() -> None:
    daw = MackieDaw(ManualClock(), tracks(30))
    link = connected(daw, looks=True)
    polled(link, 2.0)
    daw.tracks[27].level_db = -33.0
    moved = [event for event in polled(link, 3.0) if isinstance(event, Moved)]
    assert [event.control for event in moved] == [fader(27)]
    assert moved[0].value == pytest.approx(-33.0, abs=0.1)


def test_nothing_else_is_told_while_banks_are_looked_at() -> None:
    daw = MackieDaw(ManualClock(), tracks(30))
    link = connected(daw, looks=True)
    assert [event for event in polled(link, 5.0) if not isinstance(event, Transport)] == []


def test_a_renamed_track_is_told_and_listed_anew() -> None:
    daw = MackieDaw(ManualClock(), tracks(20))
    link = connected(daw)
    daw.rename(4, "Other")
    assert sum(isinstance(event, Relisted) for event in polled(link, 2.0)) == 1
    assert link.channels()[4].name == "Other"
    daw.tracks.insert(0, Track("First"))
    daw._show_all()
    assert any(isinstance(event, Relisted) for event in polled(link, 2.0))
    assert [channel.name for channel in link.channels()][:-1] == [t.name[:6] for t in daw.tracks]


def test_nothing_is_written_into_a_bank_with_other_names() -> None:
    daw = MackieDaw(ManualClock(), tracks(20))
    link = connected(daw)
    daw.tracks.reverse()
    before = [track.level_db for track in daw.tracks]
    link.write({fader(12): -6.0, fader(18): -6.0})
    assert [track.level_db for track in daw.tracks] == before
    assert any(isinstance(event, Relisted) for event in link.poll())


def test_an_announcement_across_the_names_is_no_renaming() -> None:
    daw = MackieDaw(ManualClock(), tracks(12), Quirks(announces=True))
    kind = Daw("a DAW", ARDOUR_LAW)
    link = connected(daw, kind)
    link.write({fader(0): -6.0})
    events = polled(link, 1.0)
    for strip in range(3):
        daw._lines[0][strip] = ""
        daw._send_name(strip)
    events += polled(link, 4.0)
    assert not any(isinstance(event, Relisted) for event in events)
    assert daw.tracks[0].level_db == pytest.approx(-6.0, abs=0.01)


def test_a_value_that_stands_for_a_second_is_remembered() -> None:
    daw = MackieDaw(ManualClock(), tracks(5))
    units = [Unit(daw.wires[0], daw.clock)]
    link = MackieLink(Surface(units, daw.clock), daw.clock, DAWS["ardour"], "ardour")
    daw._activate()
    daw.forget_values()
    link.connect()
    place = link.channels()[0].knobs["pan"].position
    assert place is not None
    for index, track in enumerate(daw.tracks):
        assert place(link.read([pan(index)])[pan(index)]) == pytest.approx(track.azimuth, abs=0.0052)


def test_mono_tracks_have_ardours_mono_law() -> None:
    daw = MackieDaw(ManualClock(), [Track("Kick", azimuth=0.75), Track("Piano", azimuth=0.75)])
    link = connected(daw, mono=["kick"])
    found = link.read([pan(0), pan(1)])
    # Equal gains: mono f(0.25)/f(0.75) of the panner's law; stereo 20 lg of cos against sin of the balance.
    scale = 2.0 - 4.0 * 10.0 ** (-3.0 / 20.0)
    sides = [p * (scale * p + 1.0 - scale) for p in (0.25, 0.75)]
    assert found[pan(0)] == pytest.approx(4.0 / math.pi * math.atan2(sides[1], sides[0]) - 1.0, abs=0.02)
    assert math.cos((found[pan(1)] + 1.0) * math.pi / 4.0) * math.sqrt(2.0) == pytest.approx(0.5, abs=0.02)


def test_buses_are_what_they_are_said_to_be() -> None:
    daw = MackieDaw(ManualClock(), [Track("Kick"), Track("Reverb"), Track("Drums")])
    units = [Unit(daw.wires[0], daw.clock)]
    habits = Habits(buses=frozenset(("reverb", "3")))
    link = MackieLink(Surface(units, daw.clock), daw.clock, DAWS["ardour"], "ardour", habits)
    daw.start()
    link.connect()
    assert [channel.kind for channel in link.channels()] == ["track", "bus", "bus", "master"]


def test_namesakes_keep_their_own_keys_and_are_told() -> None:
    daw = MackieDaw(
        ManualClock(), [Track("Vocals lead", -3.0), Track("Vocals double", -9.0), Track("Bass", -1.0)]
    )
    link = connected(daw)
    assert [(one.key, one.name) for one in link.channels()][:2] == [("1", "Vocals"), ("2", "Vocals")]
    assert any("Vocals" in note for note in link.traits.notes)
    link.write({fader(1): -20.0})
    assert [track.level_db for track in daw.tracks] == pytest.approx([-3.0, -20.0, -1.0], abs=0.02)


def test_the_songs_position_is_told_in_seconds() -> None:
    daw = MackieDaw(ManualClock(), tracks(3))
    link = connected(daw)
    assert link.traits.transport
    assert daw.pressed.count(0x35) == 1
    daw.play("0010203012")
    events = [event for event in link.poll(0.1) if isinstance(event, Transport)]
    assert events[-1].playing
    assert events[-1].position_s == pytest.approx(3600 + 2 * 60 + 3, abs=1.0)
    daw.play("0010204000", playing=False)
    events = [event for event in link.poll(0.1) if isinstance(event, Transport)]
    assert events[-1] == Transport(3724.0, False)
    link.close()
    assert daw.pressed.count(0x35) == 2


def test_bars_and_beats_are_no_position() -> None:
    daw = MackieDaw(ManualClock(), tracks(3))
    link = connected(daw, Daw("a DAW", ARDOUR_LAW))
    daw.play("0120304000", smpte=False)
    assert not link.traits.transport
    assert not any(isinstance(event, Transport) for event in link.poll(0.1))
    assert 0x35 not in daw.pressed


def test_a_daw_that_vanishes_is_told_once() -> None:
    daw = MackieDaw(ManualClock(), tracks(9))
    link = connected(daw)
    assert not any(isinstance(event, Lost) for event in polled(link, 5.0))
    daw.alive = False
    events = polled(link, 8.0)
    assert sum(isinstance(event, Lost) for event in events) == 1
    for call in (lambda: link.write({fader(0): 0.0}), lambda: link.read([fader(0)]), link.channels):
        with pytest.raises(LinkError, match="lost"):
            call()
    link.close()
    link.close()


def test_ports_that_go_are_told() -> None:
    daw = MackieDaw(ManualClock(), tracks(9), Quirks(lights_answer=False))
    link = connected(daw)
    daw.wires[0].there = False
    assert [event for event in polled(link, 3.0) if isinstance(event, Lost)] == [
        Lost("the DAW's MIDI ports are gone")
    ]


def test_nobody_at_the_other_end_is_said() -> None:
    daw = MackieDaw(ManualClock(), tracks(3), alive=False)
    with pytest.raises(LinkError, match="add a Mackie Control"):
        connected(daw)


def test_what_is_not_there_or_out_of_range_is_refused() -> None:
    daw = MackieDaw(ManualClock(), tracks(3))
    link = connected(daw)
    before = len(daw.heard)
    for control, value in (
        (fader(3), 0.0),
        (fader(0), 6.1),
        (fader(0), math.nan),
        (pan(0), 1.1),
        (Control("1", "send.0"), -6.0),
    ):
        with pytest.raises(ParamError):
            link.write({fader(1): -1.0, control: value})
    assert len(daw.heard) == before
    assert daw.tracks[1].level_db != pytest.approx(-1.0)


def test_a_flood_of_garbage_is_survived() -> None:
    daw = MackieDaw(ManualClock(), tracks(10))
    link = connected(daw)
    dice = Random(8)  # noqa: S311
    for _ in range(300):
        daw.wires[0].push(dice.randbytes(400))
    daw.wires[0].push(b"\xf0" + bytes(100_000) + b"\xf7")
    daw.wires[0].push(
        b"\xf0\x00\x00\x66\x14\x12\xf7" + b"\xf0\x00\x00\x66\x14\x12\x6fxyz\xf7" + b"\xf0\x00\x00\x66\xf7"
    )
    for _ in range(200):
        link.poll(0.01)
    daw.sent_raw = [None] * 9
    daw._lines = [["?"] * 8, ["?"] * 8]
    daw._show_all()
    link.channels()
    link.poll(0.1)
    link.write({fader(1): -6.0})
    link.write({fader(9): -7.0})
    assert daw.tracks[1].level_db == pytest.approx(-6.0, abs=0.02)
    assert daw.tracks[9].level_db == pytest.approx(-7.0, abs=0.02)
    assert set(daw.pressed) <= _HARMLESS


def test_traits_tell_what_banks_cost() -> None:
    few, many = (
        connected(MackieDaw(ManualClock(), tracks(count), Quirks(delay_s=0.01))).traits for count in (8, 64)
    )
    assert few.tick_s == pytest.approx(0.03)
    assert many.tick_s > 8 * 0.02
    assert few.settle_s >= 0.2
    assert not few.lasting_keys
    assert any("8 banks" in note for note in many.notes)


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ((("dwa", "ardour"),), "did you mean 'daw'"),
        ((("daw", "ardor"),), "did you mean 'ardour'"),
        ((("law", "0:-90,x"),), "list of marks"),
        ((("law", "0:-90,2:0"),), "outside"),
        ((("wait", "soon"),), "no time"),
    ],
)
def test_wrong_settings_are_refused(settings: tuple[tuple[str, str], ...], text: str) -> None:
    with pytest.raises(ParamError, match=text):
        open_link("mackie", LinkOptions(settings=settings), ManualClock())


@pytest.mark.parametrize("is_last_full", [False, True])
@pytest.mark.parametrize("count", [0, 3, 8, 9, 20, 33])
def test_every_channel_can_be_reached_from_every_bank(count: int, is_last_full: bool) -> None:
    banking = Banking(count, 8, is_last_full)
    for start in banking.all_firsts():
        for channel in range(count):
            first = banking.bank_of(channel)
            at = start
            for button in banking.way(start, first):
                at = banking.left(at) if button == 0x2E else banking.right(at)
            assert at == first <= channel < first + 8


def test_an_overlap_is_found_by_names_and_faders() -> None:
    cells = [(f"T{index}", index) for index in range(20)]
    assert overlap(tuple(cells[8:16]), tuple(cells[12:20])) == 4
    assert overlap(tuple(cells[0:8]), tuple(cells[8:16])) == 8
    assert overlap(tuple(cells[0:8]), (*cells[8:12], *((("", 0),) * 4))) == 8


def test_a_fader_whose_release_was_lost_is_let_go_later() -> None:
    daw = MackieDaw(ManualClock(), tracks(3), Quirks(needs_touch=True))
    link = connected(daw)
    daw.touched.add(1)
    link.write({fader(1): -6.0})
    daw.touched.add(1)
    polled(link, 1.0)
    assert not daw.touched
