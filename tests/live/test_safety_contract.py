"""Each rule of the safety contract stops a bad move."""

import json
import math
from itertools import pairwise
from pathlib import Path

import pytest
from live_desks import Faults, FaultyLink, band

from bridge.live import journal as journal_module
from bridge.live.clock import ManualClock
from bridge.live.desk import Desk
from bridge.live.guard import Policy, Rule, StepGuard, allowed_only, check_plan
from bridge.live.journal import Journal, compact, read_pushes
from bridge.live.memory import MemoryDesk, MemoryLink
from bridge.live.mover import REPEATS, Mover, Outcome, Status
from bridge.live.parameters import meaning
from bridge.live.plan import Move, Plan, Stage, make_plan
from bridge.live.ramps import FALL_DB_PER_S, RISE_DB_PER_S
from bridge.live.snapshot import SnapshotStore
from bridge.live.values import Control, Knob, LinkTraits
from console.errors import LinkError, ParamError

KICK, SNARE, BASS, VOX, MASTER = "1", "2", "3", "4", "99"


class Rigged:
    """A desk in memory with all that moves it."""

    def __init__(
        self, folder: Path, desk: MemoryDesk | None = None, faults: Faults | None = None, **traits: object
    ):
        self.memory = desk or band()
        self.clock = ManualClock()
        self.link = FaultyLink(self.memory, self.clock, faults or Faults(), 1, **traits)
        self.desk = Desk(self.link, self.clock)
        self.link.connect()
        self.desk.learn()
        self.desk.read()
        self.folder = folder
        self.store = SnapshotStore(folder / "snapshots")
        self.asked = lambda: ""

    def plan(self, targets: dict[Control, float]) -> Plan:
        return make_plan(self.desk.channels.values(), self.desk.values, targets)

    def run(self, plan: Plan, ramp_s: float = 1.0) -> Outcome:
        with Journal(self.folder / "journal.jsonl") as journal:
            mover = Mover(self.desk, self.store, journal, self.clock, lambda: self.asked())
            return mover.run(plan, what="a test", number=1, ramp_s=ramp_s)

    def push(self, targets: dict[Control, float], ramp_s: float = 1.0) -> Outcome:
        return self.run(self.plan(targets), ramp_s)

    def stood(self, control: Control) -> list[float]:
        return [value for _, value, _ in self.link.witness.history[control]]


@pytest.fixture
def rigged(tmp_path: Path) -> Rigged:
    return Rigged(tmp_path)


def fader(key: str) -> Control:
    return Control(key, "fader_db")


def checked(
    rigged: Rigged, targets: dict[Control, float], **policy: object
) -> tuple[Plan, dict[Control, Rule]]:
    plan, findings = check_plan(rigged.plan(targets), rigged.memory.channels, Policy(**policy))
    return plan, {finding.control: finding.rule for finding in findings}


# Read before write; snapshot to disk before the first message.


def test_what_was_not_read_is_not_moved(rigged: Rigged) -> None:
    del rigged.desk.values[fader(KICK)]
    assert rigged.plan({fader(KICK): -6.0}).stages == ()


def test_a_desk_that_moved_since_the_plan_is_not_touched(rigged: Rigged) -> None:
    plan = rigged.plan({fader(KICK): -6.0, fader(BASS): -3.0})
    rigged.clock.sleep(5.0)  # the engineer looks at the plan
    rigged.memory.values[fader(BASS)] = -20.0
    with pytest.raises(LinkError, match=r"Bass: fader_db stands at -20 .*nothing was sent"):
        rigged.run(plan)
    assert rigged.stood(fader(KICK)) == [0.0]
    assert rigged.store.numbers() == []


