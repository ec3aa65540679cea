"""`mixbridge compare` and `mixbridge blend`: two mixes, as mix files or inside projects."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bridge.cli.group import COMMANDS
from bridge.cli.mixfiles import read_mix
from bridge.cli.options import PATH, force_option, json_option, read_amounts, talk_options
from bridge.cli.output import emit, note, refuse_existing, say, to_json

if TYPE_CHECKING:
    from console.mix import Mix
    from exporters.project import Project

COMPARISON_SCHEMA = "mixbridge.comparison/1"


@click.command(short_help=COMMANDS["compare"][1])
@click.argument("was", type=PATH, metavar="A")
@click.argument("now", type=PATH, metavar="B")
@json_option
@talk_options
def compare(was: Path, now: Path, as_json: bool) -> None:
    """Say what changed from A to B, strip by strip: mix files, projects of DAWs, or one of each.

    Of two projects also what changed in the arrangement: tracks, items, tempo and markers.
    """
    from bridge.compare import arrangement_changes, strip_changes
    from console.codec import encode
    from console.mix import diff

    (start, first), (end, second) = _read(was), _read(now)
    mixes = start is not None and end is not None
    strips = strip_changes(start, end) if start is not None and end is not None else ()
    told = arrangement_changes(first, second) if first is not None and second is not None else ()
    if as_json:
        changes = diff(start, end) if start is not None and end is not None else ()
        data = {
            "schema": COMPARISON_SCHEMA,
            "mixers_read": mixes,
            "strips": [{"strip": one.strip, "changes": list(one.changes)} for one in strips],
            "arrangement": list(told),
            "changes": [encode(change) for change in changes],
        }
        emit(to_json(data), None)
        return
    for one in strips:
        if len(one.changes) == 1 or not one.strip:
            head = f"{one.strip}: " if one.strip else ""
            say(_spaced(head + "; ".join(one.changes)))
        else:
            say(one.strip)
            for text in one.changes:
                say(_spaced(f"  {text}"))
    if told:
        say("arrangement")
        for text in told:
            say(f"  {text}")


def _spaced(text: str) -> str:
    """With plain spaces: a terminal breaks no lines at those of a page."""
    return text.replace("\u00a0", " ")


def _read(path: Path) -> "tuple[Mix | None, Project | None]":
    """What a file holds: a mix, or a project with its mixer, None where that cannot be read.

    Raises:
        ParamError: it is neither.
        SessionError: the project cannot be read.
    """
    from bridge.sessions import exporter_of, open_project
    from console.errors import ExportError, ParamError

    exporter = exporter_of(path)
    if exporter is None:
        return read_mix(path), None
    project = open_project(path)
    try:
        return exporter.read(path), project
    except (ExportError, ParamError) as error:
        note(f"the mixer of {path} cannot be read, and is left out: {error}")
        return None, project


@click.command(short_help=COMMANDS["blend"][1])
@click.argument("start", type=PATH, metavar="A")
@click.argument("end", type=PATH, metavar="B")
@click.option(
    "--amount",
    "amounts",
    multiple=True,
    required=True,
    metavar="PERCENT",
    help="How far from A to B, 0 to 100; PART=PERCENT for one part (eq=50); repeatable.",
)
@click.option("--only", metavar="PARTS", help="Only these parts, by commas: eq,fader.")
@click.option("-o", "--output", type=PATH, metavar="FILE", help="The mix file; stdout by default.")
@force_option
@talk_options
def blend(start: Path, end: Path, amounts: Any, only: str | None, output: Path | None, force: bool) -> None:
    """Make the mix between mix file A and mix file B, each knob on its own scale."""
    from console.mix import blend as between
    from console.mix import dump_mix

    shares = read_amounts(amounts, only)
    if output is not None:
        refuse_existing(output, force=force)
    emit(dump_mix(between(read_mix(start), read_mix(end), shares)), output, force=force)
