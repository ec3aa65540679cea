"""The live session: commands, panic, surfaces, hands that are balanced around, and what ends it."""

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from live_desks import Faults, FaultyLink, Witness, band

from bridge.live.balance import Balance
from bridge.live.clock import ManualClock
from bridge.live.desk import TracksChanged
from bridge.live.memory import MemoryDesk
from bridge.live.mover import Status
from bridge.live.ramps import FALL_DB_PER_S, RISE_DB_PER_S
from bridge.live.rig import Rig, connected
from bridge.live.session import LiveSession
from bridge.live.values import Control, Touched
from console.errors import LinkError, ParamError
from console.mix import Mix, Reason, TrackStrip

KICK, SNARE, BASS, VOX, MASTER = "1", "2", "3", "4", "99"
FADERS = {"Kick": -4.0, "Snare": -6.0, "Bass": -5.0, "Lead Vox": -3.0}
TICK_S = 0.02


def fader(key: str) -> Control:
    return Control(key, "fader_db")


def target() -> Mix:
    roles = {"Kick": "kick", "Snare": "snare", "Bass": "bass", "Lead Vox": "lead_vocal"}
    tracks = [
        TrackStrip(name, role=roles[name], fader_db=level, reasons=(Reason("fader_db", f"{name} leads"),))
        for name, level in FADERS.items()
    ]
    return Mix(48_000, tuple(tracks))


class Table:
    """A session at a desk in memory."""

    def __init__(self, folder: Path, **how: object) -> None:
        self.memory: MemoryDesk = band()
        self.clock = ManualClock()
        self.link = FaultyLink(self.memory, self.clock, Faults(), 1)
        self._open = connected(self.link, self.clock, identity="memory", root=folder)
        self.rig: Rig = self._open.__enter__()
        self.mix = target()
        pairing = self.rig.pair(self.mix)
        self.session = LiveSession(
            self.rig,
            **{
                "mix": self.mix,
                "pairing": pairing,
                "amounts": {"fader": 1.0},
                "ramp_s": 0.5,
                "balance": Balance(2.0),
                **how,
            },
        )

    def steps(self, count: int = 8) -> None:
        for _ in range(count):
            self.session.step(TICK_S)

    def say(self, name: str, *args: str) -> str:
        answer = self.session.command(name, args, "a test")
        self.steps()
        return answer

    def hand(self, key: str, value: float, parameter: str = "fader_db") -> None:
        self.memory.move(Control(key, parameter), value)
        self.steps()

    def stands(self, parameter: str = "fader_db") -> dict[str, float]:
        return {key: self.memory.values[Control(key, parameter)] for key in (KICK, SNARE, BASS, VOX, MASTER)}

    def faders(self) -> list[float]:
        return [round(value, 4) for value in list(self.stands().values())[:4]]

    def aims(self) -> dict[str, float]:
        assert self.session.proposed is not None
        return {
            move.control.channel: round(move.end, 4)
            for move in self.session.proposed.plan.changes
            if move.control.parameter == "fader_db"
        }

    def while_moving(self, what: Callable[[], object], after_s: float = 0.1) -> None:
        """Have something happen once, so long after the next move has begun."""
        begun: list[float] = []

        def ear() -> None:
            if self.session.moving and not begun:
                begun.append(self.clock.now())
            if begun and begun[0] >= 0.0 and self.clock.now() >= begun[0] + after_s:
                begun[0] = -1.0
                what()

        self.session.ears.append(ear)

    def close(self) -> None:
        self._open.__exit__(None, None, None)


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Table]:
    found = Table(tmp_path)
    yield found
    found.close()


def check_steps(witness: Witness, hands: set[Control] = frozenset()) -> None:
    """No fader ever moved faster than its ramp allows, but for where a hand moved it."""
    for control, history in witness.history.items():
        if control.parameter != "fader_db" or control in hands:
            continue
        for (_, one, _), (_, other, _) in pairwise(history):
            rate = RISE_DB_PER_S if other > one else FALL_DB_PER_S
            assert abs(other - one) <= rate * TICK_S + 1e-6


# Proposing and applying.


