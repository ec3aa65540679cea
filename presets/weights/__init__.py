"""Networks' weights as ONNX files, each with a card beside it that says whose they are and what they should be."""

from presets.weights.card import CARD_SCHEMA, WeightsCard, dump_card, parse_card
from presets.weights.reading import (
    FOLDER_VARIABLE,
    Weights,
    find_weights,
    read_card,
    read_weights,
    weight_names,
)

__all__ = [
    "CARD_SCHEMA",
    "FOLDER_VARIABLE",
    "Weights",
    "WeightsCard",
    "dump_card",
    "find_weights",
    "parse_card",
    "read_card",
    "read_weights",
    "weight_names",
]
