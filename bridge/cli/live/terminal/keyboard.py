"""The screen of a live session with its keys: an ear of the session, so that panic is heard while something moves."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from bridge.cli.live.terminal.orders import Quit, obey, set_automatic
from bridge.cli.live.terminal.screen import Screen
from bridge.cli.live.terminal.view import View, parts_of, screen
from console.errors import ParamError

if TYPE_CHECKING:
    from bridge.live.session import LiveSession

#: The screen is drawn so often at most; keys are heard at every tick.
_DRAWN_S: Final = 0.1
#: So long a hint stays, and a key that wants to be pressed twice waits.
_HINT_S: Final = 4.0
_STEP: Final = 0.05
_PAGE: Final = 10

#: Keys that say an order as it is typed.
_SAY: Final = {" ": "panic", "a": "apply", "u": "undo", "x": "ab"}
#: Keys that want to be pressed twice: the order, and what it is about to do.
_TWICE: Final = {
    "A": ("apply all", "apply also what rises further than allowed"),
    "r": ("restore", "go back to where the desk stood before the first move"),
}
_STEPS: Final = {"up": -1, "k": -1, "down": 1, "j": 1, "pageup": -_PAGE, "pagedown": _PAGE}


@dataclass
class Keyboard:
    """Hears keys and draws, at the tick of the session that it is an ear of.

    Args:
        session: the session.
        screen: the terminal.
        view: what is looked at.
        leave: set when somebody wants to leave.
    """

    session: "LiveSession"
    screen: Screen
    view: View
    leave: Quit
    _armed: str = ""
    _hint_s: float = float("-inf")
    _drawn_s: float = float("-inf")
    _acts: dict[str, Callable[[], None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._acts = {
            "l": self._lock,
            "left": lambda: self._choose_part(-1),
            "right": lambda: self._choose_part(1),
            "+": lambda: self._change(_STEP),
            "=": lambda: self._change(_STEP),
            "-": lambda: self._change(-_STEP),
            "t": lambda: self._tell(set_automatic(self.session, not self.session.automatic)),
            "m": self._toggle_moves,
            "?": self._toggle_help,
            "h": self._toggle_help,
            "q": self._quit,
            "c-c": self._interrupt,
        }

    def hear(self) -> None:
        """Take in the keys that were pressed, and draw when it is time.

        Raises:
            KeyboardInterrupt: Ctrl-C was pressed, or the terminal is gone.
        """
        keys = self.screen.keys()
        if self.screen.gone:
            raise KeyboardInterrupt
        if " " in keys:  # before everything that was pressed with it
            keys = [" "]
        for key in keys:
            try:
                self._press(key)
            except ParamError as error:
                self._tell(str(error))
        now_s = self.session.rig.clock.now()
        if keys or now_s - self._drawn_s >= _DRAWN_S:
            self._drawn_s = now_s
            self.draw(now_s)

    def draw(self, now_s: float) -> None:
        """Draw the screen as things are now."""
        desk, view = self.session.rig.desk, self.view
        view.rates.update(desk.heard, desk.sent, now_s)
        if now_s - self._hint_s > _HINT_S:
            view.hint = self._armed = ""
        self.screen.draw(screen(self.session, view, *self.screen.size))

    def told(self, stage: str, share: float) -> None:
        """Take in how far a move is."""
        self.view.stage, self.view.share = stage, share

    def _press(self, key: str) -> None:
        armed, self._armed = self._armed, ""
        if key in _SAY:
            answer = obey(self.session, _SAY[key], self.leave)
            if key == " ":
                self._tell(answer)
        elif key in _TWICE:
            order, what = _TWICE[key]
            if armed == key:
                obey(self.session, order, self.leave)
                self.view.hint = ""
            else:
                self._tell(f"press {key} again to {what}")
                self._armed = key
        elif key in _STEPS:
            self.view.chosen = max(self.view.chosen + _STEPS[key], 0)
        elif key in self._acts:
            self._acts[key]()

    def _lock(self) -> None:
        channels = list(self.session.strips())
        if channels:
            channel = channels[min(self.view.chosen, len(channels) - 1)]
            locked = self.session.locked(channel.key)
            self.session.set_locked(channel.key, not locked, "you")
            self._tell(f"{channel.name} is {'moved by mixbridge again' if locked else 'yours'}")

    def _choose_part(self, step: int) -> None:
        parts = list(parts_of(self.session))
        place = parts.index(self.view.part) if self.view.part in parts else 0
        self.view.part = parts[(place + step) % len(parts)]

    def _change(self, step: float) -> None:
        amount = self.session.amount(self.view.part) + step
        self.session.set_amount(self.view.part, round(min(max(amount, 0.0), 1.0), 4), "you")

    def _toggle_moves(self) -> None:
        self.view.every_move = not self.view.every_move

    def _toggle_help(self) -> None:
        self.view.help = not self.view.help

    def _quit(self) -> None:
        self.leave.wanted = True
        if self.session.moving:
            self._tell("leaving when this move has ended; SPACE stops it, Ctrl-C stops it and leaves")

    def _interrupt(self) -> None:
        raise KeyboardInterrupt

    def _tell(self, text: str) -> None:
        self.view.hint, self._hint_s = text, self.session.rig.clock.now()


class HintHandler(logging.Handler):
    """Shows warnings on the screen, which they would spoil otherwise."""

    def __init__(self, keyboard: Keyboard) -> None:
        super().__init__(logging.WARNING)
        self._keyboard = keyboard

    def emit(self, record: logging.LogRecord) -> None:
        """Show a warning."""
        self._keyboard._tell(record.getMessage())
