"""The exported controller answers as the trained one does, whatever the number of songs and tracks."""

import numpy as np
import onnxruntime
import pytest
import torch

from console.models.controller.network import Controller, ControllerSizes
from console.models.controller.onnx import INPUTS, OUTPUTS, LastAnswer, example_inputs, to_onnx


@pytest.fixture(scope="module")
def network() -> Controller:
    torch.manual_seed(3)
    return Controller(ControllerSizes(width=32, latents=4, rounds=2)).eval()


@pytest.fixture(scope="module")
def session(network: Controller) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(to_onnx(network), providers=["CPUExecutionProvider"])


@pytest.mark.parametrize("songs", [1, 4])
@pytest.mark.parametrize("tracks", [1, 3, 16, 100])
def test_torch_and_onnx_agree(
    network: Controller, session: onnxruntime.InferenceSession, songs: int, tracks: int
) -> None:
    inputs = example_inputs(network, songs, tracks, seed=tracks)
    with torch.no_grad():
        wanted = LastAnswer(network)(*inputs.values())
    found = session.run(list(OUTPUTS), {name: value.numpy() for name, value in inputs.items()})
    for name, one, other in zip(OUTPUTS, wanted, found, strict=True):
        np.testing.assert_allclose(other, one.numpy(), rtol=0.0, atol=1e-4, err_msg=name)
        assert np.ptp(other) > 0.01, name


def test_names_are_the_contract(session: onnxruntime.InferenceSession) -> None:
    assert tuple(item.name for item in session.get_inputs()) == INPUTS
    assert INPUTS == ("figures", "power", "levels", "stereo", "mask", "roles", "condition", "candidate")
    assert tuple(item.name for item in session.get_outputs()) == OUTPUTS


def test_the_full_size_stays_small() -> None:
    weights = [*Controller().parameters(), *Controller().buffers()]
    assert 4 * sum(weight.numel() for weight in weights) < 12_000_000
