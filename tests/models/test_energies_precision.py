"""The console on energies in float32: what is hardly at the sides is told as exactly as what is in the middle."""

import pytest

pytest.importorskip("torch")

import torch

from console.models.controller.energies import EnergyConsole
from console.models.controller.knobs import ends, index


@pytest.mark.parametrize("pan", [0.0, 1e-4, 0.02])
def test_the_sides_of_mono_tracks_near_the_middle_are_no_noise(pan: float) -> None:
    chance = torch.Generator().manual_seed(3)
    one = 10.0 ** (torch.randn((2, 4, 1, 48), generator=chance) - 4.0)
    power, ones = one.expand(-1, -1, 3, -1), torch.ones(2, 4)
    tracks, master = (
        torch.from_numpy(ends(place)[1]).float().expand(*shape, -1).clone()
        for place, shape in (("tracks", (2, 4)), ("master", (2,)))
    )
    tracks[..., index("tracks", "pan")] = pan * torch.tensor([1.0, -1.0, 0.5, 0.0])
    tracks[..., index("tracks", "send_db")] = -200.0
    console = EnergyConsole()
    rough = console(power, 0.0 * ones, ones, tracks, master)
    fine = console.double()(*(x.double() for x in (power, 0.0 * ones, ones, tracks, master)))
    for name in ("mid_db", "side_db", "width_db", "balance_db", "share_db"):
        torch.testing.assert_close(
            getattr(rough, name).double(), getattr(fine, name), atol=2e-4, rtol=0.0, msg=name
        )
