"""A live session without a screen: orders in by lines, what happens out by lines, as text or as JSON."""

import json
import os
import queue
import sys
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

from bridge.cli.live.terminal.moves import MoveRow, Moves, channel_rows
from bridge.cli.live.terminal.orders import Quit, help_lines, obey
from bridge.cli.live.words import amount_text, outcome_data
from bridge.cli.output import say
from console.errors import ParamError

if TYPE_CHECKING:
    from bridge.live.mover import Outcome
    from bridge.live.session import LiveSession
    from bridge.live.values import Moved, Touched

_LONGEST_LINE = 4_096


class LineReader:
    """The lines of a stream without waiting for them; `ended` once there will be none any more.

    A thread reads where the stream is a file of the system's, as Windows lets nobody look into a pipe.
    """

    def __init__(self, stream: IO[str]) -> None:
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self.ended = False
        try:
            number = stream.fileno()
        except (OSError, ValueError, AttributeError):
            for line in stream:
                self._lines.put(line)
            self._lines.put(None)
        else:
            threading.Thread(target=self._read, args=(number,), daemon=True).start()

    def _read(self, number: int) -> None:
        rest = b""
        while True:
            try:
                found = os.read(
                    number, _LONGEST_LINE
                )  # not the stream: it would be locked when the program ends
            except OSError:
                found = b""
            *lines, rest = (rest + found).split(b"\n")
            for line in lines:
                self._lines.put(line.decode("utf-8", "replace"))
            if not found:
                self._lines.put(rest.decode("utf-8", "replace"))
                self._lines.put(None)
                return
            rest = rest[-_LONGEST_LINE:]

    def next(self) -> str | None:
        """The next line that has something in it; None where there is none now."""
        while not self._lines.empty():
            line = self._lines.get()
            if line is None:
                self.ended = True
            elif line.strip():
                return line.strip()
        return None


@dataclass
class Lines:
    """Hears orders and tells what happens, at the tick of the session that it is an ear of.

    Args:
        session: the session.
        leave: set when somebody wants to leave.
        as_json: whether what happens is told as JSON, one object a line.
        source: where orders come from; stdin unless given.
    """

    session: "LiveSession"
    leave: Quit
    as_json: bool = False
    source: LineReader | None = None
    _text: str = ""
    _moves: list[MoveRow] = field(default_factory=list)
    _table: Moves = field(default_factory=Moves)
    _last: "Outcome | None" = None
    #: Orders that came while something moved.
    _held: deque[str] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self.source = self.source or LineReader(sys.stdin)
        self.session.on_hand = self.hand

    def hear(self) -> None:
        """Take in an order, and tell what is new.

        Of several orders that come together each waits for the one before; panic waits for none and drops them.
        """
        self._tell_news()
        if self.source is None:
            return
        if not self.session.idle:
            self._hear_urgent(self.source)
            return
        line = self._held.popleft() if self._held else self.source.next()
        if line is not None:
            self._obey(line)
        elif self.source.ended and not self.session.automatic:
            self.leave.wanted = True

    def _hear_urgent(self, source: LineReader) -> None:
        """While something moves, or is waited for: panic, and A/B once more, which wait for nothing."""
        while (line := source.next()) is not None:
            order = line.split()[0].lower()
            if order == "panic":
                self._held.clear()
            if order == "panic" or (order == "ab" and self.session.switching and not self._held):
                self._obey(line)
                return
            self._held.append(line)

    def _obey(self, line: str) -> None:
        order = line.split()[0].lower()
        show: dict[str, Callable[[], None]] = {
            "help": self._help,
            "moves": self.tell_moves,
            "channels": self.tell_channels,
            "status": self._status,
        }
        if order in show:
            show[order]()
            return
        try:
            answer = obey(self.session, line, self.leave)
        except ParamError as error:
            self._tell("error", str(error), order=line, text=str(error))
            return
        if self.session.text == answer:
            self._text = answer
        self._tell("answer", answer, order=line, text=answer)

    def hand(self, event: "Moved | Touched") -> None:
        """Tell what a hand did."""
        control = event.control
        value = getattr(event, "value", None)
        name = self.session.rig.desk.channels[control.channel].name
        words = "touched" if value is None else f"to {amount_text(control.parameter, value)}"
        self._tell(
            "hand",
            f"hand: {name}: {control.parameter} {words}; the channel is yours",
            channel=name,
            key=control.channel,
            parameter=control.parameter,
            value=value,
        )

    def ready(self, port: int) -> None:
        """Tell that the session has begun, and on which port it can be spoken to."""
        self._tell(
            "ready",
            f"{self.session.rig.folder.identity}: {len(self.session.strips())} channels; listening on port {port}",
            desk=self.session.rig.folder.identity,
            channels=len(self.session.strips()),
            port=port,
        )

    def tell_moves(self) -> None:
        """Tell what is proposed."""
        rows = self._table.rows(self.session)
        self._moves = rows
        if self.as_json:
            self._tell("proposed", "", moves=[row.to_dict() for row in rows])
            return
        say(f"proposed: {len(rows)} moves" if rows else "proposed: nothing to move")
        for row in rows:
            mark = "?" if row.asks else " "
            say(f"  {mark} {row.channel}: {row.knob} {row.change}   {row.reason}".rstrip())

    def tell_channels(self) -> None:
        """Tell where the channels stand."""
        rows = list(channel_rows(self.session, self._table.rows(self.session)))
        if self.as_json:
            self._tell("channels", "", channels=[row.to_dict() for row in rows])
            return
        width = max((len(row.name) for row in rows), default=0)
        for row in rows:
            whose = f"yours: {row.held}" if row.held else ("" if row.paired else "left alone")
            say(
                f"  {row.name.ljust(width)} {row.level:>9} {row.aim:>9} {row.moves or '':>4}  {whose}".rstrip()
            )

    def _tell_news(self) -> None:
        session = self.session
        if session.moving:
            return
        moves = self._table.rows(session)
        if session.last is not self._last:
            self._last = session.last
            if session.last is not None and self.as_json:
                self._tell("moved", "", **outcome_data(session.rig, session.last))
        if session.text != self._text:
            self._text = session.text
            self._tell("text", session.text, text=session.text)
        if moves != self._moves and session.idle:
            self.tell_moves()

    def _status(self) -> None:
        status = self.session.status()
        self._tell(
            "status",
            f"panic {status.panic}, side {status.side or '-'}, {status.pending} moves proposed, "
            f"automatic {'on' if self.session.automatic else 'off'}: {status.text}",
            panic=status.panic,
            side=status.side,
            pending=status.pending,
            automatic=self.session.automatic,
            amounts={"all": self.session.overall, **self.session.amounts},
            text=status.text,
        )

    def _help(self) -> None:
        lines = help_lines()
        if self.as_json:
            self._tell("help", "", orders=lines)
            return
        for line in lines:
            say(line)

    def _tell(self, event: str, words: str, **details: Any) -> None:
        if self.as_json:
            print_line(json.dumps({"event": event, **details}, ensure_ascii=False, allow_nan=False))
        elif words:
            print_line(words)


def print_line(text: str) -> None:
    """One line on stdout, at once: whoever reads it waits for it."""
    say(text)
    sys.stdout.flush()
