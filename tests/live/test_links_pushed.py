"""A whole mix pushed over the links to an X32 and to Live, read back, and taken back to where the desk stood."""

import copy
from pathlib import Path
from typing import Any

import pytest
from live_ableton import AbletonModel, compressor, eq_eight, tracks, utility
from live_mixes import NAMES, full_mix, push, push_against_a_hand
from live_wire import ModelWire
from live_x32 import X32Model

from bridge.live.clock import ManualClock
from bridge.live.link import Link
from bridge.live.links.ableton import AbletonLink
from bridge.live.links.x32 import X32Link
from bridge.live.mover import Status
from bridge.live.rig import connected

MIX = full_mix(input_db=-2.0)


def console(quantises: bool) -> tuple[Link, Any, ManualClock]:
    model, clock = X32Model(quantises=quantises), ManualClock()
    for number, name in enumerate(NAMES):
        model.state[f"/ch/{number + 1:02}/config/name"] = name
        model.state[f"/ch/{number + 1:02}/mix/fader"] = (600 + 10 * number) / 1023
        model.state[f"/ch/{number + 1:02}/mix/13/level"] = 48 / 160
    model.state["/bus/13/config/name"] = "Plate"
    return X32Link(ModelWire(model, clock), clock), model, clock


def live(**switches: Any) -> tuple[Link, Any, ManualClock]:
    made = tracks(*NAMES)
    for number, track in enumerate(made):
        track.volume.value = 0.6 + 0.02 * number
        track.sends[0].value = 0.4
        track.devices = [
            eq_eight((1, 0.2, 0.0), (2, 0.3, 1.0), (3, 0.5, 2.0), (5, 0.8, -1.0)), compressor(), utility(),
        ]  # fmt: skip
    model, clock = AbletonModel(made, **switches), ManualClock()
    return AbletonLink(ModelWire(model, clock), clock, return_names=["Plate", "Echo"]), model, clock


def state(model: Any) -> Any:
    if isinstance(model, X32Model):
        return dict(model.state)
    strips = [*model.tracks, *model.returns, model.master]
    params = [
        (one.volume, one.panning, *one.sends, *(p for d in one.devices for p in d.params)) for one in strips
    ]
    return [[param.value for param in row] for row in params]


DESKS = {
    "x32": lambda: console(True),
    "x32-emulator": lambda: console(False),
    "live": live,
    "live-old": lambda: live(repeats_send=False, tells_errors=False),
    "live-fork": lambda: live(dialect="ids", tells_names=True),
}


@pytest.mark.parametrize("desk", DESKS)
def test_a_mix_is_pushed_read_back_and_taken_back(desk: str, tmp_path: Path) -> None:
    link, model, clock = DESKS[desk]()
    before = copy.deepcopy(state(model))
    with connected(link, clock, root=tmp_path) as rig:
        pairing = rig.pair(MIX)
        assert {pair.strip for pair in pairing.pairs} >= {*NAMES, "Plate"}
        outcome = push(rig, MIX)
        assert outcome.status is Status.DONE, outcome
        assert outcome.confirmed > 60
        assert not outcome.held
        got = rig.pull(MIX, pairing)
        for strip, there in zip(MIX.tracks, got.tracks, strict=True):
            assert there.fader_db == pytest.approx(strip.fader_db, abs=0.03)
            assert there.pan == pytest.approx(strip.pan, abs=0.011)
            assert there.sends["Plate"] == pytest.approx(strip.sends["Plate"], abs=0.26)
            assert there.highpass.frequency_hz == pytest.approx(strip.highpass.frequency_hz, rel=0.02)
            assert there.compressor.threshold_db == pytest.approx(strip.compressor.threshold_db, abs=0.26)
            assert there.compressor.ratio == pytest.approx(3.0, rel=1e-5)
            assert [band.type for band in there.equalizer.bands] == [
                band.type for band in strip.equalizer.bands
            ]
        pushed, undo = rig.prepare_undo()
        assert rig.carry_out(undo, "back", undoes=pushed.number).status is Status.DONE
    after = state(model)
    if isinstance(after, dict):
        for key, value in after.items():
            assert value == (
                pytest.approx(before[key], abs=1e-6) if isinstance(value, float) else before[key]
            ), key
    else:
        assert all(row == pytest.approx(old, abs=1e-6) for row, old in zip(after, before, strict=True))


@pytest.mark.parametrize("desk", ["x32", "live"])
def test_packets_may_get_lost_all_the_way(desk: str, tmp_path: Path) -> None:
    link, _, clock = DESKS[desk]()
    wire = link._wire  # type: ignore[attr-defined]
    with connected(link, clock, root=tmp_path) as rig:
        wire.lose_out = lambda number: number % 11 == 0
        wire.lose_in = lambda number: number % 13 == 0
        outcome = push(rig, MIX)
        assert outcome.status is Status.DONE, outcome
        assert outcome.repeats > 0


@pytest.mark.parametrize("desk", ["x32", "live"])
def test_a_hand_on_a_fader_wins(desk: str, tmp_path: Path) -> None:
    link, model, clock = DESKS[desk]()

    def move(step: int) -> None:
        if isinstance(model, X32Model):
            model.hand("/ch/02/mix/fader", 0.35 - 0.01 * step)
        else:
            model.hand(model.tracks[1].volume, 0.4 - 0.01 * step)

    with connected(link, clock, root=tmp_path) as rig:
        assert push_against_a_hand(rig, MIX, move) == ["Snare"]
        kept = (
            model.state["/ch/02/mix/fader"] if isinstance(model, X32Model) else model.tracks[1].volume.value
        )
        assert kept == pytest.approx(0.25 if isinstance(model, X32Model) else 0.3, abs=1e-3)
