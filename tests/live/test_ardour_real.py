"""A real Ardour is moved through the link: every knob set, read back, saved, read by others, and put back."""

import math
import random
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
from ardour_daw import missing
from live_ardour import Served, Serving, controllables, served
from live_ardour_session import idle_session
from pythonosc.osc_message_builder import OscMessageBuilder

from bridge.live.clock import SystemClock
from bridge.live.link import LinkOptions, open_link
from bridge.live.links.ardour import ArdourLink
from bridge.live.parameters import BAND_TYPES, meaning
from bridge.live.values import Channel, Control, Event, Knob, Lost, Moved, Relisted, Transport
from bridge.sessions import load_session
from console.errors import LinkError, ParamError
from console.mix import Mix, TrackStrip
from console.session import AudioFile, Session, SessionTrack
from exporters.ardour.panlaw import from_ardour, to_ardour
from exporters.ardour.reader import read_project

pytestmark = [
    pytest.mark.xdist_group("ardour"),
    pytest.mark.daw,
    pytest.mark.skipif(
        bool(missing("lsp-plugins", "fil4", "dpl")), reason=missing("lsp-plugins", "fil4", "dpl")
    ),
]

STEREO = ("07_OH", "08_Room", "13_Keys", "14_Pad")

ACE_BUNDLES = ("a-comp", "a-delay", "a-eq", "a-exp", "a-reverb")

Values = dict[Control, float]


@dataclass
class Desk:
    """A real Ardour with a link to it."""

    served: Served
    link: ArdourLink
    channels: tuple[Channel, ...]

    @property
    def knobs(self) -> dict[Control, Knob]:
        return {one.control(name): knob for one in self.channels for name, knob in one.knobs.items()}

    def named(self, name: str) -> Channel:
        return next(channel for channel in self.channels if channel.name == name)

    def kind(self, control: Control) -> str:
        return next(channel.kind for channel in self.channels if channel.key == control.channel)

    def until(self, wanted: Callable[[Event], bool], seconds: float = 8.0) -> list[Event]:
        """What it says until it says that; fails where it does not."""
        events: list[Event] = []
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            events += self.link.poll(0.1)
            if any(map(wanted, events)):
                return events
        raise AssertionError(f"it did not come: {events}")


def desk_of(served: Served, *settings: tuple[str, str]) -> Desk:
    link = open_link("ardour", LinkOptions(port=served.address[1], settings=settings), SystemClock())
    assert isinstance(link, ArdourLink)
    link.connect()
    return Desk(served, link, link.channels())


def noise_session(folder: Path, tracks: int) -> Session:
    """Short mono tracks."""
    folder.mkdir()
    rate_hz, samples = 48_000, 48_000
    data = np.random.default_rng(1).standard_normal(samples) * 0.05
    soundfile.write(folder / "noise.wav", data, rate_hz, subtype="PCM_24")
    file = AudioFile(folder / "noise.wav", rate_hz, 1, samples, "noise")
    names = [f"Track {number}" for number in range(1, tracks + 1)]
    return Session("song", folder, rate_hz, tuple(SessionTrack(name, (file,), 1, samples) for name in names))


@pytest.fixture(scope="module")
def lean(tmp_path_factory: pytest.TempPathFactory) -> Serving:
    """One that starts fast: it sees no plugins but Ardour's own."""
    return Serving(tmp_path_factory.mktemp("home"), ACE_BUNDLES)


#: The carriers of each set, the bundles that an Ardour has to see for it, and how many tracks; 0: the example session.
SETS = {
    "ace": ({"equalizer": "ace", "gate": "ace", "limiter": "dpl"}, (*ACE_BUNDLES, "dpl"), 0),
    "fil4": ({"equalizer": "fil4", "gate": "mixbridge", "limiter": "dpl"}, (*ACE_BUNDLES, "fil4", "dpl"), 3),
    "lsp": ({"equalizer": "lsp", "gate": "mixbridge", "limiter": "lsp"}, (*ACE_BUNDLES, "lsp-plugins"), 3),
}


