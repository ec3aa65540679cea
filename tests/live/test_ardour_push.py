"""The whole way: a mix is pushed to a real Ardour, read back, saved, rendered, and taken back to the last bit."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from ardour_daw import fan_out, missing, pairs
from live_ardour import Served, Serving, controllables, served
from live_ardour_session import idle_mix
from lxml import etree

from bridge.jobs import MixRequest, suggest
from bridge.live.clock import SystemClock
from bridge.live.link import LinkOptions, open_link
from bridge.live.mover import Outcome, Status
from bridge.live.pairing import Pairing
from bridge.live.parameters import SILENCE_DB
from bridge.live.rig import Rig, connected
from bridge.live.values import Control
from bridge.render import RenderSettings, bus_key, render
from console.frozen import FrozenMap
from console.mix import BusKind, Mix
from console.session import Session
from exporters.ardour.reader import read_project
from exporters.ardour.writer import write_project

PLUGINS = ("lsp-plugins", "fil4", "dpl")
pytestmark = [
    pytest.mark.xdist_group("ardour"),
    pytest.mark.daw,
    pytest.mark.skipif(bool(missing(*PLUGINS)), reason=missing(*PLUGINS)),
]

RATE_HZ = 48_000
BEGIN_S, SECONDS = 14.0, 6.0


class Listener:
    """A tap that keeps what it hears."""

    def __init__(self) -> None:
        self.blocks: list[np.ndarray] = []

    def push(self, block: np.ndarray) -> None:
        self.blocks.append(np.array(block))


@dataclass
class Pushed:
    """What one push of the example session's mix did to a running Ardour."""

    mix: Mix
    session: Session
    rig: Rig
    pairing: Pairing
    targets: dict[Control, float]
    outcome: Outcome
    original: etree._Element
    pushed: Path
    restored: etree._Element


def movable(mix: Mix) -> Mix:
    """The mix without what a live push leaves to the engineer: polarity, time shifts, mutes, moves of faders."""
    tracks = tuple(
        replace(
            track,
            muted=False,
            input=replace(track.input, invert_polarity=False, delay_ms=0.0),
            automation=type(track.automation)(),
        )
        for track in mix.tracks
    )
    return replace(mix, tracks=tracks)


def at_rest(mix: Mix, session: Session, folder: Path) -> Path:
    """An Ardour session with the mix's tracks, buses and sends, in which everything changes nothing."""
    idle = idle_mix(session)
    fx = [bus.id for bus in mix.buses if bus.kind is BusKind.FX]
    tracks = tuple(
        replace(idle.track(track.id), sends=FrozenMap(dict.fromkeys(fx, -90.0)), output=track.output)
        for track in mix.tracks
    )
    group = idle.buses[0]
    buses = tuple(
        replace(bus, fader_db=0.0)
        if bus.kind is BusKind.FX
        else replace(bus, fader_db=0.0, equalizer=group.equalizer, compressor=group.compressor)
        for bus in mix.buses
    )
    return write_project(replace(idle, tracks=tracks, buses=buses), session, folder).files[0]


def sliced(source: Path, folder: Path) -> Path:
    """A passage of the example session in which everybody plays."""
    folder.mkdir()
    for file in sorted(source.glob("*.flac")):
        data, rate_hz = soundfile.read(
            file, start=int(BEGIN_S * RATE_HZ), frames=int(SECONDS * RATE_HZ), always_2d=True
        )
        soundfile.write(folder / file.name, data, rate_hz, subtype="PCM_24")
    return folder


@pytest.fixture(scope="module")
def pushed(example_session: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pushed]:
    root = tmp_path_factory.mktemp("push")
    stems = sliced(example_session, root / "stems")
    session, _, _, found = suggest(MixRequest((stems,), root / "out", report=False))
    mix = movable(found)
    file = at_rest(mix, session, root / "song")
    daw = Serving(root / "home")
    with served(file, daw) as running, _rig(running, root / "state") as rig:
        original = running.save()
        pairing = rig.pair(mix)
        prepared = rig.prepare(mix, pairing, may_raise_db=60.0)
        wanted = {move.control: move.end for move in prepared.plan.changes}
        outcome = rig.carry_out(prepared, "the example's mix", ramp_s=1.0)
        running.save(root / "song" / "pushed.ardour")
        pulled = rig.pull(mix, pairing)
        _, back = rig.prepare_restore()
        assert rig.carry_out(back, "back", ramp_s=0.0).status is Status.DONE
        restored = running.save()
        target = file.parent / "session.ardour"
        target.write_bytes((root / "song" / "pushed.ardour").read_bytes())
        yield Pushed(pulled, session, rig, pairing, wanted, outcome, original, target, restored)


