"""Multi-resolution spectral distance of two signals, on channels or on their sum and difference; in PyTorch.

Yamamoto, Song, Kim, "Parallel WaveGAN", ICASSP 2020; the sum and difference form after Steinmetz et al.,
"Automatic multitrack mixing with a differentiable mixing console of neural audio effects", ICASSP 2021: it prefers
neither left nor right, and does not pull everything to the centre. The terms are those of Diff-MST: the mean absolute
difference of magnitudes and of their logarithms, at windows of 512, 2048 and 8192.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from console.errors import ParamError

Tensor = torch.Tensor

WINDOWS = (512, 2048, 8192)
_POWER_FLOOR = 1e-8


@dataclass(frozen=True, slots=True, eq=False)
class SpectralTerms:
    """The distance of the magnitudes and that of their natural logarithms, means over the windows."""

    linear: Tensor
    log: Tensor

    @property
    def total(self) -> Tensor:
        """The sum of both."""
        return self.linear + self.log


def multi_resolution(
    audio: Tensor, wanted: Tensor, windows: tuple[int, ...] = WINDOWS, floor: float = _POWER_FLOOR
) -> SpectralTerms:
    """The distance between signals of one shape, (..., samples); hops are half a window.

    Args:
        audio: with gradients.
        wanted: what it is compared with.
        windows: lengths of the Hann windows in samples; those longer than twice the signal are left out.
        floor: power below which a bin counts as silent, so that silence cannot dominate the logarithm.

    Raises:
        ParamError: the shapes differ, or the signal is shorter than half of every window.
    """
    if audio.shape != wanted.shape:
        raise ParamError(
            f"signals of shape {tuple(audio.shape)} and {tuple(wanted.shape)} differ; give one shape"
        )
    used = [length for length in windows if length <= 2 * audio.shape[-1]]
    if not used:
        raise ParamError(f"{audio.shape[-1]} samples are too few; give at least {min(windows) // 2}")
    linear, log = audio.new_zeros(()), audio.new_zeros(())
    for length in used:
        one, other = (_magnitudes(x, length, floor) for x in (audio, wanted))
        linear = linear + (one - other).abs().mean()
        log = log + (one.log() - other.log()).abs().mean()
    return SpectralTerms(linear / len(used), log / len(used))


def sum_and_difference(
    audio: Tensor, wanted: Tensor, windows: tuple[int, ...] = WINDOWS, floor: float = _POWER_FLOOR
) -> Tensor:
    """The distance of L + R and of L − R of stereo signals, (..., 2, samples): the mean of the two.

    Raises:
        ParamError: the shapes differ, are not stereo, or too short.
    """
    if audio.ndim < 2 or audio.shape[-2] != 2:
        raise ParamError(f"a signal of shape {tuple(audio.shape)} is not stereo; give (..., 2, samples)")
    total = audio.new_zeros(())
    for sign in (1.0, -1.0):
        one, other = (x[..., 0, :] + sign * x[..., 1, :] for x in (audio, wanted))
        total = total + multi_resolution(one, other, windows, floor).total
    return total / 2.0


def _magnitudes(audio: Tensor, length: int, floor: float) -> Tensor:
    """Magnitudes of a short-time transform, (signals, bins, frames), no lower than the floor."""
    window = torch.hann_window(length, dtype=audio.dtype, device=audio.device)
    flat = audio.reshape(-1, audio.shape[-1])
    mode = "reflect" if audio.shape[-1] > length // 2 else "constant"
    spectra = torch.stft(flat, length, length // 2, length, window, pad_mode=mode, return_complex=True)
    return torch.sqrt(torch.clamp(spectra.real**2 + spectra.imag**2, min=floor))
