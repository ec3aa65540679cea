"""Batches drawn in a thread ahead of their steps, always the same ones for the same seed."""

import itertools
import queue
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

import numpy as np

Draw = Callable[[np.random.Generator, int], Any]

_SECONDS_BETWEEN_LOOKS = 0.1


def step_generator(seed: int, rank: int, step: int) -> np.random.Generator:
    """All the chance in one step of one rank, whatever came before it."""
    return np.random.default_rng([seed, rank, step])


class Draws:
    """While it is entered, a thread draws; `take` gives the batches in the order of their steps.

    Args:
        draw: gives the batch of a step.
        seed: of the run.
        rank: of this process.
        first_step: the first one to draw for.
        last_step: the one before which the thread stops; None for never.
        accumulate: batches per step, all drawn from the step's one generator.
        ahead: how many batches may wait.
        prepare: called in the thread before anything else.
    """

    def __init__(
        self,
        draw: Draw,
        *,
        seed: int,
        rank: int = 0,
        first_step: int = 0,
        last_step: int | None = None,
        accumulate: int = 1,
        ahead: int = 2,
        prepare: Callable[[], None] = lambda: None,
    ) -> None:
        self._draw, self._seed, self._rank = draw, seed, rank
        self._steps = itertools.count(first_step) if last_step is None else range(first_step, last_step)
        self._accumulate, self._prepare = accumulate, prepare
        self._ready: queue.Queue[tuple[Any, BaseException | None]] = queue.Queue(ahead)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, name="draws", daemon=True)

    def __enter__(self) -> "Draws":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def take(self) -> Any:
        """The next batch; waits for it. What went wrong in drawing it is raised here."""
        batch, error = self._ready.get()
        if error is not None:
            raise error
        return batch

    def _work(self) -> None:
        try:
            self._prepare()
            for step in self._steps:
                rng = step_generator(self._seed, self._rank, step)
                for _ in range(self._accumulate):
                    if not self._put(self._draw(rng, step), None):
                        return
        except Exception as error:  # whatever it is, it belongs to the step that waits for this batch
            self._put(None, error)

    def _put(self, batch: Any, error: BaseException | None) -> bool:
        while not self._ended.is_set():
            try:
                self._ready.put((batch, error), timeout=_SECONDS_BETWEEN_LOOKS)
                return True
            except queue.Full:
                continue
        return False
