"""Advances many tracks together in a few threads, one step ahead of whoever takes the blocks."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

T = TypeVar("T")


class _Step(Generic[T]):
    """One step of all lanes; whichever thread is free takes the next lane."""

    def __init__(
        self, pool: ThreadPoolExecutor, threads: int, lanes: int, size: int, work: Callable[[int, int], T]
    ) -> None:
        self.size = size
        self._work = work
        self._left = deque(range(lanes))
        self._done: dict[int, T] = {}
        self._futures: list[Future[None]] = [
            pool.submit(self._take_lanes) for _ in range(min(threads, lanes))
        ]

    def _take_lanes(self) -> None:
        while True:
            try:
                lane = self._left.popleft()
            except IndexError:
                return
            self._done[lane] = self._work(lane, self.size)

    def wait(self) -> list[T]:
        """The results in the order of the lanes; raises what a thread raised."""
        for future in self._futures:
            future.result()
        return [self._done[lane] for lane in sorted(self._done)]


def steps_ahead(
    lanes: int, sizes: Sequence[int], work: Callable[[int, int], T], threads: int
) -> Generator[tuple[int, list[T]], None, None]:
    """Yield (size, results of all lanes) for each size, while the next step is running already.

    Args:
        lanes: how many there are.
        sizes: of the steps, in order.
        work: called as work(lane, size); for one lane in order and never twice at a time.
        threads: that call it.

    Close the iterator when leaving early (`contextlib.closing`): that waits for the threads.
    """
    with ThreadPoolExecutor(threads, thread_name_prefix="render") as pool:
        running: _Step[T] | None = None
        for size in sizes:
            finished = (running.size, running.wait()) if running else None
            running = _Step(pool, threads, lanes, size, work)
            if finished:
                yield finished
        if running:
            yield running.size, running.wait()
