"""What `mixbridge live play` shows, and the one key that it hears."""

import os
import sys
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import click

from bridge.cli.output import note, plain, say, table

if TYPE_CHECKING:
    from bridge.live.envelopes import Score
    from bridge.live.rig import Rig
    from bridge.live.songclock import Place
    from bridge.live.values import Control

#: The line is drawn so often at most, names so many channels, and keeps one that has just rested for so long.
_DRAWN_S: Final = 0.1
_NAMED: Final = 4
_JUST_S: Final = 0.3
#: A speed so near to 1 is a computer's clock, or a busy one.
_DRIFT: Final = 0.05
_ERASE: Final = "\r\x1b[K"


def place_text(position_s: float, digits: int = 1) -> str:
    """A place in a song as min:s; rounded down, as a clock shows it."""
    unit = 10**digits
    whole = int(max(position_s, 0.0) * unit + 1e-6)
    minutes, rest = divmod(whole, 60 * unit)
    return f"{minutes}:{rest / unit:0{3 + digits if digits else 2}.{digits}f}"


def show_score(rig: "Rig", score: "Score") -> None:
    """What is going to be played, fader by fader."""
    rows = [("channel", "stands at", "from", "to", "points", "last")]
    for one in score.envelopes:
        rows.append(
            (
                rig.desk.channels[one.control.channel].name,
                f"{one.start_db:.1f} dB",
                f"{min(one.levels_db):.1f} dB",
                f"{max(one.levels_db):.1f} dB",
                str(len(one.points)),
                place_text(one.end_s),
            )
        )
    if len(rows) > 1:
        table(rows)
    else:
        say("nothing to play: no fader of this desk moves in the mix")


def score_data(rig: "Rig", score: "Score") -> dict[str, Any]:
    """What is going to be played, as JSON."""
    return {
        "envelopes": [
            {
                "strip": one.strip,
                "channel": rig.desk.channels[one.control.channel].name,
                "key": one.control.channel,
                "stands_at_db": one.start_db,
                "points": [[time_s, db] for (time_s, _), db in zip(one.points, one.levels_db, strict=True)],
            }
            for one in score.envelopes
        ],
        "findings": [
            {"rule": str(one.rule), "text": one.text, "needs_a_yes": one.asks} for one in score.findings
        ],
        "notes": list(score.notes),
    }


class Enter:
    """Presses of Enter at this terminal, heard without waiting for them."""

    def __init__(self, heard: bool) -> None:
        self._presses = 0
        if heard:
            threading.Thread(target=self._listen, args=(sys.stdin.fileno(),), daemon=True).start()

    def _listen(self, number: int) -> None:
        while found := os.read(number, 256):  # not sys.stdin: it would be locked when the program ends
            self._presses += found.count(b"\n")

    def pressed(self) -> bool:
        """Whether it was pressed since this was last asked."""
        found, self._presses = self._presses > 0, 0
        return found


class PlayLine:
    """Where the song is and what moves: a line that is written over; where no terminal is, only what changes.

    Args:
        rig: the desk.
        quiet: whether nothing is shown.
    """

    def __init__(self, rig: "Rig", *, quiet: bool = False) -> None:
        self._rig, self._quiet = rig, quiet
        self._alive = sys.stderr.isatty()
        self._state = ""
        self._drawn_s = float("-inf")
        self._moved_s: dict[Control, float] = {}

    def __call__(self, place: "Place | None", sent: "Mapping[Control, float]") -> None:
        """Show a tick."""
        if self._quiet:
            return
        now_s = self._rig.clock.now()
        self._moved_s |= dict.fromkeys(sent, now_s)
        state = _state(place)
        if state != self._state:
            self._state = state
            if not self._alive:
                at = f" at {place_text(place.position_s)}" if place else ""
                note(f"the song {state}{at}")
        if self._alive and now_s - self._drawn_s >= _DRAWN_S:
            self._drawn_s = now_s
            at = f"{place_text(place.position_s)}  " if place else "the song "
            wound = place is not None and place.playing and abs(place.speed - 1.0) > _DRIFT
            speed = f" at {place.speed:.2f}×" if place and wound else ""
            click.echo(plain_line(f"{at}{state}{speed}  {self._moving(now_s)}"), err=True, nl=False)

    def close(self) -> None:
        """End the line."""
        if self._alive and not self._quiet and self._state:
            click.echo(err=True)

    def _moving(self, now_s: float) -> str:
        desk = self._rig.desk
        moving = [control for control, at_s in self._moved_s.items() if now_s - at_s < _JUST_S]
        named = [
            f"{desk.channels[control.channel].name} {desk.values[control]:.1f}" for control in moving[:_NAMED]
        ]
        more = [f"{len(moving) - _NAMED} more"] if len(moving) > _NAMED else []
        yours = [f"yours: {len(desk.held)}"] if desk.held else []
        return "  ".join([*named, *more, *yours])


def plain_line(text: str) -> str:
    """A line that takes the place of the one before."""
    return _ERASE + plain(text)


def _state(place: "Place | None") -> str:
    if place is None:
        return "has not been heard of yet"
    if place.stale:
        return "is not heard of any more; the faders stay"
    return "plays" if place.playing else "stands still"
