"""What makes an ONNX model of a run's best weights, objective by objective, and holds the two against each other."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bridge.networks import OnnxNetwork
from console.codec import did_you_mean
from console.errors import ParamError

if TYPE_CHECKING:
    import torch

#: PyTorch and ONNX Runtime may differ by so much on inputs by chance.
MOST_DIFFERENCE = 1e-4
#: Sizes of the batches that they are held against each other on.
_BATCHES = ((1, 1), (2, 5), (1, 40))


@dataclass(frozen=True, slots=True)
class Exported:
    """A model as it goes into a file of weights.

    - `data`: the ONNX model; `sizes`: of the network;
    - `extra`: what the run has kept with the weights;
    - `difference`: the largest between PyTorch and ONNX Runtime, on `checks`, (songs, tracks) each.
    """

    data: bytes
    sizes: Mapping[str, Any]
    extra: Mapping[str, Any]
    difference: float
    checks: tuple[tuple[int, int], ...] = _BATCHES


#: Makes a model of the best weights of a run, by their file and the objective's section of the configuration.
Exporter = Callable[[Path, Mapping[str, Any]], Exported]


def export_controller(best: Path, section: Mapping[str, Any]) -> Exported:
    """The controller.

    Raises:
        ParamError: the weights cannot be read, are of other sizes, or what has to be installed is not.
    """
    from console.models.controller.network import Controller, sizes_from
    from console.models.controller.onnx import LastAnswer, example_inputs, to_onnx
    from console.training.checkpoint import load_weights

    network = Controller(sizes_from(section.get("sizes", {}))).eval()
    extra = load_weights(best, network)
    data = to_onnx(network)
    inputs = [example_inputs(network, songs, tracks, seed=tracks) for songs, tracks in _BATCHES]
    return Exported(data, asdict(network.sizes), extra, _difference(LastAnswer(network), data, inputs))


def export_roles(best: Path, section: Mapping[str, Any]) -> Exported:
    """The classifier of roles.

    Raises:
        ParamError: the weights cannot be read, are of other sizes, or what has to be installed is not.
    """
    import torch

    from console.codec import decode
    from console.models.roles.export import to_onnx
    from console.models.roles.mel import BANDS, FRAMES
    from console.models.roles.network import RoleNetwork
    from console.training.checkpoint import load_weights
    from console.training.roles.settings import RoleSettings

    settings = decode(RoleSettings, section, "[roles]")
    network = RoleNetwork(settings.width, settings.dropout).eval()
    extra = load_weights(best, network)
    data = to_onnx(network)
    chance = torch.Generator().manual_seed(0)
    inputs = [
        {
            "features": torch.randn(tracks, windows, BANDS, FRAMES, generator=chance),
            "present": torch.ones(tracks, windows),
        }
        for tracks, windows in _BATCHES
    ]

    def probabilities(*given: torch.Tensor) -> tuple[torch.Tensor]:
        return (torch.softmax(network(*given), dim=1),)

    return Exported(data, {"width": settings.width}, extra, _difference(probabilities, data, inputs))


EXPORTERS: dict[str, Exporter] = {"controller": export_controller, "roles": export_roles}


def find_exporter(objective: str) -> Exporter:
    """What exports runs of an objective.

    Raises:
        ParamError: nothing does.
    """
    if objective not in EXPORTERS:
        raise ParamError(f"runs of {objective!r} are not exported{did_you_mean(objective, list(EXPORTERS))}")
    return EXPORTERS[objective]


def _difference(
    model: Callable[..., "tuple[torch.Tensor, ...]"], data: bytes, inputs: list[dict[str, "torch.Tensor"]]
) -> float:
    """The largest difference between PyTorch and ONNX Runtime, over all outputs."""
    import torch

    network = OnnxNetwork.of_bytes("the export", data, providers=("CPUExecutionProvider",))
    worst = 0.0
    for given in inputs:
        with torch.no_grad():
            wanted = model(*given.values())
        arrays: dict[str, NDArray[np.float32]] = {name: value.numpy() for name, value in given.items()}
        found = network(arrays).values()
        for one, other in zip(wanted, found, strict=True):
            worst = max(worst, float(np.abs(one.numpy() - other).max()))
    return worst
