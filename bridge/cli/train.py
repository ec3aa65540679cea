"""`mixbridge train`: learn a network's weights from a store of songs."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bridge.cli.group import COMMANDS
from bridge.cli.options import PATH, json_option, talk_options
from bridge.cli.output import emit, note, say, to_json
from bridge.cli.state import State
from bridge.cli.trainline import TrainLine, duration

if TYPE_CHECKING:
    from bridge.training.run import TrainRequest
    from console.training.fit import FitResult

EXIT_INTERRUPTED = 130
RUNS = Path("runs")


@click.command(short_help=COMMANDS["train"][1])
@click.argument("config", metavar="CONFIG")
@click.option(
    "-o", "--output", type=PATH, metavar="RUN", help="The run's folder; by default runs/NAME, after CONFIG."
)
@click.option(
    "--store", type=PATH, metavar="DIR", help="The store of songs; by default the user's data folder."
)
@click.option("--resume", is_flag=True, help="Go on with the run in RUN.")
@click.option("--steps", type=click.IntRange(min=1), metavar="N", help="At most N steps.")
@click.option(
    "--minutes",
    type=click.FloatRange(min=0.0, min_open=True),
    metavar="M",
    help="At most M minutes of learning, all resumes together.",
)
@click.option("-j", "--threads", type=click.IntRange(min=1), metavar="N", help="Threads that a step may use.")
@click.option("--device", metavar="D", help="Where to compute: auto, cpu, cuda or cuda:N.")
@click.option("-n", "--dry-run", is_flag=True, help="Say what would be trained on what, and stop.")
@json_option
@talk_options
@click.pass_obj
def train(
    state: State,
    /,
    config: str,
    output: Path | None,
    store: Path | None,
    resume: bool,
    steps: int | None,
    minutes: float | None,
    threads: int | None,
    device: str | None,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Train what CONFIG says (a TOML file, or the name of one that comes with mixbridge) on a store of songs.

    Ctrl-C finishes the step and saves everything, with exit code 130; --resume goes on as if nothing had been. Under
    torchrun (`torchrun --nproc-per-node 2 -m bridge train …`) several processes share the work.
    """
    from bridge.datasets.store import default_store
    from bridge.training.run import TrainRequest, check_request
    from bridge.training.run import train as run
    from console.training.folder import CHECKPOINT_FILE
    from console.training.ranks import told_rank
    from presets.training import load_config

    read = load_config(config).with_run(steps=steps, minutes=minutes, threads=threads, device=device)
    request = TrainRequest(read, output or RUNS / Path(config).stem, store or default_store(), resume)
    if dry_run:
        _tell_plan(request, check_request(request).counts(), as_json=as_json)
        return 0
    first = told_rank() == 0
    if not first:
        state.talk(-1)
    line = TrainLine(sys.stderr) if state.verbosity >= 0 else None
    try:
        result = run(request, state.progress(), _Watch(state, line) if line is not None else None)
    except KeyboardInterrupt:
        state.close()
        _end(line)
        saved = (request.folder / CHECKPOINT_FILE).is_file()
        note(f"stopped at once; {f'go on by: {_way_on(request)}' if saved else 'there is no checkpoint yet'}")
        return EXIT_INTERRUPTED
    finally:
        _end(line)
    state.close()
    if first:
        _tell(result, as_json=as_json)
        if result.interrupted:
            note(f"stopped after step {result.steps}, all saved; go on by: {_way_on(request)}")
    return EXIT_INTERRUPTED if result.interrupted else 0


class _Watch:
    """Ends the line of the preparations with the first step."""

    def __init__(self, state: State, line: TrainLine) -> None:
        self._state, self._line = state, line

    def __call__(self, report: Any) -> None:
        self._state.close()
        self._line(report)


def _end(line: TrainLine | None) -> None:
    if line is not None:
        line.close()


def _way_on(request: "TrainRequest") -> str:
    words = ["mixbridge", "train", str(request.folder / "config.toml"), "-o", str(request.folder)]
    words += ["--store", str(request.store), "--resume"]
    return " ".join(f'"{word}"' if " " in word else word for word in words)


def _tell_plan(request: "TrainRequest", counts: dict[str, int], *, as_json: bool) -> None:
    from console.codec import encode

    settings: dict[str, Any] = encode(request.config.run)
    if as_json:
        plan = {
            "run": str(request.folder),
            "objective": request.config.objective,
            "seed": request.config.seed,
            "settings": settings,
            "section": request.config.section,
            "store": str(request.store),
            "songs": counts,
        }
        emit(to_json(plan), None)
        return
    bounds = [f"{settings[name]:g} {name}" for name in ("steps", "minutes") if settings[name] is not None]
    say(
        f"{request.folder}: {request.config.objective}, seed {request.config.seed}, at most {', '.join(bounds)}"
    )
    say(f"{request.store}: {', '.join(f'{count} {name}' for name, count in counts.items())}")
    say("nothing was written; without --dry-run the run begins")


def _tell(result: "FitResult", *, as_json: bool) -> None:
    from console.training.folder import BEST_FILE

    best = None if result.best_score is None else {"score": result.best_score, "step": result.best_step}
    weights = None if best is None else str(result.folder / BEST_FILE)
    if as_json:
        data = {
            "run": str(result.folder),
            "steps": result.steps,
            "seconds": round(result.seconds, 1),
            "skipped": result.skipped,
            "best": best,
            "weights": weights,
            "interrupted": result.interrupted,
        }
        emit(to_json(data), None)
        return
    say(f"{result.folder}: {result.steps} steps in {duration(result.seconds)}")
    if result.skipped:
        say(f"{result.skipped} of them skipped, as the loss or the gradient was not finite")
    if best is None:
        say("no held-out score yet")
    else:
        say(f"best score {result.best_score:.6g} at step {result.best_step}: {weights}")
