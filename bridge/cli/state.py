"""What one run of the command knows about itself: how much to say, and the progress line that is open."""

import logging
import sys
from dataclasses import dataclass, field

from bridge.progress import TerminalProgress
from console.progress import Progress, no_progress


@dataclass(slots=True)
class State:
    """How talkative this run is: −1 for --quiet, 0, 1 for -v, 2 for -vv."""

    verbosity: int = 0
    _line: TerminalProgress | None = field(default=None, repr=False)

    @property
    def show_tracebacks(self) -> bool:
        """Whether an error shows where it came from."""
        return self.verbosity >= 2

    def talk(self, verbosity: int) -> None:
        """Set how much is said on stderr."""
        self.verbosity = verbosity
        levels = {-1: logging.ERROR, 0: logging.WARNING, 1: logging.INFO}
        logging.basicConfig(
            stream=sys.stderr,
            level=levels.get(verbosity, logging.DEBUG),
            format="%(levelname)s %(name)s: %(message)s",
        )
        logging.getLogger("numba").setLevel(logging.WARNING)  # its debug log is thousands of lines a kernel

    def progress(self) -> Progress:
        """The progress of this run's long work: a line on stderr, or nothing when quiet."""
        if self.verbosity < 0:
            return no_progress
        self._line = TerminalProgress(sys.stderr)
        return self._line

    def close(self) -> None:
        """End an open progress line, so that what is said next starts on a line of its own."""
        if self._line is not None:
            self._line.close()
            self._line = None
