"""How the kernels of this package are compiled: no fast-math, no GIL, cached where a cache can be written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def kernel(function: Kernel) -> Kernel:
    """Compile on the first call, without reassociation: the same bits whatever the processor's vectors."""
    options: dict[str, Any] = {"nogil": True, "fastmath": False, "error_model": "numpy"}
    compiled: Any
    try:
        compiled = njit(cache=True, **options)(function)
    except RuntimeError:  # numba found no place for a cache: compile in every process instead
        compiled = njit(**options)(function)
    return cast(Kernel, compiled)
