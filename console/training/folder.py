"""The folder of a run: logs, checkpoint, best weights, card."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from console.codec import decode, encode
from console.errors import ParamError, TrainingError
from console.training.board import Board
from console.training.checkpoint import load_state, save_state
from console.training.csvlog import CsvLog
from console.training.files import write_text
from console.training.optimiser import optimiser_state, set_optimiser_state
from console.training.state import RunState

CONFIG_FILE = "config.toml"
CARD_FILE = "card.json"
CHECKPOINT_FILE = "checkpoint/state.npz"
BEST_FILE = "best/weights.npz"

_CHECKPOINT_SCHEMA = "mixbridge.checkpoint/1"
_WEIGHTS_SCHEMA = "mixbridge.weights/1"


def take_up(
    folder: Path, module: torch.nn.Module, optimiser: torch.optim.Optimizer, seed: int, *, resume: bool
) -> RunState:
    """Where a run begins: at its checkpoint, which is read into module and optimiser, or at the first step.

    Raises:
        TrainingError: the folder has a checkpoint, and `resume` is not given.
        ParamError: the checkpoint is damaged, of another network, or of another seed.
    """
    place = folder / CHECKPOINT_FILE
    if not place.is_file():
        return RunState(seed)
    if not resume:
        raise TrainingError(
            f"there is a run in {str(folder)!r}; go on with it by --resume, or give another folder"
        )
    extra, more = load_state(place, module)
    if extra.pop("schema", None) != _CHECKPOINT_SCHEMA:
        raise ParamError(f"{str(place)!r} is no checkpoint of this version; train anew in another folder")
    state = decode(RunState, extra, str(place))
    if state.seed != seed:
        raise ParamError(f"the seed is {seed}, but the run in {str(folder)!r} has {state.seed}; give that")
    set_optimiser_state(optimiser, module, more)
    return state


class RunFolder:
    """Writes what the first process has to say; the others write nothing.

    Args:
        folder: of the run.
        state: where the run begins; lines of the logs that are of later steps are cut away.
        resume: whether the logs go on.
        tensorboard: whether figures go there too.

    Raises:
        ParamError: TensorBoard is not installed.
        OSError: the folder cannot be written to.
    """

    def __init__(self, folder: Path, state: RunState, *, resume: bool, tensorboard: bool) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._steps = CsvLog(folder / "log.csv", state.step if resume else None)
        self._held_out = CsvLog(folder / "validation.csv", state.validated if resume else None)
        self._board = Board(folder / "tensorboard", state.step) if tensorboard else None

    def log(self, state: RunState, rate: float) -> None:
        """A line of means since the last one."""
        means = state.means()
        self._steps.add(
            {
                "step": state.step,
                "seconds": round(state.seconds, 1),
                "learning_rate": rate,
                "skipped": state.skipped,
                **means,
            }
        )
        if self._board is not None:
            self._board.add("training", state.step, {**means, "learning_rate": rate})

    def log_validation(self, state: RunState, figures: Mapping[str, float]) -> None:
        """A line of held-out figures."""
        self._held_out.add({"step": state.step, "seconds": round(state.seconds, 1), **figures})
        if self._board is not None:
            self._board.add("validation", state.step, figures)

    def save_best(self, module: torch.nn.Module, state: RunState, figures: Mapping[str, float]) -> None:
        """The weights that are best by the held-out score."""
        extra = {
            "schema": _WEIGHTS_SCHEMA,
            "step": state.step,
            "seconds": state.seconds,
            "figures": finite(figures),
        }
        save_state(self._folder / BEST_FILE, module, extra)

    def save_checkpoint(
        self, module: torch.nn.Module, optimiser: torch.optim.Optimizer, state: RunState
    ) -> None:
        """All that the run needs to go on."""
        extra = {"schema": _CHECKPOINT_SCHEMA, **encode(state)}
        save_state(self._folder / CHECKPOINT_FILE, module, extra, optimiser_state(optimiser, module))

    def write_card(self, card: Mapping[str, Any]) -> None:
        """What was trained, on what, and how far."""
        write_text(
            self._folder / CARD_FILE, json.dumps(card, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        )

    def close(self) -> None:
        """Write what is still in memory."""
        if self._board is not None:
            self._board.close()


def finite(figures: Mapping[str, float]) -> dict[str, float | None]:
    """The figures for JSON, which knows no NaN and no infinity: those become null."""
    return {name: float(value) if math.isfinite(value) else None for name, value in figures.items()}
