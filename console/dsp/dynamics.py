"""Compressor and gate: gain computers in dB and a branching one-pole smoother, linked over the channels.

Source of the laws: D. Giannoulis, M. Massberg, J. D. Reiss, "Digital dynamic range compressor design - a
tutorial and analysis", JAES 60(6), 2012. The level is the peak of the sample over all channels, -6159 dB (the
least float64) for digital silence; the smoother works on the gain in dB. A time constant t gives
exp(-1/(fs t)) a sample: 63 % of a step after t.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from console.dsp.curves import smoothing_coefficient
from console.dsp.filters import Block
from console.dsp.jit import (
    DB_PER_LOG2,
    HOP,
    OVERFLOW,
    db_to_gain,
    float_to_bits,
    kernel,
    log2,
)
from console.mix import Compressor, Gate

CONTROL_INTERVAL_SAMPLES = HOP
"""Samples covered by one value of a gain-reduction meter."""

_SETTLED_DB = 1e-12  # a smoothed gain nearer to 0 dB than this is set to 0 dB at the next hop
_GAIN, _HOLD, _CLOCK, _LOWEST = 0, 1, 2, 3  # the fields of a state


@kernel
def _linked_peaks(block: Block, start: int, count: int, peaks: Block) -> int:
    """Write the peak over the channels (not-a-number counts as 0) of `count` samples.

    Returns the bits of the highest: the order of non-negative floats is that of their bits, and a maximum of
    integers vectorises.
    """
    first = block[0]
    for i in range(count):
        a = abs(first[start + i])
        peaks[i] = a if a > 0.0 else 0.0
    for channel in range(1, block.shape[0]):
        x = block[channel]
        for i in range(count):
            b = abs(x[start + i])
            peaks[i] = b if b > peaks[i] else peaks[i]
    highest = 0
    for i in range(count):
        highest = max(highest, float_to_bits(peaks[i]))
    return highest


@kernel
def _smooth(targets: Block, count: int, gain_db: float, attack: float, release: float) -> tuple[float, float]:
    """Replace target gains by smoothed ones in place; return the last and the lowest of them."""
    attack_in, release_in = 1.0 - attack, 1.0 - release
    g = gain_db
    lowest = 0.0
    for i in range(count):
        target = targets[i]
        falling = attack * g + attack_in * target
        rising = release * g + release_in * target
        g = falling if target < g else rising
        targets[i] = g
        lowest = g if g < lowest else lowest
    return g, lowest


@kernel
def _smooth_with_hold(
    targets: Block, count: int, gain_db: float, hold_left: float, hold: float, attack: float, release: float
) -> tuple[float, float, float]:
    """As _smooth, with attack on a rising gain; release waits until `hold` samples after a target of 0 dB."""
    attack_in, release_in = 1.0 - attack, 1.0 - release
    g, left = gain_db, hold_left
    lowest = 0.0
    for i in range(count):
        target = targets[i]
        rising = attack * g + attack_in * target
        falling = release * g + release_in * target
        falling = g if left > 0.0 else falling
        g = falling if target < g else rising
        left = hold if target >= 0.0 else max(left - 1.0, 0.0)
        targets[i] = g
        lowest = g if g < lowest else lowest
    return g, left, lowest


@kernel
def _apply_gain(block: Block, start: int, count: int, gains_db: Block, makeup_db: float) -> None:
    """Turn gains in dB into ratios in place and multiply every channel by them."""
    for i in range(count):
        gains_db[i] = db_to_gain(gains_db[i] + makeup_db)
    for channel in range(block.shape[0]):
        x = block[channel]
        for i in range(count):
            x[start + i] *= gains_db[i]


@kernel
def _keep_time(state: Block, count: int, lowest_db: float, meter_db: Block, emitted: int) -> int:
    """Advance the clock; at a hop emit the meter's value and settle the smoothed gain."""
    state[_LOWEST] = min(state[_LOWEST], lowest_db)
    state[_CLOCK] += count
    if state[_CLOCK] < HOP:
        return emitted
    meter_db[emitted] = state[_LOWEST]
    state[_CLOCK] = 0.0
    state[_LOWEST] = 0.0
    if not _SETTLED_DB < abs(state[_GAIN]) < OVERFLOW:
        state[_GAIN] = 0.0
    return emitted + 1


