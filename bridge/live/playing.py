"""Plays the moves of a mix on a desk as one push: snapshot, journal, open ears, everything read back at the end."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bridge.live.envelopes import Score, score_of
from bridge.live.following import Follower
from bridge.live.guard import FREE_RAISE_DB, Policy
from bridge.live.mover import Mover, Outcome, Stopped
from bridge.live.pairing import Pairing
from bridge.live.plan import Move, Plan, Stage, make_plan
from bridge.live.rig import Rig
from bridge.live.songclock import Place
from bridge.live.values import Control, Transport
from console.mix.values import Mix

#: How long a fader takes back to where it stood, at least.
BACK_S = 2.0


@dataclass(frozen=True, slots=True)
class OwnSong:
    """A song that no desk tells of: it starts at a place at a time of the clock, and plays on."""

    start_s: float = 0.0
    #: The clock's time at which it began; None: it waits.
    began_s: float | None = None

    def told(self, now_s: float) -> Transport:
        """What a desk would say at this moment."""
        if self.began_s is None:
            return Transport(self.start_s, False)
        return Transport(self.start_s + max(now_s - self.began_s, 0.0), True)


@dataclass(kw_only=True)
class Player(Mover):
    """Plays envelopes on one desk until it is told that it is over.

    Args:
        follower: which faders follow which curves.
        over: asked once a tick, whether it is over.
        seen: told once a tick where the song is, and what was sent.
        own: the song by our own clock; None: the desk tells where it is.
    """

    follower: Follower
    over: Callable[[Place | None], bool] = lambda _place: False
    seen: Callable[[Place | None, Mapping[Control, float]], None] = lambda _place, _sent: None
    own: Callable[[], OwnSong | None] = lambda: None
    _told: Transport | None = field(default=None, init=False)

    def play(self, *, what: str, number: int, back: bool = False) -> Outcome:
        """Play until it is over.

        Args:
            what: what is played in words, for the journal and the snapshot.
            number: the push's number.
            back: whether the faders go back to where they stood at the beginning; else they stay.

        Raises:
            Outdated: a fader has moved since the score was made; nothing was sent.
            LinkError: no snapshot can be written; nothing was sent.
        """
        self._messages = 0
        starts = {one.control: one.start_db for one in self.follower.envelopes}
        self._check_still(Plan(changes=tuple(Move(control, db, db) for control, db in starts.items())))

        def go() -> Plan:
            self._follow()
            return self._go_back(starts) if back else self._moved(starts)

        return self._journalled(what, number, go, lambda: self._moved(starts))

    def _follow(self) -> None:
        tick_s = self._tick_s
        next_s = self.clock.now()
        while True:
            self._heed()
            now_s = self.clock.now()
            place = self.follower.place(now_s)
            if self.over(place):
                self.seen(place, {})
                return
            batch = self.follower.step(now_s, self.desk.values, self.desk.held)
            self._send(batch, ramped=True)
            self.seen(place, batch)
            next_s = max(next_s + tick_s, self.clock.now())
            self._wait(next_s)

    def _heed(self, timeout_s: float = 0.0) -> None:
        """Hear the desk, and at once what it says of the song: when that comes tells where the song is now."""
        self.desk.listen(timeout_s)
        now_s, own = self.clock.now(), self.own()
        if own is not None:
            self.follower.hear(own.told(now_s), now_s)
        elif self.desk.transport is not None and self.desk.transport is not self._told:
            self._told = self.desk.transport
            self.follower.hear(self._told, now_s)

    def _wait(self, until_s: float) -> None:
        timeout_s = 0.0
        while True:
            self._heed(timeout_s)
            asked = self.asked()
            if asked:
                raise Stopped(f"{asked}: everything stands where it was at that moment")
            left_s = until_s - self.clock.now()
            if left_s <= 0.0:
                return
            timeout_s = min(left_s, 0.25)

    def _moved(self, starts: Mapping[Control, float]) -> Plan:
        """What was moved, as the plan that would have done it."""
        moves = tuple(Move(control, starts[control], db) for control, db in self.follower.sent.items())
        return Plan((Stage("follow the song", True, moves),), moves) if moves else Plan()

    def _go_back(self, starts: Mapping[Control, float]) -> Plan:
        """Take what was moved, and no hand has taken, back to where it stood."""
        moved = [control for control in self.follower.sent if self._free(control)]
        plan = make_plan(
            self.desk.channels.values(), self.desk.values, {control: starts[control] for control in moved}
        )
        self._carry_out(plan, BACK_S)
        self.follower.sent |= {control: starts[control] for control in moved}
        moves = tuple(Move(control, starts[control], starts[control]) for control in moved)
        return Plan((Stage("back to where they stood", True, moves),), moves) if moves else Plan()


def prepare_score(
    rig: Rig, mix: Mix, pairing: Pairing, *, amount: float = 1.0, may_raise_db: float = FREE_RAISE_DB
) -> Score:
    """What of a mix's envelopes the desk is to play, checked over its whole length.

    Args:
        rig: the desk.
        mix: the mix.
        pairing: which strip is which channel.
        amount: 0 … 1 of the way from where each fader stands to its curve.
        may_raise_db: how far a fader may rise over where it stands without a yes.
    """
    policy = Policy(may_raise_db, rig.held_controls())
    return score_of(mix, pairing, rig.desk.values, policy, rig.desk.link.traits, amount)


def play(
    rig: Rig,
    follower: Follower,
    what: str,
    *,
    over: Callable[[Place | None], bool],
    seen: Callable[[Place | None, Mapping[Control, float]], None] = lambda _place, _sent: None,
    own: Callable[[], OwnSong | None] = lambda: None,
    back: bool = False,
) -> Outcome:
    """Play envelopes on a desk until it is over; the arguments are those of `Player`.

    Raises:
        LinkError: the desk moved since the score was made, or nothing can be written; nothing was sent.
    """
    number = max((push.number for push in rig.folder.pushes()), default=0) + 1
    with rig.folder.journal() as journal:
        player = Player(
            rig.desk,
            rig.folder.store,
            journal,
            rig.clock,
            rig.asked,
            rig.told,
            follower=follower,
            over=over,
            seen=seen,
            own=own,
        )
        try:
            return player.play(what=what, number=number, back=back)
        finally:
            rig.keep_held()