def test_what_the_mix_wants_is_proposed_and_nothing_moves_before_it_is_told_to(table: Table) -> None:
    table.steps()
    assert table.aims() == {KICK: -4.0, SNARE: -6.0, BASS: -5.0, VOX: -3.0}
    assert table.session.status().pending == 4
    assert table.faders() == [0.0] * 4


def test_apply_moves_the_desk_to_the_mix_in_ramps(table: Table) -> None:
    assert table.say("apply") == "apply begins"
    assert table.faders() == list(FADERS.values())
    assert table.session.status().pending == 0
    assert table.session.status().side == "B"
    check_steps(table.link.witness)


def test_amounts_propose_and_do_not_move(table: Table) -> None:
    table.session.set_amount("", 0.5, "a test")
    table.steps()
    assert table.aims()[KICK] == -2.0
    table.session.set_amount("fader", 0.5, "a test")
    table.steps()
    assert table.aims()[KICK] == -1.0
    assert table.faders() == [0.0] * 4
    table.say("apply")
    assert table.faders() == pytest.approx([-1.0, -1.5, -1.2, -0.8], abs=0.06)


def test_a_group_that_is_not_moved_has_no_amount(table: Table) -> None:
    with pytest.raises(ParamError, match="it moves fader"):
        table.session.set_amount("eq", 0.5, "a test")


def test_without_a_mix_there_is_nothing_to_apply(tmp_path: Path) -> None:
    table = Table(tmp_path, mix=None)
    table.say("apply")
    assert "no mix to go to" in table.session.text
    with pytest.raises(ParamError, match="no mix to go to"):
        table.session.set_amount("", 0.5, "a test")
    assert table.faders() == [0.0] * 4


def test_what_rises_too_far_waits_for_a_yes(tmp_path: Path) -> None:
    table = Table(tmp_path, balance=None)
    table.hand(SNARE, -40.0)
    table.session.set_locked(SNARE, False, "a test")
    table.say("apply")
    assert table.faders() == [-4.0, -40.0, -5.0, -3.0]
    assert "1 that rise by more than 3 dB wait for your yes" in table.session.text
    assert table.session.status().pending == 1
    table.say("apply", "all")
    assert table.faders() == list(FADERS.values())


def test_by_itself_when_told_so(tmp_path: Path) -> None:
    table = Table(tmp_path, automatic=True)
    table.steps()
    assert table.faders() == list(FADERS.values())
    table.hand(VOX, -1.0)
    assert table.faders() == [-4.0, -6.0, -5.0, -1.0]
    table.steps(40)
    assert table.faders() != [-4.0, -6.0, -5.0, -1.0]
    assert table.faders()[3] == -1.0
    check_steps(table.link.witness, {fader(VOX)})


def test_automatic_waits_until_the_hand_rests(tmp_path: Path) -> None:
    table = Table(tmp_path, automatic=True)
    table.steps()
    pushes = len(table.rig.folder.pushes())
    for step in range(100):
        table.memory.move(fader(VOX), -3.0 + step / 50)
        table.steps(2)
    assert len(table.rig.folder.pushes()) == pushes
    table.steps(40)
    assert len(table.rig.folder.pushes()) == pushes + 1


def test_a_desk_that_takes_no_value_ends_automatic(tmp_path: Path) -> None:
    table = Table(tmp_path, automatic=True)
    table.link.set = lambda control, value: None  # type: ignore[method-assign]
    table.steps()
    assert table.session.last is not None
    assert table.session.last.status is Status.MISMATCH
    assert not table.session.automatic
    assert len(table.rig.folder.pushes()) == 1


# Ways back.


def test_undo_goes_back_one_and_again_one_more(table: Table) -> None:
    table.say("apply")
    table.session.set_amount("", 0.5, "a test")
    table.say("apply")
    table.say("undo")
    assert table.faders() == list(FADERS.values())
    table.say("undo")
    assert table.faders() == [0.0] * 4
    table.say("undo")
    assert "no push" in table.session.text


def test_restore_goes_back_to_before_the_first_move(table: Table) -> None:
    table.say("apply")
    table.session.set_amount("", 0.5, "a test")
    table.say("apply")
    table.say("restore")
    assert table.faders() == [0.0] * 4


@pytest.mark.parametrize("name", ["undo", "restore", "ab"])
def test_with_nothing_moved_there_is_no_way_back_and_the_session_goes_on(table: Table, name: str) -> None:
    table.say(name)
    assert "no" in table.session.text
    table.say("apply")
    assert table.faders() == list(FADERS.values())


