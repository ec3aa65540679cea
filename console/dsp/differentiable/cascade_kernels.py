"""Cascades of biquads forward and in reverse: the adjoint filter and the gradients of the coefficients.

With y = B/A x and the adjoint v[n] = dy[n] - a1 v[n+1] - a2 v[n+2], that is 1/A run backwards in time:
dx[n] = b0 v[n] + b1 v[n+1] + b2 v[n+2], db_k = sum v[n+k] x[n] and da_k = -sum v[n+k] y[n].
The forward pass keeps the states of every CHUNK; the reverse pass filters a chunk again from there.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from console.dsp.differentiable.compiled import CHUNK, kernel
from console.dsp.jit import tidied

Floats = NDArray[np.float64]
Audio = NDArray[np.float32] | NDArray[np.float64]


@kernel
def _pair(sos: Floats, k: int, state: Floats, signals: Floats, count: int) -> None:
    """Sections k and k + 1 side by side: signals[k] in, signals[k + 1] and signals[k + 2] out."""
    b00, b01, b02, a01, a02 = sos[k, 0], sos[k, 1], sos[k, 2], sos[k, 3], sos[k, 4]
    b10, b11, b12, a11, a12 = sos[k + 1, 0], sos[k + 1, 1], sos[k + 1, 2], sos[k + 1, 3], sos[k + 1, 4]
    s01, s02, s11, s12 = state[k, 0], state[k, 1], state[k + 1, 0], state[k + 1, 1]
    x, y, z = signals[k], signals[k + 1], signals[k + 2]
    for i in range(count):
        u = x[i]
        v = b00 * u + s01
        s01 = (b01 * u + s02) - a01 * v
        s02 = b02 * u - a02 * v
        w = b10 * v + s11
        s11 = (b11 * v + s12) - a11 * w
        s12 = b12 * v - a12 * w
        y[i] = v
        z[i] = w
    state[k, 0], state[k, 1], state[k + 1, 0], state[k + 1, 1] = s01, s02, s11, s12


@kernel
def _four(sos: Floats, k: int, state: Floats, signals: Floats, count: int) -> None:
    """Sections k ... k + 3 side by side: signals[k] in, signals[k + 1] ... signals[k + 4] out."""
    b00, b01, b02, a01, a02 = sos[k, 0], sos[k, 1], sos[k, 2], sos[k, 3], sos[k, 4]
    b10, b11, b12, a11, a12 = sos[k + 1, 0], sos[k + 1, 1], sos[k + 1, 2], sos[k + 1, 3], sos[k + 1, 4]
    b20, b21, b22, a21, a22 = sos[k + 2, 0], sos[k + 2, 1], sos[k + 2, 2], sos[k + 2, 3], sos[k + 2, 4]
    b30, b31, b32, a31, a32 = sos[k + 3, 0], sos[k + 3, 1], sos[k + 3, 2], sos[k + 3, 3], sos[k + 3, 4]
    s01, s02, s11, s12 = state[k, 0], state[k, 1], state[k + 1, 0], state[k + 1, 1]
    s21, s22, s31, s32 = state[k + 2, 0], state[k + 2, 1], state[k + 3, 0], state[k + 3, 1]
    x, o0, o1, o2, o3 = signals[k], signals[k + 1], signals[k + 2], signals[k + 3], signals[k + 4]
    for i in range(count):
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
        o0[i] = v
        o1[i] = w
        o2[i] = z
        o3[i] = y
    state[k, 0], state[k, 1], state[k + 1, 0], state[k + 1, 1] = s01, s02, s11, s12
    state[k + 2, 0], state[k + 2, 1], state[k + 3, 0], state[k + 3, 1] = s21, s22, s31, s32


@kernel
def _pair_back(sos: Floats, k: int, adjoints: Floats, g: Floats, count: int) -> None:
    """Sections k + 1 and k in reverse: g holds dy and becomes dx; the adjoints of both are written."""
    b00, b01, b02, a01, a02 = sos[k, 0], sos[k, 1], sos[k, 2], sos[k, 3], sos[k, 4]
    b10, b11, b12, a11, a12 = sos[k + 1, 0], sos[k + 1, 1], sos[k + 1, 2], sos[k + 1, 3], sos[k + 1, 4]
    p, q = adjoints[k], adjoints[k + 1]
    p1, p2, q1, q2 = p[count], p[count + 1], q[count], q[count + 1]
    for i in range(count - 1, -1, -1):
        w = (g[i] - a12 * q2) - a11 * q1
        u = b10 * w + (b11 * q1 + b12 * q2)
        q2, q1 = q1, w
        q[i] = w
        v = (u - a02 * p2) - a01 * p1
        g[i] = b00 * v + (b01 * p1 + b02 * p2)
        p2, p1 = p1, v
        p[i] = v


@kernel
def _four_back(sos: Floats, k: int, adjoints: Floats, g: Floats, count: int) -> None:
    """Sections k + 3 ... k in reverse, as _pair_back."""
    b00, b01, b02, a01, a02 = sos[k, 0], sos[k, 1], sos[k, 2], sos[k, 3], sos[k, 4]
    b10, b11, b12, a11, a12 = sos[k + 1, 0], sos[k + 1, 1], sos[k + 1, 2], sos[k + 1, 3], sos[k + 1, 4]
    b20, b21, b22, a21, a22 = sos[k + 2, 0], sos[k + 2, 1], sos[k + 2, 2], sos[k + 2, 3], sos[k + 2, 4]
    b30, b31, b32, a31, a32 = sos[k + 3, 0], sos[k + 3, 1], sos[k + 3, 2], sos[k + 3, 3], sos[k + 3, 4]
    p, q, r, s = adjoints[k], adjoints[k + 1], adjoints[k + 2], adjoints[k + 3]
    p1, p2, q1, q2 = p[count], p[count + 1], q[count], q[count + 1]
    r1, r2, s1, s2 = r[count], r[count + 1], s[count], s[count + 1]
    for i in range(count - 1, -1, -1):
        z = (g[i] - a32 * s2) - a31 * s1
        u = b30 * z + (b31 * s1 + b32 * s2)
        s2, s1 = s1, z
        s[i] = z
        y = (u - a22 * r2) - a21 * r1
        u = b20 * y + (b21 * r1 + b22 * r2)
        r2, r1 = r1, y
        r[i] = y
        w = (u - a12 * q2) - a11 * q1
        u = b10 * w + (b11 * q1 + b12 * q2)
        q2, q1 = q1, w
        q[i] = w
        v = (u - a02 * p2) - a01 * p1
        g[i] = b00 * v + (b01 * p1 + b02 * p2)
        p2, p1 = p1, v
        p[i] = v


@kernel
def _run(sos: Floats, state: Floats, signals: Floats, count: int) -> None:
    """All sections, an even number, over one chunk: signals[0] in, the last one out."""
    sections = sos.shape[0]
    k = 0
    while k + 4 <= sections:
        _four(sos, k, state, signals, count)
        k += 4
    if k < sections:
        _pair(sos, k, state, signals, count)


@kernel
def _dot(a: Floats, b: Floats, count: int) -> float:
    """Sum of products of the first `count` elements."""
    total = 0.0
    for i in range(count):
        total += a[i] * b[i]
    return total


@kernel
def filter_forward(sos: Floats, x: Audio, y: Audio, kept: Floats) -> None:
    """Filter x (samples,) into y through sections (even number, 5: b0 b1 b2 a1 a2).

    `kept` (chunks, sections, 2) receives the state before each chunk. States too small or too large to be
    sound become zero between chunks, as in the renderer.
    """
    sections, total = sos.shape[0], x.size
    state = np.zeros((sections, 2))
    signals = np.empty((sections + 1, CHUNK))
    for chunk in range(kept.shape[0]):
        start = chunk * CHUNK
        count = min(CHUNK, total - start)
        for k in range(sections):
            state[k, 0], state[k, 1] = tidied(state[k, 0]), tidied(state[k, 1])
            kept[chunk, k, 0], kept[chunk, k, 1] = state[k, 0], state[k, 1]
        for i in range(count):
            signals[0, i] = x[start + i]
        _run(sos, state, signals, count)
        for i in range(count):
            y[start + i] = signals[sections, i]


@kernel
def filter_backward(sos: Floats, x: Audio, kept: Floats, dy: Audio, dx: Audio, dsos: Floats) -> None:
    """The gradient in y (samples,) becomes that in x, and `dsos` (sections, 5) gains that in the sections."""
    sections, total = sos.shape[0], x.size
    signals = np.empty((sections + 1, CHUNK))
    adjoints = np.zeros((sections, CHUNK + 2))
    state = np.empty((sections, 2))
    g = np.empty(CHUNK)
    for chunk in range(kept.shape[0] - 1, -1, -1):
        start = chunk * CHUNK
        count = min(CHUNK, total - start)
        for k in range(sections):
            state[k, 0], state[k, 1] = kept[chunk, k, 0], kept[chunk, k, 1]
            adjoints[k, count + 1], adjoints[k, count] = tidied(adjoints[k, 1]), tidied(adjoints[k, 0])
        if chunk == kept.shape[0] - 1:
            adjoints[:, count : count + 2] = 0.0
        for i in range(count):
            signals[0, i] = x[start + i]
            g[i] = dy[start + i]
        _run(sos, state, signals, count)
        k = sections
        if k % 4:
            k -= 2
            _pair_back(sos, k, adjoints, g, count)
        while k > 0:
            k -= 4
            _four_back(sos, k, adjoints, g, count)
        for i in range(count):
            dx[start + i] = g[i]
        for k in range(sections):
            before, after, v = signals[k], signals[k + 1], adjoints[k]
            dsos[k, 0] += _dot(v, before, count)
            dsos[k, 1] += _dot(v[1:], before, count)
            dsos[k, 2] += _dot(v[2:], before, count)
            dsos[k, 3] -= _dot(v[1:], after, count)
            dsos[k, 4] -= _dot(v[2:], after, count)
