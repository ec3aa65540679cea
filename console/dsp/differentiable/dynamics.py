"""The compressor and the gate with exact gradients: branching attack and release, in the time domain."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd.function import once_differentiable

from console.dsp.differentiable import control_kernels
from console.dsp.differentiable.compiled import CHUNK, run_all
from console.dsp.differentiable.compressor_kernels import compress_backward, compress_forward
from console.dsp.differentiable.curve_kernels import ATTACK
from console.dsp.differentiable.gate_kernels import gate_backward, gate_forward
from console.dsp.differentiable.lanes import WIDTH

Numbers = NDArray[Any]


@dataclass(frozen=True)
class _Law:
    """The kernels of one processor, how many strips they run side by side, and their states per chunk."""

    forward: Callable[..., None]
    backward: Callable[..., None]
    width: int
    states: int


def _gate_forward(
    law: Numbers, strips: Numbers, channels: Numbers, x: Numbers, y: Numbers, kept: Numbers, meter: Numbers
) -> None:
    strip = strips[0]
    count = channels[strip]
    gate_forward(law[strip], x[strip, :count], y[strip, :count], kept, meter[strip])


def _gate_backward(
    law: Numbers, strips: Numbers, channels: Numbers, x: Numbers, kept: Numbers, *gradients: Numbers
) -> None:
    strip = strips[0]
    dy, d_meter, dx, d_law = (part[strip] for part in gradients)
    count = channels[strip]
    gate_backward(law[strip], x[strip, :count], kept, dy[:count], d_meter, dx[:count], d_law)


def _control_forward(
    law: Numbers, strips: Numbers, channels: Numbers, x: Numbers, y: Numbers, kept: Numbers, meter: Numbers
) -> None:
    strip = strips[0]
    count = channels[strip]
    control_kernels.compress_forward(law[strip], x[strip, :count], y[strip, :count], kept[:, 0], meter[strip])


def _control_backward(
    law: Numbers, strips: Numbers, channels: Numbers, x: Numbers, kept: Numbers, *gradients: Numbers
) -> None:
    strip = strips[0]
    dy, d_meter, dx, d_law = (part[strip] for part in gradients)
    count = channels[strip]
    control_kernels.compress_backward(
        law[strip], x[strip, :count], kept[:, 0], dy[:count], d_meter, dx[:count], d_law
    )


_COMPRESSOR = _Law(compress_forward, compress_backward, WIDTH, WIDTH)
_GATE = _Law(_gate_forward, _gate_backward, 1, 2)
_CONTROL = _Law(_control_forward, _control_backward, 1, 1)
_INTERVALS = 4  # of control that an attack has to last, at the least


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


def compress_at_control_rate(
    audio: Tensor, law: Tensor, used: tuple[bool, ...], channels: tuple[int, ...], *, meter: bool = False
) -> tuple[Tensor, Tensor]:
    """As compress, with one gain every 4 samples; strips whose attack is too short for that go the exact way."""
    slowest = math.exp(-1.0 / (_INTERVALS * control_kernels.STEP))
    slow = [attack >= slowest for attack in law[:, ATTACK].tolist()]
    coarse = tuple(on and far for on, far in zip(used, slow, strict=True))
    fine = tuple(on and not far for on, far in zip(used, slow, strict=True))
    audio, coarse_db = _apply(_CONTROL, audio, law, coarse, channels, meter)
    audio, fine_db = _apply(_COMPRESSOR, audio, law, fine, channels, meter)
    return audio, coarse_db + fine_db


def gate(
    audio: Tensor, law: Tensor, used: tuple[bool, ...], channels: tuple[int, ...], *, meter: bool = False
) -> tuple[Tensor, Tensor]:
    """Gate strips, as compress; the law comes from gate_law."""
    return _apply(_GATE, audio, law, used, channels, meter)


def _apply(
    law: _Law, audio: Tensor, knobs: Tensor, used: tuple[bool, ...], channels: tuple[int, ...], meter: bool
) -> tuple[Tensor, Tensor]:
    strips, _, samples = audio.shape
    if not any(used) or not audio.numel():
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
        strips, most, samples = x.shape
        counts = np.array(channels, dtype=np.int64)
        whole = all(used) and bool((counts == most).all())
        y = np.empty_like(x) if whole else np.zeros_like(x)
        gains = np.zeros((strips, samples if meter else 0), dtype=x.dtype)
        groups = _groups([strip for strip in range(strips) if used[strip]], law.width)
        kept = np.zeros((len(groups), -(-samples // CHUNK), law.states))

        def work(index: int) -> None:
            law.forward(numbers, groups[index], counts, x, y, kept[index], gains)

        run_all(work, range(len(groups)))
        _pass_on(x, y, used, channels)
        ctx.save_for_backward(audio, knobs)
        ctx.law, ctx.used, ctx.channels, ctx.groups, ctx.kept = law, used, channels, groups, kept
        return torch.from_numpy(y).to(audio.device), torch.from_numpy(gains).to(audio.device)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor, d_meter: Tensor) -> tuple[Tensor | None, ...]:
        audio, knobs = ctx.saved_tensors
        x, numbers = audio.detach().cpu().contiguous().numpy(), knobs.detach().cpu().numpy()
        dy, d_gains = gradient.cpu().contiguous().numpy(), d_meter.cpu().contiguous().numpy()
        dx, d_knobs = np.zeros_like(x), np.zeros_like(numbers)
        counts = np.array(ctx.channels, dtype=np.int64)

        def work(index: int) -> None:
            ctx.law.backward(numbers, ctx.groups[index], counts, x, ctx.kept[index], dy, d_gains, dx, d_knobs)

        run_all(work, range(len(ctx.groups)))
        _pass_on(dy, dx, ctx.used, ctx.channels)
        device = audio.device
        return torch.from_numpy(dx).to(device), torch.from_numpy(d_knobs).to(device), None, None, None, None


def _groups(strips: list[int], width: int) -> list[NDArray[np.int64]]:
    """The strips in groups of `width`, filled up with -1."""
    filled = [*strips, *[-1] * (-len(strips) % width)]
    return [np.array(filled[start : start + width], dtype=np.int64) for start in range(0, len(filled), width)]


def _pass_on(x: Numbers, y: Numbers, used: tuple[bool, ...], channels: tuple[int, ...]) -> None:
    """Copy the strips that have no such processor."""
    for strip, count in enumerate(channels):
        if not used[strip]:
            y[strip, :count] = x[strip, :count]
