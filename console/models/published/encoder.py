"""The published encoder: a magnitude spectrogram through a convolutional network of PANNs' Cnn14 shape; in PyTorch.

Vanka et al., "Diff-MST: Differentiable Mixing Style Transfer", ISMIR 2024; Kong et al., "PANNs: Large-Scale Pretrained
Audio Neural Networks for Audio Pattern Recognition", IEEE/ACM TASLP 28, 2020, for the shape of Cnn14.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from console.models.published.sizes import PublishedSizes

WINDOW, HOP = 2048, 512
#: What magnitudes are raised to.
EXPONENT = 0.3
#: Signals encoded at a time where no gradient is wanted: bounds memory, and changes nothing.
_AT_ONCE = 2


class _Block(nn.Module):
    """Two 3 × 3 convolutions, each with batch normalisation and a rectifier."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.first_norm = nn.BatchNorm2d(outputs)
        self.second = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.second_norm = nn.BatchNorm2d(outputs)
        for layer in (self.first, self.second):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")

    def forward(self, x: Tensor) -> Tensor:
        x = functional.relu(self.first_norm(self.first(x)), inplace=True)
        return functional.relu(self.second_norm(self.second(x)), inplace=True)


class SpectrogramEncoder(nn.Module):
    """Signals to embeddings, each by itself but for batch normalisation while training."""

    def __init__(self, sizes: PublishedSizes) -> None:
        super().__init__()
        channels = [1, *(sizes.width << block for block in range(sizes.blocks))]
        self.blocks = nn.ModuleList(_Block(*pair) for pair in pairwise(channels))
        self.project = nn.Linear(channels[-1], sizes.embedding)
        self.register_buffer("_window", torch.hann_window(WINDOW), persistent=False)

    def forward(self, signals: Tensor) -> Tensor:
        """Embeddings, (signals, embedding), of (signals, samples)."""
        if torch.is_grad_enabled() or len(signals) <= _AT_ONCE:
            return self._encode(signals)
        starts = range(0, len(signals), _AT_ONCE)
        return torch.cat([self._encode(signals[start : start + _AT_ONCE]) for start in starts])

    def _encode(self, signals: Tensor) -> Tensor:
        x = self.spectrogram(signals).unsqueeze(1).contiguous(memory_format=torch.channels_last)
        last = len(self.blocks) - 1
        for number, block in enumerate(self.blocks):
            x = block(x)
            if number < last:  # as in Cnn14, nothing is pooled between the last block and the means
                x = functional.avg_pool2d(x, [min(2, x.shape[2]), min(2, x.shape[3])])
        x = x.mean(dim=3)
        embedding: Tensor = self.project(x.amax(dim=2) + x.mean(dim=2))
        return embedding

    def spectrogram(self, signals: Tensor) -> Tensor:
        """Magnitudes to the power of 0.3, (signals, frames, bins)."""
        window = self._window
        if not isinstance(window, Tensor):
            raise TypeError("the window is a tensor")
        spare = max(0, WINDOW - signals.shape[-1])
        spectra = torch.stft(
            functional.pad(signals, (0, spare)),
            WINDOW,
            HOP,
            WINDOW,
            window.to(signals.dtype),
            return_complex=True,
        )
        return (spectra.real**2 + spectra.imag**2).pow(EXPONENT / 2.0).transpose(1, 2)
