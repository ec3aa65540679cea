"""Lanes that advance together."""

import threading
import time
from contextlib import closing

import pytest

from bridge.render.lockstep import steps_ahead


@pytest.mark.parametrize("threads", [1, 2, 7])
@pytest.mark.parametrize("lanes", [0, 1, 5])
def test_every_lane_in_order_and_alone(lanes: int, threads: int) -> None:
    seen: list[list[int]] = [[] for _ in range(lanes)]
    busy = [threading.Lock() for _ in range(lanes)]

    def work(lane: int, size: int) -> tuple[int, int]:
        assert busy[lane].acquire(blocking=False)
        time.sleep(0.0005 * (lane % 3))
        seen[lane].append(size)
        busy[lane].release()
        return lane, size

    sizes = [5, 4, 3, 2, 1]
    heard = list(steps_ahead(lanes, sizes, work, threads))
    assert heard == [(size, [(lane, size) for lane in range(lanes)]) for size in sizes]
    assert seen == [sizes] * lanes


def test_runs_one_step_ahead_and_no_further() -> None:
    begun: list[int] = []

    def work(lane: int, size: int) -> int:
        begun.append(size)
        return size

    with closing(steps_ahead(1, [0, 1, 2, 3, 4], work, 2)) as steps:
        for size, _ in steps:
            time.sleep(0.01)
            assert begun == list(range(min(size + 2, 5)))


def test_error_of_a_lane_reaches_the_taker() -> None:
    def work(lane: int, size: int) -> int:
        if (lane, size) == (2, 1):
            raise ValueError("lane 2")
        return lane

    steps = steps_ahead(4, [0, 1, 2], work, 2)
    assert next(steps) == (0, [0, 1, 2, 3])
    with pytest.raises(ValueError, match="lane 2"):
        next(steps)


def test_leaving_early_ends_the_threads() -> None:
    with closing(steps_ahead(3, range(100), lambda lane, size: time.sleep(0.001), 3)) as steps:
        next(steps)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("render")]
