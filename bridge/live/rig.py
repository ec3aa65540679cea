"""A desk with all that belongs to it: its link, its folder, and the ways to move it: push, undo, restore."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bridge.live.clock import Clock
from bridge.live.desk import Desk
from bridge.live.fitting import fit
from bridge.live.folder import DeskFolder, Remembered
from bridge.live.guard import FREE_RAISE_DB, Finding, Policy, check_plan
from bridge.live.journal import Push
from bridge.live.link import Link
from bridge.live.mover import Mover, Outcome
from bridge.live.pairing import SURE, Pairing, pair_up
from bridge.live.plan import Plan, make_plan
from bridge.live.pulling import bare_mix, pull
from bridge.live.snapshot import Snapshot, taken_now
from bridge.live.values import Channel, Control
from console.errors import LinkError
from console.mix.blend import blend
from console.mix.values import Mix

#: What a push moves unless told otherwise: everything but the routing, which no desk is re-patched by.
PUSHED = ("input", "eq", "dynamics", "pan", "fader", "sends", "master")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan, what the guard says of it, and what the desk cannot do, one sentence each."""

    plan: Plan
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    #: Whether it is a way back, on which channels that a hand had taken go along.
    returning: bool = False

    @property
    def questions(self) -> tuple[Finding, ...]:
        """What needs a yes before anything may be moved."""
        return tuple(finding for finding in self.findings if finding.asks)


@dataclass
class Rig:
    """One connected desk."""

    desk: Desk
    folder: DeskFolder
    clock: Clock
    #: Asked once a tick while something moves; a text stops it.
    asked: Callable[[], str] = lambda: ""
    #: Told the stage and the share done.
    told: Callable[[str, float], None] = lambda _title, _share: None

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The desk's channels."""
        return tuple(self.desk.channels.values())

    def pair(self, mix: Mix, told: Mapping[str, str] | None = None, *, all_sure: bool = False) -> Pairing:
        """Pair a mix with the desk, by what was said now and before, else by name; keeps what was said.

        Without `all_sure` strips whose pair is unclear stay unpaired.
        """
        before = self.folder.remembered()
        names = {channel.name for channel in self.channels}
        strips = {track.id for track in mix.tracks} | {bus.id for bus in mix.buses}
        known = {
            strip: name
            for strip, name in before.pairs.items()
            if strip in strips and (name in names or not name)
        }
        known |= dict(told or {})
        if told:
            by_key = {channel.key: channel.name for channel in self.channels}
            said = {strip: by_key.get(name, name) for strip, name in told.items()}
            self.folder.remember(Remembered({**before.pairs, **said}, before.held))
        return (
            pair_up(mix, self.channels, known) if all_sure else sure_only(pair_up(mix, self.channels, known))
        )

    def pull(self, mix: Mix | None = None, pairing: Pairing | None = None, rate_hz: int = 48_000) -> Mix:
        """The mix that the desk stands at: in the terms of a mix that is paired with it, or in its own."""
        self.desk.read()
        if mix is None or pairing is None:
            mix, pairing = bare_mix(self.channels, rate_hz)
        return pull(mix, pairing, self.desk.values)

    def prepare(
        self,
        mix: Mix,
        pairing: Pairing,
        *,
        amounts: Mapping[str, float] | None = None,
        may_raise_db: float = FREE_RAISE_DB,
        start: Mix | None = None,
    ) -> Prepared:
        """The plan that takes the desk to a mix, or part of the way.

        Args:
            mix: where to.
            pairing: which strip is which channel.
            amounts: 0 … 1 of the way for each group of `console.mix.blend.GROUPS` that is moved; all of PUSHED whole
                unless given.
            may_raise_db: how far levels may rise without a yes.
            start: where the way begins; where the desk stands unless given.
        """
        amounts = dict.fromkeys(PUSHED, 1.0) if amounts is None else amounts
        begin = pull(mix, pairing, self.desk.values) if start is None else start
        fitted = fit(blend(begin, mix, amounts), pairing, self.desk.values, tuple(amounts))
        return self._checked(fitted.targets, Policy(may_raise_db, self.held_controls()), fitted.notes)

    def prepare_values(self, targets: Mapping[Control, float], policy: Policy | None = None) -> Prepared:
        """The plan that takes knobs to values."""
        return self._checked(targets, policy or Policy(locked=self.held_controls()), ())

    def prepare_restore(self, number: int | None = None) -> tuple[Snapshot, Prepared]:
        """The plan back to a snapshot; None: the one from before the last push that was no way back itself.

        Raises:
            LinkError: there is no such snapshot.
        """
        if number is None:
            pushes = [push for push in self.folder.pushes() if not push.back]
            if not pushes:
                raise LinkError(
                    f"nothing was ever pushed to {self.folder.identity}; there is nothing to restore"
                )
            number = pushes[-1].snapshot
        snapshot = self.folder.store.load(number)
        values, missing = snapshot.on(self.channels)
        return snapshot, self._checked(values, Policy(returning=True), missing)

    def prepare_undo(self) -> tuple[Push, Prepared]:
        """The plan that takes back the last push of which anything is left to be taken back.

        What a hand has moved since stays.

        Raises:
            LinkError: there is none.
        """
        pushes = [push for push in reversed(self.folder.pushes()) if undoable(push)]
        if not pushes:
            raise LinkError(f"there is no push to {self.folder.identity} that could be undone")
        notes: list[str] = []
        for push in pushes:
            targets = self._undone(push, notes)
            prepared = self._checked(targets, Policy(returning=True), notes)
            if prepared.plan.changes:
                return push, prepared
        return pushes[0], prepared

    def _undone(self, push: Push, notes: list[str]) -> dict[Control, float]:
        """Where the knobs of a push stood before it, but for those that a hand has moved since."""
        before, _ = self.folder.store.load(push.snapshot).on(self.channels)
        left = dict(push.sent)
        if push.after:
            with suppress(LinkError):
                left, _ = self.folder.store.load(push.after).on(self.channels)
        targets: dict[Control, float] = {}
        for control in push.sent:
            if control not in before or control not in self.desk.values:
                continue
            now, ours = self.desk.values[control], left.get(control, push.sent[control])
            if self.desk.knobs[control].agree(now, ours):
                targets[control] = before[control]
            elif not self.desk.knobs[control].agree(now, before[control]):
                notes.append(f"{self.desk.name(control)} was moved since and stays at {now:g}")
        return targets

    def carry_out(self, prepared: Prepared, what: str, ramp_s: float = 2.0, *, undoes: int = 0) -> Outcome:
        """Move the desk by a plan; the journal tells what it was, and which push it takes back.

        Raises:
            LinkError: the desk moved since the plan was made, or nothing can be written; nothing was sent.
        """
        number = max((push.number for push in self.folder.pushes()), default=0) + 1
        held = dict(self.desk.held)
        if prepared.returning:
            self.desk.release()
        with self.folder.journal() as journal:
            mover = Mover(self.desk, self.folder.store, journal, self.clock, self.asked, self.told)
            try:
                with _one_step(self.desk.link, f"mixbridge: {what}"):
                    outcome = mover.run(
                        prepared.plan, what=what, number=number, ramp_s=ramp_s, back=prepared.returning
                    )
                if undoes:
                    journal.write("undone", push=undoes, sync=True)
                    journal.write("undone", push=number, sync=True)  # an undo is not undone: restore is there
            finally:
                if undoes:  # what hands had moved has stayed, and stays theirs
                    self.desk.held = held | self.desk.held
                self.keep_held()
        return outcome

    def pass_over(self, push: int) -> None:
        """See to it that undo passes over a push."""
        with self.folder.journal() as journal:
            journal.write("undone", push=push, sync=True)

    def keep(self, reason: str) -> int:
        """Keep where the desk stands, as far as is known; returns the snapshot's number."""
        return self.folder.store.save(
            taken_now(self.folder.identity, reason, self.channels, self.desk.values)
        )

    def recall(self) -> None:
        """Take knobs that no desk can be asked for to stand where they were left at last."""
        blind = [c for c, knob in self.desk.knobs.items() if not knob.readable and c in self.desk.values]
        numbers = self.folder.store.numbers() if blind else []
        if numbers:
            with suppress(LinkError):
                left, _ = self.folder.store.load(numbers[-1]).on(self.channels)
                self.desk.values |= {control: left[control] for control in blind if control in left}

    def held_controls(self) -> frozenset[Control]:
        """The knobs of all channels that are left to the engineer."""
        return frozenset(control for control in self.desk.knobs if control.channel in self.desk.held)

    def keep_held(self) -> None:
        """Remember which channels are left to the engineer."""
        before = self.folder.remembered()
        names = {self.desk.channels[key].name: how for key, how in self.desk.held.items()}
        if names != dict(before.held):
            self.folder.remember(Remembered(before.pairs, names))

    def _checked(self, targets: Mapping[Control, float], policy: Policy, notes: Iterable[str]) -> Prepared:
        plan, findings = check_plan(
            make_plan(self.channels, self.desk.values, targets), self.channels, policy
        )
        return Prepared(plan, findings, tuple(dict.fromkeys((*notes, *plan.notes))), policy.returning)


