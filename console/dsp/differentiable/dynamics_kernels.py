"""The compressor and the gate of console.dsp.dynamics forward and in reverse.

With g[n] = c[n] g[n-1] + (1 - c[n]) t[n], c the attack or the release by the branch taken, and l[n] the
gradient in g[n]: l[n] = e[n] + c[n+1] l[n+1] where e comes from the output, dt[n] = (1 - c[n]) l[n] and
dc = sum l[n] (g[n-1] - t[n]) over the samples of that branch. The forward pass keeps the smoothed gain before
every CHUNK; the reverse pass computes a chunk again from there.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from console.dsp.differentiable.compiled import CHUNK, kernel
from console.dsp.jit import DB_PER_LOG2, OVERFLOW, db_to_gain, log2

Floats = NDArray[np.float64]
Audio = NDArray[np.float32] | NDArray[np.float64]

NEPER_PER_DB = 0.11512925464970228  # ln(10)/20
_SETTLED_DB = 1e-12


@kernel
def _peaks(x: Audio, start: int, count: int, peaks: Floats) -> float:
    """Peak over the channels of (channels, samples); return the highest."""
    for i in range(count):
        peaks[i] = abs(x[0, start + i])
    for channel in range(1, x.shape[0]):
        for i in range(count):
            b = float(abs(x[channel, start + i]))
            peaks[i] = b if b > peaks[i] else peaks[i]
    highest = 0.0
    for i in range(count):
        highest = peaks[i] if peaks[i] > highest else highest
    return highest


@kernel
def _settled(gain_db: float) -> float:
    return gain_db if _SETTLED_DB < abs(gain_db) < OVERFLOW else 0.0


@kernel
def _compressor_targets(law: Floats, peaks: Floats, count: int, overs: Floats, targets: Floats) -> None:
    """Level over the threshold in dB, and the static gain in dB."""
    threshold, slope, knee = law[0], law[1], law[4]
    half_knee = 0.5 * knee
    bend_scale = 0.5 / knee if knee > 0.0 else 0.0
    for i in range(count):
        over = DB_PER_LOG2 * log2(peaks[i]) - threshold
        overs[i] = over
        bend = over + half_knee
        bend = bend if bend > 0.0 else 0.0
        bend = bend if bend < knee else knee
        straight = over - half_knee
        straight = straight if straight > 0.0 else 0.0
        targets[i] = slope * (bend * bend * bend_scale + straight)


@kernel
def _smooth(
    targets: Floats, count: int, gain_db: float, attack: float, release: float, gains: Floats
) -> float:
    """Smoothed gains in dB, gains[0] being the one before; return the last."""
    attack_in, release_in = 1.0 - attack, 1.0 - release
    g = gain_db
    gains[0] = g
    for i in range(count):
        target = targets[i]
        falling = attack * g + attack_in * target
        rising = release * g + release_in * target
        g = falling if target < g else rising
        gains[i + 1] = g
    return g


@kernel
def _scale(x: Audio, y: Audio, start: int, count: int, gains: Floats, makeup: float, factors: Floats) -> None:
    for i in range(count):
        factors[i] = db_to_gain(gains[i + 1] + makeup)
    for channel in range(x.shape[0]):
        for i in range(count):
            y[channel, start + i] = x[channel, start + i] * factors[i]


@kernel
def compress_forward(law: Floats, x: Audio, y: Audio, kept: Floats, meter: Audio) -> None:
    """Compress x (channels, samples) into y.

    `law` is (threshold_db, 1/ratio - 1, attack, release, knee_db, makeup_db), times as coefficients; `kept`
    (chunks,) receives the smoothed gain before each chunk and `meter` (samples,), unless it is empty, the gain
    in dB without make-up.
    """
    attack, release, makeup = law[2], law[3], law[5]
    untouched = 0.999 * db_to_gain(law[0] - 0.5 * law[4])
    makeup_gain = db_to_gain(makeup)
    total = x.shape[1]
    peaks, overs, targets, gains = np.empty(CHUNK), np.empty(CHUNK), np.empty(CHUNK), np.zeros(CHUNK + 1)
    g = 0.0
    for chunk in range(kept.size):
        start = chunk * CHUNK
        count = min(CHUNK, total - start)
        g = _settled(g)
        kept[chunk] = g
        if _peaks(x, start, count, peaks) < untouched and g == 0.0:
            for channel in range(x.shape[0]):
                for i in range(count):
                    y[channel, start + i] = x[channel, start + i] * makeup_gain
            gains[:] = 0.0
        else:
            _compressor_targets(law, peaks, count, overs, targets)
            g = _smooth(targets, count, g, attack, release, gains)
            _scale(x, y, start, count, gains, makeup, overs)
        if meter.size:
            for i in range(count):
                meter[start + i] = gains[i + 1]


@kernel
def _output_gradients(
    x: Audio, dy: Audio, dx: Audio, start: int, count: int, factors: Floats, errors: Floats
) -> float:
    """Write dx for a gain that is held, and the gradient in the gain in dB; return that one's sum."""
    for i in range(count):
        errors[i] = 0.0
    for channel in range(x.shape[0]):
        for i in range(count):
            scaled = dy[channel, start + i] * factors[i]
            errors[i] += scaled * x[channel, start + i] * NEPER_PER_DB
            dx[channel, start + i] = scaled
    total = 0.0
    for i in range(count):
        total += errors[i]
    return total


