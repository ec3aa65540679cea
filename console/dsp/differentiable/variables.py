"""The variables of an optimiser: positions on each parameter's own scale, held inside its range.

A step of 0.01 is a hundredth of the range, whatever the unit. Two ways to hold the ends: "clamp" (the default)
reaches them and leaves them again, its gradient being stopped only where it points outwards; "sigmoid" is
smooth and unbounded but never reaches an end, and a knob that starts there hardly moves.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

import torch
from torch import Tensor

from console.dsp.differentiable.parameters import ConsoleParameters, spec_of
from console.errors import ParamError
from console.params import ParamSpec, Scale

Bounding = Literal["clamp", "sigmoid"]

_EDGE = 1e-4  # a sigmoid starts at least this far from an end


def normalise(values: Tensor, row: ParamSpec) -> Tensor:
    """Positions 0 … 1 of values on a parameter's scale."""
    if row.scale is Scale.LOG:
        return torch.log(values / row.low) / math.log(row.high / row.low)
    return (values - row.low) / (row.high - row.low)


def denormalise(positions: Tensor, row: ParamSpec) -> Tensor:
    """Values at positions 0 … 1 of a parameter's scale, never outside its range by rounding."""
    if row.scale is Scale.LOG:
        values = row.low * torch.exp(positions * math.log(row.high / row.low))
    else:
        values = row.low + positions * (row.high - row.low)
    return values - (values - values.clamp(row.low, row.high)).detach()


class Variables:
    """What an optimiser moves, and the console parameters that it makes.

    Attributes:
        positions: one leaf tensor per parameter with anything free in it, by name; give `tensors()` to an
            optimiser.
    """

    def __init__(
        self, start: ConsoleParameters, free: Mapping[str, Tensor], *, bounding: Bounding = "clamp"
    ) -> None:
        """Stand at the start; only what `free` marks will move, the rest stays as it is.

        Raises:
            ParamError: an unknown way of bounding.
        """
        if bounding not in ("clamp", "sigmoid"):
            raise ParamError(f"bounding is {bounding!r}; give 'clamp' or 'sigmoid'")
        self._start = start
        self._free = {name: mask for name, mask in free.items() if bool(mask.any())}
        self._bounding = bounding
        self.positions: dict[str, Tensor] = {}
        for name in self._free:
            position = normalise(start[name].detach(), spec_of(name))
            if bounding == "sigmoid":
                position = torch.logit(position, eps=_EDGE)
            self.positions[name] = position.clone().requires_grad_()

    def tensors(self) -> list[Tensor]:
        """The leaf tensors, in the order of their names."""
        return [self.positions[name] for name in sorted(self.positions)]

    def parameters(self) -> ConsoleParameters:
        """The console parameters where the variables stand now, with the way back for a gradient."""
        changed = {}
        for name, position in self.positions.items():
            if self._bounding == "sigmoid":
                inside = torch.sigmoid(position)
            else:
                inside = _Held.apply(position)  # type: ignore[no-untyped-call]
            mask = self._free[name].to(position.device)
            changed[name] = torch.where(mask, denormalise(inside, spec_of(name)), self._start[name])
        return self._start.with_values(changed)

    def settle(self) -> None:
        """Bring positions that an optimiser has pushed over an end back to it; call it after each step."""
        if self._bounding == "clamp":
            with torch.no_grad():
                for position in self.positions.values():
                    position.clamp_(0.0, 1.0)


class _Held(torch.autograd.Function):
    """Clamp to 0 … 1 whose gradient is stopped only where a descent would leave the range."""

    @staticmethod
    def forward(ctx: Any, position: Tensor) -> Tensor:
        ctx.save_for_backward(position)
        return position.clamp(0.0, 1.0)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (position,) = ctx.saved_tensors
        outwards = ((position <= 0.0) & (gradient > 0.0)) | ((position >= 1.0) & (gradient < 0.0))
        return torch.where(outwards, torch.zeros_like(gradient), gradient)
