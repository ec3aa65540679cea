"""Lets plugins ring on behind the end of what they are given: until they have fallen by 60 dB, or to a bound."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

Block = NDArray[np.floating]

#: What has fallen so far under the strip's peak has died away, as an effect's tail has.
_FALLEN = 1e-3
#: So long it has to be quiet: the next of some echoes may still come.
_QUIET_S = 2.5
_STEP_S = 0.25
#: What sounds to the bound and falls by less than this over the way does not ring: it hums, hisses or oscillates.
_FALLING_DB = 3.0


class Ring:
    """Silence behind a source for as long as what comes of it sounds, and the output as far as it does.

    `feed` goes before the plugins and `keep` behind them, once each; no more may come out than went in.
    """

    def __init__(self, sample_rate_hz: int, longest: int) -> None:
        """`longest`: the most samples that are added."""
        self._rate_hz, self._longest = sample_rate_hz, longest
        self._given = 0
        self._length: int | None = None
        self._peak = 0.0
        self._seen = self._loud = 0
        self._powers: list[float] = []

    def feed(self, blocks: Iterable[Block]) -> Iterator[Block]:
        """The source, then silence."""
        block: Block = np.zeros((1, 0))
        for block in blocks:
            yield block
            self._given += block.shape[1]
        self._length = self._given
        if not self._given:
            return
        step = max(round(_STEP_S * self._rate_hz), 1)
        while (
            self._seen - self._loud < _QUIET_S * self._rate_hz and self._given < self._length + self._longest
        ):
            size = min(step, self._length + self._longest - self._given)
            yield np.zeros((block.shape[0], size), block.dtype)
            self._given += size

    def keep(self, blocks: Iterable[Block]) -> Iterator[Block]:
        """What came out for the source, and what follows that is not too quiet."""
        out = 0
        waiting: list[Block] = []
        for block in blocks:
            own = block.shape[1] if self._length is None else min(max(self._length - out, 0), block.shape[1])
            out += block.shape[1]
            if own:
                self._peak = max(self._peak, float(np.max(np.abs(block[:, :own]))))
                yield block[:, :own]
            if own == block.shape[1]:
                continue
            waiting.append(block[:, own:])
            if self._hear(block[:, own:]):
                waiting = [np.concatenate(waiting, axis=1)]
                end = waiting[0].shape[1] - (self._seen - self._loud)
                yield waiting[0][:, :end]
                waiting = [waiting[0][:, end:]]

    def _hear(self, block: Block) -> bool:
        """Take note of what comes behind the source; whether some of it is loud enough to be kept."""
        levels = np.max(np.abs(block), axis=0)
        self._powers.append(float(np.mean(np.square(levels, dtype=np.float64))))
        loud = np.flatnonzero(levels > _FALLEN * self._peak)
        if loud.size:
            self._loud = self._seen + int(loud[-1]) + 1
        self._seen += len(levels)
        return bool(loud.size)

    @property
    def length(self) -> int:
        """The source's samples, when it has ended."""
        return self._given if self._length is None else self._length

    @property
    def samples(self) -> int:
        """How many samples behind the source count; 0 where they do not fall."""
        return 0 if self.endless else self._loud

    @property
    def endless(self) -> bool:
        """Whether what comes out goes on to the bound without falling."""
        left = self._longest - self._loud
        if left > min(_QUIET_S * self._rate_hz, self._longest / 2.0) or not self._loud:
            return False
        quarter = max(len(self._powers) // 4, 1)
        first, last = np.mean(self._powers[:quarter]), np.mean(self._powers[-quarter:])
        return bool(last * 10.0 ** (_FALLING_DB / 10.0) > first)
