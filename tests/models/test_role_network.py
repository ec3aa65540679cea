"""The role classifier: windows that are not there count nothing, and ONNX gives what torch gives."""

import numpy as np
import onnxruntime
import pytest
import torch

from console.models.roles import SOUND_CLASSES, class_names, class_of
from console.models.roles.export import to_onnx
from console.models.roles.mel import BANDS, FRAMES
from console.models.roles.network import RoleNetwork
from console.session import Role


@pytest.fixture(scope="module")
def network() -> RoleNetwork:
    torch.manual_seed(0)
    network = RoleNetwork(width=8)
    with torch.no_grad():
        for layer in network.modules():
            if isinstance(layer, torch.nn.BatchNorm2d):
                layer.running_mean.normal_()
                layer.running_var.uniform_(0.5, 2.0)
    return network.eval()


def features(tracks: int, windows: int) -> torch.Tensor:
    return torch.rand(tracks, windows, BANDS, FRAMES, generator=torch.Generator().manual_seed(tracks))


def test_every_role_that_sounds_has_one_class() -> None:
    assert {role for role in Role if class_of(role) is None} == {Role.CLICK, Role.OTHER}
    assert sum(map(len, SOUND_CLASSES.values())) == len(Role) - 2
    assert class_names()[class_of(Role.BACKING_VOCAL)] == "vocal"


def test_it_is_small() -> None:
    assert sum(value.numel() for value in RoleNetwork().parameters()) < 500_000


def test_windows_that_are_not_there_count_nothing(network: RoleNetwork) -> None:
    given = features(3, 5)
    present = torch.ones(3, 5)
    present[:, 3:] = 0.0
    with torch.no_grad():
        short = network(given[:, :3], torch.ones(3, 3))
        long = network(given, present)
        other = network(torch.cat((given[:, :3], torch.ones(3, 2, BANDS, FRAMES)), dim=1), present)
    torch.testing.assert_close(long, short, atol=1e-5, rtol=0)
    torch.testing.assert_close(other, long, atol=1e-6, rtol=0)


def test_the_order_of_windows_and_tracks_changes_nothing(network: RoleNetwork) -> None:
    given = features(4, 6)
    with torch.no_grad():
        plain = network(given, torch.ones(4, 6))
        turned = network(given.flip(0, 1), torch.ones(4, 6)).flip(0)
    torch.testing.assert_close(turned, plain, atol=1e-5, rtol=0)


@pytest.mark.parametrize("temperature", [1.0, 1.7])
def test_onnx_gives_what_torch_gives(network: RoleNetwork, temperature: float) -> None:
    session = onnxruntime.InferenceSession(to_onnx(network, temperature), providers=["CPUExecutionProvider"])
    for tracks, windows in ((1, 1), (3, 8), (17, 4)):
        given, present = features(tracks, windows), torch.ones(tracks, windows)
        present[0, windows // 2 + 1 :] = 0.0
        with torch.no_grad():
            wanted = torch.softmax(network(given, present) / temperature, dim=1).numpy()
        found = session.run(["probabilities"], {"features": given.numpy(), "present": present.numpy()})[0]
        np.testing.assert_allclose(found, wanted, atol=1e-5)
        assert found.shape == (tracks, len(SOUND_CLASSES))
