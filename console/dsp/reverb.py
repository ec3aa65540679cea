"""The reverb of an FX bus: a feedback delay network of 32 lines, linear and time-invariant, wet only.

Low and high cut (12 dB per octave) → pre-delay → four allpass diffusers a side → 32 lines whose outputs pass
a loss filter and feed back through a Hadamard matrix. Lengths and losses: console.dsp.reverb_design.

The law of the level: a stereo input of white noise, its channels uncorrelated, comes out with the power it
went in with, at every setting. That is, the energies of the four impulse responses sum to two.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from console.dsp.design import design_highpass, design_lowpass, stack_sections
from console.dsp.filters import BiquadCascade, Block
from console.dsp.jit import FLUSH, HOP, kernel, tidied
from console.dsp.reverb_design import DIFFUSION, LINES, Network, design_network
from console.mix import Reverb

Lengths = NDArray[np.int64]

_PIECE = 128  # samples that the network processes at once, when no line is shorter


@kernel
def _diffuse(x: Block, ring: Block, at: int) -> int:
    """Schroeder allpass over x in place; `ring` holds its past; return the position that follows."""
    done = 0
    while done < x.size:
        count = min(x.size - done, ring.size - at)
        now, past = x[done : done + count], ring[at : at + count]
        for i in range(count):
            inner = now[i] + DIFFUSION * past[i]
            now[i] = past[i] - DIFFUSION * inner
            past[i] = inner if abs(inner) > FLUSH else 0.0
        done += count
        at = (at + count) % ring.size
    return at


@kernel
def _feed_forward(x: Block, y: Block, b0: float, b1: float, last: float) -> None:
    """The loss filter's zeros: y[i] = b0 x[i] + b1 x[i - 1], `last` being the sample before x."""
    y[0] = b0 * x[0] + b1 * last
    for i in range(1, x.size):
        y[i] = b0 * x[i] + b1 * x[i - 1]


@kernel
def _feed_back(wet: Block, k: int, shelves: Block, memory: Block) -> None:
    """The loss filter's pole, y[i] -= a1 y[i - 1], for eight lines side by side; memory (LINES, 2)."""
    y0, y1, y2, y3 = wet[k], wet[k + 1], wet[k + 2], wet[k + 3]
    y4, y5, y6, y7 = wet[k + 4], wet[k + 5], wet[k + 6], wet[k + 7]
    m0, m1, m2, m3 = memory[k, 1], memory[k + 1, 1], memory[k + 2, 1], memory[k + 3, 1]
    m4, m5, m6, m7 = memory[k + 4, 1], memory[k + 5, 1], memory[k + 6, 1], memory[k + 7, 1]
    a1 = shelves[k, 2]
    for i in range(wet.shape[1]):
        m0, m1, m2, m3 = y0[i] - a1 * m0, y1[i] - a1 * m1, y2[i] - a1 * m2, y3[i] - a1 * m3
        m4, m5, m6, m7 = y4[i] - a1 * m4, y5[i] - a1 * m5, y6[i] - a1 * m6, y7[i] - a1 * m7
        y0[i], y1[i], y2[i], y3[i] = m0, m1, m2, m3
        y4[i], y5[i], y6[i], y7[i] = m4, m5, m6, m7
    memory[k, 1], memory[k + 1, 1], memory[k + 2, 1], memory[k + 3, 1] = m0, m1, m2, m3
    memory[k + 4, 1], memory[k + 5, 1], memory[k + 6, 1], memory[k + 7, 1] = m4, m5, m6, m7


@kernel
def _mix_lines(lines: Block) -> None:
    """Hadamard matrix of +1 and -1 over (LINES, count) in place, as stages of butterflies."""
    span = 1
    while span < lines.shape[0]:
        for low in range(lines.shape[0]):
            if low & span == 0:
                a, b = lines[low], lines[low + span]
                for i in range(lines.shape[1]):
                    total, difference = a[i] + b[i], a[i] - b[i]
                    a[i], b[i] = total, difference
        span *= 2


@kernel
def _pass_predelay(block: Block, ring: Block, at: int) -> int:
    """Delay (2, samples) in place by the length of the ring (2, length), which may be 0."""
    length = ring.shape[1]
    if length == 0:
        return 0
    for i in range(block.shape[1]):
        for side in range(2):
            block[side, i], ring[side, at] = ring[side, at], block[side, i]
        at = at + 1 if at + 1 < length else 0
    return at


