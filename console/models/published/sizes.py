"""The sizes of the published network, and smaller ones for tests and small machines."""

from dataclasses import dataclass

from console.errors import ParamError


@dataclass(frozen=True, slots=True)
class PublishedSizes:
    """How large the network is; the defaults are those of Diff-MST.

    Attributes:
        width: channels of the encoders' first block; every further one has twice as many.
        blocks: of an encoder, two convolutions each.
        embedding: length of a token.
        layers: of the transformer.
        heads: of its attention.
        feedforward: width of its inner layers.
        dropout: 0 … 1, in the transformer; the description has none.
    """

    width: int = 64
    blocks: int = 6
    embedding: int = 512
    layers: int = 12
    heads: int = 8
    feedforward: int = 2048
    dropout: float = 0.0

    def __post_init__(self) -> None:
        for name in ("width", "blocks", "embedding", "layers", "heads", "feedforward"):
            if getattr(self, name) < 1:
                raise ParamError(f"{name} is {getattr(self, name)}; give 1 or more")
        if self.embedding % self.heads:
            raise ParamError(
                f"embedding is {self.embedding} for {self.heads} heads; give a multiple of the heads"
            )
        if not 0.0 <= self.dropout < 1.0:
            raise ParamError(f"dropout is {self.dropout:g}; give a value from 0 to below 1")
