"""Weights, and all that goes with them, in one .npz file: written whole, and read without unpickling anything."""

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

from console.codec import did_you_mean
from console.errors import ParamError
from console.training.files import write_whole

Array = NDArray[Any]

_WEIGHTS, _MORE, _EXTRA = "weights/", "more/", "extra"


def save_state(
    path: Path,
    module: torch.nn.Module,
    extra: Mapping[str, Any],
    more: Mapping[str, Array] | None = None,
) -> None:
    """Write a module's state_dict.

    Args:
        path: the .npz file; it is replaced in one go.
        module: whose state_dict holds tensors only, none of them bfloat16.
        extra: what else belongs to the weights, as plain JSON values.
        more: further arrays, as the state of an optimiser.

    Raises:
        OSError: it cannot be written.
    """
    arrays: dict[str, Array] = {
        f"{_WEIGHTS}{name}": tensor.detach().cpu().numpy() for name, tensor in module.state_dict().items()
    }
    arrays |= {f"{_MORE}{name}": array for name, array in (more or {}).items()}
    text = json.dumps(dict(extra), allow_nan=False).encode("utf-8")
    arrays[_EXTRA] = np.frombuffer(text, np.uint8)
    write_whole(path, lambda file: np.savez(file, **arrays))  # type: ignore[arg-type]


def load_weights(path: Path, module: torch.nn.Module) -> dict[str, Any]:
    """Read weights that `save_state` wrote into a module of the same build; returns `extra`.

    Raises:
        ParamError: the file is gone or damaged, or its names or shapes are not the module's.
    """
    return load_state(path, module)[0]


def load_state(path: Path, module: torch.nn.Module) -> tuple[dict[str, Any], dict[str, Array]]:
    """Read weights into a module, all or none of them; returns `extra` and the further arrays.

    Raises:
        ParamError: the file is gone or damaged, or its names or shapes are not the module's.
    """
    arrays = _read(path)
    try:
        extra = json.loads(arrays.pop(_EXTRA).tobytes().decode("utf-8"))
    except (KeyError, ValueError) as error:
        raise _damaged(path, error) from error
    if not isinstance(extra, dict):
        raise _damaged(path, "what goes with the weights is no object")
    weights = _under(_WEIGHTS, arrays)
    wanted = module.state_dict()
    _check(path, weights, wanted)
    module.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})
    return extra, _under(_MORE, arrays)


def _read(path: Path) -> dict[str, Array]:
    try:
        # numpy leaves a file that it opened itself open when it is no archive.
        with path.open("rb") as file:
            loaded = np.load(file, allow_pickle=False)
            if not isinstance(loaded, NpzFile):
                raise ValueError("it is no .npz file")
            with loaded:
                return {name: loaded[name] for name in loaded.files}
    except (OSError, ValueError, EOFError, KeyError, AttributeError, zipfile.BadZipFile) as error:
        raise _damaged(path, error) from error


def _check(path: Path, weights: Mapping[str, Array], wanted: Mapping[str, torch.Tensor]) -> None:
    known = list(wanted)
    for name in weights:
        if name not in wanted:
            raise ParamError(
                f"{str(path)!r} holds {name!r}, which the network has not{did_you_mean(name, known)}"
            )
    for name, tensor in wanted.items():
        if name not in weights:
            raise ParamError(f"{str(path)!r} lacks {name!r}; give weights of a network of the same settings")
        shape, kind = tuple(tensor.shape), torch.empty(0, dtype=tensor.dtype).numpy().dtype
        if weights[name].shape != shape or weights[name].dtype != kind:
            raise ParamError(
                f"{name!r} in {str(path)!r} is {weights[name].dtype} of {weights[name].shape}; "
                f"the network's is {kind} of {shape}; give weights of a network of the same settings"
            )


def _under(prefix: str, arrays: Mapping[str, Array]) -> dict[str, Array]:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


def _damaged(path: Path, why: object) -> ParamError:
    return ParamError(f"{str(path)!r} cannot be read as weights: {why}; give another file, or train anew")
