"""Reverbs and delays as what they are for fixed knobs, linear and time-invariant: their impulse responses.

Gradients: in everything that goes through them; in the cuts and the delay's feedback, analytically; in the
reverb's decay and damping, by central differences of the network's response, its lengths held. What the law
rounds to whole samples (size, pre-delay, the delay's time) has none.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd.function import once_differentiable

from console.dsp.differentiable.cascade import filter_cascade
from console.dsp.differentiable.design import design_highpass, design_lowpass
from console.dsp.reverb import reverberate
from console.dsp.reverb_design import LINES, design_network, shelf

Knobs = Mapping[str, Tensor]

_STEP = 1e-4  # of the central differences, relative for the decay
_DECAYS = 2.6  # after which nothing is left: -156 dB
_CIRCLE = 1e-7  # what a response's wrapped-around tail is damped to


def reverb_responses(knobs: Knobs, sample_rate_hz: float, samples: int) -> Tensor:
    """Responses from left and right (first axis) to left and right (second), (2, 2, length), float64.

    Args:
        knobs: single numbers by the short names of the reverb's parameters.
        sample_rate_hz: of the session.
        samples: of the audio that will go through; the responses are no longer.
    """
    decay_s = float(knobs["decay_s"].detach())
    predelay = round(float(knobs["predelay_ms"].detach()) * sample_rate_hz / 1000.0)
    measured = round((0.5 * decay_s + 0.3) * sample_rate_hz)
    wanted = min(samples - predelay, round((_DECAYS * decay_s + 0.5) * sample_rate_hz))
    if wanted <= 0:
        return torch.zeros((2, 2, 1), dtype=torch.float64)
    raw: Tensor = _Network.apply(  # type: ignore[no-untyped-call]
        knobs["decay_s"].double(), knobs["damping"].double(), float(knobs["size"].detach()), sample_rate_hz,
        max(measured, wanted),
    )  # fmt: skip
    wet = _cut(raw, knobs, sample_rate_hz)
    gain = torch.rsqrt(wet[:, :, :measured].square().sum() / 2.0)
    return torch.nn.functional.pad(wet[:, :, :wanted] * gain, (predelay, 0))


def _cut_sections(knobs: Knobs, sample_rate_hz: float) -> tuple[Tensor, Tensor]:
    """The low and the high cut, 12 dB per octave each: sections (1, 4, 5), and which are in use."""
    slopes = torch.tensor([12])
    low, low_used = design_highpass(knobs["low_cut_hz"].reshape(1).cpu(), slopes, sample_rate_hz)
    high, high_used = design_lowpass(knobs["high_cut_hz"].reshape(1).cpu(), slopes, sample_rate_hz)
    return torch.cat([low, high], dim=1), torch.cat([low_used, high_used], dim=1)


def _cut(responses: Tensor, knobs: Knobs, sample_rate_hz: float) -> Tensor:
    sections, used = _cut_sections(knobs, sample_rate_hz)
    return filter_cascade(responses, sections.expand(2, -1, -1), used.expand(2, -1), (2, 2))


def _network_responses(
    decay_s: float, damping: float, held_decay_s: float, held_damping: float, size: float,
    sample_rate_hz: float, samples: int,
) -> NDArray[np.float64]:  # fmt: skip
    """Responses of the network whose lengths belong to the held knobs, and whose losses to the others."""
    network = design_network(held_decay_s, size, held_damping, sample_rate_hz)
    if (decay_s, damping) != (held_decay_s, held_damping):
        losses = [shelf(int(length), decay_s, damping, sample_rate_hz) for length in network.line_samples]
        network = replace(network, shelves=np.stack(losses))
    result = np.zeros((2, 2, samples))
    for side in range(2):
        result[side, side, 0] = 1.0
        count = network.diffuser_samples
        reverberate(
            result[side],
            np.zeros((2, 0)),
            np.zeros((*count.shape, int(count.max()))),
            np.zeros((LINES, int(network.line_samples.max()))),
            np.zeros((LINES, 2)),
            network.diffuser_samples,
            network.line_samples,
            network.shelves,
            network.inputs,
            network.outputs,
            np.zeros(1 + count.size + LINES + 1, dtype=np.int64),
        )
    return result


class _Network(torch.autograd.Function):
    """The network's responses, (2, 2, samples), with gradients in decay and damping."""

    @staticmethod
    def forward(
        ctx: Any, decay_s: Tensor, damping: Tensor, size: float, sample_rate_hz: float, samples: int
    ) -> Tensor:
        ctx.knobs = (float(decay_s), float(damping), size, sample_rate_hz, samples)
        decay, damp = float(decay_s), float(damping)
        return torch.from_numpy(_network_responses(decay, damp, decay, damp, size, sample_rate_hz, samples))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        decay, damp, *rest = ctx.knobs
        direction = gradient.numpy()
        found: list[Tensor | None] = []
        for needed, step_decay, step_damping in (
            (ctx.needs_input_grad[0], _STEP * decay, 0.0),
            (ctx.needs_input_grad[1], 0.0, _STEP),
        ):
            if not needed:
                found.append(None)
                continue
            ends = [
                _network_responses(decay + sign * step_decay, damp + sign * step_damping, decay, damp, *rest)
                for sign in (1.0, -1.0)
            ]
            slope = float(np.vdot(direction, ends[0] - ends[1])) / (2.0 * (step_decay + step_damping))
            found.append(torch.tensor(slope, dtype=torch.float64))
        return (*found, None, None, None)


