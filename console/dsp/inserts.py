"""Runs any row of a console's modules on audio as it is: mono stays mono, stereo stays stereo, no pan and no fader."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from console.dsp.chain import (
    SUB_BLOCK_SAMPLES,
    Step,
    compressor_for,
    cut_sections,
    equalizer_sections,
    filter_steps,
    gate_for,
    run_steps,
)
from console.dsp.delay import DelayProcessor
from console.dsp.filters import Block
from console.dsp.limiter import LimiterProcessor
from console.dsp.reverb import ReverbProcessor
from console.mix import Compressor, Delay, Equalizer, Gate, Highpass, Limiter, Lowpass, Reverb

InsertModule = Highpass | Lowpass | Gate | Equalizer | Compressor | Reverb | Delay | Limiter


class InsertProcessor:
    """A running row of modules, in the order given; latency is taken out, so that output lines up with input."""

    def __init__(self, modules: Sequence[InsertModule], sample_rate_hz: float, channels: int) -> None:
        self._steps: list[Step] = []
        self._limiter: LimiterProcessor | None = None
        for module in modules:
            self._steps += _steps_of(module, sample_rate_hz, channels)
            if isinstance(module, Limiter) and module.enabled:
                self._limiter = LimiterProcessor(module, channels, sample_rate_hz)
        self._late = self._skip = self._limiter.latency if self._limiter else 0
        self._channels = channels

    def process(self, block: NDArray[np.floating]) -> Block:
        """What the next samples become, float64 (channels, samples); at first fewer, by a limiter's latency."""
        out = np.array(block, dtype=np.float64, order="C")
        if self._steps:
            for start in range(0, out.shape[1], SUB_BLOCK_SAMPLES):
                piece = out[:, start : start + SUB_BLOCK_SAMPLES].copy()
                run_steps(self._steps, piece)
                out[:, start : start + SUB_BLOCK_SAMPLES] = piece
        return self._limited(out)

    def flush(self) -> Block:
        """What a limiter still holds."""
        return self._limited(np.zeros((self._channels, self._late)))

    def _limited(self, block: Block) -> Block:
        if self._limiter is None:
            return block
        out, _ = self._limiter.process(block)
        skip = min(self._skip, out.shape[1])
        self._skip -= skip
        return out[:, skip:]


def _steps_of(module: InsertModule, sample_rate_hz: float, channels: int) -> list[Step]:
    if isinstance(module, Highpass):
        return filter_steps(cut_sections(module, Lowpass(), sample_rate_hz), channels)
    if isinstance(module, Lowpass):
        return filter_steps(cut_sections(Highpass(), module, sample_rate_hz), channels)
    if isinstance(module, Equalizer):
        return filter_steps(equalizer_sections(module, sample_rate_hz), channels)
    if isinstance(module, Gate):
        gate = gate_for(module, sample_rate_hz)
        return [gate] if gate else []
    if isinstance(module, Compressor):
        compressor = compressor_for(module, sample_rate_hz)
        return [compressor] if compressor else []
    if isinstance(module, Reverb):
        return [ReverbProcessor(module, sample_rate_hz)]
    if isinstance(module, Delay):
        return [DelayProcessor(module, sample_rate_hz)]
    return []
