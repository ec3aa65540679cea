"""A whole mix pushed over the link to a model of REAPER, read back, and taken back to where the desk stood."""

from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from live_mixes import NAMES, full_mix, push, push_against_a_hand
from live_reaper import STOCK, ModelSend, ModelTrack, ModelWire, Quirks, ReaperModel
from live_reaper_fx import ModelEq, jsfx, plugin

from bridge.live.clock import ManualClock
from bridge.live.links.reaper import ReaperLink
from bridge.live.links.reaper.web import WebInterface
from bridge.live.links.reaper.weblink import ReaperWebLink
from bridge.live.mover import Status
from bridge.live.rig import connected
from presets.reaper.oscpattern import pattern_text

MIX = full_mix()
PATTERNS = pytest.mark.parametrize("pattern", [pattern_text(), STOCK], ids=["ours", "stock"])


def project() -> list[ModelTrack]:
    source = resources.files("presets").joinpath("reaper", "mixbridge_strip.jsfx").read_text("utf-8")
    chains: list[list[Any]] = [
        [ModelEq(), plugin("ReaGate"), plugin("ReaComp")],
        [jsfx(source)],
        [plugin("Foreign Synth"), ModelEq(bent=False), plugin("ReaGate"), plugin("ReaComp")],
        [jsfx(source, "mixbridge strip")],
    ]
    made = [
        ModelTrack(name, -20.0 + number, 0.0, [ModelSend("Plate", -30.0)], chain)
        for number, (name, chain) in enumerate(zip(NAMES, chains, strict=True))
    ]
    return [*made, ModelTrack("Plate", -6.0, 0.0, [], [plugin("ReaVerbate")])]


def desk(pattern: str, **switches: Any) -> tuple[ReaperLink, ReaperModel, ManualClock]:
    model, clock = ReaperModel(project(), pattern, Quirks(**switches)), ManualClock(60.0)
    model.advance(60.0)
    model.packets.clear()
    return ReaperLink(ModelWire(model, clock), clock), model, clock


def state(model: ReaperModel) -> list[float]:
    found = []
    for track in (model.master, *model.tracks):
        found += [track.level_db, track.pan, *(send.level_db for send in track.sends)]
        for fx in track.fx:
            found += [float(fx.enabled), *(value for _, value, _ in fx.parameters)]
    return found


@pytest.mark.parametrize(
    ("pattern", "switches"),
    [(pattern_text(), {}), (STOCK, {"late_parameters": True, "late_dump": True})],
    ids=["ours", "stock, late"],
)
def test_a_mix_is_pushed_read_back_and_taken_back(pattern: str, switches: Any, tmp_path: Path) -> None:
    link, model, clock = desk(pattern, **switches)
    before = state(model)
    with connected(link, clock, root=tmp_path) as rig:
        pairing = rig.pair(MIX)
        assert {pair.strip for pair in pairing.pairs} >= {*NAMES, "Plate"}
        outcome = push(rig, MIX)
        assert outcome.status is Status.DONE, outcome
        assert not outcome.held
        assert outcome.confirmed > 60
        got = rig.pull(MIX, pairing)
        for number, (strip, there) in enumerate(zip(MIX.tracks, got.tracks, strict=True)):
            assert there.fader_db == pytest.approx(strip.fader_db, abs=2e-3)
            assert there.pan == pytest.approx(strip.pan, abs=1e-5)
            assert there.sends["Plate"] == pytest.approx(strip.sends["Plate"], abs=2e-3)
            assert there.highpass.frequency_hz == pytest.approx(strip.highpass.frequency_hz, rel=1e-4)
            assert there.compressor.threshold_db == pytest.approx(strip.compressor.threshold_db, abs=1e-2)
            assert there.compressor.ratio == pytest.approx(3.0, rel=1e-4)
            assert there.gate.range_db == pytest.approx(-24.0, abs=1e-2)
            for band, found in zip(strip.equalizer.bands, there.equalizer.bands, strict=False):
                assert found.type is band.type
                assert found.gain_db == pytest.approx(band.gain_db, abs=2e-3)
                assert found.frequency_hz == pytest.approx(band.frequency_hz, rel=1e-3)
                assert found.q == pytest.approx(band.q, rel=2e-3), number
        pushed, undo = rig.prepare_undo()
        assert rig.carry_out(undo, "back", undoes=pushed.number).status is Status.DONE
    assert state(model) == pytest.approx(before, abs=2e-5)


@PATTERNS
def test_a_hand_on_a_fader_wins(pattern: str, tmp_path: Path) -> None:
    link, model, clock = desk(pattern)
    with connected(link, clock, root=tmp_path) as rig:
        held = push_against_a_hand(rig, MIX, lambda step: model.move_fader(2, -40.0 - step))
        assert held == ["Snare"]
        assert model.tracks[1].level_db == pytest.approx(-50.0)


@PATTERNS
def test_tracks_that_are_reordered_on_the_way_stop_everything(pattern: str, tmp_path: Path) -> None:
    link, model, clock = desk(pattern)
    with connected(link, clock, root=tmp_path) as rig:
        began = clock.now()
        levels: dict[str, float] = {}

        def drag() -> str:
            if clock.now() - began > 1.5 and not levels:
                model.relist([model.tracks[3], *model.tracks[:3], model.tracks[4]])
                levels.update({track.name: track.level_db for track in model.tracks})
            return ""

        rig.asked = drag
        outcome = push(rig, MIX, ramp_s=4.0)
        assert outcome.status is not Status.DONE
    # What was under way when the tracks changed places may still land: one step of the ramp and no more.
    for track in model.tracks:
        assert track.level_db == pytest.approx(levels[track.name], abs=24.0)
        assert track.level_db <= levels[track.name] + 12.5


def test_packets_may_get_lost_all_the_way(tmp_path: Path) -> None:
    link, model, clock = desk(pattern_text())
    with connected(link, clock, root=tmp_path) as rig:
        model.quirks.lose_every = 13
        outcome = push(rig, MIX)
        assert outcome.status is Status.DONE, outcome


def test_with_the_web_interface_a_push_is_one_step_of_reapers_undo(tmp_path: Path) -> None:
    _, model, clock = desk(pattern_text())
    link = ReaperWebLink(ModelWire(model, clock), clock, web=WebInterface("127.0.0.1:8080", model.fetch))
    with connected(link, clock, root=tmp_path) as rig:
        model.undo.clear()
        prepared = rig.prepare(MIX, rig.pair(MIX), may_raise_db=24.0)
        assert rig.carry_out(prepared, "push of mix.json").status is Status.DONE
        assert model.undo == ["mixbridge%3A%20push%20of%20mix.json"]
        _, back = rig.prepare_restore()
        assert rig.carry_out(back, "restore").status is Status.DONE
        assert len(model.undo) == 2
