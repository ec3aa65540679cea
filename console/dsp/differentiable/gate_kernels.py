"""The gate of console.dsp.dynamics forward and in reverse; equations in level_kernels."""

from __future__ import annotations

import numpy as np

from console.dsp.differentiable.compiled import CHUNK, kernel
from console.dsp.differentiable.level_kernels import (
    Audio,
    Floats,
    add_level_gradients,
    find_peaks,
    output_gradients,
    scale,
    settled,
)
from console.dsp.jit import DB_PER_LOG2, db_to_gain, log2


@kernel
def _gate_targets(law: Floats, peaks: Floats, count: int, unders: Floats, targets: Floats) -> None:
    threshold, floor, slope = law[0], law[1], law[2]
    for i in range(count):
        under = DB_PER_LOG2 * log2(peaks[i]) - threshold
        unders[i] = under
        target = slope * under
        target = target if target > floor else floor
        targets[i] = target if under < 0.0 else 0.0


@kernel
def _smooth_with_hold(
    law: Floats, targets: Floats, count: int, state: Floats, gains: Floats, coefficients: Floats
) -> None:
    """Smoothed gains, gains[0] being the one before, and the coefficient of each; state is (gain, hold left)."""
    attack, hold, release = law[3], law[4], law[5]
    g, left = state[0], state[1]
    gains[0] = g
    for i in range(count):
        target = targets[i]
        c = attack
        if target < g:
            c = 1.0 if left > 0.0 else release
        coefficients[i] = c
        g = c * g + (1.0 - c) * target
        left = hold if target >= 0.0 else max(left - 1.0, 0.0)
        gains[i + 1] = g
    state[0], state[1] = g, left


@kernel
def gate_forward(law: Floats, x: Audio, y: Audio, kept: Floats, meter: Audio) -> None:
    """Gate x (channels, samples) into y.

    `law` is (threshold_db, range_db, ratio - 1, attack, hold in samples, release); `kept` (chunks, 2) receives
    gain and hold before each chunk; `meter` as in compress_forward.
    """
    total = x.shape[1]
    peaks, unders, targets, gains = np.empty(CHUNK), np.empty(CHUNK), np.empty(CHUNK), np.zeros(CHUNK + 1)
    coefficients, state = np.empty(CHUNK), np.zeros(2)
    for chunk in range(kept.shape[0]):
        start = chunk * CHUNK
        count = min(CHUNK, total - start)
        state[0] = settled(state[0])
        kept[chunk, 0], kept[chunk, 1] = state[0], state[1]
        find_peaks(x, start, count, peaks)
        _gate_targets(law, peaks, count, unders, targets)
        _smooth_with_hold(law, targets, count, state, gains, coefficients)
        scale(x, y, start, count, gains, 0.0, unders)
        if meter.size:
            for i in range(count):
                meter[start + i] = gains[i + 1]


@kernel
def gate_backward(
    law: Floats, x: Audio, kept: Floats, dy: Audio, dmeter: Audio, dx: Audio, dlaw: Floats
) -> None:
    """As compress_backward, with the law of gate_forward; the hold, whole samples, has no gradient."""
    floor, slope = law[1], law[2]
    total = x.shape[1]
    peaks, unders, targets, gains = np.empty(CHUNK), np.empty(CHUNK), np.empty(CHUNK), np.zeros(CHUNK + 1)
    coefficients, state = np.empty(CHUNK), np.zeros(2)
    factors, errors = np.empty(CHUNK), np.empty(CHUNK)
    carry = 0.0
    for chunk in range(kept.shape[0] - 1, -1, -1):
        start = chunk * CHUNK
        count = min(CHUNK, total - start)
        find_peaks(x, start, count, peaks)
        _gate_targets(law, peaks, count, unders, targets)
        state[0], state[1] = kept[chunk, 0], kept[chunk, 1]
        _smooth_with_hold(law, targets, count, state, gains, coefficients)
        for i in range(count):
            factors[i] = db_to_gain(gains[i + 1])
        output_gradients(x, dy, dx, start, count, factors, errors)
        if dmeter.size:
            for i in range(count):
                errors[i] += dmeter[start + i]
        for i in range(count - 1, -1, -1):
            carry += errors[i]
            c = coefficients[i]
            change = carry * (gains[i] - targets[i])
            if targets[i] >= gains[i]:
                dlaw[3] += change
            elif c < 1.0:
                dlaw[5] += change
            errors[i] = (1.0 - c) * carry
            carry *= c
        for i in range(count):
            dt = errors[i]
            errors[i] = 0.0
            if unders[i] < 0.0:
                if slope * unders[i] > floor:
                    dlaw[2] += dt * unders[i]
                    dlaw[0] -= dt * slope
                    errors[i] = dt * slope
                else:
                    dlaw[1] += dt
        add_level_gradients(x, dx, start, count, peaks, errors)