def test_nothing_of_an_earlier_session_is_restored_by_panic_or_restore(tmp_path: Path) -> None:
    first = Table(tmp_path)
    first.say("apply")
    second = Table(tmp_path)
    second.memory.values.update(first.memory.values)
    second.rig.desk.read()
    for name in ("restore", "panic", "panic", "panic"):
        second.say(name)
        assert second.faders() == list(FADERS.values())


def test_ab_goes_there_and_back(table: Table) -> None:
    table.say("apply")
    table.say("ab")
    assert table.faders() == [0.0] * 4
    assert table.session.status().side == "A"
    table.say("ab")
    assert table.faders() == list(FADERS.values())
    table.say("ab", "B")
    assert table.session.status().side == "B"
    table.say("ab", "A")
    assert table.session.status().side == "A"


def test_the_louder_side_is_turned_down_and_its_trim_never_stays(tmp_path: Path) -> None:
    sizes = {"A": 2.0, "B": 0.0}
    table = Table(tmp_path)
    table.session.louder_db = lambda one, other: (
        sizes["A"] if one == table.session.sides.snapshots["A"] else -sizes["A"]
    )
    table.say("apply")
    table.say("ab")
    assert table.stands()[MASTER] == pytest.approx(-2.0)
    assert "turned down by 2.0 dB" in table.session.text
    table.say("apply")
    assert table.stands()[MASTER] == pytest.approx(0.0)
    assert table.faders() == list(FADERS.values())


def test_ab_keeps_what_hands_did_on_a_side(table: Table) -> None:
    table.say("apply")
    table.hand(VOX, -1.5)
    table.say("ab")
    assert table.faders() == [0.0] * 4
    assert table.session.locked(VOX)
    table.say("ab")
    assert table.faders()[3] == -1.5


def test_ab_waits_until_the_loudness_is_known_unless_asked_for_again(table: Table) -> None:
    still = [True]
    table.session.measuring = lambda one, other: still[0]
    table.say("apply")
    table.say("ab")
    assert table.session.status().side == "B"
    still[0] = False
    table.steps()
    assert table.session.status().side == "A"
    still[0] = True
    table.say("ab")
    assert table.session.status().side == "A"
    table.say("ab")
    assert table.session.status().side == "B"


# Panic.


def test_panic_stops_and_the_second_press_goes_back(table: Table) -> None:
    table.while_moving(lambda: table.session.command("panic", (), "a test"))
    table.say("apply")
    stopped = table.faders()
    assert stopped != list(FADERS.values())
    assert stopped != [0.0] * 4
    assert table.session.status().panic == 1
    table.steps(50)
    assert table.faders() == stopped
    table.say("panic")
    assert table.faders() == [0.0] * 4
    assert table.session.status().panic == 0
    check_steps(table.link.witness)


def test_after_panic_channels_stay_the_engineers(table: Table) -> None:
    table.say("apply")
    table.hand(KICK, -1.0)
    table.while_moving(lambda: table.session.command("panic", (), "a test"))
    table.say("apply")
    table.say("panic")
    assert table.faders() == [-1.0, -6.0, -5.0, -3.0]
    assert table.session.locked(KICK)
    assert KICK not in table.aims()


def test_panic_drops_what_waits(table: Table) -> None:
    def everything() -> None:
        table.session.command("undo", (), "a test")
        table.session.request(fader(BASS), -20.0, "a surface")
        table.session.command("panic", (), "a test")

    table.while_moving(everything)
    table.say("apply")
    stopped = table.faders()
    table.steps(50)
    assert table.faders() == stopped


def test_panic_on_the_way_back_stops_and_a_third_press_still_knows_the_way(table: Table) -> None:
    table.while_moving(lambda: table.session.command("panic", (), "a test"), 0.3)
    table.say("apply")
    table.while_moving(lambda: table.session.command("panic", (), "a test"), 0.1)
    table.say("panic")
    between = table.faders()
    assert between != [0.0] * 4
    assert table.session.status().panic == 1
    table.say("panic")
    assert table.faders() == [0.0] * 4


