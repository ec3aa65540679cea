"""Finds weights by name or path and reads them, their hash checked each time; nothing in them is run or unpickled."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from console.codec import did_you_mean
from console.errors import ParamError
from presets.weights.card import WeightsCard, check_data, parse_card

#: Names a folder that is looked in before the weights that come with the package.
FOLDER_VARIABLE = "MIXBRIDGE_WEIGHTS"
#: What the names of a file of weights and of its card end with.
WEIGHTS_SUFFIX, CARD_SUFFIX = ".onnx", ".json"
_PACKAGE = "presets.weights"


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights as they were exported: an ONNX model as bytes, and its card."""

    name: str
    card: WeightsCard
    data: bytes


def weight_names() -> tuple[str, ...]:
    """The weights that can be named: the user's own, and those that come with the package."""
    found = {
        file.name.removesuffix(WEIGHTS_SUFFIX)
        for folder in _folders()
        for file in folder.iterdir()
        if file.name.endswith(WEIGHTS_SUFFIX)
    }
    return tuple(sorted(found))


def read_card(name: str | Path) -> WeightsCard:
    """The card of some weights.

    Args:
        name: their name, or the path of their .onnx file.

    Raises:
        ParamError: there are none, or the card is missing or strange.
    """
    return _card(_place(name))


def find_weights(name: str | Path) -> Weights:
    """Weights by their name, or by the path of their .onnx file.

    Raises:
        ParamError: there are none, the card is missing or strange, or the file is not what its card says.
    """
    place = _place(name)
    card = _card(place)
    try:
        data = place.read_bytes()
    except OSError as error:
        raise ParamError(
            f"the weights {str(place)!r} cannot be read ({_reason(error)}); export them again"
        ) from None
    check_data(card, data, f"the file of weights {str(place)!r}")
    return Weights(place.name.removesuffix(WEIGHTS_SUFFIX), card, data)


def read_weights(name: str | Path) -> bytes:
    """The ONNX model alone; see `find_weights`."""
    return find_weights(name).data


def _folders() -> Iterator[Traversable]:
    own = os.environ.get(FOLDER_VARIABLE, "")
    if own and Path(own).is_dir():
        yield Path(own)
    yield resources.files(_PACKAGE)


def _place(name: str | Path) -> Traversable:
    if str(name).endswith(WEIGHTS_SUFFIX):
        path = Path(name)
        if not path.is_file():
            raise ParamError(f"there is no file {str(path)!r}; give a name, or the .onnx file of an export")
        return path
    for folder in _folders():
        place = folder / f"{name}{WEIGHTS_SUFFIX}"
        if str(name) in weight_names() and place.is_file():
            return place
    known = list(weight_names())
    hint = did_you_mean(str(name), known) if known else "; none are installed"
    raise ParamError(
        f"there are no weights {str(name)!r}{hint}. Train some with `mixbridge train` and make them a file of weights "
        f"with `mixbridge weights export`; {FOLDER_VARIABLE} names a folder of such files"
    )


def _card(place: Traversable) -> WeightsCard:
    name = f"{place.name.removesuffix(WEIGHTS_SUFFIX)}{CARD_SUFFIX}"
    beside = place.parent / name if isinstance(place, Path) else resources.files(_PACKAGE) / name
    try:
        text = beside.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ParamError(
            f"the card {str(beside)!r} cannot be read ({_reason(error)}); put it "
            "beside them, or export them again"
        ) from None
    return parse_card(text, f"the card {str(beside)!r}")


def _reason(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)
