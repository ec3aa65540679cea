"""The master's limiter with a gradient that takes its gain as given.

Forward it is the renderer's own limiter. Backward, the gain of each sample is held: audio passes it on
scaled, and where the limiter works the output rises with the ceiling. How the gain would have moved with the
audio is left out, for a brick wall's gain hangs on single samples.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from console.dsp.limiter import LimiterProcessor
from console.mix import Limiter
from console.params import spec

_NEPER_PER_DB = 0.11512925464970228


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
        settings = Limiter(
            True,
            spec("limiter.ceiling_dbtp").clamp(float(ceiling_dbtp)),
            spec("limiter.release_ms").clamp(float(release_ms)),
        )
        processor = LimiterProcessor(settings, x.shape[0], sample_rate_hz)
        padded = np.concatenate([x, np.zeros((x.shape[0], processor.latency))], axis=1)
        out, gains_db = processor.process(padded)
        y = torch.from_numpy(np.ascontiguousarray(out[:, processor.latency :])).to(audio)
        ctx.save_for_backward(
            y, torch.from_numpy(gains_db[processor.latency :].copy()).to(audio), ceiling_dbtp
        )
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        y, gains_db, ceiling_dbtp = ctx.saved_tensors
        d_audio = gradient * torch.exp(gains_db * _NEPER_PER_DB)
        d_ceiling = (gradient * y * (gains_db < 0.0)).sum() * _NEPER_PER_DB
        return d_audio, d_ceiling.to(ceiling_dbtp).reshape(ceiling_dbtp.shape), None, None
