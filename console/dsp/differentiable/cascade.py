"""Recursive filtering with exact gradients: biquad cascades over audio in the time domain."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd.function import once_differentiable

from console.dsp.differentiable.cascade_kernels import filter_backward, filter_forward
from console.dsp.differentiable.compiled import CHUNK, run_all
from console.dsp.differentiable.lanes import WIDTH

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
    if not bool(used.any()) or not audio.numel():
        return audio
    result: Tensor = _Cascade.apply(audio, sections, used, channels)  # type: ignore[no-untyped-call]
    return result


class _Group:
    """Up to eight rows that are filtered side by side, with as many sections as the longest needs."""

    def __init__(self, members: list[tuple[int, int, NDArray[np.int64]]], channels: int) -> None:
        """Each member is a strip, one of its channels, and the sections that it passes."""
        self.members = members
        self.rows = np.full(WIDTH, -1, dtype=np.int64)
        for lane, (strip, channel, _) in enumerate(members):
            self.rows[lane] = strip * channels + channel
        longest = max(len(passed) for _, _, passed in members)
        self.sections = longest + longest % 2
        self.kept = np.empty(0)

    def lanes(self, sections: NDArray[np.float64]) -> NDArray[np.float64]:
        """The sections as the kernels want them, filled up with sections that change nothing."""
        table = np.tile(_IDENTITY[None, :, None], (self.sections, 1, WIDTH))
        for lane, (strip, _, passed) in enumerate(self.members):
            table[: len(passed), :, lane] = sections[strip, passed]
        return table.reshape(-1)

    def add_gradients(self, lanes: NDArray[np.float64], result: NDArray[np.float64]) -> None:
        """Add the gradients of the sections, as the kernel leaves them, to (strips, sections, 5)."""
        table = lanes.reshape(self.sections, 5, WIDTH)
        for lane, (strip, _, passed) in enumerate(self.members):
            result[strip, passed] += table[: len(passed), :, lane]


def _groups(used: NDArray[np.bool_], channels: tuple[int, ...], most: int) -> list[_Group]:
    """Rows that sound, those with the most sections first."""
    members = [
        (strip, channel, np.flatnonzero(used[strip]))
        for strip, count in enumerate(channels)
        for channel in range(count)
    ]
    members.sort(key=lambda member: -len(member[2]))
    return [_Group(members[start : start + WIDTH], most) for start in range(0, len(members), WIDTH)]


class _Cascade(torch.autograd.Function):
    """The kernels of cascade_kernels over (strips, channels, samples)."""

    @staticmethod
    def forward(ctx: Any, audio: Tensor, sections: Tensor, used: Tensor, channels: tuple[int, ...]) -> Tensor:
        x = audio.detach().cpu().contiguous().numpy()
        numbers = sections.detach().cpu().numpy()
        groups = _groups(used.cpu().numpy(), channels, x.shape[1])
        all_sound = all(count == x.shape[1] for count in channels)
        y = np.empty_like(x) if all_sound else np.zeros_like(x)
        flat_x, flat_y = x.reshape(-1, x.shape[2]), y.reshape(-1, x.shape[2])

        def work(index: int) -> None:
            group = groups[index]
            group.kept = np.empty((-(-x.shape[2] // CHUNK), group.sections * 2 * WIDTH))
            filter_forward(group.lanes(numbers), group.rows, flat_x, flat_y, group.kept)

        run_all(work, range(len(groups)))
        ctx.save_for_backward(audio, sections)
        ctx.groups = groups
        return torch.from_numpy(y).to(audio.device)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        audio, sections = ctx.saved_tensors
        x, dy = audio.detach().cpu().contiguous().numpy(), gradient.cpu().contiguous().numpy()
        numbers = sections.detach().cpu().numpy()
        wanted = ctx.needs_input_grad[0]
        dx = np.zeros(x.shape if wanted else (0, 0, x.shape[2]), dtype=x.dtype)
        length = x.shape[2]
        flat_dx = dx.reshape(dx.shape[0] * dx.shape[1], length)
        per_group = [np.zeros(group.sections * 5 * WIDTH) for group in ctx.groups]

        def work(index: int) -> None:
            group = ctx.groups[index]
            filter_backward(
                group.lanes(numbers), group.rows, x.reshape(-1, length), group.kept,
                dy.reshape(-1, length), flat_dx, per_group[index],
            )  # fmt: skip

        run_all(work, range(len(ctx.groups)))
        d_sections = np.zeros(sections.shape)
        for group, lanes in zip(ctx.groups, per_group, strict=True):
            group.add_gradients(lanes, d_sections)
        d_audio = torch.from_numpy(dx).to(audio.device) if wanted else None
        return d_audio, torch.from_numpy(d_sections).to(sections), None, None
