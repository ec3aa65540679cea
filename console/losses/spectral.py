"""Multi-resolution spectral distance of two signals, on channels or on their sum and difference; in PyTorch.

Yamamoto, Song, Kim, "Parallel WaveGAN", ICASSP 2020; the sum and difference form after Steinmetz et al.,
"Automatic multitrack mixing with a differentiable mixing console of neural audio effects", ICASSP 2021: it prefers
neither left nor right, and does not pull everything to the centre. The terms are those of Diff-MST: the mean absolute
difference of magnitudes and of their logarithms, at windows of 512, 2048 and 8192.

Two forms of one distance: functions of two signals, equal to auraloss (Steinmetz & Reiss, DMRN+15, 2020); and `Mrstft`,
of one target that is compared with many times, blind to its level.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from console.errors import ParamError

Tensor = torch.Tensor

WINDOWS = (512, 2048, 8192)
_POWER_FLOOR = 1e-8
#: Of a fixed target: the magnitude that counts as none, relative to its highest, and the power that keeps roots smooth.
_RELATIVE_FLOOR, _TINY = 1e-4, 1e-14


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
        one, other = (_magnitudes(x.reshape(-1, x.shape[-1]), length, floor) for x in (audio, wanted))
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


class Mrstft:
    """The distance of a stereo signal's sum and difference to those of a fixed target, whose spectra are taken once.

    Magnitudes are relative to the target's own level, and those 80 dB below its loudest are one and the same to the
    logarithm, so that neither the level nor silence decides. Calling it with audio (2, samples) gives a scalar with
    a gradient, 0 for the target itself.
    """

    def __init__(self, target: Tensor) -> None:
        """Take the spectra of a target, (2, samples), of any float type."""
        self._samples = target.shape[1]
        self._spectra = [self._pair(target, length) for length in WINDOWS]
        # The level of the sum scales both: a narrow image is not to count as much as the whole sound.
        self._scales = [spectrum[0].mean().clamp_min(1e-12) for spectrum in self._spectra]
        self._floors = [spectrum[0].max().clamp_min(1e-12) * _RELATIVE_FLOOR for spectrum in self._spectra]

    def __call__(self, audio: Tensor) -> Tensor:
        """The distance of audio, (2, samples), to the target."""
        total = audio.new_zeros(())
        rows = zip(WINDOWS, self._spectra, self._scales, self._floors, strict=True)
        for length, wanted, scale, floor in rows:
            found = self._pair(audio[:, : self._samples], length)
            linear = (found - wanted).abs().mean(dim=(1, 2)) / scale
            ratio = (torch.log(found + floor) - torch.log(wanted + floor)).abs().mean(dim=(1, 2))
            total = total + (linear + ratio).sum()
        return total / (2.0 * len(WINDOWS))

    @staticmethod
    def _pair(audio: Tensor, length: int) -> Tensor:
        """Magnitudes of sum and difference, (2, bins, frames)."""
        pair = torch.stack([audio[0] + audio[1], audio[0] - audio[1]])
        return _magnitudes(pair, length, _TINY, centred=False)


def _magnitudes(signals: Tensor, length: int, floor: float, *, centred: bool = True) -> Tensor:
    """Magnitudes of a short-time transform of (signals, samples), (signals, bins, frames), no lower than the floor.

    Centred frames reach over both ends, where the signal is mirrored; others lie inside, what is shorter than one is
    followed by silence.
    """
    window = torch.hann_window(length, dtype=signals.dtype, device=signals.device)
    samples = signals.shape[-1]
    if not centred and samples < length:
        signals = torch.nn.functional.pad(signals, (0, length - samples))
    spectra = torch.stft(
        signals,
        length,
        length // 2,
        length,
        window,
        center=centred,
        pad_mode="reflect" if samples > length // 2 else "constant",
        return_complex=True,
    )
    return torch.sqrt(torch.clamp(spectra.real**2 + spectra.imag**2, min=floor))
