"""`mixbridge suggest`: decide, and render nothing."""

from pathlib import Path
from typing import Any

import click

from bridge.cli.group import COMMANDS
from bridge.cli.options import (
    PATH,
    estimate_options,
    force_option,
    read_request,
    session_options,
    talk_options,
    threads_option,
)
from bridge.cli.output import emit, refuse_existing, refuse_stems
from bridge.cli.state import State


@click.command(short_help=COMMANDS["suggest"][1])
@click.argument("inputs", nargs=-1, required=True, type=PATH, metavar="SESSION…")
@click.option("-o", "--output", type=PATH, metavar="FILE", help="The mix file; stdout by default.")
@estimate_options
@session_options
@threads_option
@force_option
@talk_options
@click.pass_obj
def suggest(
    state: State, /, inputs: tuple[Path, ...], output: Path | None, force: bool, **words: Any
) -> None:
    """Set every strip of a session and write the decisions, with their reasons, as a mix file.

    The master fader is set by `mix`, which hears the result; here it stays at 0 dB.
    """
    request = read_request(inputs, Path(), **words)
    if output is not None:
        refuse_existing(output, force=force)
    from bridge.jobs import suggest as decide
    from console.mix import dump_mix

    session, _, _, mix = decide(request, state.progress())
    state.close()
    if output is not None:
        refuse_stems(output, session)
    emit(dump_mix(mix), output, force=force)
