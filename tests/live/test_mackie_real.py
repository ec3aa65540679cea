"""The Mackie link against a real Ardour: hardour on JACK, its saved session and OSC as witnesses."""

import math
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from live_hardour import Hardour, missing
from lxml import etree

from bridge.live.clock import SystemClock
from bridge.live.link import LinkOptions, open_link
from bridge.live.links.mackie import MackieLink
from bridge.live.midiports import open_ports
from bridge.live.mover import Status
from bridge.live.rig import connected
from bridge.live.values import Control, Event, Knob, Lost, Moved, Relisted, Transport
from console.errors import LinkError
from console.mix import Bus, BusKind, Mix, Reverb, TrackStrip

pytestmark = [
    pytest.mark.daw,
    pytest.mark.xdist_group("ardour"),
    pytest.mark.skipif(bool(missing()), reason=missing()),
]

STRIPS = [
    *(("mono" if index % 3 == 0 else "track", f"Track number {index}") for index in range(1, 19)),
    ("bus", "Reverb"),
    ("bus", "Drums bus"),
]
_MONO = ",".join(str(index + 1) for index, (kind, _) in enumerate(STRIPS) if kind == "mono")


@pytest.fixture(scope="module")
def hardour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hardour]:
    with Hardour(tmp_path_factory.mktemp("hardour"), STRIPS) as daw, daw.jack_of_ours():
        yield daw


@pytest.fixture
def link(hardour: Hardour) -> Iterator[MackieLink]:
    found = linked("no")
    yield found
    found.close()


def linked(look: str, buses: str = "", *, go: bool = True) -> MackieLink:
    """A link, connected unless told otherwise; JACK takes a moment until a new client may come."""
    settings = {"daw": "ardour", "look": look, "mono": _MONO, "buses": buses, "api": "jack"}
    options = LinkOptions(settings=tuple(settings.items()))
    for attempt in range(5):
        try:
            found = open_link("mackie", options, SystemClock())
            break
        except LinkError:
            if attempt == 4:
                raise
            time.sleep(0.5)
    assert isinstance(found, MackieLink)
    if go:
        found.connect()
    return found


def knobs_of(link: MackieLink) -> dict[Control, Knob]:
    return {
        channel.control(name): knob for channel in link.channels() for name, knob in channel.knobs.items()
    }


def routes(saved: etree._Element) -> dict[str, etree._Element]:
    """The routes of a saved session by the key of their channel."""
    found = {route.get("name"): route for route in saved.iter("Route")}
    keys = {name: str(index + 1) for index, (_, name) in enumerate(STRIPS)} | {"Master": "master"}
    return {key: found[name] for name, key in keys.items()}


def level_of(route: etree._Element) -> float:
    gain = float(route.find(".//Processor[@type='amp']/Controllable").get("value"))
    return 20.0 * math.log10(gain)


def azimuth_of(route: etree._Element) -> float:
    return float(route.find(".//Controllable[@name='pan-azimuth']").get("value"))


def settled(link: MackieLink, wanted: dict[Control, float]) -> dict[Control, float]:
    """Write, read back and write again what did not arrive, as whoever uses a link does."""
    knobs = knobs_of(link)
    missed = dict(wanted)
    for _ in range(12):  # JACK drops MIDI when the machine is busy
        link.write(missed)
        found = link.read(wanted)
        missed = {c: v for c, v in wanted.items() if c not in found or not knobs[c].agree(found[c], v)}
        if not missed:
            return found
    raise AssertionError(f"{missed} did not arrive: {found}")


def heard(link: MackieLink, kind: type[Event], seconds: float = 5.0) -> list[Event]:
    """The events up to the first of a kind."""
    events: list[Event] = []
    until = time.monotonic() + seconds
    while time.monotonic() < until and not any(isinstance(event, kind) for event in events):
        events += link.poll(0.05)
    return events


def test_all_banks_are_listed(link: MackieLink) -> None:
    channels = link.channels()
    assert [channel.key for channel in channels] == [*(str(n + 1) for n in range(20)), "master"]
    assert channels[9].name == "Trck10"
    assert channels[18].name == "Reverb"
    assert all(set(channel.knobs) == {"fader_db", "pan"} for channel in channels[:-1])
    assert link.traits.transport
    assert link.traits.tick_s < 1.0