@kernel
def compress(block: Block, law: Block, state: Block, meter_db: Block) -> int:
    """Compress a block (channels, samples) in place; return how many values were written to `meter_db`.

    `law` is (threshold_db, 1/ratio - 1, attack, release, knee_db, makeup_db), times as coefficients. `state`
    is (4,), zero at the start. `meter_db` receives the lowest smoothed gain of every hop that ends within the
    block. Where no sample comes near the threshold no logarithm is taken, and where the gain has settled no
    exponential; the shortcuts give the very bits of the long way.
    """
    threshold, slope, attack, release, knee, makeup = law[0], law[1], law[2], law[3], law[4], law[5]
    half_knee = 0.5 * knee
    # Of a knee so small that its reciprocal overflows, nothing can be seen: it counts as hard.
    bend_scale = 0.5 / knee if knee > 1e-9 else 0.0
    untouched = float_to_bits(0.999 * db_to_gain(threshold - half_knee))
    makeup_gain = db_to_gain(makeup)
    work = np.empty(HOP)
    total = block.shape[1]
    start, emitted = 0, 0
    while start < total:
        count = min(total - start, HOP - int(state[_CLOCK]))
        lowest = 0.0
        quiet = _linked_peaks(block, start, count, work) < untouched
        if quiet and state[_GAIN] == 0.0:
            if makeup_gain != 1.0:
                for channel in range(block.shape[0]):
                    x = block[channel]
                    for i in range(count):
                        x[start + i] *= makeup_gain
        else:
            if quiet:
                work[:count] = 0.0
            else:
                for i in range(count):
                    over = DB_PER_LOG2 * log2(work[i]) - threshold
                    bend = over + half_knee
                    bend = bend if bend > 0.0 else 0.0
                    bend = bend if bend < knee else knee
                    straight = over - half_knee
                    straight = straight if straight > 0.0 else 0.0
                    work[i] = slope * (bend * bend * bend_scale + straight)
            state[_GAIN], lowest = _smooth(work, count, state[_GAIN], attack, release)
            _apply_gain(block, start, count, work, makeup)
        emitted = _keep_time(state, count, lowest, meter_db, emitted)
        start += count
    return emitted


@kernel
def gate(block: Block, law: Block, state: Block, meter_db: Block) -> int:
    """Gate a block (channels, samples) in place; return how many values were written to `meter_db`.

    `law` is (threshold_db, range_db, ratio - 1, attack, hold in samples, release); the rest as in `compress`.
    """
    threshold, floor, slope, attack, hold, release = law[0], law[1], law[2], law[3], law[4], law[5]
    work = np.empty(HOP)
    total = block.shape[1]
    start, emitted = 0, 0
    while start < total:
        count = min(total - start, HOP - int(state[_CLOCK]))
        _linked_peaks(block, start, count, work)
        for i in range(count):
            under = DB_PER_LOG2 * log2(work[i]) - threshold
            target = slope * under
            target = target if target > floor else floor
            work[i] = target if under < 0.0 else 0.0
        state[_GAIN], state[_HOLD], lowest = _smooth_with_hold(
            work, count, state[_GAIN], state[_HOLD], hold, attack, release
        )
        _apply_gain(block, start, count, work, 0.0)
        emitted = _keep_time(state, count, lowest, meter_db, emitted)
        start += count
    return emitted


class _DynamicsProcessor:
    """What compressor and gate share: a state, and the meter that it fills."""

    def __init__(self, law: tuple[float, ...]) -> None:
        self._law = np.array(law, dtype=np.float64)
        self._state = np.zeros(4)
        self._meter: list[NDArray[np.float64]] = []

    def _meter_space(self, samples: int) -> NDArray[np.float64]:
        return np.empty(samples // CONTROL_INTERVAL_SAMPLES + 1)

    def gain_reduction_db(self) -> NDArray[np.float64]:
        """Lowest gain (at most 0, make-up left out) of each control interval since the start, in dB."""
        unfinished = [self._state[_LOWEST : _LOWEST + 1]] if self._state[_CLOCK] > 0.0 else []
        return np.concatenate([np.empty(0), *self._meter, *unfinished])


class CompressorProcessor(_DynamicsProcessor):
    """A running compressor, its channels linked by their maximum."""

    def __init__(self, settings: Compressor, sample_rate_hz: float) -> None:
        super().__init__(
            (
                settings.threshold_db,
                1.0 / settings.ratio - 1.0,
                smoothing_coefficient(settings.attack_ms, sample_rate_hz),
                smoothing_coefficient(settings.release_ms, sample_rate_hz),
                settings.knee_db,
                settings.makeup_db,
            )
        )

    def process(self, block: Block) -> None:
        """Compress the next block, float64 and C-contiguous (channels, samples), in place."""
        meter = self._meter_space(block.shape[1])
        self._meter.append(meter[: compress(block, self._law, self._state, meter)])


class GateProcessor(_DynamicsProcessor):
    """A running gate, its channels linked by their maximum; it starts open."""

    def __init__(self, settings: Gate, sample_rate_hz: float) -> None:
        super().__init__(
            (
                settings.threshold_db,
                settings.range_db,
                settings.ratio - 1.0,
                smoothing_coefficient(settings.attack_ms, sample_rate_hz),
                float(round(settings.hold_ms * sample_rate_hz / 1000.0)),
                smoothing_coefficient(settings.release_ms, sample_rate_hz),
            )
        )

    def process(self, block: Block) -> None:
        """Gate the next block, float64 and C-contiguous (channels, samples), in place."""
        meter = self._meter_space(block.shape[1])
        self._meter.append(meter[: gate(block, self._law, self._state, meter)])
