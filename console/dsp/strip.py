"""Runs channel strips: from a track's audio to its stereo signal after the fader, in blocks of any size.

Order: input gain, polarity, delay → high-pass → low-pass → gate → equalizer → compressor → width → pan →
fader. The result is the same to the bit whatever the sizes of the blocks.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from console.dsp.chain import (
    SUB_BLOCK_SAMPLES,
    Step,
    check_finite,
    compressor_for,
    cut_sections,
    equalizer_sections,
    filter_steps,
    gate_for,
    run_steps,
)
from console.dsp.design import stack_sections
from console.dsp.filters import Block, FirFilter
from console.dsp.pan import FaderCurve, output_matrix, route
from console.dsp.shift import LATENCY_SAMPLES, fractional_delay_taps, split_delay
from console.errors import RenderError
from console.mix import TrackStrip
from console.units import db_to_gain


class StripProcessor:
    """One track's running strip.

    Attributes:
        first_sample: index of the track's sample that the first block has to begin with, so that the output
            stands where the session wants it: the delay's whole samples and the latency are both in it.
            Negative: that many zeros come first.
        latency_samples: how much later the output is than the input, beyond the delay that was asked for.
    """

    def __init__(self, strip: TrackStrip, sample_rate_hz: float, channels: int) -> None:
        """Set up a strip for a track of 1 or 2 channels.

        Raises:
            RenderError: another number of channels.
        """
        if channels not in (1, 2):
            raise RenderError(f"track {strip.id!r} has {channels} channels; give a mono or stereo track")
        self._id = strip.id
        self._channels = channels
        self._position = 0
        whole, fraction = split_delay(strip.input.delay_ms, sample_rate_hz)
        self.latency_samples = LATENCY_SAMPLES if fraction else 0
        self.first_sample = self.latency_samples - whole
        self._input_gain = db_to_gain(strip.input.gain_db) * (-1.0 if strip.input.invert_polarity else 1.0)
        self._gate = gate_for(strip.gate, sample_rate_hz)
        self._compressor = compressor_for(strip.compressor, sample_rate_hz)
        self._steps: list[Step] = []
        if fraction:
            self._steps.append(FirFilter(fractional_delay_taps(fraction), channels))
        cuts = cut_sections(strip.highpass, strip.lowpass, sample_rate_hz)
        tone = equalizer_sections(strip.equalizer, sample_rate_hz)
        if self._gate:
            self._steps += [*filter_steps(cuts, channels), self._gate, *filter_steps(tone, channels)]
        else:
            self._steps += filter_steps(stack_sections([cuts, tone]), channels)
        if self._compressor:
            self._steps.append(self._compressor)
        moves = strip.automation.fader_db
        self._fader = FaderCurve(moves, sample_rate_hz) if moves else None
        fixed_gain = 1.0 if moves else db_to_gain(strip.fader_db)
        self._matrix = output_matrix(channels, strip.pan, strip.width) * fixed_gain
        self._straight = channels == 2 and np.array_equal(self._matrix, np.eye(2))

    def process(self, block: NDArray[np.floating]) -> Block:
        """Return the stereo signal after the fader, float64 (2, samples), of the next block.

        Args:
            block: the track's next samples, float32 or float64 (channels, samples); left as it is.

        Raises:
            RenderError: a wrong number of channels, or samples that are not finite.
        """
        if block.ndim != 2 or block.shape[0] != self._channels:
            raise RenderError(
                f"track {self._id!r} got audio of shape {block.shape}; "
                f"give {self._channels} channel(s) as (channels, samples)"
            )
        check_finite(block, self._position + self.first_sample, f"track {self._id!r}")
        out = np.empty((2, block.shape[1]))
        for start in range(0, block.shape[1], SUB_BLOCK_SAMPLES):
            piece = np.array(block[:, start : start + SUB_BLOCK_SAMPLES], dtype=np.float64, order="C")
            out[:, start : start + SUB_BLOCK_SAMPLES] = self._process_piece(piece)
        return out

    def _process_piece(self, piece: Block) -> Block:
        if self._input_gain != 1.0:
            piece *= self._input_gain
        run_steps(self._steps, piece)
        stereo = piece if self._straight else route(piece, self._matrix)
        if self._fader:
            stereo *= self._fader.gains(self._position, stereo.shape[1])
        self._position += stereo.shape[1]
        return stereo

    def compressor_gain_db(self) -> NDArray[np.float64]:
        """Lowest gain of each control interval so far, at most 0 dB; empty when nothing compresses."""
        return self._compressor.gain_reduction_db() if self._compressor else np.empty(0)

    def gate_gain_db(self) -> NDArray[np.float64]:
        """Lowest gain of each control interval so far, at most 0 dB; empty when nothing gates."""
        return self._gate.gain_reduction_db() if self._gate else np.empty(0)
