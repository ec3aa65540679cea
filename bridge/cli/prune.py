"""`mixbridge prune`: the fewest processors that sound the same."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge.cli.group import COMMANDS
from bridge.cli.mixfiles import read_mix, session_of
from bridge.cli.options import (
    PATH,
    force_option,
    json_option,
    session_file_option,
    talk_options,
    threads_option,
)
from bridge.cli.output import emit, note, refuse_existing, refuse_stems, say, table, to_json
from bridge.cli.state import State

if TYPE_CHECKING:
    from console.estimators.prune import Pruning

EXIT_INTERRUPTED = 130


@click.command(short_help=COMMANDS["prune"][1])
@click.argument("mix_file", type=PATH, metavar="MIX")
@click.argument("inputs", nargs=-1, required=True, type=PATH, metavar="SESSION…")
@click.option(
    "-o",
    "--output",
    type=PATH,
    default="pruned.json",
    show_default=True,
    metavar="FILE",
    help="The mix file.",
)
@click.option(
    "--tolerance",
    metavar="T",
    help="What may be lost in all: 0.01 of the distance, 4% of it, or a difference of -30dB.",
)
@click.option("--target", type=PATH, metavar="FILE", help="The finished mix that this one is to explain.")
@click.option(
    "--order",
    default="hybrid",
    show_default=True,
    metavar="NAME",
    help="What is tried first: brute-force, dry/wet or hybrid.",
)
@click.option("--no-fine-tune", is_flag=True, help="Leave what is not dropped as it is.")
@click.option(
    "--seconds",
    type=click.FloatRange(1.0, 600.0),
    default=20.0,
    show_default=True,
    metavar="S",
    help="How much of a long song to listen to.",
)
@session_file_option
@threads_option
@force_option
@json_option
@talk_options
@click.pass_obj
def prune(
    state: State,
    /,
    mix_file: Path,
    inputs: tuple[Path, ...],
    session_file: Path | None,
    output: Path,
    tolerance: str | None,
    target: Path | None,
    order: str,
    no_fine_tune: bool,
    seconds: float,
    threads: int | None,
    force: bool,
    as_json: bool,
) -> int:
    """Drop every processor of a mix file that is not worth having, and say what each was worth."""
    mix = read_mix(mix_file)
    refuse_existing(output, force=force)
    from bridge.jobs.pruning import PruneRequest, prune_mix, pruning_report
    from console.estimators.prune import PruneSettings, Tolerance
    from console.mix import dump_mix

    allowed = None if tolerance is None else Tolerance.parse(tolerance)
    settings = PruneSettings(order=order, fine_tune=not no_fine_tune, seconds=seconds, workers=threads or 2)
    progress = state.progress()
    session = session_of(mix, inputs, session_file, progress)
    refuse_stems(output, session)
    result = prune_mix(PruneRequest(mix, session, target, allowed, settings), progress)
    state.close()
    emit(dump_mix(result.mix), output, force=force)
    if as_json:
        emit(to_json({**pruning_report(result), "files": [str(output)]}), None)
    else:
        _tell(result, output)
    if result.interrupted:
        note("interrupted: this is as far as it came")
        return EXIT_INTERRUPTED
    return 0


def _tell(result: "Pruning", output: Path) -> None:
    say(f"{result.before} processors before, {result.after} after")
    say(f"distance {result.loss_before:.4f} before, {result.loss:.4f} after")
    say(f"what changed is at {result.change_db:.1f} dB of the mix")
    if result.removed:
        say()
        rows = [
            (r.strip, r.processor, r.setting, f"{r.loss:+.4f}", f"{r.change_db:.1f} dB")
            for r in result.removed
        ]
        table([("strip", "dropped", "stood at", "distance", "change"), *rows])
    say()
    say(str(output))
