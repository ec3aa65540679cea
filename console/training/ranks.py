"""One process among those of torchrun, or the only one: its device, and what all of them agree on."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import torch
from torch import distributed

from console.errors import ParamError

T = TypeVar("T")

#: The first rank measures the held-out figures alone, while the others wait.
_PATIENCE = timedelta(hours=4)


@dataclass(frozen=True, slots=True)
class Ranks:
    """This process's number, of how many, and where it computes."""

    rank: int
    size: int
    device: torch.device

    @property
    def first(self) -> bool:
        """Whether this is the process that writes."""
        return self.rank == 0

    def highest(self, *values: float) -> list[float]:
        """Of each value the highest among all processes, so that all decide alike."""
        if self.size == 1:
            return list(values)
        told = torch.tensor(values, dtype=torch.float64, device=self.device)
        distributed.all_reduce(told, op=distributed.ReduceOp.MAX)
        return [float(value) for value in told.cpu()]

    def average_gradients(self, parameters: Sequence[torch.nn.Parameter]) -> None:
        """Make every gradient the mean over all processes, in one exchange; one that nobody has stays None."""
        if self.size == 1:
            return
        flat = torch.cat(
            [
                *(_or_zeros(parameter).reshape(-1).float() for parameter in parameters),
                torch.tensor([float(p.grad is not None) for p in parameters], device=self.device),
            ]
        )
        distributed.all_reduce(flat, op=distributed.ReduceOp.SUM)
        flat /= self.size
        held = flat[len(flat) - len(parameters) :].tolist()
        start = 0
        for parameter, share in zip(parameters, held, strict=True):
            part = flat[start : start + parameter.numel()]
            start += parameter.numel()
            if share > 0.0:
                parameter.grad = part.view_as(parameter).to(parameter.dtype, copy=True)

    def copy_from_first(self, tensors: Sequence[torch.Tensor]) -> None:
        """Give every process what the first one has, in place."""
        if self.size == 1:
            return
        for tensor in tensors:
            distributed.broadcast(tensor, src=0)

    def in_turn(self, make: Callable[[], T]) -> T:
        """What `make` gives, by the first process before the others, which then find what it left on disk."""
        if self.first:
            made = make()
        if self.size > 1:
            self.highest(0.0)
        return made if self.first else make()


def told_rank() -> int:
    """This process's number as torchrun says it; 0 without torchrun."""
    return int(os.environ.get("RANK", "0"))


def told_size() -> int:
    """How many processes torchrun has started; 1 without torchrun."""
    return int(os.environ.get("WORLD_SIZE", "1"))


@contextmanager
def join_ranks(device: str) -> Iterator[Ranks]:
    """Meet the other processes, over NCCL between GPUs, else over Gloo; alone, just find the device.

    Args:
        device: "auto", "cpu", "cuda" or "cuda:N". A process of torchrun takes the GPU of its local number.

    Raises:
        ParamError: no such device, or this torch cannot exchange anything.
    """
    if distributed.is_available() and distributed.is_initialized():
        yield Ranks(distributed.get_rank(), distributed.get_world_size(), find_device(device))
        return
    if told_size() == 1:
        yield Ranks(0, 1, find_device(device))
        return
    if not distributed.is_available():
        raise ParamError(
            f"there are {told_size()} processes, but this build of torch has no torch.distributed; "
            "train in one process, or install another build"
        )
    place = find_device(device)
    if place.type == "cuda":
        torch.cuda.set_device(place)
    distributed.init_process_group("nccl" if place.type == "cuda" else "gloo", timeout=_PATIENCE)
    try:
        yield Ranks(distributed.get_rank(), distributed.get_world_size(), place)
    finally:
        distributed.destroy_process_group()


def find_device(word: str) -> torch.device:
    """The device that a word means.

    Raises:
        ParamError: there is no such device here.
    """
    if word == "auto":
        word = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(word)
    except RuntimeError:
        device = torch.device("meta")
    if device.type not in ("cpu", "cuda"):
        raise ParamError(f"device is {word!r}; give auto, cpu, cuda or cuda:N")
    if device.type == "cpu":
        return torch.device("cpu")
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    number = int(os.environ.get("LOCAL_RANK", "0")) if device.index is None else device.index
    if number >= count:
        raise ParamError(f"device is {word!r}, but there are {count} CUDA devices here; give cpu or auto")
    return torch.device("cuda", number)


def _or_zeros(parameter: torch.nn.Parameter) -> torch.Tensor:
    return torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
