"""The delay of an FX bus: filtered echoes, straight or ping-pong, wet only.

With D the time in whole samples, g the feedback and F the loop's low and high cut (12 dB per octave each):
straight: echo[n] = F(x[n - D] + g echo[n - D]) in each channel; ping-pong: the left line repeats the mean of
both channels plus g times the right line's echo, the right line repeats g times the left line's echo. So each
repeat is g times the one before, and every repeat has passed F once more than the one before.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from console.dsp.design import design_highpass, design_lowpass, stack_sections
from console.dsp.filters import Block, filter_cascade
from console.dsp.jit import FLUSH, kernel
from console.mix import Delay


@kernel
def echo(
    block: Block,
    lines: Block,
    position: NDArray[np.int64],
    feedback: float,
    ping_pong: bool,
    sos: Block,
    state: Block,
    clock: NDArray[np.int64],
) -> None:
    """Replace a stereo block (2, samples) by its echoes.

    `lines` (2, D) holds what entered the loop, `position` (1,) where in it the next sample goes; the rest
    belongs to the loop's filter. A piece never reaches past the end of the lines, so that it is read before
    it is written.
    """
    total, length = block.shape[1], lines.shape[1]
    start = 0
    while start < total:
        at = position[0]
        count = min(total - start, length - at)
        wet = lines[:, at : at + count].copy()
        filter_cascade(sos, state, clock, wet)
        left, right = block[0, start : start + count], block[1, start : start + count]
        for i in range(count):
            if ping_pong:
                into_left = 0.5 * (left[i] + right[i]) + feedback * wet[1, i]
                into_right = feedback * wet[0, i]
            else:
                into_left = left[i] + feedback * wet[0, i]
                into_right = right[i] + feedback * wet[1, i]
            lines[0, at + i] = into_left if abs(into_left) > FLUSH else 0.0
            lines[1, at + i] = into_right if abs(into_right) > FLUSH else 0.0
            left[i] = wet[0, i]
            right[i] = wet[1, i]
        position[0] = (at + count) % length
        start += count


class DelayProcessor:
    """A running stereo delay."""

    def __init__(self, settings: Delay, sample_rate_hz: float) -> None:
        self._feedback = settings.feedback
        self._ping_pong = settings.ping_pong
        self._sos = stack_sections(
            [
                design_highpass(settings.low_cut_hz, 12, sample_rate_hz),
                design_lowpass(settings.high_cut_hz, 12, sample_rate_hz),
            ]
        )
        length = max(1, round(settings.time_ms * sample_rate_hz / 1000.0))
        self._lines = np.zeros((2, length))
        self._position = np.zeros(1, dtype=np.int64)
        self._state = np.zeros((2, len(self._sos), 2))
        self._clock = np.zeros(1, dtype=np.int64)

    def process(self, block: Block) -> None:
        """Replace the next block, float64 and C-contiguous (2, samples), by its echoes."""
        echo(
            block,
            self._lines,
            self._position,
            self._feedback,
            self._ping_pong,
            self._sos,
            self._state,
            self._clock,
        )
