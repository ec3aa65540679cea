"""The audio features of Diff-MST as a loss with gradients, each term told apart; in PyTorch.

Vanka, Steinmetz, Rolland, Reiss, Fazekas, "Diff-MST: Differentiable Mixing Style Transfer", ISMIR 2024: root mean
square, crest factor, stereo width, stereo imbalance, and the log spectrum of mid and side in Bark bands, squared
differences with the weights of the paper. What differs: width and side have a floor under them, so that a silent side
channel (a mono sum) is some way off, not infinitely far.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import torch

from console.analysis.values import BARK_BANDS, BARK_EDGES_HZ
from console.errors import ParamError

Tensor = torch.Tensor

#: Weights of the terms in the paper.
WEIGHTS: Mapping[str, float] = MappingProxyType(
    {"rms": 0.1, "crest": 0.001, "width": 1.0, "imbalance": 1.0, "mid": 0.1, "side": 0.1}
)
#: Energy of the side that counts as none, against that of both channels (−60 dB).
_SIDE_SHARE = 1e-6
#: Power in a band that counts as silence (−80 dB).
_SILENCE = 1e-8
_TINY = 1e-12
_WINDOW, _HOP = 4096, 2048


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """RMS in dB, crest in dB, ΣS²/ΣM², (R²−L²)/(R²+L²), and the log power of mid and side per critical band."""

    rms: Tensor
    crest: Tensor
    width: Tensor
    imbalance: Tensor
    mid: Tensor
    side: Tensor


def features(audio: Tensor, sample_rate_hz: float) -> Features:
    """The features of a stereo signal, (2, samples).

    Raises:
        ParamError: not stereo, or empty.
    """
    if audio.ndim != 2 or audio.shape[0] != 2 or audio.shape[1] < 2:
        raise ParamError(f"a signal of shape {tuple(audio.shape)} is not stereo; give (2, samples)")
    left, right = audio
    mid, side = (left + right) / 2.0, (left - right) / 2.0
    power = (audio**2).mean()
    rms = 10.0 * torch.log10(power + _TINY)
    energies = (left**2).mean(), (right**2).mean()
    floor = _SIDE_SHARE * power + _TINY
    return Features(
        rms=rms,
        crest=20.0 * torch.log10(audio.abs().max() + _TINY**0.5) - rms,
        width=((side**2).mean() + floor) / ((mid**2).mean() + floor),
        imbalance=(energies[1] - energies[0]) / (energies[1] + energies[0] + _TINY),
        mid=_log_bark(mid, sample_rate_hz),
        side=_log_bark(side, sample_rate_hz),
    )


def feature_losses(audio: Tensor, wanted: Tensor, sample_rate_hz: float) -> dict[str, Tensor]:
    """The mean squared difference of each feature, by its name, without weights.

    Raises:
        ParamError: a signal is not stereo, or empty.
    """
    one, other = features(audio, sample_rate_hz), features(wanted, sample_rate_hz)
    return {name: ((getattr(one, name) - getattr(other, name)) ** 2).mean() for name in WEIGHTS}


def feature_loss(
    audio: Tensor, wanted: Tensor, sample_rate_hz: float, weights: Mapping[str, float] = WEIGHTS
) -> Tensor:
    """The weighted sum of `feature_losses`.

    Raises:
        ParamError: a signal is not stereo, or empty.
    """
    losses = feature_losses(audio, wanted, sample_rate_hz)
    return sum((weights[name] * loss for name, loss in losses.items()), audio.new_zeros(()))


def _log_bark(signal: Tensor, sample_rate_hz: float) -> Tensor:
    """Mean power in each critical band as a decimal logarithm, (24,), no lower than silence."""
    window = torch.hann_window(_WINDOW, dtype=signal.dtype, device=signal.device)
    spare = max(0, _WINDOW - len(signal))
    padded = torch.nn.functional.pad(signal, (0, spare))
    spectra = torch.stft(padded, _WINDOW, _HOP, _WINDOW, window, center=False, return_complex=True)
    power = (spectra.real**2 + spectra.imag**2).mean(dim=1) * (2.0 / (0.375 * _WINDOW**2))
    hz = torch.arange(len(power), dtype=torch.float64) * sample_rate_hz / _WINDOW
    band = torch.bucketize(hz, torch.tensor(BARK_EDGES_HZ[1:], dtype=torch.float64), right=True)
    inside = (band < BARK_BANDS).to(signal.device)
    sums = signal.new_zeros(BARK_BANDS).index_add(0, band.to(signal.device)[inside], power[inside])
    return torch.log10(sums + _SILENCE)
