"""Audio on its way through plugins in another process: copied in while the block before is at work."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from bridge.host.faults import Fault, PluginFault
from bridge.host.messages import Peaks, Play
from bridge.host.serving import SLOT_SAMPLES
from bridge.host.values import Audio, peak_of

if TYPE_CHECKING:
    from bridge.host.process import PluginProcess

#: Peaks between which a plugin counts as silent: it heard more than the first and gave less than the second.
_HEARD, _SILENT = 1e-3, 1e-7

#: Blocks of one stream that are under way at a time: one at work, the others waiting.
_AT_ONCE = 3


class Stream:
    """One run of audio through a chain: blocks are copied in while the one before is at work."""

    def __init__(self, process: PluginProcess, handles: tuple[int, ...], *, may_be_silent: bool) -> None:
        self._process, self._handles = process, handles
        self._may_be_silent = may_be_silent
        self._restarts = process.restarts
        self._under_way: deque[tuple[int, int, int]] = deque()
        self._taken = self._given = 0
        self._heard = self._gave = 0.0

    def run(self, blocks: Iterable[Audio]) -> Iterator[Audio]:
        """The blocks that come out."""
        channels = 0
        try:
            for block in _cut(blocks):
                channels = block.shape[0]
                self._heard = max(self._heard, peak_of(block))
                self._taken += block.shape[1]
                self._submit(block)
                if len(self._under_way) == _AT_ONCE:
                    yield from self._collect()
            while self._under_way:
                yield from self._collect()
            # What is still inside is pushed out by silence; what a plugin then still owes is not waited for.
            for _ in range(0, self._taken - self._given, SLOT_SAMPLES):
                size = min(self._taken - self._given, SLOT_SAMPLES)
                self._submit(np.zeros((channels, size), np.float32))
                yield from self._collect()
        finally:
            for number, slot, _ in self._under_way:
                self._process.abandon(number)
                self._process.give_slot(slot, self._restarts)
        if self._given != self._taken:
            raise PluginFault(
                Fault.LATENCY,
                self._name(self._handles),
                f"gave {self._given} samples for {self._taken}, against its own latency",
            )
        if not self._may_be_silent and self._heard > _HEARD and self._gave < _SILENT:
            raise PluginFault(Fault.SILENT, self._name(self._silent()), "gave silence for sound")

    def _submit(self, block: Audio) -> None:
        channels, samples = block.shape
        slot = self._process.take_slot()
        self._process.slots[slot, :channels, :samples] = block
        number = self._process.say(Play(self._handles, slot, channels, samples))
        self._under_way.append((number, slot, channels))

    def _collect(self) -> Iterator[Audio]:
        number, slot, channels = self._under_way.popleft()
        try:
            samples: int = self._process.hear(number, self._handles[0], self._process.block_limit_s())
            samples = min(samples, self._taken - self._given)
            out: Audio = self._process.slots[slot, :channels, : max(samples, 0)].copy()
        finally:
            self._process.give_slot(slot, self._restarts)
        if out.shape[1]:
            self._gave = max(self._gave, peak_of(out))
            self._given += out.shape[1]
            yield out

    def _silent(self) -> tuple[int, ...]:
        """The plugin that made the row silent: the first that gave nothing."""
        number = self._process.say(Peaks(self._handles))
        peaks: tuple[float, ...] = self._process.hear(number, self._handles[0], self._process.block_limit_s())
        return (
            tuple(handle for handle, peak in zip(self._handles, peaks, strict=True) if peak < _SILENT)[:1]
            or self._handles
        )

    def _name(self, handles: tuple[int, ...]) -> str:
        return " → ".join(self._process.name_of(handle) for handle in handles)


def _cut(blocks: Iterable[Audio]) -> Iterator[Audio]:
    """The blocks in pieces that fit into a slot; empty ones are passed over."""
    for block in blocks:
        for start in range(0, block.shape[1], SLOT_SAMPLES):
            yield block[:, start : start + SLOT_SAMPLES]
