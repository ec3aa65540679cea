"""`mixbridge suggest`: decide, and render nothing."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from bridge.cli.group import COMMANDS
from bridge.cli.options import (
    PATH,
    candidates_option,
    estimate_options,
    force_option,
    read_request,
    session_options,
    talk_options,
    threads_option,
)
from bridge.cli.output import emit, refuse_existing, refuse_stems, say
from bridge.cli.state import State
from bridge.cli.words import candidate_lines


@click.command(short_help=COMMANDS["suggest"][1])
@click.argument("inputs", nargs=-1, required=True, type=PATH, metavar="SESSION…")
@click.option("-o", "--output", type=PATH, metavar="FILE", help="The mix file; stdout by default.")
@estimate_options
@candidates_option
@session_options
@threads_option
@force_option
@talk_options
@click.pass_obj
def suggest(
    state: State,
    /,
    inputs: tuple[Path, ...],
    output: Path | None,
    force: bool,
    candidates: int,
    **words: Any,
) -> None:
    """Set every strip of a session and write the decisions, with their reasons, as a mix file.

    The master fader is set by `mix`, which hears the result; here it stays at 0 dB. Of several candidates, FILE's
    name gets the number of each: mix-1.json.
    """
    if candidates > 1 and output is None:
        raise click.UsageError("several candidates go into files of their own; name them by -o FILE")
    request = read_request(inputs, Path(), **words)
    places = _places(output, candidates)
    for place in places:
        if place is not None:
            refuse_existing(place, force=force)
    from bridge.jobs import suggest as decide
    from console.mix import dump_mix

    mixes = []
    for number, place in enumerate(places):
        session, _, _, mix = decide(replace(request, candidate=number), state.progress())
        state.close()
        if place is not None:
            refuse_stems(place, session)
        emit(dump_mix(mix), place, force=force)
        mixes.append(mix)
    for line in candidate_lines(mixes):
        say(line)


def _places(output: Path | None, count: int) -> tuple[Path | None, ...]:
    if output is None or count == 1:
        return (output,)
    return tuple(output.with_name(f"{output.stem}-{number}{output.suffix}") for number in range(1, count + 1))
