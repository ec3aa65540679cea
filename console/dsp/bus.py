"""Runs the buses: sub-groups, FX buses with their reverb or delay, and the master up to its limiter."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from console.dsp.chain import (
    SUB_BLOCK_SAMPLES,
    Step,
    check_finite,
    compressor_for,
    equalizer_sections,
    filter_steps,
    run_steps,
)
from console.dsp.delay import DelayProcessor
from console.dsp.filters import Block
from console.dsp.reverb import ReverbProcessor
from console.errors import RenderError
from console.mix import Bus, Compressor, Equalizer, Master
from console.units import db_to_gain

_STEREO = 2


class _StereoProcessor:
    """Stereo in, stereo out: some steps, equalizer, compressor and a gain."""

    def __init__(
        self,
        name: str,
        sample_rate_hz: float,
        effects: list[Step],
        equalizer: Equalizer,
        compressor: Compressor,
        gain: float,
    ) -> None:
        self._name = name
        self._position = 0
        self._gain = gain
        self._compressor = compressor_for(compressor, sample_rate_hz)
        self._steps = [*effects, *filter_steps(equalizer_sections(equalizer, sample_rate_hz), _STEREO)]
        if self._compressor:
            self._steps.append(self._compressor)

    def process(self, block: NDArray[np.floating]) -> Block:
        """Return the next block's result, float64 (2, samples); the block, (2, samples), is left as it is.

        Raises:
            RenderError: not two channels, or samples that are not finite.
        """
        if block.ndim != 2 or block.shape[0] != _STEREO:
            raise RenderError(f"{self._name} got audio of shape {block.shape}; give (2, samples)")
        check_finite(block, self._position, self._name)
        out = np.array(block, dtype=np.float64, order="C")
        if self._steps:
            for start in range(0, out.shape[1], SUB_BLOCK_SAMPLES):
                piece = out[:, start : start + SUB_BLOCK_SAMPLES].copy()
                run_steps(self._steps, piece)
                out[:, start : start + SUB_BLOCK_SAMPLES] = piece
        if self._gain != 1.0:
            out *= self._gain
        self._position += out.shape[1]
        return out

    def compressor_gain_db(self) -> NDArray[np.float64]:
        """Lowest gain of each control interval so far, at most 0 dB; empty when nothing compresses."""
        return self._compressor.gain_reduction_db() if self._compressor else np.empty(0)


class BusProcessor(_StereoProcessor):
    """A running sub-group or FX bus: reverb or delay (wet only) → equalizer → compressor → fader."""

    def __init__(self, bus: Bus, sample_rate_hz: float) -> None:
        effects: list[Step] = []
        if bus.reverb:
            effects.append(ReverbProcessor(bus.reverb, sample_rate_hz))
        if bus.delay:
            effects.append(DelayProcessor(bus.delay, sample_rate_hz))
        super().__init__(
            f"bus {bus.id!r}",
            sample_rate_hz,
            effects,
            bus.equalizer,
            bus.compressor,
            db_to_gain(bus.fader_db),
        )


class MasterProcessor(_StereoProcessor):
    """The running master up to its limiter: equalizer → compressor.

    Attributes:
        fader_gain: amplitude ratio of the fader, which comes after the limiter and so is left to the caller.
    """

    def __init__(self, master: Master, sample_rate_hz: float) -> None:
        super().__init__("the master", sample_rate_hz, [], master.equalizer, master.compressor, 1.0)
        self.fader_gain = db_to_gain(master.fader_db)
