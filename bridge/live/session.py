"""The live session: the loop that hears desk, surfaces and keyboard, and carries out one thing after the other."""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bridge.live.guard import FREE_RAISE_DB, Policy, allowed_only
from bridge.live.mover import Outcome, Status
from bridge.live.pairing import Pairing
from bridge.live.pulling import pull
from bridge.live.remote.controlled import Status as RemoteStatus
from bridge.live.rig import PUSHED, Prepared, Rig
from bridge.live.values import Channel, Control, Moved, Touched
from console.errors import LinkError, MixbridgeError, ParamError
from console.mix.values import Mix

log = logging.getLogger(__name__)

#: What a session hears with beside the desk: called once a tick.
Ear = Callable[[], object]


@dataclass
class LiveSession:
    """One desk, one mix to go to, and everybody who may say something: the engineer's hands, surfaces, the keyboard.

    It is what the remote control steers (`bridge.live.remote.Controlled`). Commands that come while something moves
    wait until it has ended, but for panic, which stops it.

    Args:
        rig: the desk.
        mix: where to go; None: nowhere, the session only undoes, restores and switches.
        pairing: which strip is which channel.
        amounts: how far each group of `console.mix.blend.GROUPS` goes; what is not here is not moved.
        ramp_s: how long a change takes.
        automatic: whether what is proposed is carried out without being asked for.
        may_raise_db: how far a level may rise.
    """

    rig: Rig
    mix: Mix | None = None
    pairing: Pairing = field(default_factory=lambda: Pairing(()))
    amounts: dict[str, float] = field(default_factory=lambda: dict.fromkeys(PUSHED, 1.0))
    ramp_s: float = 2.0
    automatic: bool = False
    may_raise_db: float = FREE_RAISE_DB
    #: Ears beside the desk's own: the remote control's `serve`, the keyboard.
    ears: list[Ear] = field(default_factory=list)
    #: Told of every hand on the desk.
    on_hand: Callable[[Moved | Touched], None] = lambda _event: None
    #: The level in dB by which side A is louder than side B; None where nobody knows.
    louder_db: Callable[[int, int], float | None] = lambda _a, _b: None

    def __post_init__(self) -> None:
        self.overall = 1.0
        self.start = pull(self.mix, self.pairing, self.rig.desk.values) if self.mix else None
        #: The snapshot from before the first move, 0 until there was one.
        self.first = 0
        self.sides = {"A": 0, "B": 0}
        self.side = ""
        self.text = "ready"
        self.panic = 0
        self.last: Outcome | None = None
        self.proposed: Prepared | None = None
        self._moving = False
        self._stop = ""
        self._waiting: deque[tuple[str, tuple[str, ...]]] = deque()
        self._wished: dict[Control, float] = {}
        self._stale = self.mix is not None
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
            ParamError: it is the master's, and upwards; or panic was pressed.
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
            self.rig.desk.held.setdefault(strip, f"locked by {source}")
        else:
            self.rig.desk.release([strip])
        self.rig.keep_held()
        self._stale = True

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
        return RemoteStatus(self.panic, self.side, pending, self.text)

    # The loop.

    def step(self, timeout_s: float = 0.05) -> None:
        """Hear everybody for a moment, then carry out one thing that waits.

        Raises:
            LinkError: the desk is lost, or its tracks changed.
        """
        self._hear(timeout_s)
        if self._waiting:
            name, args = self._waiting.popleft()
            self._attempt(lambda: self._carry_out(name, args))
        elif self._wished:
            wished, self._wished = self._wished, {}
            self._attempt(lambda: self._wish(wished))
        elif self._stale:
            self._stale = False
            self._attempt(self.propose)
            if self.automatic and self.panic == 0:
                self._attempt(lambda: self._carry_out("apply", ()))

    def propose(self) -> Prepared:
        """What is between where the desk stands and where the mix and the amounts want it."""
        if self.mix is None or self.start is None:
            raise ParamError("there is no mix to go to; start the session with one")
        self.proposed = self.rig.prepare(
            self.mix,
            self.pairing,
            amounts={group: self.overall * amount for group, amount in self.amounts.items()},
            may_raise_db=self.may_raise_db,
            start=self.start,
        )
        return self.proposed

    def aim_at(self, mix: Mix) -> None:
        """Go to another mix from now on."""
        self.mix = mix
        self._stale = True

    def _hear(self, timeout_s: float) -> None:
        for event in self.rig.desk.listen(timeout_s):
            self.text = f"your hand: {self.rig.desk.name(event.control)}; the channel is yours"
            self._stale = self.mix is not None
            self.rig.keep_held()
            self.on_hand(event)
        for ear in self.ears:
            ear()

    def _asked(self) -> str:
        """Called once a tick while something moves: everybody is heard, and panic stops."""
        for ear in self.ears:
            ear()
        stop, self._stop = self._stop, ""
        return stop

    def _pressed(self, source: str) -> str:
        if self._moving:
            self._stop = "panic"
            self.panic, self.text = 1, f"panic by {source}: stopped"
            return "stopped; press panic again to go back to the snapshot"
        if self.panic == 0:
            self.panic, self.text = 1, f"panic by {source}; nothing was moving"
            self._waiting.clear()
            return "nothing was moving; press panic again to go back to the snapshot"
        self.panic, self.text = 2, "going back to the snapshot"
        self._waiting.clear()
        self._waiting.append(("return", ()))
        return "going back to the snapshot"

    def _attempt(self, what: Callable[[], object]) -> None:
        try:
            what()
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
                self.move(allowed_only_of(self.proposed or self.propose()), "apply")
                self.proposed = None
                if self.last is not None and self.last.status is Status.DONE:
                    self.sides["B"], self.side = self.last.after, "B"
            case "undo":
                push, prepared = self.rig.prepare_undo()
                self.move(prepared, f"undo {push.what}", undoes=push.number)
            case "restore":
                self._back_to(self.first or None, "restore")
            case "return":
                self._back_to(self.last.before if self.last else None, "panic, second press")
                if self.last is not None and self.last.status is Status.DONE:
                    self.panic = 0
            case "ab":
                self._switch(args[0] if args else "")

    def _back_to(self, number: int | None, what: str) -> None:
        snapshot, prepared = self.rig.prepare_restore(number)
        self.move(prepared, f"{what}: snapshot {snapshot.number}")
        self.side = "A" if snapshot.number == self.sides["A"] else ""

    def _switch(self, side: str) -> None:
        wanted = side or ("A" if self.side == "B" else "B")
        if not self.sides.get(wanted):
            raise ParamError(f"there is no side {wanted} yet; apply something first")
        from bridge.live.ab import matched

        prepared, text = matched(self.rig, self.sides, wanted, self.louder_db)
        self.move(prepared, f"A/B: {wanted}")
        self.side = wanted
        self.text = text

    def _wish(self, wished: dict[Control, float]) -> None:
        """What a surface asked for: the engineer's own hand, so no lock holds it back, and the channel is his after."""
        keys = {control.channel for control in wished}
        self.rig.desk.release(keys)
        try:
            policy = Policy(may_raise_db=float("inf"), locked=self.rig.held_controls())
            self.move(self.rig.prepare_values(wished, policy), "a surface", ramp_s=0.0)
        finally:
            for control in wished:
                self.rig.desk.held.setdefault(control.channel, f"{control.parameter} moved on a surface")
            self.rig.keep_held()
            self._stale = self.mix is not None

    def move(self, prepared: Prepared, what: str, *, undoes: int = 0, ramp_s: float | None = None) -> None:
        """Carry out a plan with open ears; `last` is how it ended.

        Raises:
            LinkError: the desk was lost on the way, or has moved since the plan was made.
        """
        if not prepared.plan.changes:
            self.text = f"{what}: nothing to move"
            return
        self._moving, self._stop = True, ""
        self.text = f"{what}: {len(prepared.plan.changes)} knobs"
        try:
            self.last = self.rig.carry_out(
                prepared, what, self.ramp_s if ramp_s is None else ramp_s, undoes=undoes
            )
        finally:
            self._moving = False
        if not self.first:
            self.first = self.sides["A"] = self.last.before
        if self.last.status is Status.LOST:
            raise LinkError(self.last.text)
        if self.last.status is not Status.PANIC:
            self.text = f"{what}: {self.last.status}" + (f", {self.last.text}" if self.last.text else "")


def allowed_only_of(prepared: Prepared) -> Prepared:
    """A plan without the moves that would need a yes, for where nobody can be asked."""
    return Prepared(allowed_only(prepared.plan, prepared.findings), prepared.findings, prepared.notes)
