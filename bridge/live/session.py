"""The live session: the loop that hears desk, surfaces and keyboard, and carries out one thing after the other."""

import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

from bridge.live.balance import Balance
from bridge.live.guard import FREE_RAISE_DB, Policy, allowed_only
from bridge.live.mover import Outcome, Outdated, Status
from bridge.live.pairing import Pairing
from bridge.live.pulling import pull
from bridge.live.remote.controlled import Status as RemoteStatus
from bridge.live.rig import PUSHED, Prepared, Rig
from bridge.live.sides import Sides
from bridge.live.values import Channel, Control, Moved, Touched
from console.errors import LinkError, MixbridgeError, ParamError
from console.mix.blend import blend
from console.mix.values import Mix

T = TypeVar("T")

log = logging.getLogger(__name__)

#: What a session hears with beside the desk: called once a tick.
Ear = Callable[[], object]

#: How often a plan is made anew because the desk moved meanwhile, before the move is given up.
_TRIES: Final = 3
#: A hand rests when it has moved nothing for so long, in s: until then automatic waits.
_RESTS_S: Final = 0.5
_FADER: Final = "fader_db"
_BY_WORD: Final = "locked by "


@dataclass
class LiveSession:
    """One desk, one mix to go to, and everybody who may say something: the engineer's hands, surfaces, the keyboard.

    It is what the remote control steers (`bridge.live.remote.Controlled`). Commands that come while something moves
    wait until it has ended, but for panic, which stops it and drops what waits.

    Args:
        rig: the desk.
        mix: where to go; None: nowhere, the session only undoes, restores and switches.
        pairing: which strip is which channel.
        amounts: how far each group of `console.mix.blend.GROUPS` goes; what is not here is not moved.
        ramp_s: how long a change takes.
        automatic: whether what is proposed is carried out without being asked for; panic ends it.
        may_raise_db: how far a level may rise.
        balance: balances the rest around the faders that hands have moved; None: the mix stays as it is.
    """

    rig: Rig
    mix: Mix | None = None
    pairing: Pairing = field(default_factory=lambda: Pairing(()))
    amounts: dict[str, float] = field(default_factory=lambda: dict.fromkeys(PUSHED, 1.0))
    ramp_s: float = 2.0
    automatic: bool = False
    may_raise_db: float = FREE_RAISE_DB
    balance: Balance | None = None
    #: Ears beside the desk's own: the remote control's `serve`, the keyboard.
    ears: list[Ear] = field(default_factory=list)
    #: Told of hands on the desk, the last of each knob.
    on_hand: Callable[[Moved | Touched], None] = lambda _event: None
    #: The level in dB by which one snapshot is louder than another; None where nobody knows.
    louder_db: Callable[[int, int], float | None] = lambda _a, _b: None
    #: Sees to it that the loudness of two snapshots is measured; whether that still goes on.
    measuring: Callable[[int, int], bool] = lambda _a, _b: False

    def __post_init__(self) -> None:
        self.overall = 1.0
        self.start = pull(self.mix, self.pairing, self.rig.desk.values) if self.mix else None
        #: What the desk is meant to stand at: the mix by the amounts, around the hands.
        self.goal: Mix | None = None
        #: The snapshot from before the first move, 0 until there was one.
        self.first = 0
        self._pushes = max((push.number for push in self.rig.folder.pushes()), default=0)
        self.sides = Sides(self.rig)
        self.text = "ready"
        self.panic = 0
        self.last: Outcome | None = None
        self.proposed: Prepared | None = None
        self._moving = False
        self._stop = ""
        self._waiting: deque[tuple[str, tuple[str, ...]]] = deque()
        #: The side that is waited for until its loudness is known.
        self._switching = ""
        self._wished: dict[Control, float] = {}
        #: The channels whose faders hands have moved.
        self._faders: set[str] = set()
        #: The snapshot that a second press of panic goes back to.
        self._refuge = 0
        self._stale = self.mix is not None
        #: Whether something was proposed that automatic has not looked at yet, and when a hand last moved.
        self._due = False
        self._hand_s = float("-inf")
        self._kept = dict(self.rig.desk.held)
        self.rig.asked = self._asked

    # What the remote control sees.

    def strips(self) -> Sequence[Channel]:
        """The desk's channels."""
        return self.rig.channels

    def value(self, control: Control) -> float | None:
        """Where a knob stands."""
        return self.rig.desk.values.get(control)

    def request(self, control: Control, value: float, source: str) -> None:
        """Move one knob for an engineer who moves it on a surface: his hand, so the channel is his from then on.

        Raises:
            ParamError: nobody knows where the knob stands, or it is the master's, and upwards.
        """
        channel = self.rig.desk.channels[control.channel]
        known = self.value(control)
        if known is None:
            raise ParamError(
                f"the desk does not say where {self.rig.desk.name(control)} stands; it is not moved"
            )
        if channel.kind == "master" and control.meaning.is_level and value > known:
            raise ParamError(f"the master is never raised; it stands at {known:.1f} dB")
        self._wished[control] = value
        self.text = f"{source} moves {self.rig.desk.name(control)}"

    def locked(self, strip: str) -> bool:
        """Whether a channel is left to the engineer."""
        return strip in self.rig.desk.held

    def set_locked(self, strip: str, locked: bool, source: str) -> None:
        """Leave a channel to the engineer, or take it back."""
        if locked:
            self.rig.desk.held.setdefault(strip, f"{_BY_WORD}{source}")
        else:
            self.rig.desk.release([strip])
            self._faders.discard(strip)
        self._keep_held()
        self._stale = self.mix is not None

    def amount(self, group: str) -> float:
        """The amount of a group, 0 … 1; of the whole mix for ""."""
        return self.overall if not group else self.amounts.get(group, 0.0)

    def set_amount(self, group: str, amount: float, source: str) -> None:
        """Set the amount of a group, or of all; what it means is proposed at once.

        Raises:
            ParamError: there is no mix to go to, or no such group.
        """
        if self.mix is None:
            raise ParamError("there is no mix to go to; start the session with one")
        if group and group not in self.amounts:
            raise ParamError(f"{group!r} is not moved in this session; it moves {', '.join(self.amounts)}")
        if group:
            self.amounts[group] = amount
        else:
            self.overall = amount
        self._stale = True
        self.text = f"{source}: amount of {group or 'all'} {100 * amount:.0f} %"

    def command(self, name: str, args: tuple[str, ...], source: str) -> str:
        """Panic at once; all else as soon as nothing moves."""
        if name == "panic":
            return self._pressed(source)
        self._waiting.append((name, args))
        return f"{name} waits until the present move has ended" if self._moving else f"{name} begins"

    def status(self) -> RemoteStatus:
        """What the session is doing."""
        pending = len(self.proposed.plan.changes) if self.proposed else 0
        return RemoteStatus(self.panic, self.sides.heard, pending, self.text)

    @property
    def began(self) -> int:
        """The snapshot from before the first move, also of one that never came to its end; 0 where nothing moved."""
        if self.first:
            return self.first
        return next((push.snapshot for push in self.rig.folder.pushes() if push.number > self._pushes), 0)

    @property
    def moving(self) -> bool:
        """Whether something moves at this moment."""
        return self._moving

    @property
    def busy(self) -> bool:
        """Whether something moves, or is about to."""
        return bool(self._moving or self._waiting or self._wished)

    @property
    def switching(self) -> bool:
        """Whether a switch of A/B waits until it is known how loud the sides are."""
        return bool(self._switching)

    @property
    def idle(self) -> bool:
        """Whether nothing moves and nothing is waited for."""
        return not (self.busy or self._stale or self._switching or self._will_apply)

    # The loop.

    def step(self, timeout_s: float = 0.05) -> None:
        """Hear everybody for a moment, then carry out one thing that waits.

        Raises:
            LinkError: the desk is lost, or its tracks changed.
        """
        self.rig.desk.listen(timeout_s)
        self._heed()
        for ear in self.ears:
            ear()
        if self._waiting:
            name, args = self._waiting.popleft()
            self._attempt(lambda: self._carry_out(name, args))
        elif self._wished:
            wished, self._wished = self._wished, {}
            self._attempt(lambda: self._wish(wished))
        elif self._switching and not self.measuring(*self.sides.both):
            self._attempt(lambda: self._switch(self._switching))
        elif self._stale:
            self._attempt(self.propose)
            self._due = True
        elif self._will_apply and self.rig.clock.now() - self._hand_s >= _RESTS_S:
            self._due = False
            if self._pending():
                self._attempt(lambda: self._carry_out("apply", ()))

    def propose(self) -> Prepared:
        """What is between where the desk stands and where the mix, the amounts and the hands want it.

        Raises:
            ParamError: there is no mix to go to.
        """
        self._stale = False
        if self.mix is None or self.start is None:
            raise ParamError("there is no mix to go to; start the session with one")
        amounts = {group: self.overall * amount for group, amount in self.amounts.items()}
        goal = blend(self.start, self.mix, amounts)
        if self.balance is not None and amounts.get("fader", 0.0) > 0.0:
            goal = self.balance.around(goal, self._hands_db(), self._left())
        self.goal = goal
        self.proposed = self.rig.prepare(
            goal,
            self.pairing,
            amounts=dict.fromkeys(self.amounts, 1.0),
            may_raise_db=self.may_raise_db,
            start=self.start,
        )
        return self.proposed

    def aim_at(self, mix: Mix) -> None:
        """Go to another mix from now on."""
        self.mix = mix
        self._stale = True

    @property
    def _will_apply(self) -> bool:
        """Whether what is proposed is going to be carried out by itself, once no hand moves any more."""
        return self._due and self.automatic and self.panic == 0 and self.sides.heard != "A"

    def _pending(self) -> bool:
        return bool(self.proposed and allowed_only_of(self.proposed).plan.changes)

    def _hands_db(self) -> dict[str, float]:
        found: dict[str, float] = {}
        for pair in self.pairing.pairs:
            value = self.value(pair.channel.control(_FADER))
            if pair.channel.key in self._faders and value is not None:
                found[pair.strip] = value
        return found

    def _left(self) -> frozenset[str]:
        """The strips that are left to the engineer for another reason than a hand on the fader."""
        return frozenset(
            pair.strip
            for pair in self.pairing.pairs
            if self.locked(pair.channel.key) and pair.channel.key not in self._faders
        )

    def _heed(self) -> None:
        """Take in what hands did since this was last looked at, whether or not something moved meanwhile."""
        hands = self.rig.desk.take_hands()
        for event in hands:
            key = event.control.channel
            if key not in self.rig.desk.held:
                continue
            self.sides.touched = True
            if isinstance(event, Moved) and event.control.parameter == _FADER and self.sides.heard != "A":
                self._faders.add(key)
            self.text = f"your hand: {self.rig.desk.name(event.control)}; the channel is yours"
            self.on_hand(event)
        if hands:
            self._hand_s = self.rig.clock.now()
            self._stale = self.mix is not None
            self._keep_held()

    def _keep_held(self) -> None:
        held = dict(self.rig.desk.held)
        if held != self._kept:
            self.rig.keep_held()
            self._kept = held

    def _asked(self) -> str:
        """Called once a tick while something moves: everybody is heard, and panic stops."""
        self._heed()
        for ear in self.ears:
            ear()
        stop, self._stop = self._stop, ""
        return stop

    def _pressed(self, source: str) -> str:
        self._waiting.clear()
        self._wished.clear()
        self._switching = ""
        off = "; automatic is off now" if self.automatic else ""
        self.automatic = False
        if self._moving:
            self._stop = "panic"
            self.panic, self.text = 1, f"panic by {source}: stopped{off}"
            return "stopped; press panic again to go back to the snapshot"
        if self.panic == 0:
            self.panic, self.text = 1, f"panic by {source}; nothing was moving{off}"
            return "nothing was moving; press panic again to go back to the snapshot"
        if not self._refuge:
            self.text = (
                f"panic by {source}: nothing was moved in this session, so there is nothing to go back to"
            )
            return "nothing was moved in this session, so there is nothing to go back to"
        self.panic, self.text = 2, "going back to the snapshot"
        self._waiting.append(("return", ()))
        return "going back to the snapshot"

    def _attempt(self, what: Callable[[], object]) -> None:
        try:
            what()
        except Outdated as error:
            self.text = f"{error}, when nobody moves it"
        except LinkError:
            raise
        except MixbridgeError as error:
            self.text = str(error)
            log.warning("%s", error)

    def _carry_out(self, name: str, args: tuple[str, ...]) -> None:
        if name != "return":
            self.panic = 0
        match name:
            case "apply":
                self._apply(everything="all" in args)
            case "undo":
                self._undo()
            case "restore":
                if not self.first:
                    raise ParamError("nothing was moved in this session, so there is nothing to restore")
                self._back_to(self.first, "restore", dict(self._locks()))
            case "return":
                refuge = self._refuge
                self._back_to(refuge, "panic, second press", dict(self.rig.desk.held))
                self._refuge = refuge  # where it goes again, should panic stop it on the way
            case "ab":
                self._ask_for(args[0] if args else "")
            case _:
                raise ParamError(f"{name!r} is no command of a live session")

    def _apply(self, *, everything: bool) -> None:
        if not self._untrim():
            return

        def made() -> Prepared:
            prepared = self.propose()
            return prepared if everything else allowed_only_of(prepared)

        ended = self._moved(made, "apply")
        if ended is Status.DONE and self.last is not None:
            if self.balance is not None:
                self.balance.carried_out(self.last.before)
            self.sides.snapshots["B"] = self.last.after
            self.sides.gone_to("B", None)
            self.measuring(*self.sides.both)
        elif self.automatic and ended is not None:
            self.automatic = False
            self.text += "; automatic is off now"
        left = len(self.propose().questions)
        if left:
            self.text += f"; {left} that rise by more than {self.may_raise_db:g} dB wait for your yes"

    def _untrim(self) -> bool:
        """Put the master back to where it belongs, where matching has turned it down; whether it stands there."""
        untrimmed = self.sides.prepare_untrimmed()
        if untrimmed is None:
            return True
        self._listening(untrimmed, "the master back from matching")
        if self.last is None or self.last.status is not Status.DONE:
            return False
        self.sides.gone_to(self.sides.heard, None)
        return True

    def _undo(self) -> None:
        if not self._untrim():
            return
        number = 0

        def made() -> Prepared:
            nonlocal number
            push, prepared = _readily(self.rig.prepare_undo)
            number = push.number
            return prepared

        push, _ = _readily(self.rig.prepare_undo)
        ended = self._moved(made, f"undo {push.what}", undoes=lambda: number)
        if ended is None:  # hands have moved all of it since: the next undo is for the push before
            self._forget(number)
        elif ended is not Status.DONE:
            return
        if self.balance is not None and push.what == "apply":
            self.balance.taken_back(push.snapshot)
        self.sides.gone_to("", None)
        self._stale = self.mix is not None

    def _locks(self) -> Iterator[tuple[str, str]]:
        """The channels that were locked by word and not by a hand."""
        return ((key, how) for key, how in self.rig.desk.held.items() if how.startswith(_BY_WORD))

    def _back_to(self, number: int, what: str, held: dict[str, str]) -> None:
        """Go back to a snapshot; the channels that are `held` go along, and stay the engineer's."""
        ended = self._moved(
            lambda: _readily(lambda: self.rig.prepare_restore(number))[1], f"{what}: snapshot {number}"
        )
        if ended not in (Status.DONE, None):
            self.rig.desk.held = held | self.rig.desk.held
            self._keep_held()
            return
        if ended is None:
            self.rig.desk.release()
        self.rig.desk.held = held | self.rig.desk.held
        self.panic = 0
        self._faders &= set(self.rig.desk.held)  # a hand that came on the way stays
        if self.balance is not None:
            self.balance.taken_back(number)
        self.sides.gone_to("A" if number == self.sides.snapshots["A"] else "", None)
        self._keep_held()
        self._stale = self.mix is not None

    def _ask_for(self, side: str) -> None:
        """Switch, once it is known how loud the sides are; asked for again, at once."""
        both = self.sides.both
        wanted = side or self._switching or self.sides.other()
        if wanted != self._switching and self.measuring(*both):
            self._switching = wanted
            self.text = (
                "A/B: how loud the sides are is being measured; ask again to switch at once, unmatched"
            )
            return
        self._switch(wanted)

    def _switch(self, wanted: str) -> None:
        self._switching = ""
        prepared, trim, text = _readily(lambda: self.sides.prepare(wanted, self.louder_db))
        self._listening(prepared, f"A/B: {wanted}")
        if not prepared.plan.changes or (self.last is not None and self.last.status is Status.DONE):
            self.sides.gone_to(wanted, trim)
            self.text = text

    def _wish(self, wished: dict[Control, float]) -> None:
        """What a surface asked for: the engineer's own hand, so no lock holds it back, and the channel is his after."""
        keys = {control.channel for control in wished}

        def made() -> Prepared:
            self.rig.desk.release(keys)
            policy = Policy(may_raise_db=float("inf"), locked=self.rig.held_controls())
            return self.rig.prepare_values(wished, policy)

        before = {key: how for key, how in self.rig.desk.held.items() if key in keys}
        try:
            self._moved(made, "a surface", ramp_s=0.0)
        finally:
            for control in wished:
                how = before.get(control.channel, f"{control.parameter} moved on a surface")
                self.rig.desk.held.setdefault(control.channel, how)
                if control.parameter == _FADER and self.sides.heard != "A":
                    self._faders.add(control.channel)
            self.sides.touched = True
            self._keep_held()
            self._stale = self.mix is not None

    def _listening(self, prepared: Prepared, what: str) -> None:
        """Move between the sides: channels left to the engineer go along and stay his, and undo does not count it."""
        held = dict(self.rig.desk.held)
        before = self.last
        try:
            self.move(prepared, what)
        finally:
            self.rig.desk.held = held | self.rig.desk.held
            self.rig.keep_held()
            self._kept = dict(self.rig.desk.held)
        if self.last is not None and self.last is not before:
            self._forget(self.last.push)

    def _forget(self, push: int) -> None:
        """See to it that undo passes over a push."""
        with self.rig.folder.journal() as journal:
            journal.write("undone", push=push, sync=True)

    def _moved(
        self,
        made: Callable[[], Prepared],
        what: str,
        *,
        undoes: Callable[[], int] = lambda: 0,
        ramp_s: float | None = None,
    ) -> Status | None:
        """Carry out a plan, made anew where the desk moved meanwhile; how it ended, None where nothing was to move."""
        for left in reversed(range(_TRIES)):
            prepared = made()
            if not prepared.plan.changes:
                self.text = f"{what}: nothing to move"
                return None
            try:
                self.move(prepared, what, undoes=undoes(), ramp_s=ramp_s)
            except Outdated:
                if not left:
                    raise
                continue
            break
        return self.last.status if self.last else None

    def move(self, prepared: Prepared, what: str, *, undoes: int = 0, ramp_s: float | None = None) -> None:
        """Carry out a plan with open ears; `last` is how it ended.

        Raises:
            Outdated: the desk has moved since the plan was made; nothing was sent.
            LinkError: the desk was lost on the way.
        """
        if not prepared.plan.changes:
            self.text = f"{what}: nothing to move"
            return
        seconds = self.ramp_s if ramp_s is None else ramp_s
        self.text = f"{what}: {len(prepared.plan.changes)} knobs"
        self.under_way(lambda: self.rig.carry_out(prepared, what, seconds, undoes=undoes), what)

    def under_way(self, done: Callable[[], Outcome], what: str) -> None:
        """Have something move the desk that asks `rig.asked` once a tick, so that panic stops it.

        `last` is how it ended.

        Raises:
            LinkError: as `move`.
        """
        self._moving, self._stop = True, ""
        try:
            self.last = done()
        finally:
            self._moving = False
        self._refuge = self.last.before
        if not self.first:
            self.first = self.sides.snapshots["A"] = self.last.before
        if self.last.status is Status.LOST:
            raise LinkError(self.last.text)
        if self.last.status is not Status.PANIC:
            self.text = f"{what}: {self.last.status}" + (f", {self.last.text}" if self.last.text else "")
        self._heed()


def _readily(made: Callable[[], T]) -> T:
    """What is planned from what is kept of the desk; where that lacks something the session goes on without.

    Raises:
        ParamError: it cannot be planned.
    """
    try:
        return made()
    except LinkError as error:
        raise ParamError(str(error)) from None


def allowed_only_of(prepared: Prepared) -> Prepared:
    """A plan without the moves that would need a yes, for where nobody can be asked."""
    return replace(prepared, plan=allowed_only(prepared.plan, prepared.findings))
