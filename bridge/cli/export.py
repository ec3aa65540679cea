"""`mixbridge export`: a mix file to DAWs."""

from pathlib import Path
from typing import Any

import click

from bridge.cli.formats import format_options, read_formats, read_options, to_option
from bridge.cli.group import COMMANDS
from bridge.cli.mix import EXIT_PARTIAL
from bridge.cli.mixfiles import read_mix, session_of
from bridge.cli.options import PATH, force_option, json_option, session_file_option, talk_options
from bridge.cli.output import emit, note, say, to_json
from bridge.cli.state import State
from exporters.registry import exporter
from exporters.report import ExportReport, Outcome

EXPORTS_SCHEMA = "mixbridge.exports/1"


@click.command(short_help=COMMANDS["export"][1])
@click.argument("mix_file", type=PATH, metavar="MIX")
@click.argument("inputs", nargs=-1, required=True, type=PATH, metavar="SESSION…")
@to_option("may be repeated")
@click.option(
    "-o",
    "--output",
    type=PATH,
    metavar="FOLDER",
    help="The folder to fill: by one format itself, called like that by default; by several, a folder in it each.",
)
@click.option(
    "--into", type=PATH, metavar="FILE", help="Write a copy of the session's project with the mix set in it."
)
@format_options
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
    formats: tuple[str, ...],
    output: Path | None,
    into: Path | None,
    force: bool,
    as_json: bool,
    **words: Any,
) -> int:
    """Write a mix file as projects of DAWs, on the original audio: every format, or none.

    What a DAW's own plugins say only nearly, or not at all, is listed on stderr, and in full by --json.

    Exit code 4: something that is heard in the mix is not in a project.
    """
    names = read_formats(formats) or ()
    if not names and into is None:
        raise click.UsageError("nothing to write; give --to with a format, or --into with a file")
    mix = read_mix(mix_file)
    progress = state.progress()
    session = session_of(mix, inputs, session_file, progress)
    from bridge.jobs.exporting import ExportRequest, export_mix
    from bridge.jobs.handing import own_exporter

    own = [own_exporter(session)] if into is not None else []
    options = read_options(words, [*own, *map(exporter, names)])
    place = output or Path(names[0] if len(names) == 1 else "")
    reports = export_mix(ExportRequest(mix, session, names, place, into, options, force), progress)
    state.close()
    partial = any(report.partial for report in reports)
    if as_json:
        exports = [report.to_dict() for report in reports]
        emit(to_json({"schema": EXPORTS_SCHEMA, "partial": partial, "exports": exports}), None)
    else:
        for report in reports:
            for path in report.files:
                say(str(path))
    for report in reports:
        _tell_losses(report, named=len(reports) > 1)
    return EXIT_PARTIAL if partial else 0


def _tell_losses(report: ExportReport, *, named: bool) -> None:
    head = f"{report.format}: " if named else ""
    for entry in report.select(Outcome.DROPPED):
        note(f"{head}dropped: {entry.strip or 'project'} {entry.parameter}: {entry.sentence}")
    near = len(report.select(Outcome.APPROXIMATED))
    if near:
        note(f"{head}{near} parameters are approximated; --json lists them")
