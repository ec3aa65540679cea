"""A training run from its request to its folder; under torchrun, the part of one process in it."""

from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from bridge.files import LOCK_FILE, alone, whole_file
from bridge.training.material import Gathered, gather_material
from bridge.version import tool_version
from console.errors import ParamError, RenderError
from console.progress import Progress, no_progress
from console.training.fit import FitResult, Watch, fit
from console.training.folder import CONFIG_FILE
from console.training.ranks import join_ranks, told_rank
from console.training.registry import find_objective
from console.training.settings import TrainingConfig
from presets.training import dump_config, load_config


@dataclass(frozen=True, slots=True)
class TrainRequest:
    """What to train, by what, and where it goes; `resume` goes on with the run that is in `folder`."""

    config: TrainingConfig
    folder: Path
    store: Path
    resume: bool = False


def check_request(request: TrainRequest) -> Gathered:
    """Find out what is wrong with a run before it begins; gives its material.

    Raises:
        RenderError: the folder has something in it and `resume` is not given, or has no run to go on with.
        ParamError: the run in the folder is one of another configuration.
        SessionError: there is nothing to train on.
    """
    if told_rank() == 0:
        _check_folder(request)
    return gather_material(request.store)


def train(request: TrainRequest, progress: Progress = no_progress, watch: Watch | None = None) -> FitResult:
    """Train, and leave the run in its folder.

    Args:
        request: what and where.
        progress: is told what is being prepared.
        watch: is told every step.

    Raises:
        MixbridgeError: as `check_request` and `console.training.fit.fit` say, or what the objective finds wrong.
        KeyboardInterrupt: Ctrl-C was pressed twice.
    """
    config = request.config
    progress("reading the store", 0.0)
    gathered = check_request(request)
    make = find_objective(config.objective)
    progress("preparing", 0.0)
    told = f"another process trains in {str(request.folder)!r}; wait for it, or give another folder"
    with (
        join_ranks(config.run.device) as ranks,
        alone(request.folder, told) if ranks.first else nullcontext(),
    ):
        objective = ranks.in_turn(lambda: make(config.section, gathered.material, config.seed))
        if ranks.first:
            with whole_file(request.folder / CONFIG_FILE) as temporary:
                temporary.write_text(dump_config(config), "utf-8", newline="\n")
        about = {
            "tool": tool_version(),
            "name": config.objective,
            "store": {"manifest_sha256": gathered.sha256, **gathered.counts()},
            "credits": list(gathered.credits),
        }
        progress("preparing", 1.0)
        return fit(
            objective,
            config.run,
            request.folder,
            seed=config.seed,
            resume=request.resume,
            watch=watch or (lambda _report: None),
            about=about,
        )


def _check_folder(request: TrainRequest) -> None:
    folder, config = request.folder, request.config
    if not request.resume:
        if folder.exists() and (
            not folder.is_dir() or any(path.name != LOCK_FILE for path in folder.iterdir())
        ):
            raise RenderError(
                f"{str(folder)!r} exists already; give another folder, or --resume to go on with the run in it"
            )
        return
    place = folder / CONFIG_FILE
    if not place.is_file():
        raise RenderError(f"there is no run in {str(folder)!r} to go on with; leave --resume out")
    before = load_config(place)
    for name in ("objective", "seed", "section"):
        old, new = getattr(before, name), getattr(config, name)
        if old != new:
            word = f"section [{config.objective}]" if name == "section" else name
            raise ParamError(
                f"the {word} of the run in {str(folder)!r} is {old!r}, not {new!r}; go on with {str(place)!r}, "
                "or give another folder"
            )
