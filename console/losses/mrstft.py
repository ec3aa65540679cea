"""Multi-resolution STFT distance of two stereo signals, on their sum and their difference.

After Steinmetz & Reiss, "auraloss" (DMRN+15, 2020): windows of 512, 2048 and 8192 samples under a Hann window, half
overlapping, the mean absolute difference of the magnitudes and of their logarithms. As the sum and the difference
stand for the sides, left and right count alike and nothing pulls towards the centre (Vanka et al., ISMIR 2024).
Magnitudes are relative to the target's own level, and those 80 dB below its loudest are one and the same to the
logarithm, so that neither the level nor silence decides: what `spectral.sum_and_difference` is to many pairs of
signals, this is to one target that is compared with many times.
"""

from __future__ import annotations

import torch
from torch import Tensor

WINDOWS = (512, 2048, 8192)
_FLOOR = 1e-4


class Mrstft:
    """The distance to a fixed target, whose spectra are taken once.

    Calling it with audio (2, samples) gives a scalar with a gradient, 0 for the target itself.
    """

    def __init__(self, target: Tensor) -> None:
        """Take the spectra of a target, (2, samples), of any float type."""
        self._windows = [
            torch.hann_window(size, dtype=target.dtype, device=target.device) for size in WINDOWS
        ]
        self._samples = target.shape[1]
        self._spectra = [self._magnitudes(target, window) for window in self._windows]
        # The level of the sum scales both: a narrow image is not to count as much as the whole sound.
        self._scales = [spectrum[0].mean().clamp_min(1e-12) for spectrum in self._spectra]
        self._floors = [spectrum[0].max().clamp_min(1e-12) * _FLOOR for spectrum in self._spectra]

    def __call__(self, audio: Tensor) -> Tensor:
        """The distance of audio, (2, samples), to the target."""
        total = audio.new_zeros(())
        rows = zip(self._windows, self._spectra, self._scales, self._floors, strict=True)
        for window, wanted, scale, floor in rows:
            found = self._magnitudes(audio[:, : self._samples], window)
            linear = (found - wanted).abs().mean(dim=(1, 2)) / scale
            ratio = (torch.log(found + floor) - torch.log(wanted + floor)).abs().mean(dim=(1, 2))
            total = total + (linear + ratio).sum()
        return total / (2.0 * len(WINDOWS))

    @staticmethod
    def _magnitudes(audio: Tensor, window: Tensor) -> Tensor:
        """Magnitudes of sum and difference, (2, bins, frames)."""
        pair = torch.stack([audio[0] + audio[1], audio[0] - audio[1]])
        size = len(window)
        if pair.shape[1] < size:
            pair = torch.nn.functional.pad(pair, (0, size - pair.shape[1]))
        spectra = torch.stft(pair, size, size // 2, window=window, center=False, return_complex=True)
        power: Tensor = spectra.real.square() + spectra.imag.square()
        return (power + 1e-14).sqrt()
