"""Inserts outside the console: what goes into a bus can be taken out, and what comes back stands for the bus."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bridge.render.workfile import WorkFile


class Replay:
    """Plays audio that is there already, blocks of float32 (2, samples), instead of a bus's processors."""

    def __init__(self, blocks: Iterator[NDArray[np.float32]], gain: float) -> None:
        self._blocks, self._gain = blocks, gain
        self._waiting = np.empty((2, 0), np.float32)

    def process(self, block: NDArray[np.floating]) -> NDArray[np.float64]:
        """The next samples, as many as the block has, silence behind the end; the block itself was heard already."""
        samples = block.shape[1]
        while self._waiting.shape[1] < samples:
            piece = next(self._blocks, None)
            if piece is None:
                piece = np.zeros((2, samples - self._waiting.shape[1]), np.float32)
            self._waiting = np.concatenate([self._waiting, piece], axis=1)
        out, self._waiting = self._waiting[:, :samples], self._waiting[:, samples:]
        return out.astype(np.float64) * self._gain

    def compressor_gain_db(self) -> NDArray[np.float64]:
        """Nothing: whatever a plugin reduces is its own affair."""
        return np.empty(0)


@dataclass(frozen=True, slots=True)
class Patchbay:
    """By the id of a bus, or "master": where its input is written, and what is played in its place."""

    captures: Mapping[str, WorkFile] = field(default_factory=dict)
    returns: Mapping[str, Replay] = field(default_factory=dict)


EMPTY_PATCHBAY = Patchbay()
