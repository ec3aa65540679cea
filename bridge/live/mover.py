"""Moves a desk by a plan: snapshot, journal, ramps at the link's pace, ears open, and everything read back."""

import contextlib
import math
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from bridge.live.clock import Clock
from bridge.live.desk import Desk
from bridge.live.guard import StepGuard
from bridge.live.journal import Journal
from bridge.live.plan import Move, Plan, Stage
from bridge.live.ramps import LONGEST_TICK_S, Ramp, distance, fewest_steps
from bridge.live.snapshot import SnapshotStore, taken_now
from bridge.live.values import Control
from console.errors import LinkError, MixbridgeError

#: How often a value that did not arrive is sent again.
REPEATS = 5
#: What was read so short a time ago, in s, is not read again before it is moved.
_FRESH_S = 1.0
#: How long before a tick the ears are opened once more.
_AHEAD_S = 0.004
#: What is sent without a ramp goes in parcels of this many messages.
_PARCEL = 64


class Status(StrEnum):
    """How a push ended."""

    DONE = "done"
    MISMATCH = "mismatch"
    PANIC = "panic"
    INTERRUPTED = "interrupted"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A knob that stands elsewhere than it was sent; `found` is NaN where the desk gave no answer."""

    control: Control
    wanted: float
    found: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a push ended, with the snapshots before and after it."""

    status: Status
    push: int
    before: int
    after: int
    messages: int = 0
    repeats: int = 0
    confirmed: int = 0
    unverified: tuple[Control, ...] = ()
    mismatches: tuple[Mismatch, ...] = ()
    held: tuple[str, ...] = ()
    text: str = ""


class Stopped(LinkError):
    """Somebody said stop."""


class Outdated(LinkError):
    """The desk has moved since the plan was made; nothing was sent."""


