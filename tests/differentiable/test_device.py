"""On a CUDA device the console gives what it gives on the CPU, gradients included."""

from typing import Any

import pytest
import torch

from console.dsp.differentiable.console import DifferentiableConsole
from console.dsp.differentiable.layout import ConsoleLayout
from console.dsp.differentiable.parameters import from_mix
from console.mix import Mix

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device on this machine"),
]


@pytest.mark.parametrize("path", ["exact", "fast"])
def test_the_same_on_both_devices(full_mix: Mix, make_bursts: Any, path: Any) -> None:
    audio = torch.from_numpy(make_bursts(6, 9000)).float().reshape(3, 2, 9000)
    console = DifferentiableConsole(ConsoleLayout(full_mix, (1, 2, 2)), path=path)
    found = {}
    for device in ("cpu", "cuda"):
        start = from_mix(full_mix, device=device)
        fader = start["tracks.strip.fader_db"].clone().requires_grad_()
        mix = console.render(audio.to(device), start.with_values({"tracks.strip.fader_db": fader}))
        assert mix.device.type == device
        mix.square().mean().backward()
        found[device] = (mix.detach().cpu(), fader.grad.cpu())
    for one, other in zip(found["cpu"], found["cuda"], strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-5)
