"""The live session: the loop that hears desk, surfaces and keyboard, and carries out one thing after the other."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from bridge.live.guard import Policy
from bridge.live.mover import Outdated, Status
from bridge.live.remote.controlled import Status as RemoteStatus
from bridge.live.rig import Prepared
from bridge.live.values import Channel, Control
from bridge.live.working import BY_WORD, FADER, DeskWork, allowed_only_of, readily
from console.errors import LinkError, MixbridgeError, ParamError

log = logging.getLogger(__name__)

#: A hand rests when it has moved nothing for so long, in s: until then automatic waits.
_RESTS_S: Final = 0.5


@dataclass
class LiveSession(DeskWork):
    """A desk, a mix, and everybody who may say something: the engineer's hands, surfaces, the keyboard.

    It is what the remote control steers (`bridge.live.remote.Controlled`). Commands that come while something moves
    wait until it has ended, but for panic, which stops it and drops what waits.
    """

    # What the remote control sees.

    def strips(self) -> Sequence[Channel]:
        """The desk's channels."""
        return self.rig.channels

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

    def set_locked(self, strip: str, locked: bool, source: str) -> None:
        """Leave a channel to the engineer, or take it back."""
        if locked:
            self.rig.desk.held.setdefault(strip, f"{BY_WORD}{source}")
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

    @property
    def _will_apply(self) -> bool:
        """Whether what is proposed is going to be carried out by itself, once no hand moves any more."""
        return self._due and self.automatic and self.panic == 0 and self.sides.heard != "A"

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
            push, prepared = readily(self.rig.prepare_undo)
            number = push.number
            return prepared

        push, _ = readily(self.rig.prepare_undo)
        ended = self._moved(made, f"undo {push.what}", undoes=lambda: number)
        if ended is None:  # hands have moved all of it since: the next undo is for the push before
            self.rig.pass_over(number)
        elif ended is not Status.DONE:
            return
        if self.balance is not None and push.what == "apply":
            self.balance.taken_back(push.snapshot)
        self.sides.gone_to("", None)
        self._stale = self.mix is not None

    def _back_to(self, number: int, what: str, held: dict[str, str]) -> None:
        """Go back to a snapshot; the channels that are `held` go along, and stay the engineer's."""
        ended = self._moved(
            lambda: readily(lambda: self.rig.prepare_restore(number))[1], f"{what}: snapshot {number}"
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
        prepared, trim, text = readily(lambda: self.sides.prepare(wanted, self.louder_db))
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
                if control.parameter == FADER and self.sides.heard != "A":
                    self._faders.add(control.channel)
            self.sides.touched = True
            self._keep_held()
            self._stale = self.mix is not None
