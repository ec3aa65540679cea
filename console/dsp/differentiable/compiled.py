"""Compiles the kernels with gradients, and runs them over many tracks in threads.

Unlike the renderer's kernels these may contract and reorder sums: a gradient needs no equal bits, and the
forward results stay within rounding of the renderer's.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, TypeVar, cast

from numba import njit

Kernel = TypeVar("Kernel", bound=Callable[..., Any])

CHUNK = 512
"""Samples between the states that a forward pass keeps; the backward pass runs from one to the next."""

_MOST_THREADS = 16


def kernel(function: Kernel) -> Kernel:
    """Compile on the first call; cached on disk where some cache directory can be written."""
    options: dict[str, Any] = {
        "nogil": True,
        "error_model": "numpy",
        "fastmath": {"contract", "reassoc", "nsz"},
    }
    compiled: Any
    try:
        compiled = njit(cache=True, **options)(function)
    except RuntimeError:  # numba found no place for a cache: compile in every process instead
        compiled = njit(**options)(function)
    return cast(Kernel, compiled)


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_threads(), thread_name_prefix="console")


def _threads() -> int:
    return min(os.cpu_count() or 1, _MOST_THREADS)


def run_all(work: Callable[[int], None], items: Iterable[int]) -> None:
    """Call work(item) for every item, in threads where there are several; raises what a call raised."""
    todo: Sequence[int] = list(items)
    if len(todo) < 2 or _threads() == 1:
        for item in todo:
            work(item)
        return
    for future in [_pool().submit(work, item) for item in todo]:
        future.result()
