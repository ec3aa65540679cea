"""Cascades of biquads forward and in reverse: the adjoint filter and the gradients of the coefficients.

With y = B/A x and the adjoint v[n] = dy[n] - a1 v[n+1] - a2 v[n+2], that is 1/A run backwards in time:
dx[n] = b0 v[n] + b1 v[n+1] + b2 v[n+2], db_k = sum v[n+k] x[n] and da_k = -sum v[n+k] y[n].
The forward pass keeps the states of every CHUNK; the reverse pass filters a chunk again from there.

Eight rows of audio run side by side (console.dsp.differentiable.lanes). Arrays of lanes are flat: the number
of lane l at place p is at p * WIDTH + l.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from console.dsp.differentiable.compiled import CHUNK, kernel
from console.dsp.differentiable.lanes import WIDTH, load, store
from console.dsp.jit import tidied

Floats = NDArray[np.float64]
Audio = NDArray[np.float32] | NDArray[np.float64]
Rows = NDArray[np.int64]

_STATES = 2 * WIDTH  # numbers of state per section
_NUMBERS = 5 * WIDTH  # coefficients per section


@kernel
def _read(audio: Audio, rows: Rows, start: int, count: int, signal: Floats) -> None:
    """Lanes from rows of (rows, samples); a row of -1 leaves its lane as it is."""
    for lane in range(WIDTH):
        if rows[lane] >= 0:
            row = audio[rows[lane], start : start + count]
            for i in range(count):
                signal[i * WIDTH + lane] = row[i]


@kernel
def _write(signal: Floats, rows: Rows, start: int, count: int, audio: Audio) -> None:
    """Rows of (rows, samples) from lanes."""
    for lane in range(WIDTH):
        if rows[lane] >= 0:
            row = audio[rows[lane], start : start + count]
            for i in range(count):
                row[i] = signal[i * WIDTH + lane]


@kernel
def _run_pair(sos: Floats, k: int, state: Floats, signals: Floats, count: int) -> None:
    """Sections k and k + 1 (transposed direct form II): signals[k] in, signals[k + 1] and [k + 2] out."""
    at, here = k * _NUMBERS, k * _STATES
    b00, b01, b02 = load(sos, at), load(sos, at + WIDTH), load(sos, at + 2 * WIDTH)
    a01, a02 = load(sos, at + 3 * WIDTH), load(sos, at + 4 * WIDTH)
    at += _NUMBERS
    b10, b11, b12 = load(sos, at), load(sos, at + WIDTH), load(sos, at + 2 * WIDTH)
    a11, a12 = load(sos, at + 3 * WIDTH), load(sos, at + 4 * WIDTH)
    s01, s02 = load(state, here), load(state, here + WIDTH)
    s11, s12 = load(state, here + _STATES), load(state, here + _STATES + WIDTH)
    x, y, z = signals[k], signals[k + 1], signals[k + 2]
    for i in range(0, count * WIDTH, WIDTH):
        u = load(x, i)
        v = b00 * u + s01
        s01 = (b01 * u + s02) - a01 * v
        s02 = b02 * u - a02 * v
        w = b10 * v + s11
        s11 = (b11 * v + s12) - a11 * w
        s12 = b12 * v - a12 * w
        store(y, i, v)
        store(z, i, w)
    store(state, here, s01)
    store(state, here + WIDTH, s02)
    store(state, here + _STATES, s11)
    store(state, here + _STATES + WIDTH, s12)


@kernel
def _reverse_pair(
    sos: Floats, k: int, adjoint: Floats, signals: Floats, g: Floats, dsos: Floats, count: int
) -> None:
    """Sections k + 1 and k in reverse: g holds dy and becomes dx, dsos grows by the coefficients' gradient.

    The gradients of a1 and a2 are gathered with their sign turned.
    """
    at, here = k * _NUMBERS, k * _STATES
    b00, b01, b02 = load(sos, at), load(sos, at + WIDTH), load(sos, at + 2 * WIDTH)
    a01, a02 = load(sos, at + 3 * WIDTH), load(sos, at + 4 * WIDTH)
    c00, c01, c02 = load(dsos, at), load(dsos, at + WIDTH), load(dsos, at + 2 * WIDTH)
    d01, d02 = load(dsos, at + 3 * WIDTH), load(dsos, at + 4 * WIDTH)
    low = at
    at += _NUMBERS
    b10, b11, b12 = load(sos, at), load(sos, at + WIDTH), load(sos, at + 2 * WIDTH)
    a11, a12 = load(sos, at + 3 * WIDTH), load(sos, at + 4 * WIDTH)
    c10, c11, c12 = load(dsos, at), load(dsos, at + WIDTH), load(dsos, at + 2 * WIDTH)
    d11, d12 = load(dsos, at + 3 * WIDTH), load(dsos, at + 4 * WIDTH)
    p1, p2 = load(adjoint, here), load(adjoint, here + WIDTH)
    q1, q2 = load(adjoint, here + _STATES), load(adjoint, here + _STATES + WIDTH)
    first, middle, last = signals[k], signals[k + 1], signals[k + 2]
    for i in range((count - 1) * WIDTH, -1, -WIDTH):
        x, y, z = load(first, i), load(middle, i), load(last, i)
        w = (load(g, i) - a12 * q2) - a11 * q1
        u = (b11 * q1 + b12 * q2) + b10 * w
        c10 = c10 + w * y
        c11 = c11 + q1 * y
        c12 = c12 + q2 * y
        d11 = d11 + q1 * z
        d12 = d12 + q2 * z
        q2 = q1
        q1 = w
        v = (u - a02 * p2) - a01 * p1
        store(g, i, (b01 * p1 + b02 * p2) + b00 * v)
        c00 = c00 + v * x
        c01 = c01 + p1 * x
        c02 = c02 + p2 * x
        d01 = d01 + p1 * y
        d02 = d02 + p2 * y
        p2 = p1
        p1 = v
    store(adjoint, here, p1)
    store(adjoint, here + WIDTH, p2)
    store(adjoint, here + _STATES, q1)
    store(adjoint, here + _STATES + WIDTH, q2)
    store(dsos, low, c00)
    store(dsos, low + WIDTH, c01)
    store(dsos, low + 2 * WIDTH, c02)
    store(dsos, low + 3 * WIDTH, d01)
    store(dsos, low + 4 * WIDTH, d02)
    store(dsos, at, c10)
    store(dsos, at + WIDTH, c11)
    store(dsos, at + 2 * WIDTH, c12)
    store(dsos, at + 3 * WIDTH, d11)
    store(dsos, at + 4 * WIDTH, d12)


@kernel
def filter_forward(sos: Floats, rows: Rows, x: Audio, y: Audio, kept: Floats) -> None:
    """Filter up to eight rows of x (rows, samples) into those of y.

    `sos` are the lanes of (sections, 5): b0 b1 b2 a1 a2, an even number of sections. `rows` (8,) says which
    row each lane is, -1 for none. `kept` (chunks, lanes of (sections, 2)) receives the state before each
    chunk. States too small or too large to be sound become zero between chunks, as in the renderer.
    """
    sections, total = sos.size // _NUMBERS, x.shape[1]
    state = np.zeros(sections * _STATES)
    signals = np.zeros((sections + 1, CHUNK * WIDTH))
    for chunk in range(kept.shape[0]):
        start = chunk * CHUNK
        count = min(CHUNK, total - start)
        for j in range(state.size):
            state[j] = tidied(state[j])
            kept[chunk, j] = state[j]
        _read(x, rows, start, count, signals[0])
        for k in range(0, sections, 2):
            _run_pair(sos, k, state, signals, count)
        _write(signals[sections], rows, start, count, y)


@kernel
def filter_backward(
    sos: Floats, rows: Rows, x: Audio, kept: Floats, dy: Audio, dx: Audio, dsos: Floats
) -> None:
    """The gradient in y becomes that in x, unless dx is empty, and `dsos`, zero at first, that in the sections."""
    sections, total = sos.size // _NUMBERS, x.shape[1]
    signals = np.zeros((sections + 1, CHUNK * WIDTH))
    adjoint = np.zeros(sections * _STATES)
    g = np.zeros(CHUNK * WIDTH)
    for chunk in range(kept.shape[0] - 1, -1, -1):
        start = chunk * CHUNK
        count = min(CHUNK, total - start)
        state = kept[chunk].copy()
        for j in range(adjoint.size):
            adjoint[j] = tidied(adjoint[j])
        _read(x, rows, start, count, signals[0])
        _read(dy, rows, start, count, g)
        for k in range(0, sections, 2):
            _run_pair(sos, k, state, signals, count)
        for k in range(sections - 2, -1, -2):
            _reverse_pair(sos, k, adjoint, signals, g, dsos, count)
        if dx.size:
            _write(g, rows, start, count, dx)
    for k in range(sections):
        for j in range(k * _NUMBERS + 3 * WIDTH, (k + 1) * _NUMBERS):
            dsos[j] = -dsos[j]
