"""The biquad designs of console.dsp.design as functions with gradients, in float64, batched over strips.

Source of the formulas: R. Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter coefficients".
A section is (b0, b1, b2, a1, a2), its a0 being 1.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from console.dsp.design import BUTTERWORTH_QS, NYQUIST_SHARE
from console.mix import BandType

BAND_CODES: dict[BandType, int] = {BandType.LOW_SHELF: 1, BandType.BELL: 2, BandType.HIGH_SHELF: 3}
"""How a layout writes a band's type; 0 stands for a band that is not there."""


def _angle(frequency_hz: Tensor, q: Tensor, sample_rate_hz: float) -> tuple[Tensor, Tensor, Tensor]:
    """Cos w0, 1 - cos w0 (without cancellation) and the cookbook's alpha; no gradient in what is clamped."""
    half = frequency_hz.double().clamp(max=NYQUIST_SHARE * sample_rate_hz) * (math.pi / sample_rate_hz)
    return torch.cos(2.0 * half), 2.0 * torch.sin(half) ** 2, torch.sin(2.0 * half) / (2.0 * q.double())


def _section(b0: Tensor, b1: Tensor, b2: Tensor, a0: Tensor, a1: Tensor, a2: Tensor) -> Tensor:
    return torch.stack([b0, b1, b2, a1, a2], dim=-1) / a0.unsqueeze(-1)


def design_bands(
    codes: Tensor, frequency_hz: Tensor, gain_db: Tensor, q: Tensor, sample_rate_hz: float
) -> Tensor:
    """Sections of bands of any type, shape (..., 5), from knobs of shape (...) and their BAND_CODES (...)."""
    cosine, _, alpha = _angle(frequency_hz, q, sample_rate_hz)
    a = torch.exp(gain_db.double() * (math.log(10.0) / 40.0))
    up, down = alpha * a, alpha / a
    bell = _section(1.0 + up, -2.0 * cosine, 1.0 - up, 1.0 + down, -2.0 * cosine, 1.0 - down)
    sign = torch.where(codes == BAND_CODES[BandType.HIGH_SHELF], -1.0, 1.0).to(cosine)
    c = cosine * sign
    root = 2.0 * torch.sqrt(a) * alpha
    plus, minus = a + 1.0, a - 1.0
    shelf = _section(
        a * (plus - minus * c + root),
        sign * 2.0 * a * (minus - plus * c),
        a * (plus - minus * c - root),
        plus + minus * c + root,
        sign * -2.0 * (minus + plus * c),
        plus + minus * c - root,
    )
    return torch.where((codes == BAND_CODES[BandType.BELL]).unsqueeze(-1), bell, shelf)


def _qs(slopes: Tensor) -> tuple[Tensor, Tensor]:
    """The q of both sections, shape (strips, 2), and which of them are in use."""
    steep = (slopes == 24).unsqueeze(-1)
    gentle_q = torch.tensor([BUTTERWORTH_QS[12][0], 1.0], dtype=torch.float64, device=slopes.device)
    steep_q = torch.tensor(BUTTERWORTH_QS[24], dtype=torch.float64, device=slopes.device)
    second = torch.tensor([True, False], device=slopes.device)
    return torch.where(steep, steep_q, gentle_q), steep | second


def design_highpass(frequency_hz: Tensor, slopes: Tensor, sample_rate_hz: float) -> tuple[Tensor, Tensor]:
    """Butterworth high-pass of strips (strips,): sections (strips, 2, 5), and which are in use (strips, 2)."""
    q, used = _qs(slopes)
    cosine, _, alpha = _angle(frequency_hz.unsqueeze(-1), q, sample_rate_hz)
    b = (1.0 + cosine).expand_as(alpha)
    a1 = (-2.0 * cosine).expand_as(alpha)
    return _section(b / 2.0, -b, b / 2.0, 1.0 + alpha, a1, 1.0 - alpha), used


def design_lowpass(frequency_hz: Tensor, slopes: Tensor, sample_rate_hz: float) -> tuple[Tensor, Tensor]:
    """Butterworth low-pass, as design_highpass."""
    q, used = _qs(slopes)
    cosine, versine, alpha = _angle(frequency_hz.unsqueeze(-1), q, sample_rate_hz)
    b = versine.expand_as(alpha)
    a1 = (-2.0 * cosine).expand_as(alpha)
    return _section(b / 2.0, b, b / 2.0, 1.0 + alpha, a1, 1.0 - alpha), used


def response(sections: Tensor, used: Tensor, frequencies_hz: Tensor, sample_rate_hz: float) -> Tensor:
    """Complex response of cascades (..., sections, 5) at each frequency, shape (..., frequencies).

    Polynomials are written around z = 1, as 1 - z^-1 = d: at low frequencies the plain form cancels.
    """
    angle = 2.0 * math.pi * frequencies_hz.double() / sample_rate_hz
    half = torch.sin(angle / 2.0)
    d = torch.complex(2.0 * half * half, torch.sin(angle))
    b0, b1, b2, a1, a2 = (part.unsqueeze(-1) for part in sections.double().unbind(-1))
    top = (b0 + b1 + b2) - (b1 + 2.0 * b2) * d + b2 * d * d
    bottom = (1.0 + a1 + a2) - (a1 + 2.0 * a2) * d + a2 * d * d
    return torch.where(used.unsqueeze(-1), top / bottom, torch.ones_like(top)).prod(dim=-2)
