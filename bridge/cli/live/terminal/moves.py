"""What is proposed and where the channels stand, as rows that the screen, the lines and the JSON show alike."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bridge.cli.live.words import amount_text

if TYPE_CHECKING:
    from bridge.live.rig import Prepared
    from bridge.live.session import LiveSession

_FADER = "fader_db"


@dataclass(frozen=True, slots=True)
class MoveRow:
    """One proposed move: whose, which knob, from where to where, whether it waits for a yes, and why it is proposed."""

    key: str
    channel: str
    parameter: str
    knob: str
    start: float
    end: float
    asks: bool
    reason: str

    @property
    def change(self) -> str:
        """From where to where, in words."""
        begin, end = amount_text(self.parameter, self.start), amount_text(self.parameter, self.end)
        number, _, unit = begin.rpartition(" ")
        return f"{number if number and end.endswith(f' {unit}') else begin} → {end}"

    def to_dict(self) -> dict[str, Any]:
        """The row as plain values."""
        return {
            "channel": self.channel,
            "key": self.key,
            "parameter": self.parameter,
            "from": self.start,
            "to": self.end,
            "needs_a_yes": self.asks,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """One channel: its fader now and where it is to go in dB (None: it has none), moves proposed, and whose it is."""

    key: str
    name: str
    kind: str
    level_db: float | None
    aim_db: float | None
    moves: int
    asks: int
    held: str
    paired: bool

    @property
    def level(self) -> str:
        """Where the fader stands, in words."""
        return "" if self.level_db is None else amount_text(_FADER, self.level_db)

    @property
    def aim(self) -> str:
        """Where the fader is to go, in words."""
        return "" if self.aim_db is None else amount_text(_FADER, self.aim_db)

    @property
    def pending(self) -> str:
        """By how much the fader is to move, "" where it stays."""
        if self.level_db is None or self.aim_db is None or abs(self.aim_db - self.level_db) < 0.05:
            return ""
        return f"{self.aim_db - self.level_db:+.1f}"

    def to_dict(self) -> dict[str, Any]:
        """The row as plain values."""
        return {
            "channel": self.name,
            "key": self.key,
            "kind": self.kind,
            "level_db": self.level_db,
            "aim_db": self.aim_db,
            "moves": self.moves,
            "yours": self.held,
            "paired": self.paired,
        }


@dataclass
class Moves:
    """What is proposed, channel by channel in the desk's order; made anew only when something else is proposed."""

    _of: "Prepared | None" = None
    _rows: list[MoveRow] = field(default_factory=list)

    def rows(self, session: "LiveSession") -> list[MoveRow]:
        """The rows as things are now."""
        if session.proposed is not self._of:
            self._of, self._rows = session.proposed, _move_rows(session)
        return self._rows


def _move_rows(session: "LiveSession") -> list[MoveRow]:
    from bridge.live.reasons import reason_of, tracks_of

    if session.proposed is None:
        return []
    tracks = tracks_of(session.goal, session.pairing) if session.goal else {}
    asks = {finding.control for finding in session.proposed.questions}
    order = {key: place for place, key in enumerate(session.rig.desk.channels)}
    rows = []
    for move in session.proposed.plan.changes:
        channel = session.rig.desk.channels.get(move.control.channel)
        if channel is None:
            continue
        target = channel.sends.get(move.control.parameter)
        track = tracks.get(channel.key)
        reason = reason_of(track, session.pairing, channel, move.control) if track else ""
        rows.append(
            MoveRow(
                channel.key,
                channel.name,
                move.control.parameter,
                f"send to {target}" if target else move.control.parameter,
                move.start,
                move.end,
                move.control in asks,
                reason,
            )
        )
    return sorted(rows, key=lambda row: (order[row.key], row.parameter != _FADER))


def channel_rows(session: "LiveSession", moves: list[MoveRow]) -> Iterator[ChannelRow]:
    """Where the channels stand."""
    paired = {pair.channel.key for pair in session.pairing.pairs}
    by_key: dict[str, list[MoveRow]] = {}
    for row in moves:
        by_key.setdefault(row.key, []).append(row)
    for channel in session.strips():
        mine = by_key.get(channel.key, [])
        level_db = session.value(channel.control(_FADER))
        fader = next((row for row in mine if row.parameter == _FADER), None)
        yield ChannelRow(
            channel.key,
            channel.name,
            channel.kind,
            level_db,
            fader.end if fader else level_db,
            len(mine),
            sum(row.asks for row in mine),
            session.rig.desk.held.get(channel.key, ""),
            channel.key in paired,
        )
