"""An objective that anyone can check: a line through points, with dropout, running means, and trouble on demand."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from console.errors import ParamError
from console.training.material import Material

WEIGHTS = np.array([1.5, -2.0, 0.5, 3.0])


def nothing(_step: int) -> None:
    """Do nothing at a step."""


class Line:
    """Linear regression on noisy points; `at_step` is called in the losses of every step."""

    def __init__(
        self,
        seed: int = 0,
        *,
        noisy: bool = True,
        at_step: Callable[[int], None] = nothing,
        broken: Callable[[int], bool] = lambda step: False,
    ) -> None:
        torch.manual_seed(seed)
        layers: list[torch.nn.Module] = [
            torch.nn.Linear(4, 8),
            torch.nn.BatchNorm1d(8),
            torch.nn.Dropout(0.2),
        ]
        self.module = torch.nn.Sequential(*(layers if noisy else []), torch.nn.Linear(8 if noisy else 4, 1))
        self.at_step, self.broken = at_step, broken
        self.drawn: list[tuple[int, float]] = []
        self.validations = 0

    def draw(self, rng: np.random.Generator, step: int) -> tuple[np.ndarray, np.ndarray]:
        points = rng.standard_normal((16, 4))
        values = points @ WEIGHTS + 0.01 * rng.standard_normal(16)
        self.drawn.append((step, float(points[0, 0])))
        return points.astype(np.float32), values.astype(np.float32)[:, None]

    def losses(self, batch: tuple[np.ndarray, np.ndarray], step: int) -> dict[str, torch.Tensor]:
        self.at_step(step)
        points, values = (torch.from_numpy(item) for item in batch)
        error = torch.mean((self.module(points) - values) ** 2)
        if self.broken(step):
            error = error * float("nan")
        size = sum(parameter.square().sum() for parameter in self.module.parameters())
        return {"total": error + 1e-6 * size, "error": error}

    def validate(self) -> dict[str, float]:
        self.validations += 1
        points = np.random.default_rng(99).standard_normal((64, 4)).astype(np.float32)
        predicted = self.module(torch.from_numpy(points))[:, 0].numpy()
        error = float(np.mean((predicted - points @ WEIGHTS.astype(np.float32)) ** 2))
        return {"score": error, "largest": float(np.abs(predicted).max())}

    def card(self) -> dict[str, Any]:
        return {"parameters": sum(parameter.numel() for parameter in self.module.parameters())}


def make_line(section: Mapping[str, Any], material: Material, seed: int) -> Line:
    """What the registry calls."""
    for key in section:
        if key != "noisy":
            raise ParamError(f"toy has the unknown key {key!r}; did you mean 'noisy'?")
    return Line(seed, noisy=section.get("noisy", True))
