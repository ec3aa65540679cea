"""A thousand pushes on desks that misbehave: nothing is lost, no level jumps, and every desk comes back.

One run pushes a random mix of moves to a desk on which random things go wrong, then mends the desk and restores it.
"""

import math
import random
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from live_desks import Faults, FaultyLink, band

from bridge.live.clock import ManualClock
from bridge.live.desk import Desk
from bridge.live.folder import DeskFolder
from bridge.live.guard import Policy
from bridge.live.memory import MemoryDesk
from bridge.live.mover import Status
from bridge.live.ramps import distance, largest_step
from bridge.live.rig import Rig
from bridge.live.values import Control
from console.errors import LinkError

RUNS, PARCEL = 1_000, 100
#: What is always heard, whatever module is on.
HEARD = ("fader_db", "pan", "width", "input.gain_db", "send.0")
TICK_S = 0.02


def some_faults(chance: random.Random) -> Faults:
    """One to three things that go wrong."""
    kinds = {
        "lose": chance.uniform(0.0, 0.3),
        "late": chance.uniform(0.1, 1.0),
        "noise": 0.2,
        "nan": 0.2,
        "hand": 0.02,
        "vanish": 0.01,
        "rename": 0.01,
        "reorder": 0.01,
        "silent_reads": chance.uniform(0.0, 0.2),
    }
    chosen = chance.sample(sorted(kinds), chance.randint(1, 3))
    return Faults(
        **{name: kinds[name] for name in chosen},
        late_s=chance.uniform(0.01, 1.5),
        mute_feedback=chance.random() < 0.2,
    )


def some_targets(desk: MemoryDesk, chance: random.Random) -> dict[Control, float]:
    """Values for a third of the knobs."""
    targets = {}
    for control, knob in desk.knobs().items():
        if chance.random() < 0.33:
            low, high = (
                max(knob.low, -30.0),
                min(knob.high, 6.0) if knob.parameter == "fader_db" else knob.high,
            )
            targets[control] = chance.choice(knob.choices) if knob.choices else chance.uniform(low, high)
    return targets


def rig_on(link: FaultyLink, clock: ManualClock, root: Path) -> Rig:
    link.connect()
    rig = Rig(Desk(link, clock), DeskFolder(link.identity, root), clock)
    rig.desk.learn()
    rig.desk.values.update(link.desk.values)
    return rig


def one_run(seed: int, root: Path) -> str:
    chance = random.Random(seed)  # noqa: S311 - chance, not secrets
    memory, clock = band(), ManualClock()
    for control, knob in memory.knobs().items():
        if not knob.choices and chance.random() < 0.5:
            memory.values[control] = chance.uniform(max(knob.low, -20.0), max(min(knob.high, 6.0), knob.low))
    begin, names = dict(memory.values), memory.channels
    link = FaultyLink(memory, clock, some_faults(chance), seed)
    rig = rig_on(link, clock, root)
    rig.asked = lambda: "panic" if chance.random() < 0.001 else ""
    prepared = rig.prepare_values(some_targets(memory, chance), Policy(may_raise_db=math.inf))
    try:
        status = rig.carry_out(prepared, "a random push", ramp_s=chance.choice([0.0, 0.5, 2.0])).status
    except LinkError:  # nothing was sent: the desk had moved, or vanished before the first message
        assert not rig.folder.pushes() or not rig.folder.pushes()[-1].sent
        return "refused"
    check_no_jump(link, seed)
    check_accounted_for(rig, begin, link, seed)
    if status is Status.DONE:
        check_arrived(rig, prepared.plan.changes, link, seed)
    memory.alive, memory.channels = True, names
    link.mend()
    again = rig_on(link, clock, root)
    _, back = again.prepare_restore()
    outcome = again.carry_out(back, "back", ramp_s=0.0) if back.plan.changes else None
    assert outcome is None or outcome.status is Status.DONE, (seed, outcome)
    snapshot = again.folder.store.load(rig.folder.pushes()[0].snapshot)
    for control, knob in memory.knobs().items():
        assert knob.agree(memory.values[control], snapshot.values[control]), (seed, control)
        if control not in link.witness.hands:
            assert knob.agree(memory.values[control], begin[control]), (seed, control)
    return str(status)


def check_no_jump(link: FaultyLink, seed: int) -> None:
    """No knob that is heard moved by more than a step; messages that were lost count as steps of their own."""
    for control, history in link.witness.history.items():
        if control.parameter not in HEARD:
            continue
        for (_, before, _), (_, after, lost) in pairwise(history):
            if math.isnan(before) or math.isnan(after):
                continue
            step = distance(control.meaning, before, after)
            limit = largest_step(control.meaning, after > before, TICK_S) * (lost + 1)
            assert step <= limit + 1e-6, (seed, control, before, after, lost)


def check_accounted_for(rig: Rig, begin: dict[Control, float], link: FaultyLink, seed: int) -> None:
    """Where a knob stands is where it began, a value that the journal has, or where a hand put it."""
    journal = (rig.folder.path / "journal.jsonl").read_text(encoding="utf-8")
    for control, value in link.desk.values.items():
        if control in link.witness.hands or value == begin[control]:
            continue
        text = f'["{control.channel}","{control.parameter}",{round(value, 7)!r}]'
        assert text in journal, (seed, control, value)
    push = rig.folder.pushes()[-1]
    assert push.outcome, seed
    assert push.after, seed


def check_arrived(rig: Rig, changes: tuple, link: FaultyLink, seed: int) -> None:
    """What is said to be done is done, but for the channels that a hand took."""
    for move in changes:
        if move.control.channel not in rig.desk.held and move.control not in link.witness.hands:
            knob = rig.desk.knobs[move.control]
            assert knob.agree(link.desk.values[move.control], move.end), (seed, move)


@pytest.mark.parametrize("parcel", range(RUNS // PARCEL))
def test_random_faults_lose_nothing(parcel: int, tmp_path: Path) -> None:
    ends = Counter(
        one_run(seed, tmp_path / str(seed)) for seed in range(parcel * PARCEL, (parcel + 1) * PARCEL)
    )
    assert ends.total() == PARCEL
    assert ends["done"] > 5, ends
    assert len(ends) >= 3, ends
