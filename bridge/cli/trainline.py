"""How far a training run is, as a line on the terminal that is written over, or now and then a line in a log."""

import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from console.training.fit import StepReport

_ERASE = "\r\x1b[K"
_SECONDS_BETWEEN_DRAWINGS = 0.2
_SECONDS_BETWEEN_LINES = 60.0
#: What share of the loss that is shown comes from the last step: single ones jump too much to be read.
_NEWS = 0.1


class TrainLine:
    """Is told every step; shows step, loss, best held-out score, time left."""

    def __init__(self, stream: TextIO, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream, self._clock = stream, clock
        self._alive = stream.isatty()
        self._pause = _SECONDS_BETWEEN_DRAWINGS if self._alive else _SECONDS_BETWEEN_LINES
        self._drawn = -math.inf
        self._loss = math.nan
        self._open = False

    def __call__(self, report: "StepReport") -> None:
        """Show a step, if the last one that was shown is long enough ago."""
        if math.isfinite(report.total):
            before = self._loss if math.isfinite(self._loss) else report.total
            self._loss = before + _NEWS * (report.total - before)
        now = self._clock()
        if now - self._drawn < self._pause and report.share < 1.0:
            return
        self._drawn = now
        best = "" if report.best_score is None else f"  best {report.best_score:.4g}"
        text = (
            f"step {report.step}  {report.share:4.0%}  loss {self._loss:.4g}{best}"
            f"  {duration(report.seconds_left)} left"
        )
        self._stream.write(f"{_ERASE}{text}" if self._alive else f"{text}\n")
        self._stream.flush()
        self._open = self._alive

    def close(self) -> None:
        """End the line."""
        if self._open:
            self._stream.write("\n")
            self._stream.flush()
            self._open = False


def duration(seconds: float) -> str:
    """A time as 40 s, 12 min, 3 h 5 min."""
    if seconds < 100.0:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60.0)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"
