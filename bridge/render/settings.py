"""How a render is done, as against what it sounds like."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from console.errors import RenderError

#: Tails end here, however long the reverb decays.
LONGEST_TAIL_S = 20.0

_MOST_THREADS = 8
_LONGEST_BLOCK = 1 << 24


class Tap(Protocol):
    """Listens to one strip, for instance to analyse it while it is rendered."""

    def push(self, block: NDArray[np.float32]) -> None:
        """Take the next block, (2, samples), after the fader.

        It is called in order, never twice at a time, but for tracks from the threads of the render: one
        object may not listen to two strips unless it can stand that.
        """


NO_TAPS: Mapping[str, Tap] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class RenderSettings:
    """Neither the block nor the threads change a bit of the result.

    Attributes:
        block_samples: samples that all tracks advance together.
        threads: for the tracks; None takes one per processor, at most eight.
        tail_s: time after the session's end; None takes what the FX buses in use need.
        least_samples: the mix is at least so long.
        overwrite_stems: whether stem files that are there already are replaced.
    """

    block_samples: int = 16_384
    threads: int | None = None
    tail_s: float | None = None
    least_samples: int = 0
    overwrite_stems: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.block_samples <= _LONGEST_BLOCK:
            raise RenderError(
                f"block_samples is {self.block_samples}; give 1 to {_LONGEST_BLOCK} samples (16384 suits most)"
            )
        if self.threads is not None and self.threads < 1:
            raise RenderError(f"threads is {self.threads}; give at least 1, or none for one per processor")
        if self.tail_s is not None and not 0.0 <= self.tail_s <= 600.0:
            raise RenderError(
                f"tail_s is {self.tail_s:g}; give 0 to 600 s, or none for what the effects need"
            )

    @property
    def thread_count(self) -> int:
        """Threads that process tracks."""
        return self.threads or min(os.cpu_count() or 1, _MOST_THREADS)
