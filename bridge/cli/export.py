"""`mixbridge export`: a mix file to a DAW."""

from pathlib import Path

import click

from bridge.cli.group import COMMANDS
from bridge.cli.mix import EXIT_PARTIAL
from bridge.cli.mixfiles import read_mix, session_of
from bridge.cli.options import PATH, force_option, json_option, session_file_option, talk_options
from bridge.cli.output import emit, note, say, to_json
from bridge.cli.state import State
from exporters.registry import EXPORTERS, exporter


@click.command(short_help=COMMANDS["export"][1])
@click.argument("mix_file", type=PATH, metavar="MIX")
@click.argument("inputs", nargs=-1, required=True, type=PATH, metavar="SESSION…")
@click.option("--to", "daw", type=click.Choice(list(EXPORTERS)), required=True, help="The DAW.")
@click.option(
    "-o", "--output", type=PATH, metavar="FOLDER", help="The folder to fill; the DAW's name by default."
)
@click.option(
    "--platform",
    type=click.Choice(["win64", "macos", "linux"]),
    help="The system that the DAW runs on; this one by default.",
)
@session_file_option
@force_option
@json_option
@talk_options
@click.pass_obj
def export(
    state: State,
    /,
    mix_file: Path,
    inputs: tuple[Path, ...],
    session_file: Path | None,
    daw: str,
    output: Path | None,
    platform: str | None,
    force: bool,
    as_json: bool,
) -> int:
    """Write a mix file as a project of a DAW, on the original stems.

    What the DAW's own plugins say only nearly, or not at all, is listed on stderr, and in full by --json.

    Exit code 4: something that is heard in the mix is not in the project.
    """
    mix = read_mix(mix_file)
    session = session_of(mix, inputs, session_file, state.progress())
    state.close()
    from exporters.report import Outcome

    report = exporter(daw).write(mix, session, output or Path(daw), platform=platform, force=force)
    if as_json:
        emit(to_json(report.to_dict()), None)
    else:
        for path in report.files:
            say(str(path))
    for entry in report.select(Outcome.DROPPED):
        note(f"dropped: {entry.strip or 'project'} {entry.parameter}: {entry.sentence}")
    near = len(report.select(Outcome.APPROXIMATED))
    if near:
        note(f"{near} parameters are approximated; --json lists them")
    return EXIT_PARTIAL if report.partial else 0
