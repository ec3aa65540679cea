"""Training runs as systems: what a folder of `mixbridge train` has learned, compared with all else."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from bridge.evaluation.consoles import Maker
from bridge.evaluation.diffmst import WINDOW_S, published_maker
from bridge.evaluation.systems import SYSTEMS, System
from console.errors import ParamError
from console.training.settings import TrainingConfig
from presets.training import load_config

#: Where a run keeps what it was asked for, and its best weights.
CONFIG, WEIGHTS = "config.toml", Path("best") / "weights.npz"

#: What plays a run of an objective, and what is said of it.
MAKERS: Mapping[str, tuple[Callable[[TrainingConfig, Path], Maker], str]] = MappingProxyType(
    {
        "diff-mst": (
            published_maker,
            f"Diff-MST as published, from one window of {WINDOW_S:g} s at the start of song and reference, heard at "
            "44.1 kHz; every channel of a stereo stem a mono strip of its own",
        ),
    }
)


def run_systems(words: Sequence[str]) -> tuple[System, ...]:
    """The systems of `--run NAME=FOLDER`.

    Raises:
        ParamError: a word of another form, a name that is taken, a folder without best weights, or of an objective that
            does not mix.
    """
    found: dict[str, System] = {}
    for word in words:
        name, sign, place = word.partition("=")
        if not (name and sign and place):
            raise ParamError(f"{word!r} names no run; give NAME=FOLDER, as mine=runs/mine")
        if name in SYSTEMS or name in found:
            raise ParamError(f"there already is a system {name!r}; give the run another name")
        found[name] = _system(name, Path(place))
    return tuple(found.values())


def run_names(words: Sequence[str]) -> tuple[str, ...]:
    """The names alone."""
    return tuple(word.partition("=")[0] for word in words)


def _system(name: str, folder: Path) -> System:
    config = load_config(folder / CONFIG)
    if config.objective not in MAKERS:
        raise ParamError(
            f"{str(folder)!r} is a run of {config.objective!r}, which mixes nothing by itself; give one of "
            f"{', '.join(MAKERS)}"
        )
    weights = folder / WEIGHTS
    maker, text = MAKERS[config.objective]
    return System(name, text, maker(config, weights), by_reference=True, content=_content(weights))


def _content(weights: Path) -> str:
    """A hash over the weights, so that rows of other ones are made anew."""
    try:
        with weights.open("rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
    except OSError as error:
        raise ParamError(
            f"{str(weights)!r} cannot be read ({error.strerror or error}); train until the first validation"
        ) from None
