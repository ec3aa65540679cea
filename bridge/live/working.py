"""What a live session does with a desk: proposes, moves with open ears, and knows whose hand is on what."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

from bridge.live.balance import Balance
from bridge.live.guard import FREE_RAISE_DB, allowed_only
from bridge.live.mover import Outcome, Outdated, Status
from bridge.live.pairing import Pairing
from bridge.live.pulling import pull
from bridge.live.rig import PUSHED, Prepared, Rig
from bridge.live.sides import Sides
from bridge.live.values import Control, Moved, Touched
from console.errors import LinkError, ParamError
from console.mix.blend import blend
from console.mix.values import Mix

T = TypeVar("T")

#: What a session hears with beside the desk: called once a tick.
Ear = Callable[[], object]

#: How often a plan is made anew because the desk moved meanwhile, before the move is given up.
_TRIES: Final = 3
#: The knob that the balance of a mix hangs on.
FADER: Final = "fader_db"
#: How the lock of a channel begins that was locked by word and not by a hand.
BY_WORD: Final = "locked by "


@dataclass
class DeskWork:
    """One desk, one mix to go to, and what is between them. `LiveSession` adds those who say what is to be done.

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

    def value(self, control: Control) -> float | None:
        """Where a knob stands."""
        return self.rig.desk.values.get(control)

    def locked(self, strip: str) -> bool:
        """Whether a channel is left to the engineer."""
        return strip in self.rig.desk.held

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

    def _pending(self) -> bool:
        return bool(self.proposed and allowed_only_of(self.proposed).plan.changes)

    def _hands_db(self) -> dict[str, float]:
        found: dict[str, float] = {}
        for pair in self.pairing.pairs:
            value = self.value(pair.channel.control(FADER))
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
            if isinstance(event, Moved) and event.control.parameter == FADER and self.sides.heard != "A":
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

    def _locks(self) -> Iterator[tuple[str, str]]:
        """The channels that were locked by word and not by a hand."""
        return ((key, how) for key, how in self.rig.desk.held.items() if how.startswith(BY_WORD))

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
            self.rig.pass_over(self.last.push)

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


def readily(made: Callable[[], T]) -> T:
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
