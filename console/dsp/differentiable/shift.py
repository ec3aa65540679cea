"""Delays by whole samples and fractions with a gradient in the delay: the law of console.dsp.shift."""

from __future__ import annotations

import torch
from torch import Tensor

from console.dsp.shift import LATENCY_SAMPLES, TAPS

_KAISER_BETA = 9.5
_WHOLE = 1e-3  # the renderer takes a delay this near to whole samples as whole


def fractional_delay_taps(fractions: Tensor) -> Tensor:
    """FIR taps (strips, 64) with a delay of LATENCY_SAMPLES + fraction each, 0 <= fraction < 1, float64."""
    index = torch.arange(TAPS, dtype=torch.float64, device=fractions.device)
    distance = index - (LATENCY_SAMPLES + fractions.double().unsqueeze(-1))
    # At the window's very end the square root has no slope, while I0 of it has one.
    inside = (1.0 - (distance / (TAPS / 2)) ** 2).clamp(min=1e-24)
    taps = torch.sinc(distance) * torch.special.i0(_KAISER_BETA * torch.sqrt(inside))
    result: Tensor = taps / taps.sum(dim=-1, keepdim=True)
    return result


def shift(audio: Tensor, delay_ms: Tensor, sample_rate_hz: float) -> Tensor:
    """Delay strips (strips, channels, samples) by delay_ms (strips,), filled up with silence; negative: earlier."""
    delay = delay_ms.double() * (sample_rate_hz / 1000.0)
    nearest = torch.round(delay.detach())
    near = (delay.detach() - nearest).abs() < _WHOLE
    whole = torch.where(near, nearest, torch.floor(delay.detach()))
    fraction = torch.where(near, delay - delay.detach(), delay - whole)
    taps = fractional_delay_taps(fraction).to(audio.dtype)
    strips, channels, samples = audio.shape
    pieces = []
    for strip in range(strips):
        start = LATENCY_SAMPLES - int(whole[strip])  # of the input, for the first sample that comes out
        needed = _stretch(audio[strip], start - TAPS + 1, start + samples)
        kernel = taps[strip].flip(0).reshape(1, 1, TAPS)
        pieces.append(torch.nn.functional.conv1d(needed.unsqueeze(1), kernel).squeeze(1))
    return torch.stack(pieces) if pieces else audio.reshape(strips, channels, samples)


def _stretch(audio: Tensor, start: int, stop: int) -> Tensor:
    """Samples start ... stop - 1 of (channels, samples), zero outside."""
    samples = audio.shape[-1]
    low, high = min(max(start, 0), samples), min(max(stop, 0), samples)
    if low >= high:
        return audio.new_zeros((audio.shape[0], stop - start))
    return torch.nn.functional.pad(audio[:, low:high], (low - start, stop - high))
