"""One step of learning: losses, gradients, what is not finite, and the move of the weights."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

from console.training.draws import Draws
from console.training.objective import TOTAL, Objective
from console.training.optimiser import make_optimiser, trained_parameters
from console.training.ranks import Ranks
from console.training.settings import RunSettings


class Stepper:
    """Takes steps with an objective; its module is on the device of `ranks`."""

    def __init__(self, objective: Objective, settings: RunSettings, ranks: Ranks, seed: int) -> None:
        self._objective, self._settings, self._ranks, self._seed = objective, settings, ranks, seed
        self.optimiser = make_optimiser(objective.module, settings)
        self._parameters = trained_parameters(self.optimiser)
        self._buffers = list(objective.module.buffers())
        self._buffers_before: list[torch.Tensor] = []

    def compute(self, draws: Draws, step: int) -> tuple[dict[str, float], bool]:
        """Find the gradients of a step; gives its terms, and whether its loss is finite."""
        settings = self._settings
        self._buffers_before = [buffer.clone() for buffer in self._buffers]
        self.optimiser.zero_grad(set_to_none=True)
        torch.manual_seed(_torch_seed(self._seed, self._ranks.rank, step))
        terms: dict[str, float] = {}
        finite = True
        for _ in range(settings.accumulate):
            batch = draws.take()
            with self._precision():
                losses = self._objective.losses(batch, step)
            total = losses[TOTAL]
            # One exchange with the device for all terms: each is a wait for everything before it.
            values = torch.stack(
                [value.detach().float().to(total.device) for value in losses.values()]
            ).tolist()
            for name, value in zip(losses, values, strict=True):
                terms[name] = terms.get(name, 0.0) + value / settings.accumulate
            finite = finite and math.isfinite(terms[TOTAL])
            if finite and total.requires_grad:
                (total / settings.accumulate).backward()  # type: ignore[no-untyped-call]
        return terms, finite

    def apply(self, rate: float) -> float:
        """Move the weights; gives the gradient's length, NaN or infinite where nothing was moved for its sake."""
        self._ranks.average_gradients(self._parameters)
        most = self._settings.clip_norm or math.inf
        norm = float(torch.nn.utils.clip_grad_norm_(self._parameters, most))
        if not math.isfinite(norm):
            self.skip()
            return norm
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.optimiser.step()
        self._ranks.copy_from_first(self._buffers)
        return norm

    def skip(self) -> None:
        """Leave the network as it was before `compute`; running means of norms would carry what is not finite on."""
        self.optimiser.zero_grad(set_to_none=True)
        with torch.no_grad():
            for buffer, before in zip(self._buffers, self._buffers_before, strict=True):
                buffer.copy_(before)

    @contextmanager
    def _precision(self) -> Iterator[None]:
        low = self._settings.precision == "bfloat16"
        with torch.autocast(self._ranks.device.type, dtype=torch.bfloat16, enabled=low):
            yield


def _torch_seed(seed: int, rank: int, step: int) -> int:
    """Of dropout and the like in a step; the batch's own generator has one entry less."""
    return int(np.random.SeedSequence([seed, rank, step, 1]).generate_state(1, np.uint64)[0])