@kernel
def reverberate(
    block: Block,
    predelay: Block,
    diffusers: Block,
    lines: Block,
    memory: Block,
    diffuser_samples: Lengths,
    line_samples: Lengths,
    shelves: Block,
    inputs: Block,
    outputs: Block,
    at: Lengths,
) -> None:
    """Replace a stereo block (2, samples) by its reverberation.

    `predelay` (2, length), `diffusers` (2, DIFFUSERS, longest), `lines` (LINES, longest) and `memory`
    (LINES, 2) are the state, zero at the start; `at` holds the position in each of them, then the clock. The
    rest is the Network.
    """
    count_diffusers, count_lines = diffusers.shape[1], lines.shape[0]
    orthogonal = 1.0 / math.sqrt(count_lines)
    clock = at.size - 1
    shortest = line_samples.min()
    total = block.shape[1]
    at[0] = _pass_predelay(block, predelay, at[0])
    start = 0
    while start < total:
        count = min(total - start, _PIECE, shortest, HOP - at[clock])
        piece = block[:, start : start + count]
        for side in range(2):
            for k in range(count_diffusers):
                slot = 1 + side * count_diffusers + k
                ring = diffusers[side, k, : diffuser_samples[side, k]]
                at[slot] = _diffuse(piece[side], ring, at[slot])
        first_slot = 1 + 2 * count_diffusers
        wet, past = np.empty((count_lines, count)), np.empty(count)
        for k in range(count_lines):
            position, length = at[first_slot + k], line_samples[k]
            before_end = min(count, length - position)
            past[:before_end] = lines[k, position : position + before_end]
            past[before_end:] = lines[k, : count - before_end]
            _feed_forward(past, wet[k], shelves[k, 0], shelves[k, 1], memory[k, 0])
            memory[k, 0] = past[count - 1]
        for k in range(0, count_lines, 8):
            _feed_back(wet, k, shelves, memory)
        left, right = np.zeros(count), np.zeros(count)
        for k in range(count_lines):
            row, to_left, to_right = wet[k], outputs[0, k], outputs[1, k]
            for i in range(count):
                left[i] += to_left * row[i]
                right[i] += to_right * row[i]
        _mix_lines(wet)
        for k in range(count_lines):
            row, from_left, from_right = wet[k], inputs[0, k], inputs[1, k]
            for i in range(count):
                value = orthogonal * row[i] + from_left * piece[0, i] + from_right * piece[1, i]
                row[i] = value if abs(value) > FLUSH else 0.0
            position, length = at[first_slot + k], line_samples[k]
            before_end = min(count, length - position)
            lines[k, position : position + before_end] = row[:before_end]
            lines[k, : count - before_end] = row[before_end:]
            at[first_slot + k] = (position + count) % length
        piece[0], piece[1] = left, right
        start += count
        at[clock] += count
        if at[clock] == HOP:
            at[clock] = 0
            for k in range(count_lines):
                memory[k, 1] = tidied(memory[k, 1])


class _RunningNetwork:
    """A network and its state."""

    def __init__(self, network: Network, predelay_samples: int) -> None:
        self._network = network
        self._predelay = np.zeros((2, predelay_samples))
        self._diffusers = np.zeros((*network.diffuser_samples.shape, int(network.diffuser_samples.max())))
        self._lines = np.zeros((LINES, int(network.line_samples.max())))
        self._memory = np.zeros((LINES, 2))
        self._at = np.zeros(1 + network.diffuser_samples.size + LINES + 1, dtype=np.int64)

    def process(self, block: Block) -> None:
        """Replace a stereo block by its reverberation."""
        reverberate(
            block,
            self._predelay,
            self._diffusers,
            self._lines,
            self._memory,
            self._network.diffuser_samples,
            self._network.line_samples,
            self._network.shelves,
            self._network.inputs,
            self._network.outputs,
            self._at,
        )


class ReverbProcessor:
    """A running stereo reverb.

    The first reflection comes after the shortest line: 7 ms at size 0, 17 ms at size 1, beyond the pre-delay.
    """

    def __init__(self, settings: Reverb, sample_rate_hz: float) -> None:
        self._network = design_network(settings.decay_s, settings.size, settings.damping, sample_rate_hz)
        self._cuts = stack_sections(
            [
                design_highpass(settings.low_cut_hz, 12, sample_rate_hz),
                design_lowpass(settings.high_cut_hz, 12, sample_rate_hz),
            ]
        )
        self._gain = 1.0 / math.sqrt(self._energy(round((0.5 * settings.decay_s + 0.3) * sample_rate_hz)))
        self._filter = BiquadCascade(self._cuts, 2)
        self._running = _RunningNetwork(self._network, round(settings.predelay_ms * sample_rate_hz / 1000.0))

    def _energy(self, samples: int) -> float:
        """Half the energy of the four impulse responses; what comes after half the decay is below 0.1 %."""
        energy = 0.0
        for side in range(2):
            impulse = np.zeros((2, samples))
            impulse[side, 0] = 1.0
            BiquadCascade(self._cuts, 2).process(impulse)
            _RunningNetwork(self._network, 0).process(impulse)
            energy += float(np.sum(impulse * impulse))
        return energy / 2.0

    def process(self, block: Block) -> None:
        """Replace the next block, float64 and C-contiguous (2, samples), by its reverberation."""
        self._filter.process(block)
        self._running.process(block)
        block *= self._gain
