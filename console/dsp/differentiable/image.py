"""Width, pan, faders and sends as gains with gradients: the laws of console.dsp.pan."""

from __future__ import annotations

import math

import torch
from torch import Tensor

_NEPER_PER_DB = math.log(10.0) / 20.0


def db_to_gain(level_db: Tensor) -> Tensor:
    """Amplitude ratio of a level difference in dB."""
    return torch.exp(level_db * _NEPER_PER_DB)


def send_gain(level_db: Tensor, off_db: float) -> Tensor:
    """Amplitude ratio of a send; a send at the foot of its fader is off."""
    return torch.where(level_db > off_db, db_to_gain(level_db), torch.zeros_like(level_db))


def pan_gains(pan: Tensor) -> tuple[Tensor, Tensor]:
    """Left and right gain of mono tracks, pan (strips,): the sine/cosine law, -3 dB at the centre."""
    angle = (pan + 1.0) * (math.pi / 4.0)
    left = torch.where(pan >= 1.0, torch.cos(angle) - torch.cos(angle).detach(), torch.cos(angle))
    return left, torch.sin(angle)


def balance_gains(pan: Tensor) -> tuple[Tensor, Tensor]:
    """Left and right gain of stereo tracks: the side panned away from fades, the other stays at 1.

    At the centre, where the law has a corner, the gradient is the mean of both sides.
    """
    centre = torch.zeros_like(pan)
    root = math.sqrt(2.0)
    left, _ = pan_gains(torch.maximum(pan, centre))
    _, right = pan_gains(torch.minimum(pan, centre))
    return root * left, root * right


def output_matrices(pan: Tensor, width: Tensor, stereo: Tensor) -> Tensor:
    """Gains from both channels of each strip to left and right, shape (strips, 2, 2).

    Args:
        pan: (strips,).
        width: (strips,); scales the side of a stereo strip.
        stereo: (strips,) bool; a mono strip has its audio in channel 0, and no width.
    """
    mono_left, mono_right = pan_gains(pan)
    left, right = balance_gains(pan)
    same, other = (1.0 + width) / 2.0, (1.0 - width) / 2.0
    nothing = torch.zeros_like(pan)
    two = torch.stack([same * left, other * left, other * right, same * right], dim=-1)
    one = torch.stack([mono_left, nothing, mono_right, nothing], dim=-1)
    gains = torch.where(stereo.unsqueeze(-1), two, one)
    return gains.reshape(*gains.shape[:-1], 2, 2)


def fader_curve(
    times_s: tuple[float, ...], levels_db: Tensor, start_sample: int, samples: int, sample_rate_hz: float
) -> Tensor:
    """Gain of each sample of one strip, (samples,), from break points, linear in dB between and held outside.

    Args:
        times_s: of the break points, rising.
        levels_db: (points,).
        start_sample: where in the session the first sample stands.
        samples: how many gains.
        sample_rate_hz: of the session.
    """
    device = levels_db.device
    now_s = (
        torch.arange(start_sample, start_sample + samples, dtype=torch.float64, device=device)
        / sample_rate_hz
    )
    points = torch.tensor(times_s, dtype=torch.float64, device=device)
    after = torch.searchsorted(points, now_s, right=True)
    before = (after - 1).clamp(min=0)
    after = after.clamp(max=len(times_s) - 1)
    span = (points[after] - points[before]).clamp(min=1e-12)
    share = ((now_s - points[before]) / span).clamp(0.0, 1.0).to(levels_db.dtype)
    low, high = levels_db[before], levels_db[after]
    return db_to_gain(low + share * (high - low))
