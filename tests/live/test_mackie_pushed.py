"""A mix of twenty tracks pushed over a Mackie Control, read back and taken back: to models of DAWs."""

from pathlib import Path

import pytest
from live_mackie import MackieDaw, Quirks, Track
from live_mixes import push, push_against_a_hand

from bridge.live.clock import ManualClock
from bridge.live.links.mackie import Habits, MackieLink
from bridge.live.links.mackie.daws import DAWS
from bridge.live.links.mackie.surface import Surface
from bridge.live.links.mackie.unit import Unit
from bridge.live.mover import Status
from bridge.live.rig import connected
from console.mix import Mix, TrackStrip

NAMES = tuple(f"Trk{index:02d}" for index in range(1, 21))
MIX = Mix(
    48_000,
    tuple(
        TrackStrip(name, pan=-0.95 + 0.1 * number, fader_db=-19.0 + number)
        for number, name in enumerate(NAMES)
    ),
)


def desk(quirks: Quirks) -> tuple[MackieDaw, MackieLink]:
    daw = MackieDaw(ManualClock(), [Track(name, -6.0 - 0.5 * n) for n, name in enumerate(NAMES)], quirks)
    link = MackieLink(
        Surface([Unit(daw.wires[0], daw.clock)], daw.clock), daw.clock, DAWS["ardour"], "ardour", Habits()
    )
    daw.start()
    return daw, link


@pytest.mark.parametrize(
    "quirks",
    [
        Quirks(),
        Quirks(delay_s=0.02),
        Quirks(last_full=True),
        Quirks(needs_touch=True, leaves_out_known=False),
        Quirks(lights_answer=False),
    ],
    ids=str,
)
def test_a_mix_is_pushed_read_back_and_taken_back(quirks: Quirks, tmp_path: Path) -> None:
    daw, link = desk(quirks)
    before = [(track.level_db, track.azimuth) for track in daw.tracks]
    with connected(link, daw.clock, root=tmp_path) as rig:
        assert {pair.strip for pair in rig.pair(MIX).pairs} >= set(NAMES)
        outcome = push(rig, MIX)
        assert outcome.status is Status.DONE, outcome
        assert outcome.confirmed >= 39
        assert not outcome.held
        for strip, track in zip(MIX.tracks, daw.tracks, strict=True):
            assert track.level_db == pytest.approx(strip.fader_db, abs=0.05)
        _, undo = rig.prepare_undo()
        assert rig.carry_out(undo, "back").status is Status.DONE
    after = [(track.level_db, track.azimuth) for track in daw.tracks]
    for (level_db, azimuth), (level_before_db, azimuth_before) in zip(after, before, strict=True):
        assert level_db == pytest.approx(level_before_db, abs=0.01)
        assert azimuth == pytest.approx(azimuth_before, abs=0.017)


def test_messages_may_get_lost_all_the_way(tmp_path: Path) -> None:
    daw, link = desk(Quirks())
    with connected(link, daw.clock, root=tmp_path) as rig:
        daw.quirks.loses_every = 17
        outcome = push(rig, MIX)
        assert outcome.status is Status.DONE, outcome
    for strip, track in zip(MIX.tracks, daw.tracks, strict=True):
        assert track.level_db == pytest.approx(strip.fader_db, abs=0.05)


@pytest.mark.parametrize("number", [2, 18])
def test_a_hand_on_a_fader_wins_in_any_bank(number: int, tmp_path: Path) -> None:
    daw, link = desk(Quirks())
    with connected(link, daw.clock, root=tmp_path) as rig:
        held = push_against_a_hand(rig, MIX, lambda step: daw.move(number, -30.0 - step))
        assert held == [NAMES[number]]
        assert daw.tracks[number].level_db == pytest.approx(-40.0, abs=0.05)


def test_a_daw_that_vanishes_amid_a_ramp_is_left_as_it_stands(tmp_path: Path) -> None:
    daw, link = desk(Quirks())
    with connected(link, daw.clock, root=tmp_path) as rig:
        began = daw.clock.now()

        def vanish() -> str:
            daw.alive = daw.clock.now() - began < 1.0
            return ""

        rig.asked = vanish
        outcome = push(rig, MIX, ramp_s=4.0)
        assert outcome.status is not Status.DONE
        assert all(-26.0 < track.level_db < 1.0 for track in daw.tracks)