@pytest.fixture(scope="module", params=SETS)
def desk(
    request: pytest.FixtureRequest, example_session: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desk]:
    """A session with every knob at rest, opened by Ardour."""
    choice, bundles, tracks = SETS[request.param]
    root = tmp_path_factory.mktemp("song")
    session = noise_session(root / "audio", tracks) if tracks else load_session([example_session])
    with served(idle_session(session, root, **choice), Serving(root / "home", bundles)) as running:
        found = desk_of(running)
        yield found
        found.link.close()


def wanted_of(desk: Desk, seed: int) -> Values:
    """Another value for every knob: inside the console's range and the desk's, and such that no two knobs clash."""
    draw = random.Random(seed)  # noqa: S311
    wanted = {}
    for control, knob in desk.knobs.items():
        row, name = meaning(control.parameter).spec, control.parameter
        if name.endswith(".type"):  # as many of each as the console has
            kinds = random.Random(f"{seed} {control.channel}").sample((0, 1, 1, 1, 1, 2), 6)  # noqa: S311
            wanted[control] = float(kinds[int(name.split(".")[1])])
        elif knob.choices:
            wanted[control] = draw.choice(knob.choices)
        if control in wanted:
            continue
        assert row is not None
        low, high = max(knob.low, row.low), min(knob.high, row.high)
        if name.startswith("equalizer.") and name.endswith("frequency_hz"):
            low, high = max(low, 300.0), min(high, 1800.0)  # what all of x42's bells reach, whatever the q
        if name.startswith("equalizer.") and name.endswith(".q"):
            low, high = max(low, 0.4), min(high, 1.9)
        place = draw.uniform(0.05, 0.95)
        wanted[control] = low * (high / low) ** place if row.scale == "log" else low + place * (high - low)
    return wanted


def disagreements(desk: Desk, wanted: Values, found: Values) -> list[object]:
    knobs = desk.knobs
    return [
        (control, value, found.get(control))
        for control, value in wanted.items()
        if control not in found or not knobs[control].agree(value, found[control])
    ]


def test_every_knob_is_set_read_back_saved_and_put_back(desk: Desk, tmp_path: Path) -> None:
    before = controllables(desk.served.save())
    original = desk.link.read(desk.knobs)
    assert set(original) == set(desk.knobs)
    wanted = wanted_of(desk, 1)
    desk.link.write(wanted)
    assert disagreements(desk, wanted, desk.link.read(wanted)) == []
    moved = controllables(desk.served.save(tmp_path / "moved.ardour"))
    assert sum(moved[key] != before[key] for key in before) > 0.8 * len(wanted)
    check_saved(desk, wanted, read_project(tmp_path / "moved.ardour"))
    check_file(desk, wanted, moved)
    desk.link.write(original)
    assert disagreements(desk, original, desk.link.read(original)) == []
    after = controllables(desk.served.save())
    assert after.keys() == before.keys()
    # Gains travel in dB of 32 bits, and come back a few units of their last place off; all else to the bit.
    off = {
        key: (before[key], after[key])
        for key in before
        if not math.isclose(
            after[key], before[key], rel_tol=1e-6 if key[-1] in ("gaincontrol", "trimcontrol") else 0.0
        )
    }
    assert off == {}


def check_file(desk: Desk, wanted: Values, moved: dict[tuple[str, ...], float]) -> None:
    """What stands in the file itself, without anybody's reader: gains, and ports by their LV2 symbols."""
    ports = {
        "threshold_db": "thr",
        "ratio": "rat",
        "attack_ms": "att",
        "release_ms": "rel",
        "makeup_db": "mak",
    }
    by_route: dict[str, dict[tuple[str, ...], float]] = {}
    for key, value in moved.items():
        by_route.setdefault(key[0].partition(" ")[2], {})[key[1:]] = value
    for channel in desk.channels:
        found = by_route[channel.name]
        for word, parameter in (("gaincontrol", "fader_db"), ("trimcontrol", "input.gain_db")):
            (gain,) = [one for key, one in found.items() if key[0].endswith(" Amp") and key[1:] == (word,)]
            assert gain == pytest.approx(10.0 ** (wanted[channel.control(parameter)] / 20.0), rel=2e-6)
        for name, symbol in ports.items():
            control = channel.control(f"compressor.{name}")
            if control in wanted:
                (port,) = [one for key, one in found.items() if key[-1] == symbol and "Compressor" in key[0]]
                assert port == pytest.approx(wanted[control], rel=1e-6, abs=1e-6)