def _rig(running: Served, state: Path):
    link = open_link("ardour", LinkOptions(port=running.address[1]), SystemClock())
    return connected(link, SystemClock(), root=state)


def test_every_value_is_read_back(pushed: Pushed) -> None:
    assert pushed.outcome.status is Status.DONE, pushed.outcome
    assert pushed.outcome.confirmed == len(pushed.targets) > 120
    assert not pushed.outcome.held
    groups = {control.meaning.group for control in pushed.targets}
    assert groups >= {"fader", "pan", "eq", "dynamics", "sends", "input"}


def heard(sends: Mapping[str, float]) -> dict[str, float]:
    return {bus: level_db for bus, level_db in sends.items() if level_db > SILENCE_DB}


def test_ardour_saves_what_was_pushed(pushed: Pushed) -> None:
    """Ardour's own file: the faders as they stand there, the rest by the exporter's reader, which knows no link."""
    saved = read_project(pushed.pushed)
    routes = etree.parse(str(pushed.pushed)).getroot().find("Routes").findall("Route")
    gains = {
        route.get("name"): float(route.find("Processor[@type='amp'][@name='Amp']/Controllable").get("value"))
        for route in routes
    }
    for track in pushed.mix.tracks:
        twin = saved.track(track.id)
        assert 20.0 * math.log10(gains[track.id]) == pytest.approx(track.fader_db, abs=1e-4)
        assert twin.pan == pytest.approx(track.pan, abs=0.005)
        assert heard(twin.sends) == pytest.approx(heard(track.sends), abs=0.01)
        assert twin.compressor.enabled == track.compressor.enabled
        if track.compressor.enabled:
            assert twin.compressor.threshold_db == pytest.approx(track.compressor.threshold_db, abs=0.05)
            assert twin.compressor.ratio == pytest.approx(track.compressor.ratio, rel=0.01)


def test_ardour_plays_what_we_render(pushed: Pushed, tmp_path: Path) -> None:
    """Ardour's render of every strip against ours of the mix that was read back: levels within 0.1 dB."""
    daw = Serving(tmp_path / "home")
    fan = tmp_path / "fan"
    names = fan_out(pushed.pushed, fan)
    for audio in (pushed.pushed.parent / "interchange").rglob("*.wav"):
        place = fan / "interchange" / fan.name / "audiofiles" / audio.name
        place.symlink_to(audio)
    ((heard, rate_hz),) = daw.render(fan / f"{fan.name}.ardour")
    assert rate_hz == RATE_HZ
    theirs = pairs(heard, names)
    keys = {track.id: track.id for track in pushed.mix.tracks}
    keys |= {bus.id: bus_key(pushed.mix, bus.id) for bus in pushed.mix.buses if bus.kind is BusKind.GROUP}
    taps = {key: Listener() for key in keys.values()}
    with render(
        pushed.session, pushed.mix, work_folder=tmp_path, taps=taps, settings=RenderSettings(tail_s=0.0)
    ):
        ours = {name: np.concatenate(taps[key].blocks, axis=1).T for name, key in keys.items()}
    found = {}
    for name, audio in ours.items():
        twin = theirs[name][: len(audio)]
        found[name] = 20.0 * np.log10(_rms(twin) / _rms(audio[: len(twin)])) if _rms(audio) > 1e-5 else 0.0
    assert len(found) > 18
    assert max(map(abs, found.values())) < 0.1, found


def test_restore_leaves_the_original_state(pushed: Pushed) -> None:
    before, after = controllables(pushed.original), controllables(pushed.restored)
    assert before.keys() == after.keys()
    changed = {
        path: (value, after[path])
        for path, value in before.items()
        if after[path] != pytest.approx(value, rel=2e-6, abs=2e-6)
    }
    assert changed == {}


def _rms(audio: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(audio, dtype=np.float64))))
