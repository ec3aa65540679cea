"""AdamW over a network, its state by the parameters' names, so that a file can hold it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from console.errors import ParamError
from console.training.settings import RunSettings

Array = NDArray[Any]

_PARTS = ("step", "exp_avg", "exp_avg_sq")


def make_optimiser(module: torch.nn.Module, settings: RunSettings) -> torch.optim.AdamW:
    """AdamW (Loshchilov and Hutter 2019); only matrices decay, not biases and the scales of norms."""
    trained = [parameter for parameter in module.parameters() if parameter.requires_grad]
    groups = [
        {"params": [p for p in trained if p.ndim >= 2], "weight_decay": settings.weight_decay},
        {"params": [p for p in trained if p.ndim < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW([group for group in groups if group["params"]], lr=settings.learning_rate)


def trained_parameters(optimiser: torch.optim.Optimizer) -> list[torch.nn.Parameter]:
    """All parameters that it moves."""
    return [parameter for group in optimiser.param_groups for parameter in group["params"]]


def optimiser_state(optimiser: torch.optim.Optimizer, module: torch.nn.Module) -> dict[str, Array]:
    """What it remembers, as arrays by part and parameter; parameters that never had a gradient have none."""
    return {
        f"{part}/{name}": optimiser.state[parameter][part].detach().cpu().numpy()
        for name, parameter in module.named_parameters()
        if parameter in optimiser.state
        for part in _PARTS
    }


def set_optimiser_state(
    optimiser: torch.optim.Optimizer, module: torch.nn.Module, state: Mapping[str, Array]
) -> None:
    """Have it go on from what `optimiser_state` gave.

    Raises:
        ParamError: a part of a parameter's state is gone, or of another shape.
    """
    for name, parameter in module.named_parameters():
        arrays = [state.get(f"{part}/{name}") for part in _PARTS]
        if all(array is None for array in arrays):
            continue
        found: dict[str, torch.Tensor] = {}
        for part, array in zip(_PARTS, arrays, strict=True):
            shape = () if part == "step" else tuple(parameter.shape)
            if array is None or array.shape != shape or array.dtype != np.float32:
                raise ParamError(
                    f"the checkpoint's {part} of {name!r} does not fit the network; train anew in another folder"
                )
            # The count of steps stays in CPU memory, where AdamW itself makes it.
            found[part] = torch.from_numpy(array).to("cpu" if part == "step" else parameter.device)
        optimiser.state[parameter] = found
