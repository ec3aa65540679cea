"""Designs the reverb's network: delay lengths, diffusers, and the losses that give the decay asked for.

Sources: J.-M. Jot, A. Chaigne, "Digital delay networks for designing artificial reverberators", AES 90, 1991
(a loss per line in proportion to its length gives every mode one decay); M. R. Schroeder, "Natural sounding
artificial reverberation", JAES 10, 1962 (allpass diffusers).

The law of the decay: T(f), the time to fall by 60 dB, is `decay_s` at 1 kHz and tends to
(1 - 0.8 damping) decay_s towards Nyquist, through a first-order shelf with its pole at 4 kHz in every line.
Damping 0 gives one decay at all frequencies.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LINES = 32
DIFFUSERS = 4
DIFFUSION = 0.6

REFERENCE_HZ = 1000.0
SHELF_HZ = 4000.0
DAMPING_DEPTH = 0.8

_SHORTEST_LINE_S, _LONGEST_LINE_S = 0.0171, 0.1197  # at size 1
_SMALLEST_SCALE = 0.4  # of the lines at size 0
_SCALE_PER_DECAY = 1.2  # per second: keeps the diffusers' own decay well below the network's
_DIFFUSERS_S = ((0.00477, 0.00359, 0.00973, 0.01273), (0.00491, 0.00341, 0.01001, 0.01231))


@dataclass(frozen=True)
class Network:
    """The numbers of a feedback delay network; times in samples.

    Attributes:
        line_samples: length of each line, (LINES,).
        shelves: (LINES, 3) of b0, b1, a1: the loss filter of each line, y = b0 x + b1 x' - a1 y'; a1 is the
            same in all.
        diffuser_samples: lengths of the allpasses in series, (2, DIFFUSERS), left and right.
        inputs: gains from left and right into the lines, (2, LINES).
        outputs: gains from the lines to left and right, (2, LINES).
    """

    line_samples: NDArray[np.int64]
    shelves: NDArray[np.float64]
    diffuser_samples: NDArray[np.int64]
    inputs: NDArray[np.float64]
    outputs: NDArray[np.float64]


def _next_prime(number: int) -> int:
    """The least prime that is not below a number (2 at least): lengths without common factors."""
    number = max(number, 2)
    while any(number % factor == 0 for factor in range(2, math.isqrt(number) + 1)):
        number += 1
    return number


def _distinct_primes(lengths: NDArray[np.float64]) -> NDArray[np.int64]:
    """Primes near rising lengths, no two the same."""
    primes: list[int] = []
    for length in lengths:
        primes.append(_next_prime(max(round(length), primes[-1] + 1 if primes else 2)))
    return np.array(primes, dtype=np.int64)


def shelf(line_samples: int, decay_s: float, damping: float, sample_rate_hz: float) -> NDArray[np.float64]:
    """Loss filter (b0, b1, a1) of one line: the decay's exact loss at 1 kHz, more above (see the module)."""
    loss_db = -60.0 * line_samples / sample_rate_hz / decay_s
    top_db = loss_db * DAMPING_DEPTH * damping / (1.0 - DAMPING_DEPTH * damping)
    top = 10.0 ** (top_db / 20.0)
    warp = math.tan(math.pi * min(SHELF_HZ, 0.2 * sample_rate_hz) / sample_rate_hz)
    b0, b1, a1 = (warp + top) / (warp + 1.0), (warp - top) / (warp + 1.0), (warp - 1.0) / (warp + 1.0)
    z = np.exp(-2j * np.pi * min(REFERENCE_HZ, 0.25 * sample_rate_hz) / sample_rate_hz)
    scale = 10.0 ** (loss_db / 20.0) / abs((b0 + b1 * z) / (1.0 + a1 * z))
    return np.array([b0 * scale, b1 * scale, a1])


def hadamard(size: int) -> NDArray[np.float64]:
    """Sylvester's Hadamard matrix of +1 and -1, (size, size), size a power of two."""
    matrix = np.ones((1, 1))
    while len(matrix) < size:
        matrix = np.block([[matrix, matrix], [matrix, -matrix]])
    return matrix


def design_network(decay_s: float, size: float, damping: float, sample_rate_hz: float) -> Network:
    """The network of a reverb; size 0 ... 1 scales all of its lengths from 40 % to 100 %.

    The scale is at most 1.2 per second of decay: a hall that dies away like a closet cannot be had.
    """
    share = min(_SMALLEST_SCALE + (1.0 - _SMALLEST_SCALE) * size, _SCALE_PER_DECAY * decay_s)
    scale = share * sample_rate_hz
    lines = _distinct_primes(np.geomspace(_SHORTEST_LINE_S, _LONGEST_LINE_S, LINES) * scale)
    shelves = np.stack([shelf(int(samples), decay_s, damping, sample_rate_hz) for samples in lines])
    diffusers = np.array(
        [[_next_prime(round(time_s * scale)) for time_s in side] for side in _DIFFUSERS_S], dtype=np.int64
    )
    signs = hadamard(LINES)
    inputs = np.zeros((2, LINES))
    inputs[0, 0::2], inputs[1, 1::2] = signs[5, 0::2], signs[9, 1::2]
    outputs = signs[[6, 11]]
    return Network(lines, shelves, diffusers, inputs / math.sqrt(LINES / 2), outputs / math.sqrt(LINES))
