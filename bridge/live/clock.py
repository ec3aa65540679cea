"""The time that live work goes by; tests give one that stands still until it is told."""

import time
from dataclasses import dataclass
from typing import Protocol


class Clock(Protocol):
    """A monotonic clock."""

    def now(self) -> float:
        """Seconds since some moment."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait; nothing for zero or less."""
        ...


class SystemClock:
    """The computer's own clock."""

    def now(self) -> float:
        """Seconds since some moment."""
        return time.perf_counter()

    def sleep(self, seconds: float) -> None:
        """Wait; nothing for zero or less."""
        if seconds > 0.0:
            time.sleep(seconds)


@dataclass
class ManualClock:
    """A clock that moves only when somebody sleeps: an hour of a ramp takes a moment, and always the same."""

    seconds: float = 0.0

    def now(self) -> float:
        """The seconds slept so far."""
        return self.seconds

    def sleep(self, seconds: float) -> None:
        """Let the time pass."""
        self.seconds += max(seconds, 0.0)