def test_panic_ends_automatic(tmp_path: Path) -> None:
    table = Table(tmp_path, automatic=True)
    table.while_moving(lambda: table.session.command("panic", (), "a test"))
    table.steps()
    table.say("panic")
    assert table.faders() == [0.0] * 4
    table.hand(VOX, -2.0)
    table.steps(60)
    assert table.faders() == [0.0, 0.0, 0.0, -2.0]
    assert "automatic" not in table.session.text


# Surfaces.


def test_a_surface_moves_one_knob_and_the_channel_is_the_engineers(table: Table) -> None:
    table.session.request(fader(BASS), -12.0, "a surface")
    table.steps()
    assert table.stands()[BASS] == -12.0
    assert table.session.locked(BASS)
    table.say("apply")
    assert table.stands()[BASS] == -12.0
    check_steps(table.link.witness)


def test_a_surface_may_move_what_is_locked_and_raise_it(table: Table) -> None:
    table.session.set_locked(BASS, True, "a test")
    table.session.request(fader(BASS), 6.0, "a surface")
    table.steps()
    assert table.stands()[BASS] == 6.0
    assert table.rig.desk.held[BASS] == "locked by a test"


def test_a_surface_does_not_raise_the_master(table: Table) -> None:
    with pytest.raises(ParamError, match="never raised"):
        table.session.request(fader(MASTER), 1.0, "a surface")
    table.session.request(fader(MASTER), -1.0, "a surface")
    table.steps()
    assert table.stands()[MASTER] == -1.0


def test_what_nobody_knows_is_not_moved(table: Table) -> None:
    del table.rig.desk.values[fader(BASS)]
    with pytest.raises(ParamError, match="does not say where"):
        table.session.request(fader(BASS), -12.0, "a surface")


# Hands.


def test_a_hand_locks_and_the_rest_is_balanced_proposed_and_applied(table: Table) -> None:
    table.say("apply")
    table.hand(KICK, -2.0)
    assert table.session.locked(KICK)
    assert table.faders() == [-2.0, -6.0, -5.0, -3.0]
    aims = table.aims()
    assert KICK not in aims
    assert aims
    assert all(abs(aims[key] - dict(zip("1234", FADERS.values(), strict=True))[key]) <= 2.0 for key in aims)
    table.say("apply")
    assert {key: table.stands()[key] for key in aims} == pytest.approx(aims)
    assert table.stands()[KICK] == -2.0
    assert table.session.status().pending == 0


def test_the_reason_names_the_hand(table: Table) -> None:
    table.say("apply")
    table.hand(KICK, -2.0)
    assert table.session.goal is not None
    moved = [track for track in table.session.goal.tracks if track.fader_db != FADERS[track.id]]
    texts = [reason.text for track in moved for reason in track.reasons]
    assert any("your hand moved 'Kick' by +2.0 dB" in text for text in texts)


def test_moving_the_hand_back_takes_the_balance_back(table: Table) -> None:
    table.say("apply")
    table.hand(KICK, -2.0)
    table.say("apply")
    assert table.faders() != [-2.0, -6.0, -5.0, -3.0]
    table.hand(KICK, -4.0)
    table.say("apply")
    assert table.faders() == list(FADERS.values())


def test_hands_one_after_the_other_stay_within_the_limit(tmp_path: Path) -> None:
    table = Table(tmp_path, balance=Balance(0.2))
    table.say("apply")
    for level in (-2.0, 0.0, 2.0, 5.0):
        table.hand(KICK, level)
        table.say("apply")
        for found, meant in zip(table.faders()[1:], list(FADERS.values())[1:], strict=True):
            assert abs(found - meant) <= 0.2 + 1e-6


def test_before_the_mix_is_there_it_is_hung_on_the_hand(table: Table) -> None:
    table.hand(VOX, -10.0)
    assert table.aims() == {KICK: -11.0, SNARE: -13.0, BASS: -12.0}
    table.say("apply")
    assert table.faders() == [-11.0, -13.0, -12.0, -10.0]
    assert table.session.status().pending == 0


def test_after_undo_the_mix_hangs_on_the_hands_anew(table: Table) -> None:
    table.hand(VOX, -10.0)
    table.say("apply")
    table.say("undo")
    assert table.faders() == [0.0, 0.0, 0.0, -10.0]
    table.hand(VOX, -5.0)
    assert table.aims() == {KICK: -6.0, SNARE: -8.0, BASS: -7.0}