def delay_responses(knobs: Knobs, ping_pong: bool, sample_rate_hz: float, samples: int) -> Tensor:
    """Responses of a delay, as reverb_responses.

    The loop's transfer function is sampled on a circle a little outside the unit circle, where what wraps
    around in time is damped by _CIRCLE (-140 dB), and the response is weighted back.
    """
    delay = max(1, round(float(knobs["time_ms"].detach()) * sample_rate_hz / 1000.0))
    feedback = knobs["feedback"].double().cpu()
    size = fast_size(_delay_length(float(feedback.detach()), delay, sample_rate_hz, samples))
    growth = -math.log(_CIRCLE) / size
    back = torch.exp(
        torch.complex(
            torch.full((size // 2 + 1,), -growth, dtype=torch.float64),
            torch.arange(size // 2 + 1, dtype=torch.float64) * (-2.0 * math.pi / size),
        )
    )
    sections, used = _cut_sections(knobs, sample_rate_hz)
    loop = back**delay
    for b0, b1, b2, a1, a2 in sections[0][used[0]]:
        loop = loop * (b0 + b1 * back + b2 * back * back) / (1.0 + a1 * back + a2 * back * back)
    if ping_pong:
        left = 0.5 * loop / (1.0 - (feedback * loop) ** 2)
        from_each = torch.stack([left, feedback * loop * left])
        transfer = torch.stack([from_each, from_each])
    else:
        through = loop / (1.0 - feedback * loop)
        nothing = torch.zeros_like(through)
        transfer = torch.stack([torch.stack([through, nothing]), torch.stack([nothing, through])])
    weights = torch.exp(torch.arange(size, dtype=torch.float64) * growth)
    responses: Tensor = (torch.fft.irfft(transfer, size) * weights)[:, :, :samples]
    return responses


def _delay_length(feedback: float, delay: int, sample_rate_hz: float, samples: int) -> int:
    """Samples until the echoes have fallen by 140 dB, and a second for the cuts to ring; `samples` at most."""
    repeats = math.ceil(math.log(_CIRCLE) / math.log(feedback)) if feedback > 0.0 else 0
    return min(samples, math.ceil(1.5 * delay * (2 + repeats) + sample_rate_hz))


def convolve(audio: Tensor, responses: Tensor) -> Tensor:
    """Stereo audio (2, samples) through responses (2 in, 2 out, length): (2, samples)."""
    samples = audio.shape[-1]
    size = fast_size(samples + responses.shape[-1] - 1)
    spectrum = torch.fft.rfft(audio, size)
    transfer = torch.fft.rfft(responses.to(audio), size)
    left, right = (spectrum[0] * transfer[0, side] + spectrum[1] * transfer[1, side] for side in range(2))
    result: Tensor = torch.fft.irfft(torch.stack([left, right]), size)[:, :samples]
    return result


def fast_size(least: int) -> int:
    """The least length at or above that has no prime factor over 5."""
    size = max(least, 1)
    while True:
        rest = size
        for factor in (2, 3, 5):
            while rest % factor == 0:
                rest //= factor
        if rest == 1:
            return size
        size += 1
