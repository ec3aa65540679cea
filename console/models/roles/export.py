"""Writes the classifier as an ONNX model that gives probabilities."""

import tempfile
import warnings
from pathlib import Path

import torch
from torch import Tensor, nn

from console.models.roles.mel import BANDS, FRAMES
from console.models.roles.network import RoleNetwork
from console.models.roles.windows import MOST_WINDOWS

_OPSET = 17


class _Probabilities(nn.Module):
    def __init__(self, network: RoleNetwork, temperature: float) -> None:
        super().__init__()
        self.network, self.temperature = network, temperature

    def forward(self, features: Tensor, present: Tensor) -> Tensor:
        return torch.softmax(self.network(features, present) / self.temperature, dim=1)


def to_onnx(network: RoleNetwork, temperature: float = 1.0) -> bytes:
    """The network as ONNX: "features" (tracks, windows, bands, frames) and "present" (tracks, windows) in.

    Args:
        network: its weights as they are.
        temperature: what the logits are divided by, so that probabilities are as often right as they say.

    Returns:
        The model's bytes; "probabilities" (tracks, classes) come out of it.
    """
    training = network.training
    model = _Probabilities(network, temperature).eval()
    example = (torch.rand(2, MOST_WINDOWS, BANDS, FRAMES), torch.ones(2, MOST_WINDOWS))
    names = ("features", "present")
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch) / "roles.onnx"
        # The exporter tells of its own future.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model,
            example,
            place,
            dynamo=False,
            opset_version=_OPSET,
            input_names=list(names),
            output_names=["probabilities"],
            dynamic_axes={name: {0: "tracks", 1: "windows"} for name in names}
            | {"probabilities": {0: "tracks"}},
        )
        data = place.read_bytes()
    network.train(training)
    return data