def test_a_channel_that_is_given_back_takes_part_again(table: Table) -> None:
    table.hand(VOX, -10.0)
    table.session.set_locked(VOX, False, "a test")
    table.steps()
    assert table.aims() == {KICK: -4.0, SNARE: -6.0, BASS: -5.0, VOX: -3.0}


@pytest.mark.parametrize("key", [KICK, VOX])
def test_a_locked_channel_is_neither_moved_nor_balanced_around(table: Table, key: str) -> None:
    table.session.set_locked(key, True, "a test")
    table.steps()
    assert table.aims() == {
        other: level for other, level in zip("1234", FADERS.values(), strict=True) if other != key
    }


def test_a_touch_locks_and_leaves_the_balance(table: Table) -> None:
    table.say("apply")
    table.memory.events.append(Touched(fader(KICK)))
    table.steps()
    assert table.session.locked(KICK)
    assert table.session.status().pending == 0


def test_another_knob_locks_the_channel_and_leaves_the_balance(table: Table) -> None:
    table.say("apply")
    table.hand(KICK, 0.5, "pan")
    assert table.session.locked(KICK)
    assert table.session.status().pending == 0


def test_a_hand_during_a_move_is_not_overruled_and_is_balanced_around(table: Table) -> None:
    table.while_moving(lambda: table.memory.move(fader(KICK), 3.0), 0.2)
    seen: list[str] = []
    table.session.on_hand = lambda event: seen.append(event.control.channel)
    table.say("apply")
    assert table.stands()[KICK] == 3.0
    assert seen == [KICK]
    assert table.session.status().pending > 0


def test_hands_on_side_a_lock_and_do_not_pull_the_mix_along(tmp_path: Path) -> None:
    table = Table(tmp_path, automatic=True)
    table.steps()
    table.say("ab")
    table.hand(KICK, -20.0)
    table.steps(60)
    assert table.session.locked(KICK)
    assert table.session.status().side == "A"
    assert table.faders() == [-20.0, 0.0, 0.0, 0.0]


def test_locks_outlive_ab_and_undo_but_not_restore(table: Table) -> None:
    table.say("apply")
    table.hand(VOX, -1.0)
    table.say("ab")
    table.say("ab")
    assert table.session.locked(VOX)
    table.say("undo")
    assert table.session.locked(VOX)
    table.session.set_locked(BASS, True, "a test")
    table.say("restore")
    assert not table.session.locked(VOX)
    assert table.session.locked(BASS)
    assert table.faders() == [0.0] * 4


def test_a_hand_that_comes_while_the_desk_is_restored_keeps_its_channel(table: Table) -> None:
    table.say("apply")
    table.hand(VOX, -1.0)
    table.while_moving(lambda: table.memory.move(fader(KICK), 3.0))
    table.say("restore")
    assert table.faders() == [3.0, 0.0, 0.0, 0.0]
    assert table.session.locked(KICK)
    assert not table.session.locked(VOX)


def test_undo_passes_over_what_hands_have_moved_since(table: Table) -> None:
    table.say("apply")
    table.session.request(fader(BASS), -12.0, "a surface")
    table.steps()
    table.hand(BASS, -20.0)
    table.say("undo")
    assert table.stands()[BASS] == -20.0
    table.say("undo")
    assert table.faders() == [0.0, 0.0, -20.0, 0.0]


def test_another_mix_is_proposed(table: Table) -> None:
    table.say("apply")
    tracks = tuple(replace(track, fader_db=-8.0) for track in table.mix.tracks)
    table.session.aim_at(replace(table.mix, tracks=tracks))
    table.steps()
    assert set(table.aims().values()) == {-8.0}


# What ends it, and what does not.


def test_a_desk_that_moves_unheard_between_plan_and_move_is_planned_anew(table: Table) -> None:
    table.steps()
    table.memory.values[fader(KICK)] = -1.0  # it does not say so
    table.say("apply")
    assert table.faders() == list(FADERS.values())


