"""Sums the tracks of one block into groups, FX buses and the master, always in the same order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bridge.render.lanes import check_output
from bridge.render.meters import PeakHolder
from bridge.render.patchbay import EMPTY_PATCHBAY, Patchbay, Replay
from bridge.render.plan import Plan
from console.dsp.bus import BusProcessor, MasterProcessor
from console.dsp.limiter import LimiterProcessor
from console.mix import Master
from console.mix.values import MASTER

Block = NDArray[np.float64]
_STEREO = 2


@dataclass(frozen=True, slots=True)
class _Route:
    """Where a track goes: its output, and (bus, amplitude) of its sends."""

    output: str
    sends: tuple[tuple[str, float], ...]


class Mixer:
    """Everything after the tracks: sums in float64, tracks and buses in the order of their ids."""

    def __init__(self, plan: Plan, sample_rate_hz: int, patchbay: Patchbay = EMPTY_PATCHBAY) -> None:
        self._captures = patchbay.captures
        self._routes = [_Route(planned.strip.output, planned.sends) for planned in plan.tracks]
        self.buses: dict[str, BusProcessor | Replay] = {
            bus.id: patchbay.returns.get(bus.id) or BusProcessor(bus, sample_rate_hz)
            for bus in (*plan.groups, *plan.effects)
        }

    def process(self, tracks: Sequence[Block], samples: int) -> dict[str, Block]:
        """The block of each bus after its fader, and "master" before its processors, (2, samples) each.

        Raises:
            RenderError: a bus's output is not finite.
        """
        shape = (_STEREO, samples)
        inputs = {name: np.zeros(shape) for name in (MASTER, *self.buses)}
        scaled = np.empty(shape)
        for route, block in zip(self._routes, tracks, strict=True):
            inputs[route.output] += block
            for bus, gain in route.sends:
                np.multiply(block, gain, out=scaled)
                inputs[bus] += scaled
        for name, processor in self.buses.items():
            if name in self._captures:
                self._captures[name].write(inputs[name].astype(np.float32))
            inputs[name] = processor.process(inputs[name])
            check_output(inputs[name], f"bus {name!r}")
            inputs[MASTER] += inputs[name]
        if MASTER in self._captures:
            self._captures[MASTER].write(inputs[MASTER].astype(np.float32))
        return inputs


class MasterLane:
    """The master up to its fader, its limiter's latency taken out again: blocks of the size that came in."""

    def __init__(self, master: Master, sample_rate_hz: int, patchbay: Patchbay = EMPTY_PATCHBAY) -> None:
        printed = patchbay.returns.get(MASTER)
        self.processor = printed or MasterProcessor(master, sample_rate_hz)
        self.held = PeakHolder()
        limits = master.limiter.enabled and not printed
        self._limiter = LimiterProcessor(master.limiter, _STEREO, sample_rate_hz) if limits else None
        self._late = self._limiter.latency if self._limiter else 0
        self._skip = self._late
        self._sizes: list[int] = []
        self._waiting = np.empty((_STEREO, 0))

    def process(self, block: Block) -> list[Block]:
        """Take the next block; return the blocks that are finished, in the order and sizes they came in.

        Raises:
            RenderError: the output is not finite.
        """
        out = self.processor.process(block)
        check_output(out, "the master")
        if self._limiter is None:
            return [out]
        self._sizes.append(block.shape[1])
        return self._limited(out)

    def flush(self) -> list[Block]:
        """The blocks that the limiter still holds."""
        return self._limited(np.zeros((_STEREO, self._late))) if self._limiter else []

    def _limited(self, block: Block) -> list[Block]:
        if self._limiter is None:
            return [block]
        out, gains_db = self._limiter.process(block)
        skip = min(self._skip, out.shape[1])
        self._skip -= skip
        self.held.push(gains_db[skip:])
        self._waiting = np.concatenate([self._waiting, out[:, skip:]], axis=1)
        return self._finished()

    def _finished(self) -> list[Block]:
        result = []
        while self._sizes and self._waiting.shape[1] >= self._sizes[0]:
            size = self._sizes.pop(0)
            result.append(np.ascontiguousarray(self._waiting[:, :size]))
            self._waiting = self._waiting[:, size:]
        return result
