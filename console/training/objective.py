"""What the trainer asks of anything that is trained: batches, losses, held-out figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    import torch

#: The term that the trainer minimises.
TOTAL = "total"
#: The held-out figure by which the best weights are chosen; lower is better.
SCORE = "score"


class Objective(Protocol):
    """A network, the examples it sees, and how far it is from what is wanted.

    `draw` runs in a thread of its own while a step is computed, one draw at a time and in the order of the steps: it
    must not touch the network.
    """

    @property
    def module(self) -> torch.nn.Module:
        """What is trained; all its state is in state_dict()."""

    def draw(self, rng: np.random.Generator, step: int) -> Any:
        """One batch, in CPU memory; all chance comes from `rng`."""

    def losses(self, batch: Any, step: int) -> dict[str, torch.Tensor]:
        """The terms of the loss as scalars; "total" is minimised, on the device of the module."""

    def validate(self) -> dict[str, float]:
        """Held-out figures, the same for the same weights; of "score", lower is better."""

    def card(self) -> dict[str, Any]:
        """Sizes, data and settings for the model card, as plain JSON values."""
