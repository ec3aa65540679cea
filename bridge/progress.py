"""Progress on a terminal: one line on stderr that is written over; in a log, one line a stage."""

import threading
import time
from collections.abc import Callable
from typing import TextIO

_WIDTH = 24
_SECONDS_BETWEEN_DRAWINGS = 0.1
_ERASE = "\r\x1b[K"


class TerminalProgress:
    """A console.progress.Progress that draws; may be called from any thread."""

    def __init__(self, stream: TextIO, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._lock = threading.Lock()
        self._alive = stream.isatty()
        self._stage = ""
        self._began = self._drawn = clock()
        self._open = False

    def __call__(self, stage: str, done: float) -> None:
        """Show that `done` (0 … 1) of a stage is done."""
        with self._lock:
            now = self._clock()
            if stage != self._stage:
                self._finish(now)
                self._stage, self._began, self._drawn = stage, now, now
                self._write(self._bar(stage, done) if self._alive else f"{stage} …\n")
                self._open = self._alive
            elif self._alive and (done >= 1.0 or now - self._drawn >= _SECONDS_BETWEEN_DRAWINGS):
                self._drawn = now
                self._write(self._bar(stage, done))

    def close(self) -> None:
        """End the line of the last stage."""
        with self._lock:
            self._finish(self._clock())
            self._stage = ""

    def _finish(self, now: float) -> None:
        if self._open:
            self._write(f"{_ERASE}{self._stage}  {now - self._began:.1f} s\n")
            self._open = False

    @staticmethod
    def _bar(stage: str, done: float) -> str:
        share = min(max(done, 0.0), 1.0)
        filled = round(share * _WIDTH)
        return f"{_ERASE}{stage}  {'█' * filled}{'·' * (_WIDTH - filled)} {share:4.0%}"

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
