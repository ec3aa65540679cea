"""Every processor's gradient against numerical differences, in float64."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.autograd import gradcheck

from console.dsp.differentiable import design, dynamics, effects, image, shift
from console.dsp.differentiable.cascade import filter_cascade

RATE_HZ = 44_100.0


def audio(strips: int = 2, channels: int = 2, samples: int = 700, seed: int = 0) -> Tensor:
    """Noise over more than one chunk of the kernels."""
    random = np.random.default_rng(seed)
    return torch.from_numpy(random.normal(0.0, 0.2, (strips, channels, samples))).requires_grad_()


def knob(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


def check(function: Callable[..., Tensor], *inputs: Tensor, slow: bool = True) -> None:
    assert gradcheck(function, inputs, eps=1e-6, atol=1e-6, rtol=1e-4, fast_mode=not slow, nondet_tol=0.0)


@pytest.mark.parametrize("kinds", [(1, 2), (2, 3), (3, 1)])
def test_band_designs(kinds: tuple[int, int]) -> None:
    codes = torch.tensor(kinds)
    check(
        lambda f, g, q: design.design_bands(codes, f, g, q, RATE_HZ),
        knob(0.06, 9.0) * 1000.0, knob(-7.0, 0.0), knob(0.4, 6.0),
    )  # fmt: skip


@pytest.mark.parametrize("designer", [design.design_highpass, design.design_lowpass])
def test_cut_designs(designer: Callable[..., tuple[Tensor, Tensor]]) -> None:
    slopes = torch.tensor([12, 24])
    check(lambda f: designer(f, slopes, RATE_HZ)[0], knob(80.0, 3000.0))


def test_response() -> None:
    codes, frequencies = torch.tensor([2, 3]), torch.tensor([20.0, 440.0, 9000.0])

    def magnitudes(f: Tensor, g: Tensor, q: Tensor) -> Tensor:
        sections = design.design_bands(codes, f, g, q, RATE_HZ)
        return design.response(sections, torch.tensor([True, True]), frequencies, RATE_HZ).abs()

    check(magnitudes, knob(100.0, 5000.0), knob(6.0, -4.0), knob(1.0, 0.7))


def test_filters() -> None:
    """Through a cascade whose strips use one, three and no sections."""
    codes = torch.tensor([[2, 1, 3], [2, 2, 2], [2, 2, 2]])
    used = torch.tensor([[True, True, True], [False, True, False], [False, False, False]])

    def filtered(x: Tensor, f: Tensor, g: Tensor, q: Tensor) -> Tensor:
        return filter_cascade(x, design.design_bands(codes, f, g, q, RATE_HZ), used, (2, 1, 2))

    f, g, q = knob(300.0, 2000.0, 6000.0), knob(-5.0, 6.0, 3.0), knob(1.0, 2.0, 0.6)

    def tiled(x: Tensor, *knobs: Tensor) -> Tensor:
        return filtered(x, *(value.repeat(3, 1) for value in knobs))

    check(tiled, audio(3), f, g, q, slow=False)
    fixed = audio(3).detach()
    check(lambda *knobs: tiled(fixed, *knobs)[:, :, ::50], f, g, q)


def compressor_knobs() -> dict[str, Tensor]:
    return {
        "threshold_db": knob(-24.0, -40.0),
        "ratio": knob(4.0, 1.5),
        "attack_ms": knob(0.6, 3.0),
        "release_ms": knob(5.0, 1.0),
        "knee_db": knob(6.0, 0.5),
        "makeup_db": knob(2.0, -1.0),
    }


@pytest.mark.parametrize(
    "compress", [dynamics.compress, dynamics.compress_at_control_rate], ids=["exact", "control rate"]
)
def test_compressor(compress: Callable[..., tuple[Tensor, Tensor]]) -> None:
    knobs = compressor_knobs()

    def run(x: Tensor, *values: Tensor) -> Tensor:
        law = dynamics.compressor_law(dict(zip(knobs, values, strict=True)), RATE_HZ)
        out, gain_db = compress(x, law, (True, True), (2, 1), meter=True)
        return torch.cat([out.flatten(1), gain_db], dim=1)

    x = audio()
    check(run, x, *knobs.values(), slow=False)
    fixed = x.detach()
    check(lambda *values: run(fixed, *values)[:, ::37], *knobs.values())


def test_compressor_after_silence_and_below_the_threshold() -> None:
    """Chunks that the kernels leave out have their share of the gradient too."""
    knobs = compressor_knobs()
    x = audio(2, 1, 2600).detach()
    x[:, :, 600:1700] *= 1e-7

    def run(*values: Tensor) -> Tensor:
        law = dynamics.compressor_law(dict(zip(knobs, values, strict=True)), RATE_HZ)
        return dynamics.compress(x, law, (True, True), (1, 1))[0][:, :, ::61]

    check(run, *knobs.values())


def test_gate() -> None:
    knobs = {
        "threshold_db": knob(-12.0, -20.0),
        "range_db": knob(-30.0, -8.0),
        "ratio": knob(3.0, 8.0),
        "attack_ms": knob(0.5, 0.1),
        "release_ms": knob(4.0, 1.0),
    }

    def run(x: Tensor, *values: Tensor) -> Tensor:
        named = dict(zip(knobs, values, strict=True)) | {"hold_ms": torch.tensor([0.0, 0.1])}
        return dynamics.gate(x, dynamics.gate_law(named, RATE_HZ), (True, True), (2, 1))[0]

    x = audio()
    check(run, x, *knobs.values(), slow=False)
    fixed = x.detach()
    check(lambda *values: run(fixed, *values)[:, :, ::37], *knobs.values())


@pytest.mark.parametrize("pan", [(-0.999, 0.999), (-0.4, 0.0), (0.3, -0.7)])
def test_pan_and_width(pan: tuple[float, float]) -> None:
    """Stereo strips have a corner at the centre, so they are kept off it."""
    stereo = torch.tensor([True, False])
    check(lambda p, w: image.output_matrices(p, w, stereo), knob(*pan), knob(0.0, 2.0))


@pytest.mark.parametrize(("pan", "left", "right"), [(-1.0, 1.0, 0.0), (1.0, 0.0, 1.0)])
def test_the_ends_of_the_pan(pan: float, left: float, right: float) -> None:
    """The far side is silent to the bit, and yet it has the slope with which the law arrives there."""
    position = knob(pan)
    gains = torch.cat(image.pan_gains(position))
    assert gains.tolist() == [left, right]
    slopes = [float(torch.autograd.grad(gain, position, retain_graph=True)[0]) for gain in gains]
    assert slopes == pytest.approx([-right * np.pi / 4.0, left * np.pi / 4.0], abs=1e-12)


def test_the_balance_at_the_centre_leans_to_neither_side() -> None:
    pan = knob(0.0)
    left, right = image.balance_gains(pan)
    (slope,) = torch.autograd.grad(left - right, pan)
    assert float(slope) == pytest.approx(-np.pi / 4.0)


def test_faders_and_moves() -> None:
    check(image.db_to_gain, knob(-90.0, 0.0, 12.0))
    check(
        lambda levels: image.fader_curve((0.001, 0.002, 0.004), levels, 10, 300, RATE_HZ),
        knob(-12.0, 3.0, -1.0),
    )


@pytest.mark.parametrize("delay_ms", [(0.1, 1.0), (-0.7, 0.333), (2.5, -0.01)])
def test_delays(delay_ms: tuple[float, float]) -> None:
    x = audio(samples=300).detach()
    check(lambda d: shift.shift(x, d, RATE_HZ)[:, :, ::11], knob(*delay_ms))


@pytest.mark.parametrize("delay_ms", [0.0, 2.0, -1.0])
def test_delays_of_whole_samples(delay_ms: float) -> None:
    """The law stands still for a thousandth of a sample around a whole one; the gradient sees past that."""
    x = audio(1, samples=300).detach()
    delay, step = knob(delay_ms), 4e-4
    (found,) = torch.autograd.grad(shift.shift(x, delay, 48_000.0)[0, 0, 150], delay)
    ends = [shift.shift(x, knob(delay_ms + way * step), 48_000.0)[0, 0, 150].detach() for way in (1.0, -1.0)]
    assert float(found) == pytest.approx(float(ends[0] - ends[1]) / (2.0 * step), rel=1e-3)


@pytest.mark.parametrize("ping_pong", [False, True])
def test_delay_effect(ping_pong: bool) -> None:
    def run(feedback: Tensor, low_hz: Tensor, high_hz: Tensor) -> Tensor:
        knobs = {
            "time_ms": torch.tensor(1.5),
            "feedback": feedback,
            "low_cut_hz": 200.0 * low_hz,
            "high_cut_hz": 6000.0 * high_hz,
        }
        return effects.delay_responses(knobs, ping_pong, RATE_HZ, 600)[:, :, ::17]

    # Weighting the response back lets rounding grow to 1e-9: the steps are wide enough to see past it.
    assert gradcheck(run, [knob(0.6)[0], knob(1.0)[0], knob(1.0)[0]], eps=3e-4, atol=1e-5, rtol=1e-4)


def test_reverb_effect() -> None:
    def run(decay_s: Tensor, damping: Tensor, low_hz: Tensor, high_hz: Tensor) -> Tensor:
        knobs = {
            "decay_s": decay_s, "damping": damping, "low_cut_hz": low_hz, "high_cut_hz": high_hz,
            "size": torch.tensor(0.1), "predelay_ms": torch.tensor(3.0),
        }  # fmt: skip
        return effects.reverb_responses(knobs, 8000.0, 1500)[:, :, 200:1400:311]

    # The span over which the law measures its level is whole samples: decays that stay within one.
    knobs = [knob(0.50001)[0], knob(0.4)[0], knob(100.0)[0], knob(3000.0)[0]]
    assert gradcheck(run, knobs, eps=1e-5, atol=2e-5, rtol=1e-3)


def test_effects_pass_gradients_on() -> None:
    responses = torch.from_numpy(np.random.default_rng(1).normal(size=(2, 2, 90))).requires_grad_()
    check(effects.convolve, audio(1, 2, 120).detach()[0].requires_grad_(), responses, slow=False)
