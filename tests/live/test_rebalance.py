"""The rest of a mix is balanced around a hand: its kin follow, strangers give way, and no louder for it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.live.rebalance import rebalance
from console.mix import Bus, Mix, TrackStrip

LEVELS = {"Kick In": -20.0, "Kick Out": -22.0, "Snare": -21.0, "Gtr": -24.0, "Bass": -20.0, "Vox": -19.0}


def mix() -> Mix:
    tracks = [
        TrackStrip("Kick In", role="kick", fader_db=-4.0, output="drums"),
        TrackStrip("Kick Out", role="kick", fader_db=-6.0, output="drums"),
        TrackStrip("Snare", role="snare", fader_db=-5.0, output="drums"),
        TrackStrip("Gtr", role="electric_guitar", fader_db=-8.0),
        TrackStrip("Bass", role="bass", fader_db=-3.0),
        TrackStrip("Vox", role="lead_vocal", fader_db=-2.0),
    ]
    return Mix(48_000, tuple(tracks), (Bus("drums"),))


def moves(hands: dict[str, float], **how: object) -> dict[str, float]:
    before = {track.id: track.fader_db for track in mix().tracks}
    after = rebalance(mix(), hands, levels_db=LEVELS, **how)
    return {track.id: track.fader_db - before[track.id] for track in after.tracks}


def loudness(found: Mix) -> float:
    return 10.0 * np.log10(sum(10.0 ** ((LEVELS[t.id] + t.fader_db) / 10.0) for t in found.tracks))


def test_without_a_hand_nothing_moves() -> None:
    assert rebalance(mix(), {}) == mix()
    assert rebalance(mix(), {"no such track": 3.0}) == mix()


def test_the_hand_stays_to_the_bit() -> None:
    assert rebalance(mix(), {"Vox": 0.123456}).track("Vox").fader_db == 0.123456


def test_the_other_microphone_follows_the_group_a_little_and_strangers_give_way() -> None:
    found = moves({"Kick In": -1.0})
    assert found["Kick Out"] > 1.8
    assert 0.0 < found["Snare"] < 0.7 < found["Kick Out"]
    assert -0.6 < found["Gtr"] <= 0.0
    assert -0.6 < found["Vox"] < 0.0


@pytest.mark.parametrize("by_db", [2.0, -2.0])
def test_part_of_the_loudness_is_taken_back(by_db: float) -> None:
    hand = {"Vox": -2.0 + by_db}
    alone = Mix(
        48_000,
        tuple(t if t.id != "Vox" else TrackStrip("Vox", fader_db=hand["Vox"]) for t in mix().tracks),
        (Bus("drums"),),
    )
    raw = loudness(alone) - loudness(mix())
    left = loudness(rebalance(mix(), hand, levels_db=LEVELS)) - loudness(mix())
    assert abs(left) < 0.9 * abs(raw)
    assert np.sign(left) == np.sign(raw)


def test_a_mix_that_was_not_carried_out_is_hung_on_the_hand() -> None:
    found = moves({"Vox": -12.0}, carried_out=False)
    assert all(move == pytest.approx(-10.0, abs=0.06) for move in found.values())


def test_no_fader_goes_further_than_the_limit() -> None:
    found = moves({"Kick In": 6.0}, limit_db=1.5)
    assert found["Kick Out"] == pytest.approx(1.5, abs=1e-9)
    assert max(abs(move) for name, move in found.items() if name != "Kick In") <= 1.5 + 1e-9


def test_locked_faders_and_everything_else_stay() -> None:
    start = mix()
    locked = Mix(
        48_000,
        (TrackStrip("Kick Out", role="kick", locked=("fader_db",)), *start.tracks[:1], *start.tracks[2:]),
        start.buses,
    )
    found = rebalance(locked, {"Kick In": 3.0})
    assert found.track("Kick Out") == locked.track("Kick Out")
    assert found.buses == locked.buses
    assert found.track("Snare").output == "drums"


def test_each_move_has_its_reason_once() -> None:
    once = rebalance(mix(), {"Kick In": -1.0})
    twice = rebalance(once, {"Kick In": 0.0})
    reasons = [reason.text for reason in twice.track("Kick Out").reasons]
    assert len(reasons) == 1
    assert "your hand moved 'Kick In'" in reasons[0]


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(list(LEVELS)), st.floats(-30.0, 6.0), min_size=1), st.booleans())
def test_any_hands_give_a_valid_mix_the_same_each_time(hands: dict[str, float], carried_out: bool) -> None:
    found = rebalance(mix(), hands, levels_db=LEVELS, carried_out=carried_out)
    assert found == rebalance(mix(), hands, levels_db=LEVELS, carried_out=carried_out)
    assert {track.id: track.fader_db for track in found.tracks if track.id in hands} == hands
