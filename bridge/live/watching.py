"""Hears a desk without moving it, and says in words what it says: which knob, where to, and by whose doing."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bridge.live.clock import Clock
from bridge.live.desk import Desk
from bridge.live.link import Link
from bridge.live.values import Control, Event, Lost, Moved, Refused, Relisted, Touched, Transport
from console.errors import LinkError

#: Where the song stands is told no more often than this while it plays, in s.
_TRANSPORT_S: Final = 1.0

HAND, OURS, AGAIN = "a hand", "mixbridge", "said again"


@dataclass(frozen=True, slots=True)
class Heard:
    """One thing that the desk said; `by` tells hands, a mixbridge that runs, and repetitions apart."""

    at_s: float
    event: str
    text: str = ""
    control: Control | None = None
    channel: str = ""
    value: float | None = None
    by: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The row as plain values."""
        row: dict[str, Any] = {"t": round(self.at_s, 6), "event": self.event}
        if self.control is not None:
            row |= {
                "channel": self.channel,
                "key": self.control.channel,
                "parameter": self.control.parameter,
                "unit": self.control.meaning.unit,
            }
        if self.value is not None:
            row["value"] = self.value
        if self.by:
            row["by"] = self.by
        if self.text:
            row["text"] = self.text
        return row


class JournalTail:
    """What another mixbridge writes into the journal of a desk while it moves it."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._at = path.stat().st_size if path is not None and path.exists() else 0

    def new(self) -> Iterator[tuple[Control, float]]:
        """The values that were sent since this was last asked."""
        try:
            if self._path is None:
                return
            if self._path.stat().st_size < self._at:
                self._at = 0  # it was put aside, and a new one begun
            with self._path.open("rb") as file:
                file.seek(self._at)
                text = file.read()
        except OSError:
            return
        whole = text[: text.rfind(b"\n") + 1]
        self._at += len(whole)
        for line in whole.splitlines():
            try:
                row = json.loads(line)
                if row.get("event") == "sent":
                    for channel, parameter, value in row["values"]:
                        yield Control(str(channel), str(parameter)), float(value)
            except (ValueError, KeyError, TypeError, AttributeError):
                continue


@dataclass
class Watcher:
    """A desk that is watched.

    Args:
        link: the way to it, not connected yet.
        clock: the time it goes by.
        journal: the journal of the desk, by which the moves of another mixbridge are known.
    """

    link: Link
    clock: Clock
    journal: Path | None = None
    lost: str = ""
    _began_s: float = float("nan")
    _told_s: float = float("-inf")
    _playing: bool | None = None
    _tail: JournalTail = field(default_factory=lambda: JournalTail(None))

    def __post_init__(self) -> None:
        self.desk = Desk(self.link, self.clock)

    def begin(self) -> int:
        """Connect, and read where every knob stands; returns how many are known.

        Raises:
            LinkError: nobody answers.
        """
        self._began_s = self.clock.now()
        self._tail = JournalTail(self.journal)
        self.link.connect()
        self.desk.learn()
        self.desk.read()
        return len(self.desk.values)

    def hear(self, timeout_s: float = 0.1) -> list[Heard]:
        """What the desk said; waits at most so long for the first.

        Raises:
            LinkError: the link is broken.
        """
        events = self.link.poll(timeout_s)
        now_s = self.clock.now()
        for control, value in self._tail.new():
            if control in self.desk.knobs:
                self.desk.echoes.sent(control, value, now_s, self.desk.values.get(control))
        return [row for event in events for row in self._said(event)]

    def _said(self, event: Event) -> Iterator[Heard]:
        at_s = self.clock.now() - self._began_s
        match event:
            case Moved(control, value):
                yield self._moved(at_s, control, value)
            case Touched(control, down):
                yield Heard(
                    at_s, "touched" if down else "released", "", control, self._name(control), by=HAND
                )
            case Transport(position_s, playing):
                if playing is not self._playing or self.clock.now() - self._told_s >= _TRANSPORT_S:
                    self._playing, self._told_s = playing, self.clock.now()
                    yield Heard(at_s, "playing" if playing else "stopped", value=position_s)
            case Refused(text):
                yield Heard(at_s, "refused", text)
            case Relisted(text):
                yield Heard(at_s, "tracks", text)
                yield self._learnt_again(at_s)
            case Lost(text):
                self.lost = text
                yield Heard(at_s, "lost", text)

    def _moved(self, at_s: float, control: Control, value: float) -> Heard:
        if control not in self.desk.knobs:
            return Heard(at_s, "unknown", f"channel {control.channel} is none that the desk listed", control)
        known = self.desk.values.get(control)
        self.desk.values[control] = value
        if self.desk.echoes.is_echo(control, value):
            by = OURS
        elif known is not None and self.desk.knobs[control].agree(known, value):
            by = AGAIN
        else:
            by = HAND
        return Heard(at_s, "moved", "", control, self._name(control), value, by)

    def _learnt_again(self, at_s: float) -> Heard:
        try:
            self.desk.learn()
            self.desk.read()
        except LinkError as error:
            return Heard(at_s, "refused", str(error))
        names = ", ".join(channel.name for channel in self.desk.channels.values())
        return Heard(at_s, "channels", f"{len(self.desk.channels)} channels: {names}")

    def _name(self, control: Control) -> str:
        channel = self.desk.channels.get(control.channel)
        return channel.name if channel else control.channel
