"""Streaming biquad cascades and FIR filters with float64 states: the same bits whatever the block size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from console.dsp.design import Sections
from console.dsp.jit import HOP, kernel, tidied

Block = NDArray[np.float64]


@kernel
def _one_section(sos: Block, section: int, state: Block, x: Block) -> None:
    """One biquad (transposed direct form II) over one channel in place; state (sections, 2)."""
    b0, b1, b2 = sos[section, 0], sos[section, 1], sos[section, 2]
    a1, a2 = sos[section, 4], sos[section, 5]
    s1, s2 = state[section, 0], state[section, 1]
    for i in range(x.size):
        u = x[i]
        y = b0 * u + s1
        s1 = (b1 * u + s2) - a1 * y
        s2 = b2 * u - a2 * y
        x[i] = y
    state[section, 0], state[section, 1] = s1, s2


@kernel
def _four_sections(sos: Block, k: int, state: Block, x: Block) -> None:
    """Sections k ... k + 3 over one channel in place: four recursions run side by side in registers."""
    b00, b01, b02, a01, a02 = sos[k, 0], sos[k, 1], sos[k, 2], sos[k, 4], sos[k, 5]
    b10, b11, b12, a11, a12 = sos[k + 1, 0], sos[k + 1, 1], sos[k + 1, 2], sos[k + 1, 4], sos[k + 1, 5]
    b20, b21, b22, a21, a22 = sos[k + 2, 0], sos[k + 2, 1], sos[k + 2, 2], sos[k + 2, 4], sos[k + 2, 5]
    b30, b31, b32, a31, a32 = sos[k + 3, 0], sos[k + 3, 1], sos[k + 3, 2], sos[k + 3, 4], sos[k + 3, 5]
    s01, s02, s11, s12 = state[k, 0], state[k, 1], state[k + 1, 0], state[k + 1, 1]
    s21, s22, s31, s32 = state[k + 2, 0], state[k + 2, 1], state[k + 3, 0], state[k + 3, 1]
    for i in range(x.size):
        u = x[i]
        v = b00 * u + s01
        s01 = (b01 * u + s02) - a01 * v
        s02 = b02 * u - a02 * v
        w = b10 * v + s11
        s11 = (b11 * v + s12) - a11 * w
        s12 = b12 * v - a12 * w
        z = b20 * w + s21
        s21 = (b21 * w + s22) - a21 * z
        s22 = b22 * w - a22 * z
        y = b30 * z + s31
        s31 = (b31 * z + s32) - a31 * y
        s32 = b32 * z - a32 * y
        x[i] = y
    state[k, 0], state[k, 1], state[k + 1, 0], state[k + 1, 1] = s01, s02, s11, s12
    state[k + 2, 0], state[k + 2, 1], state[k + 3, 0], state[k + 3, 1] = s21, s22, s31, s32


@kernel
def filter_cascade(sos: Block, state: Block, clock: NDArray[np.int64], block: Block) -> None:
    """Filter a block (channels, samples) in place through sections (sections, 6), one after the other.

    `state` is (channels, sections, 2) and `clock` (1,), both zero at the start of the stream. `clock` counts
    samples since the last hop: at each hop, at the same absolute position whatever the block size, states too
    small (denormal arithmetic ahead) or not finite become zero.
    """
    sections, total = sos.shape[0], block.shape[1]
    start = 0
    while start < total:
        stop = min(total, start + HOP - clock[0])
        for channel in range(block.shape[0]):
            x = block[channel, start:stop]
            section = 0
            while section + 4 <= sections:
                _four_sections(sos, section, state[channel], x)
                section += 4
            while section < sections:
                _one_section(sos, section, state[channel], x)
                section += 1
        clock[0] += stop - start
        start = stop
        if clock[0] == HOP:
            clock[0] = 0
            for channel in range(block.shape[0]):
                for section in range(sections):
                    state[channel, section, 0] = tidied(state[channel, section, 0])
                    state[channel, section, 1] = tidied(state[channel, section, 1])


@kernel
def filter_fir(taps: Block, history: Block, block: Block) -> Block:
    """Convolve a block (channels, samples) with taps (n,); `history` (channels, n - 1) is updated."""
    channels, total = block.shape
    memory = taps.size - 1
    out = np.zeros((channels, total))
    for channel in range(channels):
        x = np.empty(memory + total)
        x[:memory] = history[channel]
        x[memory:] = block[channel]
        y = out[channel]
        for tap in range(taps.size):
            gain = taps[tap]
            shifted = x[memory - tap : memory - tap + total]
            for i in range(total):
                y[i] += gain * shifted[i]
        history[channel] = x[total:]
    return out


def _filled_up(sos: Sections) -> Sections:
    """Sections that change nothing appended up to a multiple of four: four run faster than two or three."""
    missing = -len(sos) % 4
    if missing == 3:
        missing = 0
    return np.ascontiguousarray(np.concatenate([sos, np.tile([1.0, 0.0, 0.0, 1.0, 0.0, 0.0], (missing, 1))]))


class BiquadCascade:
    """A running cascade of biquads on one or more channels."""

    def __init__(self, sos: Sections, channels: int) -> None:
        """`sos` is (sections, 6) as designed in console.dsp.design; no section leaves the audio as it is."""
        self._sos = _filled_up(np.asarray(sos, dtype=np.float64).reshape(-1, 6))
        self._state = np.zeros((channels, len(self._sos), 2))
        self._clock = np.zeros(1, dtype=np.int64)

    def process(self, block: Block) -> None:
        """Filter the next block, float64 and C-contiguous (channels, samples), in place."""
        if len(self._sos):
            filter_cascade(self._sos, self._state, self._clock, block)


class FirFilter:
    """A running FIR filter, the same taps on every channel."""

    def __init__(self, taps: Block, channels: int) -> None:
        self._taps = np.ascontiguousarray(taps, dtype=np.float64)
        self._history = np.zeros((channels, len(self._taps) - 1))

    def process(self, block: Block) -> None:
        """Filter the next block, float64 and C-contiguous (channels, samples), in place."""
        block[:] = filter_fir(self._taps, self._history, block)
