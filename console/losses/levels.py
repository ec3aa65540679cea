"""Loudness and true peak of a stereo signal with gradients; in PyTorch.

Loudness after ITU-R BS.1770-5 without the gate (the optimiser would see its edges); true peak by fourfold
oversampling with a windowed sinc.
"""

from __future__ import annotations

import torch

from console.analysis.weighting import k_weighting
from console.errors import ParamError

Tensor = torch.Tensor

_OFFSET_LUFS = -0.691
_TINY = 1e-12
_OVERSAMPLING, _REACH = 4, 16
#: Length of the weighting's impulse response, in seconds: its 38 Hz high-pass has died away by then.
_RESPONSE_S = 0.25


def loudness_lufs(audio: Tensor, sample_rate_hz: int) -> Tensor:
    """Ungated loudness of (2, samples) or (1, samples) in LUFS.

    Raises:
        ParamError: not one or two channels.
    """
    if audio.ndim != 2 or audio.shape[0] not in (1, 2):
        raise ParamError(f"a signal of shape {tuple(audio.shape)} has no loudness; give (1 or 2, samples)")
    size = audio.shape[1] + round(_RESPONSE_S * sample_rate_hz)
    spectrum = torch.fft.rfft(audio.double(), size)
    weighted = torch.fft.irfft(spectrum * _weighting(size, sample_rate_hz).to(audio.device), size)
    return _OFFSET_LUFS + 10.0 * torch.log10((weighted**2).sum() / audio.shape[1] + _TINY)


def _weighting(size: int, sample_rate_hz: int) -> Tensor:
    """The K-weighting at the bins of a transform of `size`."""
    z = torch.exp(-2j * torch.pi * torch.arange(size // 2 + 1, dtype=torch.float64) / size)
    response = torch.ones_like(z)
    for b0, b1, b2, a1, a2 in k_weighting(sample_rate_hz):
        response = response * (b0 + b1 * z + b2 * z**2) / (1.0 + a1 * z + a2 * z**2)
    return response


def true_peak_dbtp(audio: Tensor) -> Tensor:
    """True peak over all channels of (channels, samples), in dBTP; the gradient goes to the highest point.

    Raises:
        ParamError: the signal is empty.
    """
    if audio.numel() == 0:
        raise ParamError("0 samples have no true peak; give some audio")
    fractions = torch.arange(_OVERSAMPLING, dtype=torch.float64) / _OVERSAMPLING
    distance = torch.arange(-_REACH, _REACH + 1, dtype=torch.float64)[None, :] - fractions[:, None]
    taps = (
        torch.sinc(distance)
        * torch.cos(0.5 * torch.pi * torch.clamp(distance / (_REACH + 1), -1.0, 1.0)) ** 2
    )
    taps = (taps / taps.sum(dim=1, keepdim=True)).to(audio)
    points = torch.nn.functional.conv1d(audio.unsqueeze(1), taps.unsqueeze(1), padding=_REACH)
    return 20.0 * torch.log10(points.abs().max() + _TINY**0.5)


def over_db(level: Tensor, ceiling: float) -> Tensor:
    """The squared dB by which a level exceeds its ceiling; 0 below."""
    return torch.relu(level - ceiling) ** 2
