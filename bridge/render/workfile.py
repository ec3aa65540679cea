"""The master before its fader, as raw float32 frames in a temporary file."""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bridge.files import remove, told_clearly

_CHANNELS = 2
_FRAME_BYTES = 4 * _CHANNELS


class WorkFile:
    """Stereo frames that are written once and read as often as wanted; `peak` is the highest magnitude."""

    def __init__(self, folder: Path) -> None:
        """Create the file.

        Raises:
            RenderError: the folder cannot be written to.
        """
        self.path = folder / f".mixbridge-{uuid.uuid4().hex[:12]}.part"
        self.samples = 0
        self.peak = 0.0
        with told_clearly(self.path):
            folder.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("xb")

    def write(self, block: NDArray[np.float32]) -> None:
        """Append a block, (2, samples).

        Raises:
            RenderError: the disk is full.
        """
        with told_clearly(self.path):
            self._file.write(np.ascontiguousarray(block.T).data)
        self.samples += block.shape[1]
        self.peak = max(self.peak, float(np.abs(block).max(initial=0.0)))

    def finish(self) -> None:
        """Close the file for writing.

        Raises:
            RenderError: the disk is full.
        """
        with told_clearly(self.path):
            self._file.close()

    def blocks(self, samples: int = 65_536) -> Iterator[NDArray[np.float32]]:
        """The frames again, in blocks of (at most samples, 2).

        Raises:
            RenderError: the file has gone.
        """
        with told_clearly(self.path), self.path.open("rb") as file:
            for _ in range(math.ceil(self.samples / samples)):
                data = file.read(samples * _FRAME_BYTES)
                yield np.frombuffer(data, dtype=np.float32).reshape(-1, _CHANNELS)

    def delete(self) -> None:
        """Remove the file; harmless when it is gone."""
        with suppress(OSError):
            self._file.close()
        remove([self.path])
