"""A real Ardour is moved through the link: every knob set, read back, saved, read by others, and put back."""

import math
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from ardour_cases import CHOICES
from ardour_daw import missing
from live_ardour import Served, Serving, controllables, served
from live_ardour_session import idle_session
from pythonosc.udp_client import SimpleUDPClient

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


@pytest.fixture(scope="module")
def daw(tmp_path_factory: pytest.TempPathFactory) -> Serving:
    return Serving(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module", params=CHOICES, ids=lambda choice: choice["equalizer"])
def desk(
    request: pytest.FixtureRequest,
    daw: Serving,
    example_session: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Desk]:
    """The example session with every knob at rest, opened by Ardour."""
    file = idle_session(load_session([example_session]), tmp_path_factory.mktemp("song"), **request.param)
    with served(file, daw) as running:
        found = desk_of(running)
        yield found
        found.link.close()


def wanted_of(desk: Desk, seed: int) -> Values:
    """Another value for every knob: inside the console's range and the desk's, and such that no two knobs clash."""
    draw = random.Random(seed)
    wanted = {}
    for control, knob in desk.knobs.items():
        row, name = meaning(control.parameter).spec, control.parameter
        if name.endswith(".type"):  # as many of each as the console has
            kinds = random.Random(f"{seed} {control.channel}").sample((0, 1, 1, 1, 1, 2), 6)
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
    return [
        (control, value, found.get(control))
        for control, value in wanted.items()
        if control not in found or not desk.knobs[control].agree(value, found[control])
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
                within = 2e-4 if name == "reverb" else 1e-5  # the reader gives a decay four digits
                assert float(held) == pytest.approx(value, rel=within, abs=1e-4), (parameter, strip)


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