@contextmanager
def _one_step(link: Link, name: str) -> Iterator[None]:
    """All that is moved meanwhile as one step of the desk's own undo history, where its link can do that."""
    block = getattr(link, "undo_block", None)
    if block is None:
        yield
        return
    step = block(name)
    step.__enter__()
    try:
        yield
    finally:
        with suppress(LinkError):  # the move itself has ended well or not; its outcome is what counts
            step.__exit__(None, None, None)


def undoable(push: Push) -> bool:
    """Whether a push moved something and has not been taken back."""
    return bool(push.sent) and not push.undone


def sure_only(pairing: Pairing) -> Pairing:
    """A pairing without the pairs that are unclear: their strips are left alone."""
    unclear = tuple(pair for pair in pairing.pairs if pair.confidence < SURE)
    return Pairing(
        pairing.sure,
        (*pairing.strips, *(pair.strip for pair in unclear)),
        (*pairing.channels, *(pair.channel for pair in unclear)),
    )


@contextmanager
def connected(link: Link, clock: Clock, *, identity: str = "", root: Path | None = None) -> Iterator[Rig]:
    """A desk, learnt and read, with its folder; left as it stands at the end.

    Args:
        link: the way to it.
        clock: the time it goes by.
        identity: under which name it is kept; as the link says unless given.
        root: the folder of all desks, if not the user's.

    Raises:
        LinkError: nobody answers.
    """
    try:
        link.connect()
        rig = Rig(Desk(link, clock), DeskFolder(identity or link.identity, root), clock)
        rig.desk.learn()
        rig.desk.read()
        rig.recall()
        by_name = {channel.name: key for key, channel in rig.desk.channels.items()}
        for name, how in rig.folder.remembered().held.items():
            if name in by_name:
                rig.desk.held[by_name[name]] = how
        yield rig
    finally:
        link.close()