def test_the_snapshot_is_on_disk_before_the_first_message(
    rigged: Rigged, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    write = rigged.link.write
    monkeypatch.setattr(
        rigged.link, "write", lambda values: (seen.append(len(rigged.store.numbers())), write(values))
    )
    rigged.push({fader(KICK): -6.0})
    assert seen
    assert set(seen) == {1}
    assert rigged.store.load(1).values == {
        c: rigged.link.witness.history[c][0][1] for c in rigged.memory.values
    }


def test_without_a_snapshot_nothing_is_sent(rigged: Rigged) -> None:
    rigged.store.folder.parent.mkdir(exist_ok=True)
    rigged.store.folder.write_text("a file in the way", encoding="utf-8")
    with pytest.raises(LinkError, match="nothing was moved"):
        rigged.push({fader(KICK): -6.0})
    assert rigged.stood(fader(KICK)) == [0.0]


def test_the_journal_has_a_value_before_it_is_sent(rigged: Rigged, monkeypatch: pytest.MonkeyPatch) -> None:
    write = rigged.link.write

    def late(values: dict[Control, float]) -> None:
        told = read_pushes(rigged.folder / "journal.jsonl")[-1].sent
        assert {control: told[control] for control in values} == pytest.approx(values)
        write(values)

    monkeypatch.setattr(rigged.link, "write", late)
    assert rigged.push({fader(KICK): -6.0}).status is Status.DONE


# Ramps: up at most 6 dB/s, down at most 24 dB/s, never faster than the link's tick.


@pytest.mark.parametrize(
    ("start", "end", "per_s"), [(0.0, -24.0, FALL_DB_PER_S), (-24.0, 0.0, RISE_DB_PER_S)]
)
@pytest.mark.parametrize("tick_s", [0.01, 0.05, 0.1, 0.5])
def test_no_level_moves_faster_than_allowed(
    tmp_path: Path, start: float, end: float, per_s: float, tick_s: float
) -> None:
    memory = band()
    memory.values[fader(KICK)] = start
    rigged = Rigged(tmp_path, memory, tick_s=tick_s)
    assert rigged.push({fader(KICK): end}, ramp_s=0.0).status is Status.DONE
    history = rigged.link.witness.history[fader(KICK)]
    assert history[-1][1] == end
    times = [at_s for at_s, _, _ in history[1:]]
    gaps = [b - a for a, b in pairwise(times)]
    assert min(gaps) >= tick_s - 1e-9
    steps = [abs(b[1] - a[1]) for a, b in pairwise(history)]
    assert max(steps) <= per_s * min(tick_s, 0.1) + 1e-9


def test_frequencies_ramp_by_octaves(rigged: Rigged) -> None:
    names = ("equalizer.0.frequency_hz", "equalizer.0.gain_db", "equalizer.enabled")
    frequency, gain, switch = (Control(KICK, name) for name in names)
    rigged.memory.values.update({frequency: 100.0, gain: 6.0, switch: 1.0})
    rigged.desk.read()
    rigged.push({frequency: 1600.0}, ramp_s=4.0)
    values = rigged.stood(frequency)[1:]
    ratios = [b / a for a, b in pairwise(values)]
    assert max(ratios) == pytest.approx(min(ratios), rel=1e-6)
    assert values[-1] == 1600.0


def test_a_slow_link_makes_longer_ramps_not_larger_steps(tmp_path: Path) -> None:
    memory = band(f"T{i}" for i in range(32))
    rigged = Rigged(tmp_path, memory, tick_s=0.02, messages_per_s=100.0)
    outcome = rigged.push({fader(str(i)): -12.0 for i in range(1, 33)}, ramp_s=0.0)
    assert outcome.status is Status.DONE
    assert rigged.clock.now() > outcome.messages / 100.0 * 0.95
    for i in range(1, 33):
        values = rigged.stood(fader(str(i)))
        assert max(abs(b - a) for a, b in pairwise(values)) <= FALL_DB_PER_S * 0.02 + 1e-9


def test_silence_is_left_in_one_step_and_no_more(tmp_path: Path) -> None:
    memory = band()
    send = Control(VOX, "send.0")
    memory.values[send] = -90.0
    rigged = Rigged(tmp_path, memory)
    rigged.push({send: -18.0})
    values = rigged.stood(send)
    assert values[1] < -59.5
    assert max(b - a for a, b in pairwise(values[1:])) <= RISE_DB_PER_S * 0.02 + 1e-9


@pytest.mark.parametrize(
    ("before", "value"), [(0.0, -5.0), (-20.0, -19.0), (0.0, math.nan), (0.0, 13.0), (0.0, -math.inf)]
)
def test_a_jump_cannot_leave_whatever_the_plan_says(before: float, value: float) -> None:
    guard = StepGuard({fader(KICK): Knob("fader_db", -90.0, 12.0)}, 0.02)
    guard.check(fader(KICK), 0.0, -0.4, ramped=True)
    with pytest.raises(LinkError, match="nothing was sent"):
        guard.check(fader(KICK), before, value, ramped=True)


def test_a_plan_that_jumps_stops_before_it_does(rigged: Rigged) -> None:
    move = Move(fader(KICK), 0.0, -6.0)
    bad = Plan((Stage("a fault", True, (move,)),), (move,))
    guarded = Mover._steps
    Mover._steps = lambda *_: 1  # type: ignore[method-assign]
    try:
        outcome = rigged.run(bad)
    finally:
        Mover._steps = guarded  # type: ignore[method-assign]
    assert outcome.status is Status.LOST
    assert "would jump from 0 to -6" in outcome.text
    assert rigged.stood(fader(KICK)) == [0.0]


# Caps: no raise over +3 dB without a yes, master never raised, mute and the like never touched.


@pytest.mark.parametrize(
    ("parameter", "start", "end", "asks"),
    [
        ("fader_db", 0.0, 3.0, False),
        ("fader_db", 0.0, 3.1, True),
        ("fader_db", -90.0, -12.0, False),
        ("fader_db", -90.0, -11.0, True),
        ("fader_db", 0.0, -40.0, False),
        ("input.gain_db", 0.0, 3.2, True),
        ("send.0", -90.0, -12.0, False),
        ("send.0", -90.0, -11.0, True),
        ("send.0", -20.0, -16.0, True),
        ("pan", 0.0, 1.0, False),
    ],
)
def test_a_raise_over_3_db_needs_a_yes(
    rigged: Rigged, parameter: str, start: float, end: float, asks: bool
) -> None:
    control = Control(KICK, parameter)
    rigged.desk.values[control] = start
    plan, found = checked(rigged, {control: end})
    assert found == ({control: Rule.RAISE} if asks else {})
    _, findings = check_plan(plan, rigged.memory.channels, Policy())
    assert (control in {m.control for m in allowed_only(plan, findings).changes}) is not asks
    assert checked(rigged, {control: end}, may_raise_db=100.0)[1] == {}


def test_raises_that_add_up_need_a_yes(rigged: Rigged) -> None:
    rigged.desk.values[Control(KICK, "compressor.enabled")] = 1.0
    targets = {fader(KICK): 2.0, Control(KICK, "input.gain_db"): 2.0}
    assert set(checked(rigged, targets)[1].values()) == {Rule.RAISE}
    balanced = {fader(KICK): 2.0, Control(KICK, "input.gain_db"): -2.0}
    assert checked(rigged, balanced)[1] == {}


def test_the_master_is_never_raised(rigged: Rigged) -> None:
    plan, found = checked(rigged, {fader(MASTER): 0.5, fader(KICK): -1.0}, may_raise_db=100.0)
    assert found == {fader(MASTER): Rule.MASTER_RAISE}
    assert [move.control for move in plan.changes] == [fader(KICK)]
    assert checked(rigged, {fader(MASTER): -0.5})[1] == {}


@pytest.mark.parametrize("parameter", ["mute", "solo", "record_arm", "monitor", "recenable"])
def test_mute_solo_arm_and_monitor_cannot_be_named(parameter: str) -> None:
    with pytest.raises(ParamError, match="nothing that is moved"):
        meaning(parameter)
    with pytest.raises(ParamError, match="nothing that is moved"):
        Knob(parameter, 0.0, 1.0)


# Read back and compare, stop on mismatch.


@pytest.mark.parametrize("stuck_at", [0.0, -1.0])
def test_a_knob_that_does_not_follow_is_found(
    rigged: Rigged, monkeypatch: pytest.MonkeyPatch, stuck_at: float
) -> None:
    def set_(control: Control, value: float) -> None:
        rigged.memory.values[control] = stuck_at if control == fader(KICK) else value

    monkeypatch.setattr(rigged.link, "set", set_)
    outcome = rigged.push({fader(KICK): -6.0, fader(BASS): -6.0})
    assert outcome.status is Status.MISMATCH
    assert [(one.control, one.wanted, one.found) for one in outcome.mismatches] == [
        (fader(KICK), -6.0, stuck_at)
    ]
    assert outcome.confirmed == 1
    assert outcome.repeats <= REPEATS


def test_lost_messages_are_found_and_sent_again(tmp_path: Path) -> None:
    rigged = Rigged(tmp_path, faults=Faults(lose=0.2))
    targets = {fader(key): -6.0 for key in (KICK, SNARE, BASS, VOX)}
    assert rigged.push(targets).status is Status.DONE
    assert {control: rigged.memory.values[control] for control in targets} == targets


def test_messages_that_never_arrive_are_sent_again_only_so_often(tmp_path: Path) -> None:
    rigged = Rigged(tmp_path, faults=Faults(lose=1.0))
    outcome = rigged.push({fader(KICK): -0.3})
    assert outcome.status is Status.MISMATCH
    assert outcome.repeats == REPEATS


# Stop if the track list changed.


@pytest.mark.parametrize("fault", ["rename", "reorder"])
def test_a_change_of_tracks_stops_at_once(rigged: Rigged, fault: str) -> None:
    def ask() -> str:
        if rigged.clock.now() > 0.5 and not done:
            done.append(len(rigged.stood(fader(KICK))))
            channels = rigged.memory.channels
            if fault == "rename":
                rigged.memory.rename(BASS, "Bass DI")
            else:
                rigged.memory.relist(channels[::-1])
        return ""

    done: list[int] = []
    rigged.asked = ask
    outcome = rigged.push({fader(KICK): -20.0}, ramp_s=2.0)
    assert outcome.status is Status.LOST
    assert "tracks" in outcome.text
    assert len(rigged.stood(fader(KICK))) <= done[0] + 1
    held = rigged.store.load(outcome.after).values[fader(KICK)]
    assert held == rigged.memory.values[fader(KICK)]


# A fader that a human moves is locked.


@pytest.mark.parametrize("to_db", [3.0, -2.0, -30.0])
def test_a_hand_takes_the_channel(rigged: Rigged, to_db: float) -> None:
    def ask() -> str:
        if rigged.clock.now() > 0.5 and not moved:
            moved.append(1)
            rigged.memory.move(fader(KICK), to_db)
        return ""

    moved: list[int] = []
    rigged.asked = ask
    outcome = rigged.push({fader(KICK): -12.0, fader(BASS): -12.0, Control(KICK, "pan"): -0.5}, ramp_s=2.0)
    assert outcome.status is Status.DONE
    assert rigged.memory.values[fader(KICK)] == to_db
    assert rigged.memory.values[fader(BASS)] == -12.0
    assert abs(rigged.memory.values[Control(KICK, "pan")]) < 0.2
    assert outcome.held == (f"Kick: fader_db moved to {to_db:g}",)
    assert checked(rigged, {fader(KICK): -12.0}, locked=frozenset({fader(KICK)}))[1] == {
        fader(KICK): Rule.LOCKED
    }


def test_own_echoes_are_no_hand(rigged: Rigged) -> None:
    outcome = rigged.push({fader(key): -9.0 for key in (KICK, SNARE, BASS)}, ramp_s=3.0)
    assert outcome.status is Status.DONE
    assert outcome.held == ()


def test_late_echoes_are_no_hand(tmp_path: Path) -> None:
    rigged = Rigged(tmp_path, faults=Faults(late=1.0, late_s=0.5))
    outcome = rigged.push({fader(KICK): -9.0}, ramp_s=3.0)
    assert (outcome.status, outcome.held) == (Status.DONE, ())


# Panic stops at once.


def test_panic_stops_within_a_tick(rigged: Rigged) -> None:
    rigged.asked = lambda: "panic" if rigged.clock.now() >= 0.5 else ""
    outcome = rigged.push({fader(KICK): -20.0}, ramp_s=2.0)
    assert outcome.status is Status.PANIC
    assert rigged.clock.now() < 0.5 + 0.02 + 1e-9
    assert rigged.store.load(outcome.after).values[fader(KICK)] == rigged.memory.values[fader(KICK)] > -20.0


def test_ctrl_c_holds_and_keeps_where_the_desk_stands(rigged: Rigged) -> None:
    def ask() -> str:
        if rigged.clock.now() > 0.5:
            raise KeyboardInterrupt
        return ""

    rigged.asked = ask
    with pytest.raises(KeyboardInterrupt):
        rigged.push({fader(KICK): -20.0}, ramp_s=2.0)
    push = read_pushes(rigged.folder / "journal.jsonl")[-1]
    assert push.outcome == "interrupted"
    assert rigged.store.load(push.after).values[fader(KICK)] == rigged.memory.values[fader(KICK)]


# A lost link holds and never resumes by itself.


def test_a_lost_desk_is_held_and_told(rigged: Rigged) -> None:
    def ask() -> str:
        if rigged.clock.now() > 0.5:
            rigged.memory.alive = False
        return ""

    rigged.asked = ask
    outcome = rigged.push({fader(KICK): -20.0}, ramp_s=2.0)
    assert outcome.status is Status.LOST
    assert "live restore" in outcome.text
    stood = rigged.memory.values[fader(KICK)]
    rigged.memory.alive = True
    rigged.clock.sleep(10.0)
    rigged.link.poll()
    assert rigged.memory.values[fader(KICK)] == stood
    assert rigged.store.load(outcome.after).values[fader(KICK)] == pytest.approx(stood, abs=RISE_DB_PER_S)


# What is kept.


def test_a_torn_journal_is_read_as_far_as_it_goes(rigged: Rigged) -> None:
    rigged.push({fader(KICK): -6.0})
    path = rigged.folder / "journal.jsonl"
    whole = path.read_bytes()
    for cut in range(0, len(whole), 97):
        path.write_bytes(whole[:cut])
        assert len(read_pushes(path)) <= 1
    path.write_bytes(whole[:-20])
    with Journal(path) as journal:
        journal.write("note", text="after the crash")
    lines = path.read_text(encoding="utf-8").splitlines()
    assert json.loads(lines[-1])["text"] == "after the crash"
    assert read_pushes(path)[0].sent[fader(KICK)] == -6.0


def test_a_large_journal_is_put_aside_and_nothing_of_it_forgotten(
    rigged: Rigged, monkeypatch: pytest.MonkeyPatch
) -> None:
    rigged.push({fader(KICK): -6.0})
    path = rigged.folder / "journal.jsonl"
    before, text = read_pushes(path), path.read_text(encoding="utf-8")
    compact(path)
    assert path.read_text(encoding="utf-8") == text
    monkeypatch.setattr(journal_module, "_LARGE_BYTES", 1)
    compact(path)
    assert len(path.read_text(encoding="utf-8")) < len(text) / 3
    assert read_pushes(path) == before
    (aside,) = rigged.folder.glob("journal 2*.jsonl")
    assert aside.read_text(encoding="utf-8") == text
    assert not [*rigged.folder.glob("*.new"), *rigged.folder.glob("*.part")]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"schema": "mixbridge.snapshot/1"}', '{"schema": "other/1"}']
)
def test_a_damaged_snapshot_is_named(rigged: Rigged, text: str) -> None:
    rigged.push({fader(KICK): -6.0})
    (rigged.store.folder / "000001.json").write_text(text, encoding="utf-8")
    with pytest.raises(LinkError, match=r"000001\.json.*damaged"):
        rigged.store.load(1)


def test_the_plain_link_refuses_what_the_desk_cannot_do() -> None:
    memory = band()
    link = MemoryLink(memory, traits=LinkTraits("memory", 0.02, 100.0))
    for value in (math.nan, math.inf, 99.0):
        with pytest.raises(ParamError, match="outside the desk's range"):
            link.write({fader(KICK): value})
    with pytest.raises(ParamError, match="no knob of this desk"):
        link.write({Control(KICK, "reverb.size"): 0.5})