def check_saved(desk: Desk, wanted: Values, mix: Mix) -> None:
    """What the exporters' reader finds in the session that Ardour saved."""
    for channel in desk.channels:
        mine = {
            control.parameter: value for control, value in wanted.items() if control.channel == channel.key
        }
        if channel.kind == "track":
            check_strip(channel, mine, mix.track(channel.name), 2 if channel.name in STEREO else 1)
        elif channel.kind == "master":
            assert mix.master.fader_db == pytest.approx(mine["fader_db"], abs=1e-4)
            check_modules(mine, mix.master, ("compressor", "limiter"))
            check_bands(channel, mine, mix.master.equalizer)
        else:
            bus = mix.bus(channel.name)
            assert bus.fader_db == pytest.approx(mine["fader_db"], abs=1e-4)
            check_modules(mine, bus, ("compressor", "reverb", "delay"))
            check_bands(channel, mine, bus.equalizer)


def check_strip(channel: Channel, mine: dict[str, float], strip: TrackStrip, channels: int) -> None:
    # The exporter keeps what the panner is off beside the fader; here the fader is what Ardour shows.
    beside_db = 20.0 * math.log10(from_ardour(to_ardour(mine["pan"], channels).azimuth, channels)[1])
    assert strip.fader_db == pytest.approx(mine["fader_db"] - beside_db, abs=1e-4)
    assert strip.pan == pytest.approx(mine["pan"], abs=1e-5)
    assert strip.input.gain_db == pytest.approx(mine["input.gain_db"], abs=1e-4)
    if "width" in mine:
        assert strip.width == pytest.approx(mine["width"], rel=1e-5)
    for parameter, bus in channel.sends.items():
        assert strip.sends[bus] == pytest.approx(mine[parameter], abs=1e-4)
    check_modules(mine, strip, ("highpass", "lowpass", "gate", "compressor"))
    check_bands(channel, mine, strip.equalizer)


def check_modules(mine: dict[str, float], strip: object, names: tuple[str, ...]) -> None:
    for name in names:
        for parameter, value in mine.items():
            if parameter.startswith(f"{name}."):
                held = getattr(getattr(strip, name), parameter.partition(".")[2])
                # The reader gives a decay four digits.
                wanted = float(f"{value:.4g}") if parameter == "reverb.decay_s" else value
                assert float(held) == pytest.approx(wanted, rel=1e-5, abs=1e-4), (parameter, strip)


def check_bands(channel: Channel, mine: dict[str, float], equalizer: object) -> None:
    numbers = sorted(
        {int(one.split(".")[1]) for one in mine if one.startswith("equalizer.") and one.count(".") == 2}
    )
    if not numbers:
        return
    on = mine.get("equalizer.enabled", 1.0) == 1.0
    carried = [n for n in numbers if mine[f"equalizer.{n}.enabled"] == 1.0]
    if not carried or not on:
        assert not equalizer.enabled
        return
    kinds = {n: int(mine.get(f"equalizer.{n}.type", channel.band_types.get(str(n), 1))) for n in carried}
    found = list(equalizer.bands)
    for n in carried:
        band = found.pop(0)
        assert BAND_TYPES.index(band.type) == kinds[n]
        assert band.gain_db == pytest.approx(mine[f"equalizer.{n}.gain_db"], abs=1e-4)
        assert band.frequency_hz == pytest.approx(mine[f"equalizer.{n}.frequency_hz"], rel=1e-5)
        if f"equalizer.{n}.q" in mine:
            assert band.q == pytest.approx(mine[f"equalizer.{n}.q"], rel=1e-5)
    assert found == []