def test_faders_and_pans_arrive_in_all_banks_and_are_saved(link: MackieLink, hardour: Hardour) -> None:
    knobs, dice = knobs_of(link), Random(5)  # noqa: S311 - chance, not secrets
    wanted = {
        control: dice.uniform(-45.0, knob.high)
        if control.parameter == "fader_db"
        else dice.uniform(-1.0, 1.0)
        for control, knob in knobs.items()
    }
    settled(link, wanted)
    saved = routes(hardour.saved())
    for control, value in wanted.items():
        if control.parameter == "fader_db":
            assert level_of(saved[control.channel]) == pytest.approx(value, abs=0.2), control
        else:
            place = knobs[control].position
            assert place is not None
            assert azimuth_of(saved[control.channel]) == pytest.approx(place(value), abs=0.0135), control


def test_levels_are_those_of_the_law_to_a_hundredth(link: MackieLink, hardour: Hardour) -> None:
    levels = [-60.0, -40.0, -20.0, -10.0, -6.0, -3.0, 0.0, 3.0, 6.0, 6.02]
    settled(link, {Control(str(n + 1), "fader_db"): level for n, level in enumerate(levels)})
    saved = routes(hardour.saved())
    assert [level_of(saved[str(n + 1)]) for n in range(len(levels))] == pytest.approx(levels, abs=0.05)


def test_a_fader_down_is_silence(link: MackieLink, hardour: Hardour) -> None:
    bottom = knobs_of(link)[Control("7", "fader_db")].low
    settled(link, {Control("7", "fader_db"): bottom})
    gain = routes(hardour.saved())["7"].find(".//Processor[@type='amp']/Controllable").get("value")
    assert float(gain) == 0.0
    settled(link, {Control("7", "fader_db"): -3.0})


def test_what_is_moved_in_ardour_is_told(link: MackieLink, hardour: Hardour) -> None:
    settled(link, {Control("3", "fader_db"): 0.0, Control("3", "pan"): 0.0})
    link.read([Control("1", "fader_db")])
    link.poll()
    hardour.osc("/strip/gain", 3, -7.0)
    moved = [event for event in heard(link, Moved) if isinstance(event, Moved)]
    assert moved[0].control == Control("3", "fader_db")
    assert moved[0].value == pytest.approx(-7.0, abs=0.05)
    hardour.osc("/strip/pan_stereo_position", 3, 0.25)
    moved = [event for event in heard(link, Moved) if isinstance(event, Moved)]
    assert moved[0].control == Control("3", "pan")
    assert moved[0].value == pytest.approx(0.46, abs=0.03)  # Ardour's OSC counts from the right
    hardour.osc("/master/gain", -4.0)
    moved = [event for event in heard(link, Moved) if isinstance(event, Moved)]
    assert moved[-1].control == Control("master", "fader_db")
    assert moved[-1].value == pytest.approx(-4.0, abs=0.05)


def test_a_fader_stays_free_for_ardour_after_it_was_moved(link: MackieLink, hardour: Hardour) -> None:
    settled(link, {Control("2", "fader_db"): -10.0})
    link.poll()
    hardour.osc("/strip/gain", 2, -15.0)
    moved = [event for event in heard(link, Moved) if isinstance(event, Moved)]
    assert moved[-1] == Moved(Control("2", "fader_db"), pytest.approx(-15.0, abs=0.05))


def test_a_hand_in_a_hidden_bank_is_seen(hardour: Hardour) -> None:
    link = linked("yes")
    try:
        hardour.osc("/strip/gain", 18, -21.0)
        events: list[Event] = []
        until = time.monotonic() + 10.0
        wanted = Control("18", "fader_db")
        while time.monotonic() < until:
            events += link.poll(0.05)
            if any(isinstance(event, Moved) and event.control == wanted for event in events):
                break
        moved = [event for event in events if isinstance(event, Moved) and event.control == wanted]
        assert moved[-1].value == pytest.approx(-21.0, abs=0.05)
    finally:
        link.close()


