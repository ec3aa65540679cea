"""Figures of a run for TensorBoard, where it is installed."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from console.errors import ParamError


class Board:
    """Writes scalars into a folder that TensorBoard reads.

    Args:
        folder: of the event files.
        step: figures of an earlier attempt beyond this step are hidden.

    Raises:
        ParamError: TensorBoard is not installed.
    """

    def __init__(self, folder: Path, step: int) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise ParamError(
                "tensorboard = true, but TensorBoard is not installed; pip install tensorboard, or leave it out: "
                "log.csv has the same figures"
            ) from error
        self._writer: Any = SummaryWriter(str(folder), purge_step=step or None)

    def add(self, group: str, step: int, figures: Mapping[str, float]) -> None:
        """Write figures under group/name."""
        for name, value in figures.items():
            self._writer.add_scalar(f"{group}/{name}", value, step)

    def close(self) -> None:
        """Write what is still in memory."""
        self._writer.close()
