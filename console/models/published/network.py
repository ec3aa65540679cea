"""The published controller: encoders for tracks and reference, a transformer over their tokens, heads; in PyTorch.

Vanka et al., "Diff-MST: Differentiable Mixing Style Transfer", ISMIR 2024. Every channel is a token: a stereo track is
two, the reference is two, the master is a learned one. No token knows its place: the order of tracks plays no part.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from console.errors import ParamError
from console.models.published.encoder import SpectrogramEncoder
from console.models.published.knobs import MASTER_KNOBS, STRIP_KNOBS
from console.models.published.sizes import PublishedSizes

#: The types of tokens that are told apart by a learned vector.
TYPES = ("track", "reference_left", "reference_right", "master")


@dataclass(frozen=True, slots=True, eq=False)
class Positions:
    """Where the knobs stand, 0 … 1 of their ranges: (batch, tracks, strip knobs) and (batch, master knobs)."""

    strips: Tensor
    master: Tensor


class PublishedNetwork(nn.Module):
    """Tracks and a reference in, positions of all knobs out."""

    def __init__(self, sizes: PublishedSizes) -> None:
        super().__init__()
        self.sizes = sizes
        self.track_encoder = SpectrogramEncoder(sizes)
        self.reference_encoder = SpectrogramEncoder(sizes)
        self.types = nn.Parameter(0.02 * torch.randn(len(TYPES), sizes.embedding))
        self.master_token = nn.Parameter(0.02 * torch.randn(sizes.embedding))
        layer = nn.TransformerEncoderLayer(
            sizes.embedding, sizes.heads, sizes.feedforward, sizes.dropout, batch_first=True
        )
        self.transformer = nn.TransformerEncoder(layer, sizes.layers, enable_nested_tensor=False)
        self.strip_head = nn.Linear(sizes.embedding, len(STRIP_KNOBS))
        self.master_head = nn.Linear(sizes.embedding, len(MASTER_KNOBS))

    def forward(self, tracks: Tensor, reference: Tensor, present: Tensor | None = None) -> Positions:
        """The knobs of every strip and of the master.

        Args:
            tracks: (batch, tracks, samples), one channel each, at 44.1 kHz.
            reference: (batch, 2, samples), of any length.
            present: (batch, tracks), false where a row is padding; padding is not encoded, nobody attends to it, and
                what is said of it means nothing. None: all are there.

        Raises:
            ParamError: shapes that do not fit.
        """
        if (
            tracks.ndim != 3
            or reference.ndim != 3
            or reference.shape[1] != 2
            or len(tracks) != len(reference)
        ):
            raise ParamError(
                f"tracks of shape {tuple(tracks.shape)} and a reference of shape {tuple(reference.shape)}; give "
                "(batch, tracks, samples) and (batch, 2, samples)"
            )
        if present is None:
            present = torch.ones(tracks.shape[:2], dtype=torch.bool, device=tracks.device)
        if present.shape != tracks.shape[:2]:
            raise ParamError(f"the mask has shape {tuple(present.shape)}; give {tuple(tracks.shape[:2])}")
        heard = self.track_encoder(tracks[present])
        embedded = heard.new_zeros((*tracks.shape[:2], self.sizes.embedding))
        embedded[present] = heard
        wanted = self.reference_encoder(reference.flatten(0, 1)).reshape(len(reference), 2, -1)
        types = self.types.to(heard)
        master = (self.master_token.to(heard) + types[3]).expand(len(tracks), 1, -1)
        tokens = torch.cat([embedded + types[0], wanted + types[1:3], master], dim=1)
        hidden = nn.functional.pad(~present, (0, 3), value=False)
        decided = self.transformer(tokens, src_key_padding_mask=hidden)
        return Positions(
            torch.sigmoid(self.strip_head(decided[:, : tracks.shape[1]]).float()),
            torch.sigmoid(self.master_head(decided[:, -1]).float()),
        )


def parameter_count(module: nn.Module) -> int:
    """How many numbers of a network are learned."""
    return sum(parameter.numel() for parameter in module.parameters())