def test_the_song_runs_and_its_seconds_are_told(link: MackieLink, hardour: Hardour) -> None:
    hardour.osc("/transport_play")
    events: list[Transport] = []
    until = time.monotonic() + 4.0
    while time.monotonic() < until:
        events += [event for event in link.poll(0.05) if isinstance(event, Transport)]
    playing = [event for event in events if event.playing]
    assert len(playing) > 10
    passed = playing[-1].position_s - playing[0].position_s
    assert passed == pytest.approx(3.5, abs=1.5)


def test_a_link_that_comes_back_finds_the_same(hardour: Hardour) -> None:
    first = linked("no")
    settled(first, {Control("12", "fader_db"): -11.0, Control("1", "fader_db"): -5.0})
    controls = list(knobs_of(first))
    before = first.read(controls)
    first.close()
    second = linked("no")
    try:
        knobs, after = knobs_of(second), second.read(controls)
        assert all(knobs[control].agree(before[control], after[control]) for control in controls)
        assert second.identity == first.identity
    finally:
        second.close()


def test_a_mix_is_pushed_and_taken_back(hardour: Hardour, tmp_path: Path) -> None:
    link = linked("no")
    settled(link, {Control(str(n + 1), "fader_db"): -18.0 + n for n in range(len(STRIPS))})
    settled(link, {Control(str(n + 1), "pan"): 0.1 * (n - 9) + 0.2 for n in range(17)})
    link.close()
    before = {key: level_of(route) for key, route in routes(hardour.saved()).items()}
    names = [name for kind, name in STRIPS if kind != "bus"]
    strips = tuple(
        TrackStrip(name, fader_db=-20.0 + index, pan=0.1 * (index - 9)) for index, name in enumerate(names)
    )
    mix = Mix(48_000, strips, (Bus("Reverb", BusKind.FX, reverb=Reverb(), fader_db=-2.0),))
    with connected(linked("yes", buses="Reverb", go=False), SystemClock(), root=tmp_path) as rig:
        told = {name: str(index + 1) for index, (_, name) in enumerate(STRIPS) if name in {*names, "Reverb"}}
        pairing = rig.pair(mix, told)
        outcome = rig.carry_out(rig.prepare(mix, pairing, may_raise_db=60.0), "a test", ramp_s=1.0)
        assert outcome.status is Status.DONE, outcome
        saved = routes(hardour.saved())
        for index, strip in enumerate(strips):
            assert level_of(saved[str(index + 1)]) == pytest.approx(strip.fader_db, abs=0.2)
        assert level_of(saved["19"]) == pytest.approx(-2.0, abs=0.2)
        _, undo = rig.prepare_undo()
        assert rig.carry_out(undo, "back", ramp_s=1.0).status is Status.DONE
    after = {key: level_of(route) for key, route in routes(hardour.saved()).items()}
    assert after == {key: pytest.approx(level, abs=0.02) for key, level in before.items()}


def test_ports_are_found_by_a_part_of_their_names(hardour: Hardour) -> None:
    wire = open_ports("Mackie Control Out", "mackie control in", "jack")
    assert wire.is_there()
    wire.close()
    with pytest.raises(LinkError, match="did you mean 'ardour:mackie control in'"):
        open_ports("mackie control out", "ardour:mackie contorl in", "jack")
    with pytest.raises(LinkError, match="give more of it"):
        open_ports("ardour", "mackie control in", "jack")


def test_ports_of_our_own_can_be_made(hardour: Hardour) -> None:
    wire = open_ports("", "", "jack", "mixbridge-test")
    try:
        assert "mixbridge-test" in hardour.ports()
        assert wire.is_there()
        assert wire.receive(0.01) == []
    finally:
        wire.close()


def test_a_renamed_track_is_told(link: MackieLink, hardour: Hardour) -> None:
    hardour.osc("/strip/name", 4, "Renamed one")
    assert any(isinstance(event, Relisted) for event in heard(link, Relisted))
    assert link.channels()[3].name == "Renmdn"


def test_an_ardour_that_is_gone_is_told(hardour: Hardour) -> None:
    link = linked("no")
    try:
        hardour.stop_ardour()
        assert any(isinstance(event, Lost) for event in heard(link, Lost, 10.0))
        with pytest.raises(LinkError):
            link.write({Control("1", "fader_db"): 0.0})
    finally:
        link.close()
