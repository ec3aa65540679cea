"""The compressor and the gate with exact gradients: branching attack and release, in the time domain."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from console.dsp.differentiable import dynamics_kernels
from console.dsp.differentiable.compiled import CHUNK, run_all


@dataclass(frozen=True)
class _Law:
    """The kernels of one processor, and how much state they keep per chunk."""

    forward: Callable[..., None]
    backward: Callable[..., None]
    kept: tuple[int, ...]


_COMPRESSOR = _Law(dynamics_kernels.compress_forward, dynamics_kernels.compress_backward, ())
_GATE = _Law(dynamics_kernels.gate_forward, dynamics_kernels.gate_backward, (2,))


def smoothing_coefficient(time_ms: Tensor, sample_rate_hz: float) -> Tensor:
    """exp(-1/(fs t)), the share of the old value that a one-pole smoother keeps each sample."""
    return torch.exp(-1000.0 / (sample_rate_hz * time_ms.double()))


def compressor_law(knobs: Mapping[str, Tensor], sample_rate_hz: float) -> Tensor:
    """What the kernels take, (strips, 6), from the knobs of a compressor, (strips,) each."""
    return torch.stack(
        [
            knobs["threshold_db"].double(),
            1.0 / knobs["ratio"].double() - 1.0,
            smoothing_coefficient(knobs["attack_ms"], sample_rate_hz),
            smoothing_coefficient(knobs["release_ms"], sample_rate_hz),
            knobs["knee_db"].double(),
            knobs["makeup_db"].double(),
        ],
        dim=-1,
    )


def gate_law(knobs: Mapping[str, Tensor], sample_rate_hz: float) -> Tensor:
    """What the kernels take, (strips, 6), from the knobs of a gate; the hold is rounded to whole samples."""
    return torch.stack(
        [
            knobs["threshold_db"].double(),
            knobs["range_db"].double(),
            knobs["ratio"].double() - 1.0,
            smoothing_coefficient(knobs["attack_ms"], sample_rate_hz),
            torch.round(knobs["hold_ms"].detach().double() * (sample_rate_hz / 1000.0)),
            smoothing_coefficient(knobs["release_ms"], sample_rate_hz),
        ],
        dim=-1,
    )


def compress(
    audio: Tensor, law: Tensor, used: tuple[bool, ...], channels: tuple[int, ...], *, meter: bool = False
) -> tuple[Tensor, Tensor]:
    """Compress strips, each linked over its channels by their maximum.

    Args:
        audio: (strips, channels, samples), float32 or float64.
        law: (strips, 6) of compressor_law.
        used: which strips have a compressor; the others pass as they are.
        channels: how many channels of each strip sound; the others come out silent.
        meter: whether the gain is wanted.

    Returns:
        Audio like that which came in, and the gain in dB without make-up, (strips, samples), at most 0;
        (strips, 0) when no meter is asked for.
    """
    return _apply(_COMPRESSOR, audio, law, used, channels, meter)


def gate(
    audio: Tensor, law: Tensor, used: tuple[bool, ...], channels: tuple[int, ...], *, meter: bool = False
) -> tuple[Tensor, Tensor]:
    """Gate strips, as compress; the law comes from gate_law."""
    return _apply(_GATE, audio, law, used, channels, meter)


def _apply(
    law: _Law, audio: Tensor, knobs: Tensor, used: tuple[bool, ...], channels: tuple[int, ...], meter: bool
) -> tuple[Tensor, Tensor]:
    strips, _, samples = audio.shape
    if not any(used):
        return audio, audio.new_zeros((strips, samples if meter else 0))
    result: tuple[Tensor, Tensor] = _Dynamics.apply(audio, knobs, law, used, channels, meter)  # type: ignore[no-untyped-call]
    return result


class _Dynamics(torch.autograd.Function):
    """A law's kernels over (strips, channels, samples)."""

    @staticmethod
    def forward(
        ctx: Any,
        audio: Tensor,
        knobs: Tensor,
        law: _Law,
        used: tuple[bool, ...],
        channels: tuple[int, ...],
        meter: bool,
    ) -> tuple[Tensor, Tensor]:
        x, numbers = audio.detach().cpu().contiguous().numpy(), knobs.detach().cpu().numpy()
        strips, _, samples = x.shape
        y = np.zeros_like(x)
        gains = np.zeros((strips, samples if meter else 0), dtype=x.dtype)
        kept = np.zeros((strips, -(-samples // CHUNK), *law.kept))

        def work(strip: int) -> None:
            count = channels[strip]
            if used[strip]:
                law.forward(numbers[strip], x[strip, :count], y[strip, :count], kept[strip], gains[strip])
            else:
                y[strip, :count] = x[strip, :count]

        run_all(work, range(strips))
        ctx.save_for_backward(audio, knobs)
        ctx.law, ctx.used, ctx.channels, ctx.kept = law, used, channels, kept
        return torch.from_numpy(y).to(audio.device), torch.from_numpy(gains).to(audio.device)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor, d_meter: Tensor) -> tuple[Tensor | None, ...]:
        audio, knobs = ctx.saved_tensors
        x, numbers = audio.detach().cpu().contiguous().numpy(), knobs.detach().cpu().numpy()
        dy, d_gains = gradient.cpu().contiguous().numpy(), d_meter.cpu().contiguous().numpy()
        dx, d_knobs = np.zeros_like(x), np.zeros_like(numbers)

        def work(strip: int) -> None:
            count = ctx.channels[strip]
            if ctx.used[strip]:
                ctx.law.backward(
                    numbers[strip], x[strip, :count], ctx.kept[strip], dy[strip, :count], d_gains[strip],
                    dx[strip, :count], d_knobs[strip],
                )  # fmt: skip
            else:
                dx[strip, :count] = dy[strip, :count]

        run_all(work, range(len(x)))
        device = audio.device
        return torch.from_numpy(dx).to(device), torch.from_numpy(d_knobs).to(device), None, None, None, None