@kernel
def _add_level_gradients(x: Audio, dx: Audio, start: int, count: int, peaks: Floats, d_level: Floats) -> None:
    """Pass the gradient in the level in dB on to the first channel that holds the peak."""
    for i in range(count):
        if d_level[i] != 0.0 and peaks[i] > 0.0:
            channel = 0
            while channel + 1 < x.shape[0] and abs(x[channel, start + i]) < peaks[i]:
                channel += 1
            dx[channel, start + i] += d_level[i] / (NEPER_PER_DB * x[channel, start + i])


@kernel
def compress_backward(
    law: Floats, x: Audio, kept: Floats, dy: Audio, dmeter: Audio, dx: Audio, dlaw: Floats
) -> None:
    """The gradients in y, and in the meter unless it is empty, become those in x and in the law (6,)."""
    slope, attack, release, knee, makeup = law[1], law[2], law[3], law[4], law[5]
    half_knee = 0.5 * knee
    per_knee = 1.0 / knee if knee > 0.0 else 0.0
    untouched = 0.999 * db_to_gain(law[0] - half_knee)
    makeup_gain = db_to_gain(makeup)
    total = x.shape[1]
    peaks, overs, targets, gains = np.empty(CHUNK), np.empty(CHUNK), np.empty(CHUNK), np.zeros(CHUNK + 1)
    factors, errors = np.empty(CHUNK), np.empty(CHUNK)
    carry = 0.0
    for chunk in range(kept.size - 1, -1, -1):
        start = chunk * CHUNK
        count = min(CHUNK, total - start)
        highest = _peaks(x, start, count, peaks)
        if highest < untouched and kept[chunk] == 0.0:
            for i in range(count):
                factors[i] = makeup_gain
            dlaw[5] += _output_gradients(x, dy, dx, start, count, factors, errors)
            carry = 0.0  # the gain before this chunk was 0 dB, whatever the knobs
            continue
        _compressor_targets(law, peaks, count, overs, targets)
        _smooth(targets, count, kept[chunk], attack, release, gains)
        for i in range(count):
            factors[i] = db_to_gain(gains[i + 1] + makeup)
        dlaw[5] += _output_gradients(x, dy, dx, start, count, factors, errors)
        if dmeter.size:
            for i in range(count):
                errors[i] += dmeter[start + i]
        d_attack, d_release = 0.0, 0.0
        for i in range(count - 1, -1, -1):
            carry += errors[i]
            falls = targets[i] < gains[i]
            c = attack if falls else release
            change = carry * (gains[i] - targets[i])
            d_attack += change if falls else 0.0
            d_release += 0.0 if falls else change
            errors[i] = (1.0 - c) * carry
            carry *= c
        d_threshold, d_slope, d_knee = 0.0, 0.0, 0.0
        for i in range(count):
            bend = overs[i] + half_knee
            bend = bend if bend > 0.0 else 0.0
            bend = bend if bend < knee else knee
            share = bend * per_knee
            straight = overs[i] - half_knee
            above = straight > 0.0
            straight = straight if above else 0.0
            dt = errors[i]
            steep = 1.0 if above else share
            d_slope += dt * (0.5 * bend * share + straight)
            d_knee += slope * dt * 0.5 * share * (1.0 - share)
            errors[i] = dt * slope * steep
            d_threshold -= errors[i]
        dlaw[0] += d_threshold
        dlaw[1] += d_slope
        dlaw[2] += d_attack
        dlaw[3] += d_release
        dlaw[4] += d_knee
        _add_level_gradients(x, dx, start, count, peaks, errors)


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
        state[0] = _settled(state[0])
        kept[chunk, 0], kept[chunk, 1] = state[0], state[1]
        _peaks(x, start, count, peaks)
        _gate_targets(law, peaks, count, unders, targets)
        _smooth_with_hold(law, targets, count, state, gains, coefficients)
        _scale(x, y, start, count, gains, 0.0, unders)
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
        _peaks(x, start, count, peaks)
        _gate_targets(law, peaks, count, unders, targets)
        state[0], state[1] = kept[chunk, 0], kept[chunk, 1]
        _smooth_with_hold(law, targets, count, state, gains, coefficients)
        for i in range(count):
            factors[i] = db_to_gain(gains[i + 1])
        _output_gradients(x, dy, dx, start, count, factors, errors)
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
        _add_level_gradients(x, dx, start, count, peaks, errors)