@dataclass
class Mover:
    """Carries out plans on one desk.

    Args:
        desk: the desk, learnt and read.
        store: where its snapshots go.
        journal: where what is done is written before it is done.
        clock: the time it goes by.
        asked: called once a tick; a text that it returns ("panic") stops everything at once.
        told: called with the stage's title and the share of it that is done, for a progress line.
    """

    desk: Desk
    store: SnapshotStore
    journal: Journal
    clock: Clock
    asked: Callable[[], str] = lambda: ""
    told: Callable[[str, float], None] = lambda _title, _share: None
    _messages: int = field(default=0, init=False)

    def run(self, plan: Plan, *, what: str, number: int, ramp_s: float = 2.0, back: bool = False) -> Outcome:
        """Move the desk by a plan.

        Args:
            plan: what to do, already looked at by the guard.
            what: the push in words, for the journal and the snapshot.
            number: the push's number.
            ramp_s: how long the moves that are heard shall take together, in s; the guard's rates may make it longer.
            back: whether it is a way back to where the desk has been, which `restore` passes over.

        Raises:
            Outdated: the desk has moved since the plan was made; nothing was sent.
            LinkError: no snapshot can be written; nothing was sent.
        """
        self._messages = 0
        self._check_still(plan)

        def go() -> Plan:
            self._carry_out(plan, ramp_s)
            return plan

        return self._journalled(what, number, go, lambda: plan, back=back)

    def _journalled(
        self, what: str, number: int, go: Callable[[], Plan], moved: Callable[[], Plan], **also: bool
    ) -> Outcome:
        """Keep the desk, move it and read back where `go` says that it stands; `moved` says what had been moved."""
        channels = tuple(self.desk.channels.values())
        before = self.store.save(
            taken_now(self.desk.link.identity, f"before {what}", channels, self.desk.values)
        )
        self.journal.write("begin", sync=True, push=number, what=what, snapshot=before, **also)
        outcome = Outcome(Status.INTERRUPTED, number, before, 0, text="stopped by the engineer")
        try:
            outcome = self._verified(go(), outcome)
        except Stopped as stop:
            outcome = replace(outcome, status=Status.PANIC, text=str(stop))
        except MixbridgeError as error:
            outcome = replace(outcome, status=Status.LOST, text=str(error))
        finally:
            outcome = self._ended(moved(), outcome)
        return outcome

    def _check_still(self, plan: Plan) -> None:
        """Read what will be moved once more, unless that was just done: it must stand where the plan begins."""
        starts = {move.control: move.start for move in plan.changes}
        self.desk.listen()
        found = self.desk.read(
            [
                control
                for control in starts
                if self.desk.knobs[control].readable and not self.desk.read_lately(control, _FRESH_S)
            ]
        )
        for control, start in starts.items():
            value = found.get(control, self.desk.values[control])
            if not self.desk.knobs[control].agree(value, start):
                raise Outdated(
                    f"{self.desk.name(control)} stands at {value:g} and not at {start:g} as when the plan was made; "
                    "nothing was sent. Plan anew"
                )

    def _carry_out(self, plan: Plan, ramp_s: float) -> None:
        seconds = {id(stage): self._needed_s(stage) for stage in plan.stages if stage.ramped}
        total_s = sum(seconds.values())
        stretch = max(ramp_s / total_s, 1.0) if total_s > 0.0 else 1.0
        for stage in plan.stages:
            self.told(stage.title, 0.0)
            if stage.ramped:
                self._ramp(stage.moves, seconds[id(stage)] * stretch, stage.title)
            else:
                self._set(stage.moves)

    def _needed_s(self, stage: Stage) -> float:
        tick_s = self._tick_s
        steps = [fewest_steps(move.meaning, move.start, move.end, tick_s) for move in stage.moves]
        return max(steps, default=0) * tick_s

    @property
    def _tick_s(self) -> float:
        return self.desk.link.traits.tick_s

    def _set(self, moves: Iterable[Move]) -> None:
        """Send what is not heard, in parcels that the peer can take."""
        pending = deque(moves)
        pause_s = _PARCEL / self.desk.link.traits.messages_per_s
        while pending:
            parcel = [pending.popleft() for _ in range(min(_PARCEL, len(pending)))]
            self._send({m.control: m.end for m in parcel if self._free(m.control)}, ramped=False)
            self._wait(self.clock.now() + pause_s)

    def _ramp(self, moves: Iterable[Move], seconds: float, title: str) -> None:
        """Send ramps side by side, each a step a round; when the peer is slow, rounds take longer, never steps."""
        moves = list(moves)
        # A round that the peer cannot take within a tick takes longer for all knobs alike, lest some stumble.
        tick_s = max(self._tick_s, min(len(moves) / self.desk.link.traits.messages_per_s, LONGEST_TICK_S))
        row = deque(
            (move.control, Ramp(move.start, move.end, self._steps(move, seconds, tick_s), move.meaning))
            for move in moves
        )
        at = dict.fromkeys((control for control, _ in row), 0)
        whole, sent = sum(ramp.steps for _, ramp in row), 0
        room, next_s = 0.0, self.clock.now()
        while row:
            self.desk.listen()  # a hand that has just come is not to be overruled by the next step
            room = min(room + tick_s * self.desk.link.traits.messages_per_s, float(len(row)))
            batch: dict[Control, float] = {}
            for _ in range(len(row)):
                if len(batch) + 1 > max(room, 1.0):
                    break
                control, ramp = row.popleft()
                if not self._free(control):
                    continue
                at[control] += 1
                value = self.desk.knobs[control].nearest(ramp.at(at[control]))
                last = at[control] >= ramp.steps
                if last or not self.desk.knobs[control].agree(value, self.desk.values[control]):
                    batch[control] = value
                if not last:
                    row.append((control, ramp))
            room -= len(batch)
            self._send(batch, ramped=True)
            sent += len(batch)
            self.told(title, sent / max(whole, 1))
            next_s = max(next_s + tick_s, self.clock.now())
            self._wait(next_s)

    def _steps(self, move: Move, seconds: float, tick_s: float) -> int:
        if move.meaning.spec is None or not distance(move.meaning, move.start, move.end):
            return 1
        fewest = fewest_steps(move.meaning, move.start, move.end, self._tick_s)
        return max(fewest, math.ceil(seconds / tick_s - 1e-9))

    def _free(self, control: Control) -> bool:
        return control.channel not in self.desk.held

    def _send(self, values: dict[Control, float], *, ramped: bool) -> None:
        if not values:
            return
        guard = StepGuard(self.desk.knobs, self._tick_s)
        for control, value in values.items():
            guard.check(control, self.desk.values[control], value, ramped=ramped)
        self.journal.sent(values)
        self.desk.send(values)
        self._messages += len(values)

    def _wait(self, until_s: float) -> None:
        """Let the time pass with open ears."""
        while True:
            self.desk.listen()
            asked = self.asked()
            if asked:
                raise Stopped(f"{asked}: everything stands where it was at that moment")
            left_s = until_s - self.clock.now()
            if left_s <= 0.0:
                return
            # What has come meanwhile is taken in shortly before the time, so that the time itself is kept.
            self.clock.sleep(min(left_s - _AHEAD_S if left_s > 2.0 * _AHEAD_S else left_s, 0.25))

    def _verified(self, plan: Plan, outcome: Outcome) -> Outcome:
        """Read everything back; what did not arrive is sent again, up to `REPEATS` times."""
        wanted = {move.control: move.end for move in plan.changes}
        heard = {move.control for stage in plan.stages if stage.ramped for move in stage.moves}
        repeats = 0
        self.told("read back", 0.0)
        for attempt in range(REPEATS + 1):
            self._wait(self.clock.now() + self.desk.link.traits.settle_s)
            asked = [c for c in wanted if self._free(c) and self.desk.knobs[c].readable]
            found = self.desk.read(asked)
            wrong = [
                Mismatch(control, wanted[control], found.get(control, math.nan))
                for control in asked
                if self._free(control)
                and not self.desk.knobs[control].agree(found.get(control, math.nan), wanted[control])
            ]
            again = [Move(one.control, one.found, one.wanted) for one in wrong if self._on_our_way(one, plan)]
            unanswered = [one for one in wrong if math.isnan(one.found)]
            if not (again or unanswered) or attempt == REPEATS:
                break
            repeats += len(again)
            self.journal.write("repeat", controls=[[m.control.channel, m.control.parameter] for m in again])
            self._set(move for move in again if move.control not in heard)
            self._ramp([move for move in again if move.control in heard], 0.0, "send again")
        return replace(
            outcome,
            status=Status.MISMATCH if wrong else Status.DONE,
            text=f"{len(wrong)} knobs stand elsewhere than they were sent" if wrong else "",
            repeats=repeats,
            confirmed=len(asked) - len(wrong),
            unverified=tuple(c for c in wanted if self._free(c) and not self.desk.knobs[c].readable),
            mismatches=tuple(wrong),
        )

    def _on_our_way(self, one: Mismatch, plan: Plan) -> bool:
        """Whether a knob stands where lost messages would leave it; elsewhere a hand or the desk itself has put it."""
        moves = [move for stage in plan.stages for move in stage.moves if move.control == one.control]
        ends = [one.wanted, *(value for move in moves for value in (move.start, move.end))]
        knob = self.desk.knobs[one.control]
        nearest = min(max(one.found, min(ends)), max(ends))
        return not math.isnan(one.found) and knob.agree(one.found, nearest)

    def _ended(self, plan: Plan, outcome: Outcome) -> Outcome:
        """Keep where the desk stands now, whatever has happened."""
        what = f"after push {outcome.push}: {outcome.status}"
        channels = tuple(self.desk.channels.values())
        if outcome.status in (Status.PANIC, Status.MISMATCH):
            with contextlib.suppress(LinkError):  # then the snapshot holds what was sent last
                self.desk.read([m.control for m in plan.changes if self.desk.knobs[m.control].readable])
        after = self.store.save(taken_now(self.desk.link.identity, what, channels, self.desk.values))
        held = tuple(f"{self.desk.channels[key].name}: {how}" for key, how in self.desk.held.items())
        self.journal.write(
            "end",
            sync=True,
            push=outcome.push,
            outcome=str(outcome.status),
            after=after,
            text=outcome.text,
            held=list(held),
        )
        return replace(outcome, after=after, messages=self._messages, held=held)
