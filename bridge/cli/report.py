"""`mixbridge report`: the page about a mix file."""

from pathlib import Path

import click

from bridge.cli.group import COMMANDS
from bridge.cli.mixfiles import read_mix
from bridge.cli.options import PATH, force_option, session_file_option, talk_options, threads_option
from bridge.cli.output import refuse_existing, say
from bridge.cli.state import State


@click.command(short_help=COMMANDS["report"][1])
@click.argument("mix_file", type=PATH, metavar="MIX")
@click.argument("inputs", nargs=-1, required=True, type=PATH, metavar="SESSION…")
@click.option(
    "-o", "--output", type=PATH, default="report.html", show_default=True, metavar="FILE", help="The page."
)
@session_file_option
@threads_option
@force_option
@talk_options
@click.pass_obj
def report(
    state: State,
    /,
    mix_file: Path,
    inputs: tuple[Path, ...],
    session_file: Path | None,
    output: Path,
    threads: int | None,
    force: bool,
) -> None:
    """Render a mix file to measure it, and write the report alone."""
    mix = read_mix(mix_file)
    refuse_existing(output, force=force)
    from bridge.jobs import report_mix

    report_mix(
        mix,
        inputs,
        output,
        session_file=session_file,
        threads=threads,
        force=force,
        progress=state.progress(),
    )
    state.close()
    say(str(output))