@pytest.fixture(scope="module")
def small(lean: Serving, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Three tracks with Ardour's own plugins, and the song's place told."""
    root = tmp_path_factory.mktemp("small")
    file = idle_session(noise_session(root / "audio", 3), root, equalizer="ace", gate="ace", limiter="none")
    with served(file, lean) as running:
        found = desk_of(running, ("transport", "on"))
        yield found
        found.link.close()


TRACK = 'session:route_by_name("Track 1")'

HANDS = {
    "fader": (
        f"{TRACK}:gain_control():set_value(0.5, PBD.GroupControlDisposition.NoGroup)",
        "fader_db",
        -6.0206,
    ),
    "pan": (f"{TRACK}:pan_azimuth_control():set_value(1.0, PBD.GroupControlDisposition.NoGroup)", "pan", 1.0),
    "trim": (
        f"{TRACK}:trim_control():set_value(2.0, PBD.GroupControlDisposition.NoGroup)",
        "input.gain_db",
        6.0206,
    ),
    "send": (
        f"{TRACK}:nth_send(0):to_internalsend():gain_control()"
        ":set_value(0.25, PBD.GroupControlDisposition.NoGroup)",
        "send.0",
        -12.0412,
    ),
    "plugin": (
        f"ARDOUR.LuaAPI.set_processor_param({TRACK}:nth_plugin(3), 4, -17.5)",
        "compressor.threshold_db",
        -17.5,
    ),
    "bypass": (f"{TRACK}:nth_plugin(1):deactivate()", "gate.enabled", 0.0),
}


@pytest.mark.parametrize("hand", HANDS)
def test_what_a_hand_moves_is_told(small: Desk, hand: str) -> None:
    lua, parameter, value = HANDS[hand]
    control = small.named("Track 1").control(parameter)
    knob = small.knobs[control]
    small.link.poll()
    small.served.do(lua)
    events = small.until(lambda event: isinstance(event, Moved) and event.control == control)
    moved = [event for event in events if isinstance(event, Moved)]
    assert [event.control for event in moved] == [control]
    assert moved[-1].value == pytest.approx(value, abs=1e-4)
    assert knob.agree(small.link.read([control])[control], moved[-1].value)


def test_what_we_move_comes_back_as_it_was_sent_and_nothing_else_does(small: Desk) -> None:
    channel = small.named("Track 2")
    values = {
        channel.control("fader_db"): -7.25,
        channel.control("pan"): -0.4,
        channel.control("input.gain_db"): 3.5,
        channel.control("send.0"): -20.0,
        channel.control("compressor.ratio"): 3.0,
        channel.control("equalizer.0.gain_db"): 4.0,
    }
    small.link.poll()
    small.link.write(values)
    events = []
    end = time.monotonic() + 2.0
    while time.monotonic() < end:
        events += [event for event in small.link.poll(0.1) if isinstance(event, Moved)]
    assert {event.control.parameter for event in events} == {"fader_db", "pan", "input.gain_db"}
    assert all(small.knobs[event.control].agree(event.value, values[event.control]) for event in events)


def test_a_shelf_keeps_its_place_while_its_gain_moves(small: Desk) -> None:
    channel = small.named("Track 3")
    frequency, gain = channel.control("equalizer.0.frequency_hz"), channel.control("equalizer.0.gain_db")
    small.link.write({frequency: 150.0})
    for gain_db in (1.0, 6.0, 12.0, -12.0):
        small.link.write({gain: gain_db})
        found = small.link.read([frequency, gain])
        assert found[frequency] == pytest.approx(150.0, rel=1e-6)
        assert found[gain] == pytest.approx(gain_db, abs=1e-5)


def test_the_song_s_place_is_told(small: Desk) -> None:
    small.link.poll()
    small.served.do("session:request_roll(ARDOUR.TransportRequestSource.TRS_UI)")
    events = small.until(lambda event: isinstance(event, Transport) and event.position_s > 0.4)
    places = [event.position_s for event in events if isinstance(event, Transport) and event.playing]
    assert places == sorted(places)
    assert max(b - a for a, b in pairwise(places)) < 0.5
    small.served.do("session:request_stop(false, false, ARDOUR.TransportRequestSource.TRS_UI)")
    small.until(lambda event: isinstance(event, Transport) and not event.playing)


CHANGES = {
    "renamed": f'{TRACK}:set_name("Kick")',
    "added": 'session:new_audio_track(1, 2, nil, 1, "New", ARDOUR.PresentationInfo.max_order, '
    "ARDOUR.TrackMode.Normal, true)",
    "reordered": 'session:route_by_name("Track 3"):set_presentation_order(0)',
    "plugin": 'session:route_by_name("Track 2"):add_processor_by_index(ARDOUR.LuaAPI.new_plugin(session, '
    '"urn:ardour:a-eq", ARDOUR.PluginType.LV2, ""), 0, nil, true)',
}


def test_a_fader_that_automation_plays_is_no_knob(small: Desk) -> None:
    small.channels = small.link.channels()
    assert "fader_db" in small.named("Track 3").knobs
    control = 'session:route_by_name("Track 3"):gain_control():set_automation_state(ARDOUR.AutoState'
    small.served.do(f"{control}.Play)")
    small.until(lambda event: isinstance(event, Relisted))
    small.channels = small.link.channels()
    assert "fader_db" not in small.named("Track 3").knobs
    small.served.do(f"{control}.Off)")
    small.until(lambda event: isinstance(event, Relisted))


@pytest.mark.parametrize("change", CHANGES)
def test_changed_strips_are_told_and_nothing_more_is_moved(small: Desk, change: str) -> None:
    small.channels = small.link.channels()
    fader = small.named("Track 2").control("fader_db")
    small.link.write({fader: -9.0})
    small.link.poll(0.1)
    small.served.do(CHANGES[change])
    events = small.until(lambda event: isinstance(event, Relisted))
    assert not [event for event in events if isinstance(event, Moved)]
    assert sum(isinstance(event, Relisted) for event in events) == 1
    with pytest.raises(ParamError, match="anew"):
        small.link.write({fader: -30.0})
    assert small.link.read([fader]) == {}
    small.channels = small.link.channels()
    assert small.link.read([small.named("Track 2").control("fader_db")]) == {
        small.named("Track 2").control("fader_db"): pytest.approx(-9.0, abs=1e-5)
    }
    if change == "renamed":
        small.served.do('session:route_by_name("Kick"):set_name("Track 1")')
        small.until(lambda event: isinstance(event, Relisted))
        small.channels = small.link.channels()


@pytest.fixture(scope="module")
def wide(lean: Serving, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Sixty-four tracks."""
    root = tmp_path_factory.mktemp("wide")
    file = idle_session(noise_session(root / "audio", 64), root, equalizer="ace", gate="ace", limiter="none")
    with served(file, lean) as running:
        found = desk_of(running)
        yield found
        found.link.close()


def bare_loop_s(messages: list[tuple[str, tuple[object, ...]]], address: tuple[str, int]) -> float:
    began = time.perf_counter()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        for number, (path, args) in enumerate(messages):
            builder = OscMessageBuilder(path)
            for argument in args:
                builder.add_arg(argument)
            out.sendto(builder.build().dgram, address)
            time.sleep(max(0.0, began + (number + 1) / 3000.0 - time.perf_counter()))
    return time.perf_counter() - began


def test_sixty_four_tracks_are_pushed_as_fast_as_ardour_takes_it(wide: Desk) -> None:
    """Against a loop that does nothing but send the same messages at 3000 a second; the better of two runs each."""
    kinds = {channel.key: channel.kind for channel in wide.channels}
    ours_s, bare_s = [], []
    for seed in range(2):
        wanted = {c: v for c, v in wanted_of(wide, seed).items() if kinds[c.channel] == "track"}
        assert len(wanted) >= 64 * 40
        began = time.perf_counter()
        wide.link.write(wanted)
        ours_s.append(time.perf_counter() - began)
        assert disagreements(wide, wanted, wide.link.read(wanted)) == []
        bare_s.append(bare_loop_s(list(wide.link._knobs.messages(wanted)), wide.served.address))
    assert min(ours_s) <= 1.5 * min(bare_s)


def test_an_ardour_that_has_gone_is_told_once(wide: Desk) -> None:
    wide.served.vanish()
    events = wide.until(lambda event: isinstance(event, Lost))
    # What it said before may come late, and another Ardour of this computer's may take the port meanwhile: its strips
    # are others, and its heart is not ours.
    assert type(events[-1]) is Lost
    assert sum(isinstance(event, Lost) for event in events) == 1
    assert wide.link.poll(1.0) == []
    with pytest.raises(LinkError, match="lost"):
        wide.link.write({wide.channels[0].control("fader_db"): 0.0})
