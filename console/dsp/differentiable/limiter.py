"""The master's limiter with a gradient that takes its gain as given where the audio is concerned.

Forward it is the renderer's own limiter. Backward, audio passes the gradient on scaled by each sample's gain: how that
would have moved with the audio is left out, for a brick wall's gain hangs on single samples. How it moves with the
ceiling, release and all, is measured by a second limiter whose ceiling is a little higher.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd.function import once_differentiable

from console.dsp.limiter import LimiterProcessor
from console.mix import Limiter
from console.params import spec

_NEPER_PER_DB = 0.11512925464970228
#: The second limiter's ceiling differs by this.
_NEAR_DB = 0.02


def limit(audio: Tensor, ceiling_dbtp: Tensor, release_ms: Tensor, sample_rate_hz: float) -> Tensor:
    """Limit stereo audio (2, samples); knobs are single numbers. The release gets no gradient."""
    result: Tensor = _Limit.apply(audio, ceiling_dbtp, release_ms.detach(), sample_rate_hz)  # type: ignore[no-untyped-call]
    return result


class _Limit(torch.autograd.Function):
    """The running limiter over a whole stretch, its latency taken out."""

    @staticmethod
    def forward(
        ctx: Any, audio: Tensor, ceiling_dbtp: Tensor, release_ms: Tensor, sample_rate_hz: float
    ) -> Tensor:
        x = audio.detach().cpu().double().numpy()
        ceiling, release = float(ceiling_dbtp), float(release_ms)
        y, gains_db = _limited(x, ceiling, release, sample_rate_hz)
        slope = np.zeros_like(gains_db)
        if ctx.needs_input_grad[1]:
            # Both ends have to lie in the knob's range, or the one that is clamped says too little.
            fits = ceiling + _NEAR_DB <= spec("limiter.ceiling_dbtp").high
            near = ceiling + _NEAR_DB if fits else ceiling - _NEAR_DB
            slope = (_limited(x, near, release, sample_rate_hz)[1] - gains_db) / (near - ceiling)
        out = torch.from_numpy(y).to(audio)
        ctx.save_for_backward(
            out, torch.from_numpy(gains_db).to(audio), torch.from_numpy(slope).to(audio), ceiling_dbtp
        )
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        y, gains_db, slope, ceiling_dbtp = ctx.saved_tensors
        d_audio = gradient * torch.exp(gains_db * _NEPER_PER_DB)
        d_ceiling = (gradient * y * slope).sum() * _NEPER_PER_DB
        return d_audio, d_ceiling.to(ceiling_dbtp).reshape(ceiling_dbtp.shape), None, None


def _limited(
    audio: NDArray[np.float64], ceiling_dbtp: float, release_ms: float, sample_rate_hz: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What the limiter makes of audio, in time with it, and its gains in dB."""
    settings = Limiter(
        True,
        spec("limiter.ceiling_dbtp").clamp(ceiling_dbtp),
        spec("limiter.release_ms").clamp(release_ms),
    )
    processor = LimiterProcessor(settings, audio.shape[0], sample_rate_hz)
    late = processor.latency
    out, gains_db = processor.process(np.pad(audio, ((0, 0), (0, late))))
    return np.ascontiguousarray(out[:, late:]), gains_db[late:].copy()
