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
    corner = (torch.sin(math.pi * hz / sample_rate_hz) ** 2).unsqueeze(-1)
    a = (10.0 ** (gain_db / 40.0)).unsqueeze(-1)
    one = torch.ones_like(a)
    low, high = (shelves & (signs > 0.0)).unsqueeze(-1), (shelves & (signs < 0.0)).unsqueeze(-1)
    shelf = shelves.unsqueeze(-1)
    # The bilinear transform makes of the analogue prototypes' Ω²: above / below, here without the division. Written out
    # in the coefficients of the biquad the same is a small difference of large numbers: at 50 Hz float32 is too coarse.
    above, below = (1.0 - corner) * versine, corner * (1.0 - versine)
    across = above * below / (2.0**q_octave).unsqueeze(-1) ** 2
    under_low, under_high = torch.where(low, a, one), torch.where(high, a, one)
    zeros = (under_low * below - under_high * above) ** 2 + torch.where(shelf, a, a**2) * across
    poles = (under_high * below - under_low * above) ** 2 + torch.where(shelf, a, a**-2) * across
    return torch.where(shelf, a**2, one) * zeros / poles


def cut_responses(octave: Tensor, versine: Tensor, sample_rate_hz: float) -> Tensor:
    """Power responses of Butterworth high-passes of 12 dB an octave, (…, points), by the octaves of their corners."""
    corner = torch.tan(math.pi * 2.0**octave / sample_rate_hz).unsqueeze(-1)
    ratio4 = (corner**2 * (1.0 - versine) / torch.clamp(versine, min=1e-12)) ** 2
    return 1.0 / (1.0 + ratio4)
