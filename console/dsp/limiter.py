"""Look-ahead brick-wall limiter of the master; its ceiling holds between the samples too (true peak).

Peaks are read from the signal oversampled eightfold (ITU-R BS.1770-5, annex 2, asks for fourfold). The gain
that each needs is held over the look-ahead, recovers by a one-pole in dB (63 % of a step after the release),
and is then averaged over the look-ahead, so that it has arrived in full, and without a corner, when the peak
comes: the scheme of D. Giannoulis, M. Massberg, J. D. Reiss, JAES 60(6), 2012, with a minimum filter ahead.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from console.dsp.curves import smoothing_coefficient
from console.dsp.filters import Block
from console.dsp.jit import DB_PER_LOG2, db_to_gain, kernel, log2
from console.mix import Limiter
from console.units import db_to_gain as exact_db_to_gain

OVERSAMPLING = 8
LOOKAHEAD_MS = 5.0

MARGIN_DB = 0.3
"""How far under its ceiling the limiter aims.

True-peak meters differ by that much near Nyquist, as their interpolators do: libebur128 reads limited noise of
0 to 0.45 of the sample rate up to 0.25 dB over what this module's interpolator sees.
"""

_HALF_TAPS = 16  # samples on each side of a point between two samples that its interpolation reads
_STRIDE = 64  # samples that are interpolated, or found too quiet to need it, together
_SETTLED_DB = -1e-9
_KAISER_BETA = 6.0

_HEAD, _COUNT, _BUSY = 0, 1, 2  # the fields of the integer state
_GAIN, _FIRST_SUM, _SECOND_SUM = 0, 1, 2  # the fields of the float state


def interpolation_taps() -> Block:
    """Windowed-sinc taps, shape (7, 32), for the seven points between two samples; flat to 0.9 of Nyquist."""
    fractions = np.arange(1, OVERSAMPLING)[:, None] / OVERSAMPLING
    distance = np.arange(2 * _HALF_TAPS)[None, :] - (_HALF_TAPS - 1) - fractions
    window = np.i0(_KAISER_BETA * np.sqrt(np.maximum(0.0, 1.0 - (distance / _HALF_TAPS) ** 2)))
    taps = np.sinc(distance) * window
    return np.asarray(taps / taps.sum(axis=1, keepdims=True))


@kernel
def _interval_peaks(stretch: Block, taps: Block, quiet: float, start: int, count: int, peaks: Block) -> None:
    """Highest magnitude from each sample up to the next, over all channels, for `count` samples.

    `stretch` is (channels, 31 + samples); the sample of peaks[i] is stretch[:, 15 + start + i]. Where nothing
    nearby exceeds `quiet`, no point between the samples can reach the ceiling, and 0 is written.
    """
    reach = taps.shape[1]
    for i in range(count):
        peaks[i] = 0.0
    highest = 0.0
    for channel in range(stretch.shape[0]):
        x = stretch[channel]
        for i in range(start, start + count + reach - 1):
            highest = max(highest, abs(x[i]))
    if highest <= quiet:
        return
    work = np.empty(count)
    for channel in range(stretch.shape[0]):
        x = stretch[channel]
        for i in range(count):
            peaks[i] = max(peaks[i], abs(x[start + i + reach // 2 - 1]))
        for phase in range(taps.shape[0]):
            for i in range(count):
                work[i] = 0.0
            for tap in range(reach):
                gain = taps[phase, tap]
                shifted = x[start + tap : start + tap + count]
                for i in range(count):
                    work[i] += gain * shifted[i]
            for i in range(count):
                peaks[i] = max(peaks[i], abs(work[i]))


@kernel
def _slide_minimum(queue: Block, counters: NDArray[np.int64], window: int, now: int, value: float) -> float:
    """Minimum of the last `window` values, by a queue (value and time, size) that keeps its values rising."""
    size = queue.shape[1]
    head, count = counters[_HEAD], counters[_COUNT]
    while count > 0 and queue[1, head] <= now - window:
        head = (head + 1) % size
        count -= 1
    while count > 0 and queue[0, (head + count - 1) % size] >= value:
        count -= 1
    slot = (head + count) % size
    queue[0, slot] = value
    queue[1, slot] = now
    counters[_HEAD], counters[_COUNT] = head, count + 1
    lowest: float = queue[0, head]
    return lowest


@kernel
def limit(
    stretch: Block,
    taps: Block,
    law: Block,
    clock: int,
    state: Block,
    counters: NDArray[np.int64],
    queue: Block,
    boxes: Block,
    delayed: Block,
    gains_db: Block,
) -> None:
    """Limit a block: stretch[:, 31:] comes in, stretch[:, :-31] becomes what goes out, `latency` samples late.

    `stretch` is (channels, 31 + samples) and begins with the last 31 samples of the block before; `taps` come
    from `interpolation_taps`; `law` is (ceiling as an amplitude, its level in dB, release coefficient, the
    amplitude below which nothing needs to be interpolated); `clock` counts the samples before this block.
    `state` (3,), `counters` (3,), `queue` (2, 2 n + 1), `boxes` (2, n) and `delayed` (channels, 2 n - 2) are
    zero at the start. `gains_db` (samples,) receives the gain of every sample that goes out.
    """
    reach = taps.shape[1]
    channels, total = stretch.shape[0], stretch.shape[1] - (reach - 1)
    ceiling, ceiling_db, release, quiet = law[0], law[1], law[2], law[3]
    box, waiting = boxes.shape[1], delayed.shape[1]
    peaks = np.empty(_STRIDE)
    start = 0
    while start < total:
        count = min(_STRIDE, total - start)
        _interval_peaks(stretch, taps, quiet, start, count, peaks)
        for i in range(count):
            now = clock + start + i
            needed = ceiling_db - DB_PER_LOG2 * log2(peaks[i]) if peaks[i] > ceiling else 0.0
            held = _slide_minimum(queue, counters, 2 * box, now, needed)
            gain = release * state[_GAIN] + (1.0 - release) * held
            gain = held if held < gain else gain
            gain = 0.0 if gain > _SETTLED_DB else gain
            state[_GAIN] = gain
            slot = now % box
            state[_FIRST_SUM] += gain - boxes[0, slot]
            boxes[0, slot] = gain
            middle = state[_FIRST_SUM] / box
            state[_SECOND_SUM] += middle - boxes[1, slot]
            boxes[1, slot] = middle
            # A running sum keeps rounding residue: once all that it covers is 0 dB it is exactly 0 dB again.
            counters[_BUSY] = 2 * box if gain < 0.0 else max(counters[_BUSY] - 1, 0)
            if counters[_BUSY] == 0:
                state[_FIRST_SUM], state[_SECOND_SUM], boxes[1, slot] = 0.0, 0.0, 0.0
            smooth = min(state[_SECOND_SUM] / box, 0.0)
            gains_db[start + i] = smooth
            factor = db_to_gain(smooth)
            slot = now % waiting
            for channel in range(channels):
                sample = delayed[channel, slot]
                delayed[channel, slot] = stretch[channel, start + i + reach // 2 - 1]
                stretch[channel, start + i] = sample * factor
        start += count


class LimiterProcessor:
    """A running true-peak limiter, its channels linked by their maximum; what goes in comes out `latency` later."""

    def __init__(self, settings: Limiter, channels: int, sample_rate_hz: float) -> None:
        box = max(2, round(LOOKAHEAD_MS * sample_rate_hz / 2000.0))
        aim_db = settings.ceiling_dbtp - MARGIN_DB
        ceiling = exact_db_to_gain(aim_db)
        self._taps = interpolation_taps()
        release = smoothing_coefficient(settings.release_ms, sample_rate_hz)
        quiet = ceiling / float(np.abs(self._taps).sum(axis=1).max())
        self._law = np.array([ceiling, aim_db, release, quiet])
        self._clock = 0
        self._state, self._counters = np.zeros(3), np.zeros(3, dtype=np.int64)
        self._queue, self._boxes = np.zeros((2, 2 * box + 1)), np.zeros((2, box))
        self._delayed = np.zeros((channels, 2 * box - 2))
        self._history = np.zeros((channels, 2 * _HALF_TAPS - 1))

    @property
    def latency(self) -> int:
        """Samples by which the output lags behind the input."""
        return self._delayed.shape[1] + _HALF_TAPS

    def process(self, block: Block) -> tuple[Block, NDArray[np.float64]]:
        """Return the next block that comes out, (channels, samples) float64, and its gains in dB, (samples,)."""
        samples = block.shape[1]
        stretch = np.concatenate([self._history, block], axis=1)
        self._history = stretch[:, samples:].copy()
        gains_db = np.empty(samples)
        limit(
            stretch, self._taps, self._law, self._clock, self._state, self._counters, self._queue, self._boxes,
            self._delayed, gains_db,
        )  # fmt: skip
        self._clock += samples
        return stretch[:, :samples], gains_db