def test_a_desk_that_never_stands_still_does_not_end_the_session(table: Table) -> None:
    read, levels = table.link.read, iter(range(1, 1000))

    def restless(controls: object) -> dict[Control, float]:
        table.memory.values[fader(KICK)] = -0.5 * (next(levels) % 7)
        return read(controls)  # type: ignore[arg-type]

    table.link.read = restless  # type: ignore[method-assign]
    table.say("apply")
    assert "apply: done" not in table.session.text
    table.link.read = read  # type: ignore[method-assign]
    table.say("apply")
    assert table.faders() == list(FADERS.values())


def test_a_lost_desk_ends_it(table: Table) -> None:
    table.memory.alive = False
    with pytest.raises(LinkError, match="live restore"):
        table.steps()


def test_a_desk_lost_on_the_way_ends_it(table: Table) -> None:
    table.while_moving(lambda: setattr(table.memory, "alive", False))
    with pytest.raises(LinkError, match="does not answer"):
        table.say("apply")
    assert table.rig.folder.pushes()[-1].outcome == "lost"


def test_other_tracks_end_it(table: Table) -> None:
    table.memory.rename(KICK, "Tom")
    with pytest.raises(TracksChanged):
        table.steps()


def test_two_sessions_on_one_desk_are_refused(tmp_path: Path) -> None:
    one, two = Table(tmp_path), Table(tmp_path)
    with one.rig.folder.at_the_desk("one", 9), pytest.raises(LinkError, match=r"another mixbridge .*one"):
        with two.rig.folder.at_the_desk("two"):
            pytest.fail("both are at the desk")


@pytest.mark.parametrize("seed", range(12))
def test_random_days_leave_no_jump_and_no_surprise(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - chance, not secrets
    table = Table(tmp_path, automatic=seed % 3 == 0)
    for _ in range(40):
        match chance.randrange(8):
            case 0 | 1:
                control = fader(chance.choice([KICK, SNARE, BASS, VOX]))
                value = round(chance.uniform(-20.0, 4.0), 1)
                table.link.witness.saw(control, table.clock.now(), math.nan)
                table.link.witness.saw(control, table.clock.now(), value)
                table.memory.move(control, value)
            case 2:
                table.session.set_amount("fader", chance.random(), "a test")
            case 3:
                table.session.set_locked(chance.choice([KICK, VOX]), chance.random() < 0.5, "a test")
            case _:
                table.session.command(
                    chance.choice(["apply", "undo", "ab", "restore", "panic"]), (), "a test"
                )
        table.steps(chance.randrange(1, 6))
    for control, history in table.link.witness.history.items():
        if control.parameter != "fader_db":
            continue
        for (_, one, _), (_, other, _) in pairwise(history):
            if not (math.isnan(one) or math.isnan(other)):
                rate = RISE_DB_PER_S if other > one else FALL_DB_PER_S
                assert abs(other - one) <= rate * TICK_S + 1e-6
    assert max(value for _, value, _ in table.link.witness.history[fader(MASTER)]) <= 0.0


@pytest.mark.parametrize("seed", range(20))
def test_random_faults_end_it_by_a_clear_word_or_not_at_all(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - chance, not secrets
    table = Table(tmp_path, automatic=seed % 2 == 0)
    rates = ("lose", "late", "noise", "nan", "hand", "silent_reads")
    table.link.faults = Faults(**{name: chance.choice([0.0, 0.02]) for name in rates})
    table.link.faults.vanish = table.link.faults.rename = chance.choice([0.0, 0.0005])
    ended = ""
    try:
        for _ in range(60):
            what = chance.choice(["apply", "undo", "ab", "restore", "panic", "amount", "wish", "wait"])
            if what == "amount":
                table.session.set_amount("", chance.random(), "a test")
            elif what == "wish":
                table.session.request(fader(BASS), round(chance.uniform(-20.0, 0.0), 1), "a test")
            elif what != "wait":
                table.session.command(what, (), "a test")
            table.steps(chance.randrange(1, 10))
    except LinkError as error:
        ended = str(error)
    assert not ended or "mixbridge live" in ended or "does not answer" in ended
    table.link.mend()
    table.memory.alive = True
    numbers = table.rig.folder.store.numbers()
    for number in numbers:
        table.rig.folder.store.load(number)
    pushes = table.rig.folder.pushes()
    assert [push.outcome for push in pushes if not push.outcome] == []
    assert max((push.after for push in pushes), default=0) <= max(numbers, default=0)
