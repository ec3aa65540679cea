"""Ctrl-C that nobody swallows: some estimators answer it with the best mix so far, which is no row of a table."""

import signal
import threading
from types import FrameType


class Interruption:
    """While it is entered, remembers that Ctrl-C was pressed, and raises KeyboardInterrupt as ever."""

    def __init__(self) -> None:
        self.came = False
        self._before: object = None

    def __enter__(self) -> "Interruption":
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)  # type: ignore[arg-type]

    def check(self) -> None:
        """Raise what was swallowed.

        Raises:
            KeyboardInterrupt: Ctrl-C was pressed.
        """
        if self.came:
            raise KeyboardInterrupt

    def _note(self, _signal: int, _frame: FrameType | None) -> None:
        self.came = True
        raise KeyboardInterrupt
