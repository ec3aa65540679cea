"""Gradients stay finite at every end of every range, in silence and at full scale."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor

from console.dsp.differentiable.console import DifferentiableConsole
from console.dsp.differentiable.layout import ConsoleLayout
from console.dsp.differentiable.parameters import ConsoleParameters, from_mix, spec_of
from console.mix import Mix

CHANNELS = (1, 2, 2)
SAMPLES = 1500


def sounds(kind: str, dtype: torch.dtype) -> Tensor:
    generator = torch.Generator().manual_seed(3)
    noise = torch.rand((3, 2, SAMPLES), generator=generator, dtype=torch.float64) * 2.0 - 1.0
    made = {
        "silence": noise * 0.0,
        "full scale": torch.sign(noise),
        "faint": noise * 1e-30,
        "noise": noise * 0.3,
        "half silent": noise * 0.3 * (torch.arange(SAMPLES) > SAMPLES // 2),
    }
    return made[kind].to(dtype)


KINDS = ("silence", "full scale", "faint", "noise", "half silent")
#: Long decays only cost time here, and a delay at its end shifts all audio out of the stretch.
HELD = ("effects.reverb.decay_s", "effects.delay.time_ms", "tracks.input.delay_ms")


def gradients(
    mix: Mix, parameters: ConsoleParameters, stems: Tensor, path: Any
) -> tuple[Tensor, dict[str, Tensor], Tensor]:
    leaves = {name: value.clone().requires_grad_() for name, value in parameters.items()}
    audio = stems.clone().requires_grad_()
    console = DifferentiableConsole(ConsoleLayout(mix, CHANNELS), path=path)
    out = console.render(audio, parameters.with_values(leaves))
    (out * torch.linspace(0.5, 1.0, SAMPLES, dtype=out.dtype)).sum().backward()
    found = {name: leaf.grad for name, leaf in leaves.items() if leaf.grad is not None}
    assert audio.grad is not None
    return out, found, audio.grad


def check(mix: Mix, parameters: ConsoleParameters, stems: Tensor, path: str) -> dict[str, Tensor]:
    out, found, audio = gradients(mix, parameters, stems, path)
    assert bool(torch.isfinite(out).all())
    assert [name for name, value in found.items() if not bool(torch.isfinite(value).all())] == []
    assert bool(torch.isfinite(audio).all())
    return found


@pytest.mark.parametrize("path", ["exact", "fast"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("end", ["low", "high"])
def test_all_knobs_at_one_end(full_mix: Mix, path: str, kind: str, end: str) -> None:
    start = from_mix(full_mix, dtype=torch.float64)
    values = {
        name: torch.full_like(value, getattr(spec_of(name), end))
        for name, value in start.items()
        if name not in HELD
    }
    check(full_mix, start.with_values(values), sounds(kind, torch.float64), path)


@settings(max_examples=16, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(data=st.data(), kind=st.sampled_from(KINDS), path=st.sampled_from(("exact", "fast")))
def test_any_knobs_at_any_ends(full_mix: Mix, data: st.DataObject, kind: str, path: str) -> None:
    """Each knob on its own at its low end, its high end, its default, or left where it is."""
    dtype = data.draw(st.sampled_from((torch.float32, torch.float64)))
    start = from_mix(full_mix, dtype=dtype)
    values = {}
    for name, value in start.items():
        if name not in HELD:
            row = spec_of(name)
            places = st.sampled_from((row.low, row.high, row.default, None))
            chosen = data.draw(places, label=name)
            if chosen is not None:
                values[name] = torch.full_like(value, chosen)
    check(full_mix, start.with_values(values), sounds(kind, dtype), path)


@pytest.mark.parametrize("path", ["exact", "fast"])
@pytest.mark.parametrize(
    ("name", "value", "moves"),
    [
        ("tracks.compressor.ratio", 1.0, True),
        ("tracks.compressor.knee_db", 0.0, False),
        ("tracks.strip.pan", 1.0, True),
        ("tracks.strip.pan", -1.0, True),
        ("tracks.strip.width", 0.0, True),
        ("tracks.equalizer.gain_db", 0.0, True),
        ("tracks.strip.send_db", -90.0, False),
    ],
)
def test_a_neutral_knob_can_leave_its_end(
    full_mix: Mix, path: str, name: str, value: float, moves: bool
) -> None:
    """A module that does nothing yet has a gradient that says whether it should, except where it cannot."""
    start = from_mix(full_mix, dtype=torch.float64)
    placed = start.with_values({name: torch.full_like(start[name], value)})
    found = check(full_mix, placed, sounds("noise", torch.float64), path)
    assert bool((found[name].abs() > 1e-9).any()) is moves


def test_the_limiter_takes_its_gain_as_given(make_bursts: Callable[..., Any]) -> None:
    """Below the ceiling the audio's gradient passes as it is; above, scaled by the gain; the ceiling lifts what it
    holds, and what is still released the less."""
    from console.dsp.differentiable.limiter import limit

    quiet = torch.from_numpy(make_bursts(2, 4000)) * 0.05
    quiet.requires_grad_()
    ceiling = torch.tensor(-1.0, dtype=torch.float64, requires_grad=True)
    release = torch.tensor(50.0, dtype=torch.float64)
    out = limit(quiet, ceiling, release, 44_100.0)
    weights = torch.linspace(0.0, 1.0, 4000, dtype=torch.float64)
    d_audio, d_ceiling = torch.autograd.grad((out * weights).sum(), (quiet, ceiling))
    torch.testing.assert_close(d_audio, weights.expand(2, -1))
    assert float(d_ceiling) == 0.0

    tone = torch.sin(torch.arange(30_000, dtype=torch.float64) * 0.05).repeat(2, 1)
    hits = torch.from_numpy(make_bursts(2, 30_000))
    for audio, ceiling_dbtp in ((tone, -6.0), (hits, -6.0), (hits, -12.0)):

        def power(level_dbtp: Tensor, audio: Tensor = audio) -> Tensor:
            return limit(audio, level_dbtp, release, 44_100.0)[:, 10_000:20_000].square().mean()

        at = torch.tensor(ceiling_dbtp, dtype=torch.float64, requires_grad=True)
        (found,) = torch.autograd.grad(power(at), at)
        difference = (power(at.detach() + 0.01) - power(at.detach() - 0.01)) / 0.02
        assert float(difference) > 0.0
        assert float(found) == pytest.approx(float(difference), rel=0.02)
    last = torch.tensor(-0.01, dtype=torch.float64, requires_grad=True)
    loud = 4.0 * tone
    (found,) = torch.autograd.grad(power(last, loud), last)
    difference = (power(last.detach(), loud) - power(last.detach() - 0.01, loud)) / 0.01
    assert float(found) == pytest.approx(float(difference), rel=0.02)
