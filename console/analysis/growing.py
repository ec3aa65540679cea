"""An array that grows by rows without a second copy of itself at the end."""

import numpy as np
from numpy.typing import NDArray

_FIRST_ROWS = 256


class GrowingRows:
    """Float32 rows of one width, appended block by block.

    The room is doubled when it is full; pages that were never written to take no memory.
    """

    def __init__(self, width: int) -> None:
        self._rows = np.empty((_FIRST_ROWS, width), dtype=np.float32)
        self._count = 0

    def append(self, rows: NDArray[np.float32]) -> None:
        """Add rows, (count, width)."""
        needed = self._count + len(rows)
        if needed > len(self._rows):
            larger = np.empty((max(needed, 2 * len(self._rows)), self._rows.shape[1]), dtype=np.float32)
            larger[: self._count] = self._rows[: self._count]
            self._rows = larger
        self._rows[self._count : needed] = rows
        self._count = needed

    def rows(self) -> NDArray[np.float32]:
        """All rows so far, (count, width), as a read-only view."""
        rows = self._rows[: self._count]
        rows.setflags(write=False)
        return rows
