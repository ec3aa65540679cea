"""Writes the controller as an ONNX model that takes any number of songs and tracks."""

from __future__ import annotations

import inspect
import io
import warnings
from typing import Any

import torch
from torch import Tensor, nn

from console.errors import ParamError
from console.losses.bands import BANDS
from console.models.controller.conditions import CONDITIONS
from console.models.controller.hearing import FIGURES
from console.models.controller.network import ROLES, Controller, Inputs

#: The model's inputs, and its outputs: those of the last round.
INPUTS = tuple(Inputs.__dataclass_fields__)
OUTPUTS = ("tracks", "master", "tracks_doubt", "master_doubt", "mid_db", "side_db")
_OPSET = 17
_BY_TRACK = frozenset({"figures", "power", "levels", "stereo", "mask", "roles", "tracks", "tracks_doubt"})


class LastAnswer(nn.Module):
    """The controller with arrays in and arrays out, as OUTPUTS names them."""

    def __init__(self, network: Controller) -> None:
        super().__init__()
        self.network = network

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """The last answer to INPUTS."""
        answer = self.network(Inputs(*inputs))[-1]
        outputs: dict[str, Tensor] = {**vars(answer), **vars(answer.balance)}
        return tuple(outputs[name] for name in OUTPUTS)


def example_inputs(network: Controller, songs: int, tracks: int, *, seed: int = 0) -> dict[str, Tensor]:
    """Inputs by chance, about as large as real ones, by the names of INPUTS; for tracing and for checks."""
    chance = torch.Generator().manual_seed(seed)

    def draw(*shape: int) -> Tensor:
        return torch.randn(shape, generator=chance)

    sides = 10.0 ** (draw(songs, tracks, 2, BANDS) - 4.0)
    alike = torch.tanh(draw(songs, tracks, 1, BANDS)) * sides.prod(dim=2, keepdim=True).sqrt()
    usual, spread = torch.tensor((-10.0, 0.0, 14.0, 6.0)), torch.tensor((5.0, 1.0, 3.0, 2.0))
    single = torch.cat((draw(songs, 4) * spread + usual, torch.ones(songs, 1)), dim=1)
    spectra = torch.cat((draw(songs, 48) * 6.0 - 45.0, single), dim=1)
    asked = torch.arange(songs) % network.sizes.candidates
    return {
        "figures": draw(songs, tracks, FIGURES),
        "power": torch.cat((sides, alike), dim=2),
        "levels": draw(songs, tracks, 4) * 8.0 - 15.0,
        "stereo": (draw(songs, tracks) > 0.0).float(),
        "mask": torch.ones(songs, tracks),
        "roles": torch.rand(songs, tracks, len(ROLES), generator=chance),
        "condition": spectra[:, :CONDITIONS],
        "candidate": torch.eye(network.sizes.candidates)[asked],
    }


def to_onnx(network: Controller) -> bytes:
    """The network as an ONNX model, float32, all constants inside; songs and tracks may be any number.

    Raises:
        ParamError: the package onnx is not installed.
    """
    try:
        import onnx  # noqa: F401 - what PyTorch writes with
    except ImportError:
        raise ParamError(
            "the package 'onnx' is not installed, which weights are written with; run "
            "`pip install 'mixbridge[training]'`"
        ) from None
    axes = {name: {0: "songs"} | ({1: "tracks"} if name in _BY_TRACK else {}) for name in (*INPUTS, *OUTPUTS)}
    # The exporter that traces takes seconds where the newer one takes minutes; before it had a rival it had no switch.
    switch: dict[str, Any] = (
        {"dynamo": False} if "dynamo" in inspect.signature(torch.onnx.export).parameters else {}
    )
    training = network.training
    model = LastAnswer(network).eval()
    example = tuple(example_inputs(network, 2, 3).values())
    with warnings.catch_warnings(), io.BytesIO() as file:
        # The exporter tells of its own future, and of sizes that it takes for constant, which they are.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model,
            example,
            file,  # type: ignore[arg-type]  # a buffer will do
            input_names=list(INPUTS),
            output_names=list(OUTPUTS),
            dynamic_axes=axes,
            opset_version=_OPSET,
            **switch,
        )
        data = file.getvalue()
    network.train(training)
    return data
