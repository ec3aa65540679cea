"""The classifier: convolutions over log-mel patches, pooled over time, then over the windows of a track."""

from itertools import pairwise

import torch
from torch import Tensor, nn

from console.models.roles.classes import SOUND_CLASSES
from console.models.roles.mel import BANDS, FRAMES

#: Halvings of the bands: where in the spectrum something is stays known to a sixteenth.
_HALVINGS = 4


class RoleNetwork(nn.Module):
    """Log-mel patches of a track in, one number per class of sound out; the softmax gives probabilities.

    Args:
        width: channels of the first convolution; 24 gives 0.3 million parameters.
        dropout: share of the features that training leaves out.
    """

    def __init__(self, width: int = 24, dropout: float = 0.2) -> None:
        super().__init__()
        sizes = (1, width, 2 * width, 4 * width, 5 * width)
        self.blocks = nn.Sequential(*(_block(a, b) for a, b in pairwise(sizes)))
        pooled = 2 * sizes[-1] * (BANDS >> _HALVINGS)
        self.window = nn.Sequential(nn.Linear(pooled, 6 * width), nn.ReLU(), nn.Dropout(dropout))
        self.track = nn.Linear(12 * width, len(SOUND_CLASSES))

    def forward(self, features: Tensor, present: Tensor) -> Tensor:
        """Logits (tracks, classes).

        Args:
            features: (tracks, windows, bands, frames), 0 … 1.
            present: (tracks, windows), 1 for a window, 0 for what only fills up; at least one a track.
        """
        tracks, windows = features.shape[0], features.shape[1]
        maps = self.blocks(features.reshape(-1, 1, BANDS, FRAMES) * 2.0 - 1.0)
        pooled = torch.cat((maps.mean(dim=3), maps.amax(dim=3)), dim=1).flatten(1)
        heard = self.window(pooled).reshape(tracks, windows, -1)
        weight = present[:, :, None]
        mean = (heard * weight).sum(dim=1) / weight.sum(dim=1).clamp(min=1.0)
        # What comes out of the rectifier is not negative, so that a window which is not there never wins.
        highest = (heard * weight).amax(dim=1)
        logits: Tensor = self.track(torch.cat((mean, highest), dim=1))
        return logits


def _block(channels: int, wider: int) -> nn.Sequential:
    size = 5 if channels == 1 else 3
    return nn.Sequential(
        nn.Conv2d(channels, wider, size, stride=2, padding=size // 2, bias=False),
        nn.BatchNorm2d(wider),
        nn.ReLU(),
    )
