"""The compressor at a control rate, forward and in reverse: one gain every few samples, drawn straight between.

Each control interval takes the level of one of its samples, not of its peak: what counts for the smoothing is
how the level is distributed, and one sample in four is a fair draw of it, while the peak of an interval is
always too high (by 2 to 6 dB of gain reduction over 1.5 ms). The sample's place in the interval moves on from
one to the next, so that no steady tone is met at one phase only.
"""

from __future__ import annotations

import numpy as np

from console.dsp.differentiable.compiled import CHUNK, kernel
from console.dsp.differentiable.curve_kernels import (
    ATTACK,
    MAKEUP,
    RELEASE,
    curve_gradients,
    find_overs,
    find_targets,
    untouched,
)
from console.dsp.differentiable.level_kernels import NEPER_PER_DB, Audio, Floats, settled
from console.dsp.jit import db_to_gain

STEP = 4
"""Samples of a control interval, a divisor of CHUNK."""

_STRIDE = 3  # odd, so that it meets every place of an interval
_POINTS = CHUNK // STEP


@kernel
def _place(k: int, count: int) -> int:
    """Which sample of a chunk speaks for its interval k."""
    return min(k * STEP + (k * _STRIDE) % STEP, count - 1)


@kernel
def _levels(x: Audio, start: int, count: int, peaks: Floats) -> float:
    """Amplitude of each interval, the highest channel's; return the highest of all."""
    highest = 0.0
    for k in range(-(-count // STEP)):
        at = start + _place(k, count)
        peak = 0.0
        for channel in range(x.shape[0]):
            a = float(abs(x[channel, at]))
            peak = a if a > peak else peak
        peaks[k] = peak
        highest = peak if peak > highest else highest
    return highest


@kernel
def _smooth(
    targets: Floats, points: int, gain_db: float, attack: float, release: float, gains: Floats
) -> float:
    """Smoothed gains in dB, gains[0] being the one before; return the last."""
    attack_in, release_in = 1.0 - attack, 1.0 - release
    g = gain_db
    gains[0] = g
    for k in range(points):
        target = targets[k]
        falling = attack * g + attack_in * target
        rising = release * g + release_in * target
        g = falling if target < g else rising
        gains[k + 1] = g
    return g


@kernel
def _draw(gains: Floats, makeup: float, count: int, ends: Floats, factors: Floats) -> None:
    """Factor of each sample of a chunk: straight from the last interval's gain to its own."""
    points = -(-count // STEP)
    for k in range(points + 1):
        ends[k] = db_to_gain(gains[k] + makeup)
    for k in range(points):
        slope = (ends[k + 1] - ends[k]) / STEP
        for j in range(STEP):
            factors[k * STEP + j] = ends[k] + slope * (j + 1)


@kernel
def compress_forward(law: Floats, x: Audio, y: Audio, kept: Floats, meter: Audio) -> None:
    """Compress one strip x (channels, samples) into y.

    `law` (6,) as in compressor_kernels, `kept` (chunks,) receives the smoothed gain before each chunk, `meter`
    (samples,), unless it is empty, the gain of each interval in dB without make-up.
    """
    total, attack, release = x.shape[1], law[ATTACK] ** STEP, law[RELEASE] ** STEP
    peaks, work, targets = np.empty(_POINTS), np.empty(_POINTS), np.empty(_POINTS)
    gains, ends, factors = np.zeros(_POINTS + 1), np.empty(_POINTS + 1), np.empty(CHUNK)
    quiet, g = untouched(law), 0.0
    for chunk in range(kept.size):
        start = chunk * CHUNK
        count = min(CHUNK, total - start)
        g = settled(g)
        kept[chunk] = g
        if _levels(x, start, count, peaks) < quiet and g == 0.0:
            gains[:] = 0.0
            factors[:] = db_to_gain(law[MAKEUP])
        else:
            here = -(-count // STEP)
            find_overs(law, peaks, here, work)
            find_targets(law, work, here, targets)
            g = _smooth(targets, here, g, attack, release, gains)
            _draw(gains, law[MAKEUP], count, ends, factors)
        for channel in range(x.shape[0]):
            into, out = x[channel, start : start + count], y[channel, start : start + count]
            for i in range(count):
                out[i] = into[i] * factors[i]
        if meter.size:
            for i in range(count):
                meter[start + i] = gains[i // STEP + 1]


@kernel
def _gain_gradients(
    x: Audio, dy: Audio, dx: Audio, start: int, count: int, factors: Floats, products: Floats, errors: Floats
) -> None:
    """Write dx for a gain that is held, and the gradients in the ends of the intervals, (points + 1,)."""
    products[:] = 0.0
    for channel in range(x.shape[0]):
        into, out, back = (
            x[channel, start : start + count],
            dy[channel, start : start + count],
            dx[channel, start : start + count],
        )
        for i in range(count):
            products[i] += float(out[i]) * into[i]
            back[i] = out[i] * factors[i]
    points = -(-count // STEP)
    errors[: points + 1] = 0.0
    for k in range(points):
        first, second, third = products[k * STEP], products[k * STEP + 1], products[k * STEP + 2]
        risen = (first + 2.0 * second + 3.0 * third) / STEP + products[k * STEP + 3]
        errors[k] += (first + second + third + products[k * STEP + 3]) - risen
        errors[k + 1] += risen


@kernel
def compress_backward(
    law: Floats, x: Audio, kept: Floats, dy: Audio, dmeter: Audio, dx: Audio, dlaw: Floats
) -> None:
    """The gradients in y, and in the meter unless it is empty, become those in x and in the law (6,)."""
    total, attack, release = x.shape[1], law[ATTACK] ** STEP, law[RELEASE] ** STEP
    peaks, overs, targets = np.empty(_POINTS), np.empty(_POINTS), np.empty(_POINTS)
    gains, ends, factors = np.zeros(_POINTS + 1), np.empty(_POINTS + 1), np.empty(CHUNK)
    errors, products, late = np.zeros(_POINTS + 1), np.empty(CHUNK), 0.0
    quiet, carry, d_attack, d_release = untouched(law), 0.0, 0.0, 0.0
    for chunk in range(kept.size - 1, -1, -1):
        start = chunk * CHUNK
        count = min(CHUNK, total - start)
        here = -(-count // STEP)
        silent = _levels(x, start, count, peaks) < quiet and kept[chunk] == 0.0
        if silent:
            gains[:] = 0.0
        else:
            find_overs(law, peaks, here, overs)
            find_targets(law, overs, here, targets)
            _smooth(targets, here, kept[chunk], attack, release, gains)
        _draw(gains, law[MAKEUP], count, ends, factors)
        _gain_gradients(x, dy, dx, start, count, factors, products, errors)
        errors[here] += late  # of the first interval of the chunk that follows, which begins at this gain
        late = errors[0]
        d_makeup = 0.0
        for k in range(1, here + 1):
            errors[k] *= ends[k] * NEPER_PER_DB
            d_makeup += errors[k]
        dlaw[MAKEUP] += d_makeup
        if chunk == 0:
            dlaw[MAKEUP] += late * ends[0] * NEPER_PER_DB
        if dmeter.size:
            for i in range(count):
                errors[i // STEP + 1] += dmeter[start + i]
        if silent:
            carry = 0.0  # the gain before this chunk was 0 dB, whatever the knobs
            continue
        for k in range(here - 1, -1, -1):
            carry += errors[k + 1]
            falls = targets[k] < gains[k]
            c = attack if falls else release
            change = carry * (gains[k] - targets[k])
            d_attack += change if falls else 0.0
            d_release += 0.0 if falls else change
            targets[k] = (1.0 - c) * carry  # not needed any more: now the gradient in it
            carry *= c
        curve_gradients(law, overs, here, targets, dlaw)
        for k in range(here):
            at = start + _place(k, count)
            channel = 0
            while channel + 1 < x.shape[0] and abs(x[channel, at]) < peaks[k]:
                channel += 1
            if x[channel, at] != 0.0:
                dx[channel, at] += targets[k] / (NEPER_PER_DB * x[channel, at])
    dlaw[ATTACK] += d_attack * STEP * law[ATTACK] ** (STEP - 1)
    dlaw[RELEASE] += d_release * STEP * law[RELEASE] ** (STEP - 1)
