"""The loop of a live session at the terminal: from the first drawing to what is said when it is left."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bridge.cli.live.terminal.orders import Quit
from bridge.cli.output import note

if TYPE_CHECKING:
    from bridge.cli.live.terminal.keyboard import Keyboard
    from bridge.live.session import LiveSession

#: The code of a command that Ctrl-C ended.
INTERRUPTED = 130


def run_screen(session: "LiveSession", title: str) -> int:
    """Run a session on the terminal's screen until it is left; returns the exit code.

    Raises:
        LinkError: the desk is lost.
    """
    from bridge.cli.live.terminal.keyboard import Keyboard
    from bridge.cli.live.terminal.screen import Screen
    from bridge.cli.live.terminal.view import View

    leave = Quit()
    code = 0
    with Screen() as terminal:
        keyboard = Keyboard(session, terminal, View(title), leave)
        session.ears.append(keyboard.hear)
        session.rig.told = keyboard.told
        with _warnings_on_screen(keyboard):
            code = _run(session, leave)
    return code


def run_lines(session: "LiveSession", port: int, *, as_json: bool) -> int:
    """Run a session by lines from stdin until it is left; returns the exit code.

    Raises:
        LinkError: the desk is lost.
    """
    from bridge.cli.live.terminal.lines import Lines

    leave = Quit()
    lines = Lines(session, leave, as_json)
    lines.ready(port)
    session.ears.append(lines.hear)
    session.rig.told = lambda _stage, _share: None
    code = _run(session, leave)
    lines.hear()
    return code


def _run(session: "LiveSession", leave: Quit) -> int:
    try:
        while not leave.wanted or session.busy:
            session.step()
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def say_goodbye(session: "LiveSession") -> None:
    """Say that the desk stays as it stands, and how to take back what was done."""
    note("the desk stays as it stands")
    trim = session.sides.trim
    if trim is not None:
        note(
            f"the master is {trim.belongs_db - trim.stands_db:.1f} dB down from matching A and B; "
            f"it belongs at {trim.belongs_db:.1f} dB"
        )
    if session.began:
        note(
            f"`mixbridge live undo` takes back the last change, `mixbridge live restore {session.began}` all of them"
        )


@contextmanager
def _warnings_on_screen(keyboard: "Keyboard") -> Iterator[None]:
    """Warnings go to the screen while it is up, and not into it."""
    from bridge.cli.live.terminal.keyboard import HintHandler

    root = logging.getLogger()
    before, handler = list(root.handlers), HintHandler(keyboard)
    terminals = [one for one in before if getattr(one, "stream", None) in (sys.stderr, sys.stdout)]
    for one in terminals:
        root.removeHandler(one)
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        for one in terminals:
            root.addHandler(one)
