"""The compressor of console.dsp.dynamics forward and in reverse; equations in level_kernels.

Eight strips run side by side: what looks at single samples (levels, curves, gains) goes strip by strip, the
recursions in lanes. Arrays of lanes are flat: the number of lane l at place p is at p * WIDTH + l.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

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
from console.dsp.differentiable.lanes import WIDTH, load, store, where_less
from console.dsp.differentiable.level_kernels import (
    Audio,
    Floats,
    add_level_gradients,
    find_peaks,
    output_gradients,
    scale,
    settled,
)
from console.dsp.jit import db_to_gain

Rows = NDArray[np.int64]


@kernel
def _to_lanes(rows: Floats, count: int, lanes: Floats) -> None:
    """Turn (WIDTH, CHUNK) into lanes."""
    for lane in range(WIDTH):
        for i in range(count):
            lanes[i * WIDTH + lane] = rows[lane, i]


@kernel
def _to_rows(lanes: Floats, count: int, rows: Floats) -> None:
    """Turn lanes into (WIDTH, CHUNK or more)."""
    for lane in range(WIDTH):
        for i in range(count):
            rows[lane, i] = lanes[i * WIDTH + lane]


@kernel
def _smooth(targets: Floats, times: Floats, state: Floats, gains: Floats, count: int) -> None:
    """Smoothed gains in lanes, the first being the one before; `times` are attack and release in lanes."""
    attack, release = load(times, 0), load(times, WIDTH)
    attack_in, release_in = load(times, 2 * WIDTH), load(times, 3 * WIDTH)
    g = load(state, 0)
    store(gains, 0, g)
    for i in range(0, count * WIDTH, WIDTH):
        target = load(targets, i)
        falling = attack * g + attack_in * target
        rising = release * g + release_in * target
        g = where_less(target, g, falling, rising)
        store(gains, i + WIDTH, g)
    store(state, 0, g)


@kernel
def _smooth_reversed(
    targets: Floats, times: Floats, carry: Floats, gains: Floats, errors: Floats, d_times: Floats, count: int
) -> None:
    """Gradients in the gains, `errors`, become those in the targets; d_times grows for attack and release."""
    attack, release, nothing = load(times, 0), load(times, WIDTH), load(times, 4 * WIDTH)
    attack_in, release_in = load(times, 2 * WIDTH), load(times, 3 * WIDTH)
    d_attack, d_release = load(d_times, 0), load(d_times, WIDTH)
    c = load(carry, 0)
    for i in range((count - 1) * WIDTH, -1, -WIDTH):
        target, before = load(targets, i), load(gains, i)
        c = c + load(errors, i)
        change = c * (before - target)
        falls = where_less(target, before, change, nothing)
        d_attack = d_attack + falls
        d_release = d_release + (change - falls)
        store(errors, i, c * where_less(target, before, attack_in, release_in))
        c = c * where_less(target, before, attack, release)
    store(carry, 0, c)
    store(d_times, 0, d_attack)
    store(d_times, WIDTH, d_release)


@kernel
def _times(law: Floats, strips: Rows) -> Floats:
    """Attack, release, one minus each, and zero, in lanes."""
    times = np.zeros(5 * WIDTH)
    for lane in range(WIDTH):
        if strips[lane] >= 0:
            attack, release = law[strips[lane], ATTACK], law[strips[lane], RELEASE]
            times[lane], times[WIDTH + lane] = attack, release
            times[2 * WIDTH + lane], times[3 * WIDTH + lane] = 1.0 - attack, 1.0 - release
    return times


@kernel
def _scale_by(x: Audio, y: Audio, start: int, count: int, factor: float) -> None:
    for channel in range(x.shape[0]):
        into, out = x[channel, start : start + count], y[channel, start : start + count]
        for i in range(count):
            out[i] = into[i] * factor


@kernel
def compress_forward(
    law: Floats, strips: Rows, channels: Rows, x: Audio, y: Audio, kept: Floats, meter: Audio
) -> None:
    """Compress up to eight strips of x (strips, channels, samples) into y.

    `law` (strips, 6) holds threshold_db, 1/ratio - 1, attack, release, knee_db, makeup_db, times as
    coefficients; `strips` (8,) the strip of each lane, -1 for none; `channels` (strips,) how many sound. `kept`
    (chunks, lanes) receives the smoothed gain before each chunk; `meter` (strips, samples), unless it is
    empty, the gain in dB without make-up.
    """
    total = x.shape[2]
    peaks, factors, times = np.empty((WIDTH, CHUNK)), np.empty(CHUNK), _times(law, strips)
    targets, gains = np.zeros((WIDTH, CHUNK)), np.zeros((WIDTH, CHUNK + 1))
    target_lanes, gain_lanes = np.zeros(CHUNK * WIDTH), np.zeros((CHUNK + 1) * WIDTH)
    state = np.zeros(WIDTH)
    quiet = np.zeros(WIDTH, dtype=np.bool_)
    for chunk in range(kept.shape[0]):
        start = chunk * CHUNK
        count = min(CHUNK, total - start)
        busy = False
        for lane in range(WIDTH):
            state[lane] = settled(state[lane])
            kept[chunk, lane] = state[lane]
            strip = strips[lane]
            quiet[lane] = True
            if strip >= 0:
                highest = find_peaks(x[strip, : channels[strip]], start, count, peaks[lane])
                quiet[lane] = highest < untouched(law[strip])
                if quiet[lane]:
                    targets[lane] = 0.0
                else:
                    find_overs(law[strip], peaks[lane], count, factors)
                    find_targets(law[strip], factors, count, targets[lane])
            busy = busy or not quiet[lane] or state[lane] != 0.0
        if busy:
            _to_lanes(targets, count, target_lanes)
            _smooth(target_lanes, times, state, gain_lanes, count)
            _to_rows(gain_lanes, count + 1, gains)
        else:
            gains[:] = 0.0
        for lane in range(WIDTH):
            strip = strips[lane]
            if strip >= 0:
                makeup, sound = law[strip, MAKEUP], x[strip, : channels[strip]]
                if quiet[lane] and kept[chunk, lane] == 0.0:
                    _scale_by(sound, y[strip], start, count, db_to_gain(makeup))
                else:
                    scale(sound, y[strip], start, count, gains[lane], makeup, factors)
                if meter.shape[1]:
                    for i in range(count):
                        meter[strip, start + i] = gains[lane, i + 1]


@kernel
def compress_backward(
    law: Floats,
    strips: Rows,
    channels: Rows,
    x: Audio,
    kept: Floats,
    dy: Audio,
    dmeter: Audio,
    dx: Audio,
    dlaw: Floats,
) -> None:
    """The gradients in y, and in the meter unless it is empty, become those in x and in the law (strips, 6)."""
    total = x.shape[2]
    peaks, factors, times = np.empty((WIDTH, CHUNK)), np.empty(CHUNK), _times(law, strips)
    targets, gains, overs = np.zeros((WIDTH, CHUNK)), np.zeros((WIDTH, CHUNK + 1)), np.zeros((WIDTH, CHUNK))
    target_lanes, gain_lanes = np.zeros(CHUNK * WIDTH), np.zeros((CHUNK + 1) * WIDTH)
    errors, error_lanes = np.zeros((WIDTH, CHUNK)), np.zeros(CHUNK * WIDTH)
    state, carry, d_times = np.zeros(WIDTH), np.zeros(WIDTH), np.zeros(2 * WIDTH)
    quiet = np.zeros(WIDTH, dtype=np.bool_)
    for chunk in range(kept.shape[0] - 1, -1, -1):
        start = chunk * CHUNK
        count = min(CHUNK, total - start)
        busy = False
        for lane in range(WIDTH):
            state[lane] = kept[chunk, lane]
            strip = strips[lane]
            quiet[lane] = True
            targets[lane] = 0.0
            if strip >= 0:
                highest = find_peaks(x[strip, : channels[strip]], start, count, peaks[lane])
                quiet[lane] = highest < untouched(law[strip])
                if not quiet[lane]:
                    find_overs(law[strip], peaks[lane], count, overs[lane])
                    find_targets(law[strip], overs[lane], count, targets[lane])
            busy = busy or not quiet[lane] or state[lane] != 0.0
        if busy:
            _to_lanes(targets, count, target_lanes)
            _smooth(target_lanes, times, state, gain_lanes, count)
            _to_rows(gain_lanes, count + 1, gains)
        for lane in range(WIDTH):
            strip = strips[lane]
            if strip < 0:
                continue
            makeup = law[strip, MAKEUP]
            if quiet[lane] and kept[chunk, lane] == 0.0:
                factors[:] = db_to_gain(makeup)
            else:
                for i in range(count):
                    factors[i] = db_to_gain(gains[lane, i + 1] + makeup)
            sound = x[strip, : channels[strip]]
            dlaw[strip, MAKEUP] += output_gradients(
                sound, dy[strip], dx[strip], start, count, factors, errors[lane]
            )
            if dmeter.shape[1]:
                for i in range(count):
                    errors[lane, i] += dmeter[strip, start + i]
        if busy:
            _to_lanes(errors, count, error_lanes)
            _smooth_reversed(target_lanes, times, carry, gain_lanes, error_lanes, d_times, count)
            _to_rows(error_lanes, count, errors)
        for lane in range(WIDTH):
            strip = strips[lane]
            if strip >= 0 and not quiet[lane]:
                curve_gradients(law[strip], overs[lane], count, errors[lane], dlaw[strip])
                add_level_gradients(
                    x[strip, : channels[strip]], dx[strip], start, count, peaks[lane], errors[lane]
                )
            elif kept[chunk, lane] == 0.0:
                carry[lane] = 0.0  # the gain before this chunk was 0 dB, whatever the knobs
    for lane in range(WIDTH):
        if strips[lane] >= 0:
            dlaw[strips[lane], ATTACK] += d_times[lane]
            dlaw[strips[lane], RELEASE] += d_times[WIDTH + lane]
