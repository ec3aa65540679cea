"""Reverbs and delays as what they are for fixed knobs, linear and time-invariant: their impulse responses."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from console.dsp.delay import DelayProcessor
from console.dsp.reverb import ReverbProcessor
from console.mix import Delay, Reverb


@lru_cache(maxsize=16)
def impulse_responses(effect: Reverb | Delay, sample_rate_hz: float, samples: int) -> Tensor:
    """Responses of an effect from left and right (first axis) to left and right (second), (2, 2, samples)."""
    result = np.zeros((2, 2, samples))
    for side in range(2):
        processor = (
            ReverbProcessor(effect, sample_rate_hz)
            if isinstance(effect, Reverb)
            else DelayProcessor(effect, sample_rate_hz)
        )
        result[side, side, :1] = 1.0
        processor.process(result[side])
    return torch.from_numpy(result)


def convolve(audio: Tensor, responses: Tensor) -> Tensor:
    """Stereo audio (2, samples) through responses (2 in, 2 out, length): (2, samples)."""
    samples = audio.shape[-1]
    size = _fast_size(samples + responses.shape[-1] - 1)
    spectrum = torch.fft.rfft(audio, size)
    transfer = torch.fft.rfft(responses.to(audio), size)
    result: Tensor = torch.fft.irfft(torch.einsum("if,iof->of", spectrum, transfer), size)[:, :samples]
    return result


def _fast_size(least: int) -> int:
    """The least length at or above that has no prime factor over 5."""
    size = least
    while True:
        rest = size
        for factor in (2, 3, 5):
            while rest % factor == 0:
                rest //= factor
        if rest == 1:
            return size
        size += 1
