"""Ctrl-C and a polite kill end a run after the step that is being computed, so that all of it can be saved."""

import signal
import threading
from types import FrameType
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopping:
    """While it is entered, remembers that the run is to end.

    Args:
        patient: take a second Ctrl-C for the first one told twice, as torchrun and the terminal both tell it to every
            process; otherwise it ends the run at once, and the last checkpoint stays.
    """

    def __init__(self, *, patient: bool) -> None:
        self.asked = False
        self._patient = patient
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> "Stopping":
        if threading.current_thread() is threading.main_thread():
            self._before = {name: signal.signal(name, self._note) for name in _SIGNALS}
        return self

    def __exit__(self, *_: object) -> None:
        for name, handler in self._before.items():
            if handler is not None:  # None: whoever set it was no Python
                signal.signal(name, handler)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if self.asked and not self._patient and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.asked = True
