"""How long work tells how far it is."""

from collections.abc import Callable

#: Called with the name of the stage and the share of it that is done, 0 … 1.
Progress = Callable[[str, float], None]


def no_progress(stage: str, done: float) -> None:
    """Tell nobody."""
