"""Recursive filtering with exact gradients: biquad cascades over audio in the time domain."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from console.dsp.differentiable.cascade_kernels import filter_backward, filter_forward
from console.dsp.differentiable.compiled import CHUNK, run_all

_IDENTITY = np.array([1.0, 0.0, 0.0, 0.0, 0.0])


def filter_cascade(audio: Tensor, sections: Tensor, used: Tensor, channels: tuple[int, ...]) -> Tensor:
    """Filter strips through their cascades.

    Args:
        audio: (strips, channels, samples), float32 or float64.
        sections: (strips, sections, 5), float64, as in the designs.
        used: (strips, sections), which of them the audio passes; the others get no gradient.
        channels: how many channels of each strip sound; the others come out silent.

    Returns:
        Filtered audio of the same shape and type. States are float64 whatever the audio is.
    """
    if not bool(used.any()):
        return audio
    result: Tensor = _Cascade.apply(audio, sections, used, channels)  # type: ignore[no-untyped-call]
    return result


class _Cascade(torch.autograd.Function):
    """The kernels of cascade_kernels over (strips, channels, samples)."""

    @staticmethod
    def forward(ctx: Any, audio: Tensor, sections: Tensor, used: Tensor, channels: tuple[int, ...]) -> Tensor:
        x = audio.detach().cpu().contiguous().numpy()
        packed = _packed(sections.detach().cpu().double().numpy(), used.cpu().numpy())
        rows = [(strip, channel) for strip, count in enumerate(channels) for channel in range(count)]
        y = np.zeros_like(x)
        chunks = -(-x.shape[2] // CHUNK)
        kept = [np.empty((chunks, len(packed[strip]), 2)) for strip, _ in rows]

        def work(row: int) -> None:
            strip, channel = rows[row]
            if len(packed[strip]):
                filter_forward(packed[strip], x[strip, channel], y[strip, channel], kept[row])
            else:
                y[strip, channel] = x[strip, channel]

        run_all(work, range(len(rows)))
        ctx.save_for_backward(audio, sections, used)
        ctx.packed, ctx.rows, ctx.kept = packed, rows, kept
        return torch.from_numpy(y).to(audio.device)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        audio, sections, used = ctx.saved_tensors
        x, dy = audio.detach().cpu().contiguous().numpy(), gradient.cpu().contiguous().numpy()
        dx = np.zeros_like(x)
        per_row = [np.zeros((len(ctx.packed[strip]), 5)) for strip, _ in ctx.rows]

        def work(row: int) -> None:
            strip, channel = ctx.rows[row]
            if len(ctx.packed[strip]):
                filter_backward(
                    ctx.packed[strip], x[strip, channel], ctx.kept[row], dy[strip, channel],
                    dx[strip, channel], per_row[row],
                )  # fmt: skip
            else:
                dx[strip, channel] = dy[strip, channel]

        run_all(work, range(len(ctx.rows)))
        d_sections = np.zeros(sections.shape)
        chosen = used.cpu().numpy()
        for row, (strip, _) in enumerate(ctx.rows):
            d_sections[strip, chosen[strip]] += per_row[row][: chosen[strip].sum()]
        return (
            torch.from_numpy(dx).to(audio.device),
            torch.from_numpy(d_sections).to(sections),
            None,
            None,
        )


def _packed(sections: np.ndarray[Any, Any], used: np.ndarray[Any, Any]) -> list[np.ndarray[Any, Any]]:
    """The sections in use of each strip, filled up to an even number: kernels run them in pairs."""
    result = []
    for rows, chosen in zip(sections, used, strict=True):
        mine = rows[chosen]
        fill = np.tile(_IDENTITY, (len(mine) % 2, 1))
        result.append(np.ascontiguousarray(np.concatenate([mine, fill])))
    return result
