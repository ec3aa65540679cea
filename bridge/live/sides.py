"""The two sides of a live session, A before and B after, and which of them is heard."""

from collections.abc import Callable
from dataclasses import dataclass, field

from bridge.live.ab import matched
from bridge.live.guard import Policy
from bridge.live.rig import Prepared, Rig
from bridge.live.snapshot import taken_now
from bridge.live.values import Control
from console.errors import ParamError


@dataclass(frozen=True, slots=True)
class Trim:
    """The master fader turned down so that both sides are as loud: the knob, where it belongs, and where it stands."""

    control: Control
    belongs_db: float
    stands_db: float


@dataclass
class Sides:
    """The snapshots of A and B, 0 where there is none yet, and the side that is heard, "" where neither is."""

    rig: Rig
    snapshots: dict[str, int] = field(default_factory=lambda: {"A": 0, "B": 0})
    heard: str = ""
    #: Whether a hand moved something on the side that is heard, which its snapshot does not have.
    touched: bool = False
    _trim: Trim | None = None

    @property
    def trim(self) -> Trim | None:
        """The trim, as long as the master stands at it: None where a hand, or an undo, has moved it since."""
        trim = self._trim
        now = self.rig.desk.values.get(trim.control) if trim else None
        if trim is None or now is None or not self.rig.desk.knobs[trim.control].agree(now, trim.stands_db):
            return None
        return trim

    @property
    def both(self) -> tuple[int, int]:
        """The snapshots of A and B.

        Raises:
            ParamError: there are not both yet.
        """
        if not all(self.snapshots.values()):
            raise ParamError("there is no B to compare with A yet; apply something first")
        return self.snapshots["A"], self.snapshots["B"]

    def other(self) -> str:
        """The side to switch to."""
        return "A" if self.heard == "B" else "B"

    def prepare(
        self, wanted: str, louder_db: Callable[[int, int], float | None]
    ) -> tuple[Prepared, Trim | None, str]:
        """The plan that takes the desk to a side, the trim that it has, and what it does, in words.

        What a hand did on the side that is left is kept with it first.

        Raises:
            ParamError: there are not both sides yet.
            LinkError: a snapshot cannot be read or written.
        """
        _ = self.both
        self._keep()
        prepared, text = matched(self.rig, self.snapshots, wanted, louder_db)
        return prepared, self._trim_of(prepared, wanted), text

    def gone_to(self, side: str, trim: Trim | None) -> None:
        """The desk stands at a side now."""
        self.heard, self._trim, self.touched = side, trim, False

    def prepare_untrimmed(self) -> Prepared | None:
        """The plan that puts the master back to where it belongs; None where it stands there."""
        if self.trim is None:
            return None
        return self.rig.prepare_values({self.trim.control: self.trim.belongs_db}, Policy(returning=True))

    def _keep(self) -> None:
        if not self.touched or not self.heard:
            return
        values = dict(self.rig.desk.values)
        if self.trim is not None:
            values[self.trim.control] = self.trim.belongs_db
        reason = f"side {self.heard} with what hands did to it"
        self.snapshots[self.heard] = self.rig.folder.store.save(
            taken_now(self.rig.folder.identity, reason, self.rig.channels, values)
        )
        self.touched = False

    def _trim_of(self, prepared: Prepared, wanted: str) -> Trim | None:
        master = next((channel for channel in self.rig.channels if channel.kind == "master"), None)
        if master is None:
            return None
        control = master.control("fader_db")
        values, _ = self.rig.folder.store.load(self.snapshots[wanted]).on(self.rig.channels)
        if control not in values or control not in self.rig.desk.values:
            return None
        goes = {move.control: move.end for move in prepared.plan.changes}
        stands_db = goes.get(control, self.rig.desk.values[control])
        if self.rig.desk.knobs[control].agree(stands_db, values[control]):
            return None
        return Trim(control, values[control], stands_db)
