"""The screen of a live session as lines of text: what is on it, and where, at any size."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from bridge.cli.live.terminal.moves import ChannelRow, MoveRow, Moves, channel_rows
from bridge.cli.live.terminal.rates import Rates
from bridge.cli.output import plain

if TYPE_CHECKING:
    from bridge.live.session import LiveSession

#: How a line looks beside its words, which say everything.
PLAIN, STRONG, BAR, ALARM = "", "bold", "reverse", "reverse bold"

KEYS: Final = (
    ("SPACE", "PANIC: stop every move at once; again: go back to the snapshot from before it"),
    ("a", "apply what is proposed"),
    ("A", "apply it with what rises further than allowed (press twice)"),
    ("u", "undo the last change"),
    ("x", "A/B: switch between before and after at matched loudness"),
    ("r", "restore where the desk stood before the first move of this session (press twice)"),
    ("up down", "choose a channel (also k and j; page up, page down)"),
    ("l", "lock the chosen channel, or give it back"),
    ("left right", "choose what + and - change: all, or one part of the mix"),
    ("+ -", "its amount, 5 % up or down"),
    ("t", "carry out by itself what is proposed, or no longer"),
    ("m", "the moves of the chosen channel, or of all"),
    ("?", "this page"),
    ("q", "quit; the desk stays as it stands"),
)
_FOOTER: Final = (
    " SPACE PANIC!  a apply  u undo  x A/B  r restore  l lock  q quit  ? all keys",
    " up/down channel   left/right part of the mix   +/- amount   t auto   m moves",
)
_LEAST_NAME, _MOST_NAME = 8, 24


@dataclass(frozen=True, slots=True)
class Line:
    """One line, and how it looks."""

    text: str = ""
    look: str = PLAIN


@dataclass
class View:
    """What the engineer has chosen to look at."""

    title: str = ""
    #: The places of the chosen channel and of the first one on the screen.
    chosen: int = 0
    first: int = 0
    #: The part of the mix that + and - change, "" for all.
    part: str = ""
    #: Whether the moves of all channels are shown, not only the chosen one's.
    every_move: bool = False
    help: bool = False
    #: What is said for a while below the channels: a key that wants to be pressed twice, a warning.
    hint: str = ""
    #: What moves at this moment, and how much of it is done.
    stage: str = ""
    share: float = 0.0
    rates: Rates = field(default_factory=Rates)
    moves: Moves = field(default_factory=Moves)


def screen(session: "LiveSession", view: View, width: int, height: int) -> list[Line]:
    """The lines of the screen, as many as it is high, none longer than it is wide."""
    moves = view.moves.rows(session)
    rows = list(channel_rows(session, moves))
    view.chosen = min(max(view.chosen, 0), max(len(rows) - 1, 0))
    head = [
        Line(_ends(f" mixbridge live: {view.title}", _rates(view), width), BAR),
        Line(_amounts(session, view, width)),
        _state(session, view, len(moves), sum(row.asks for row in moves)),
    ]
    foot = [Line(text, BAR) for text in _FOOTER]
    room = height - len(head) - len(foot)
    body = _help() if view.help else _body(session, view, rows, moves, width, room)
    lines = [*head, *_filled(body, room), *foot]
    return [Line(fitted(line.text, width), line.look) for line in lines[: max(height, 1)]]


def fitted(text: str, width: int) -> str:
    """A text filled up or cut to a width, in cells of the terminal; control characters are shown escaped."""
    from prompt_toolkit.utils import get_cwidth

    text = plain(text)
    cells = get_cwidth(text)
    if cells > width:
        while text and cells > width - 1:
            cells -= get_cwidth(text[-1])
            text = text[:-1]
        text, cells = f"{text}…", cells + 1
    return text + " " * max(width - cells, 0) if width > 0 else ""


def _ends(left: str, right: str, width: int) -> str:
    return fitted(left, max(width - len(right) - 1, 0)) + " " + right


def _rates(view: View) -> str:
    return f"in {view.rates.heard_per_s:.0f}/s  out {view.rates.sent_per_s:.0f}/s "


def _amounts(session: "LiveSession", view: View, width: int) -> str:
    if session.mix is None:
        return " no mix to go to: undo, restore and A/B only"
    for length in (12, 3):
        words = [
            (f"[{name} {amount}]" if chosen else f" {name} {amount} ")
            for name, amount, chosen in (
                ((part or "all")[:length], f"{100 * session.amount(part):.0f}", part == view.part)
                for part in parts_of(session)
            )
        ]
        line = " amount %" + "".join(words)
        if len(line) <= width:
            break
    return line


def _state(session: "LiveSession", view: View, moves: int, asks: int) -> Line:
    status = session.status()
    automatic = "  automatic" if session.automatic else ""
    side = f"  side {status.side}" if status.side else ""
    if session.moving:
        return Line(f" MOVING{side}{automatic}  {_bar(view.share)} {view.stage}   SPACE stops it", STRONG)
    if status.panic:
        word = {1: "PANIC: stopped; SPACE again goes back to the snapshot"}.get(
            status.panic, "PANIC: going back"
        )
        return Line(f" {word}{side}   {status.text}", ALARM)
    word = f"{moves} move{'s' * (moves != 1)} proposed" if moves else "nothing to move"
    word += f", {asks} need a yes (A)" if asks else ""
    return Line(f" {word}{side}{automatic}   {status.text}", STRONG)


def _bar(share: float) -> str:
    filled = round(10 * min(max(share, 0.0), 1.0))
    return "[" + "#" * filled + "." * (10 - filled) + "]"


def _body(
    session: "LiveSession",
    view: View,
    rows: Sequence[ChannelRow],
    moves: Sequence[MoveRow],
    width: int,
    room: int,
) -> list[Line]:
    chosen = rows[view.chosen] if rows else None
    below = max(min(room // 3, 12), 0)
    above = max(room - below - 2, 1)
    view.first = min(max(view.first, view.chosen - above + 1), view.chosen)
    view.first = max(min(view.first, len(rows) - above), 0)
    shown = rows[view.first : view.first + above]
    name = min(max([_LEAST_NAME, *(len(row.name) for row in rows)]), _MOST_NAME, max(width - 46, _LEAST_NAME))
    title = f"   {'channel'.ljust(name)} {'level':>9} {'aim':>9} {'move':>6} {'knobs':>5}  whose"
    where = "" if len(rows) <= above else f"{view.first + 1}-{view.first + len(shown)} of {len(rows)} "
    lines = [Line(_ends(title, where, width), STRONG)]
    lines += [_channel(row, name, row is chosen) for row in shown]
    lines = _filled(lines, above + 1)
    return [*lines, *_moves(chosen, moves, view, name, below + 1)]


def _channel(row: ChannelRow, name: int, chosen: bool) -> Line:
    whose = f"yours: {row.held}" if row.held else ""
    if not row.paired:
        whose = whose or "left alone: no strip of the mix"
    elif row.asks and not whose:
        whose = "needs a yes"
    text = (
        f" {'>' if chosen else ' '} {fitted(row.name, name)} {row.level:>9} {row.aim:>9} {row.pending:>6} "
        f"{row.moves or '':>5}  {whose}"
    )
    return Line(text, STRONG if chosen else PLAIN)


def _moves(
    chosen: ChannelRow | None, moves: Sequence[MoveRow], view: View, name: int, room: int
) -> list[Line]:
    if view.hint:
        lines = [Line(f" ! {view.hint}", STRONG)]
    elif view.every_move or chosen is None:
        lines = [Line(f" all {len(moves)} moves proposed", STRONG)]
    else:
        lines = [Line(f" proposed for {chosen.name}", STRONG)]
    mine = [row for row in moves if view.every_move or chosen is None or row.key == chosen.key]
    for row in mine:
        who = f"{fitted(row.channel, name)} " if view.every_move else ""
        mark = "? " if row.asks else "  "
        lines.append(Line(f"  {mark}{who}{row.knob}  {row.change}   {row.reason}"))
    if len(lines) > room:
        left = len(lines) - room + 1
        lines = [*lines[: room - 1], Line(f"    … and {left} more; `moves` in --plain lists all")]
    return lines


def _help() -> list[Line]:
    lines = [Line(" Keys (? goes back)", STRONG)]
    return [*lines, *(Line(f"  {key:<11} {text}") for key, text in KEYS)]


def _filled(lines: Sequence[Line], room: int) -> list[Line]:
    return [*lines[:room], *(Line() for _ in range(room - len(lines)))]


def parts_of(session: "LiveSession") -> Iterator[str]:
    """What + and - can change: "" for all, then the parts."""
    yield ""
    yield from session.amounts
