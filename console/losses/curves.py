"""What equalizers and cuts do to power, with gradients: responses of the RBJ cookbook in sin²(w/2); in PyTorch.

R. Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter coefficients", squared as in console.dsp.design.
"""

from __future__ import annotations

import math

import numpy as np
import torch

from console.dsp.design import NYQUIST_SHARE
from console.losses.bands import PROBES_HZ

Tensor = torch.Tensor


def probe_versine(sample_rate_hz: float) -> Tensor:
    """The sin²(w/2) of the bands' probes, (probes,), float64; those above half the rate stand at it."""
    half = np.pi * np.minimum(PROBES_HZ, 0.5 * sample_rate_hz) / sample_rate_hz
    return torch.from_numpy(np.sin(half) ** 2)


def band_responses(
    octave: Tensor,
    gain_db: Tensor,
    q_octave: Tensor,
    shelves: Tensor,
    signs: Tensor,
    versine: Tensor,
    sample_rate_hz: float,
) -> Tensor:
    """Power responses of bands, (…, slots, points).

    Args:
        octave: base-2 logarithms of the frequencies in Hz, (…, slots).
        gain_db: their gains, of the same shape.
        q_octave: base-2 logarithms of their q.
        shelves: which slots are shelves, (slots,).
        signs: −1 for a high shelf, else 1, (slots,).
        versine: sin²(w/2) where it is asked for, (points,).
        sample_rate_hz: the rate.
    """
    hz = torch.clamp(2.0**octave, max=NYQUIST_SHARE * sample_rate_hz)
    half = math.pi * hz / sample_rate_hz
    cosine, q = torch.cos(2.0 * half), 2.0**q_octave
    alpha = torch.sin(2.0 * half) / (2.0 * q)
    a = 10.0 ** (gain_db / 40.0)
    signed = cosine * signs
    root = 2.0 * torch.sqrt(a) * alpha
    plus, minus = a + 1.0, a - 1.0
    shelf = (
        a * (plus - minus * signed + root),
        signs * 2.0 * a * (minus - plus * signed),
        a * (plus - minus * signed - root),
        plus + minus * signed + root,
        -2.0 * signs * (minus + plus * signed),
        plus + minus * signed - root,
    )
    bell = (
        1.0 + alpha * a,
        -2.0 * cosine,
        1.0 - alpha * a,
        1.0 + alpha / a,
        -2.0 * cosine,
        1.0 - alpha / a,
    )
    b0, b1, b2, a0, a1, a2 = (
        torch.where(shelves, s, b).unsqueeze(-1) for s, b in zip(shelf, bell, strict=True)
    )
    return _squared(b0, b1, b2, versine) / _squared(a0, a1, a2, versine)


def _squared(c0: Tensor, c1: Tensor, c2: Tensor, versine: Tensor) -> Tensor:
    linear = -4.0 * (c0 * c1 + 4.0 * c0 * c2 + c1 * c2)
    square = (c0 + c1 + c2) ** 2 + linear * versine + 16.0 * c0 * c2 * versine**2
    return torch.clamp(square, min=1e-12)


def cut_responses(octave: Tensor, versine: Tensor, sample_rate_hz: float) -> Tensor:
    """Power responses of Butterworth high-passes of 12 dB an octave, (…, points), by the octaves of their corners."""
    corner = torch.tan(math.pi * 2.0**octave / sample_rate_hz).unsqueeze(-1)
    ratio4 = (corner**2 * (1.0 - versine) / torch.clamp(versine, min=1e-12)) ** 2
    return 1.0 / (1.0 + ratio4)
