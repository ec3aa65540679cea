"""`mixbridge params`, `presets` and `schema`: what there is to choose from."""

from pathlib import Path
from typing import Any

import click

from bridge.cli.group import COMMANDS
from bridge.cli.options import PATH, force_option, json_option, talk_options
from bridge.cli.output import emit, say, table, to_json


@click.command(short_help=COMMANDS["params"][1])
@json_option
@talk_options
def params(as_json: bool) -> None:
    """List every parameter of the console with its unit, range, default, scale and step."""
    from console.codec import encode
    from console.params import PARAMS

    if as_json:
        emit(to_json([encode(row) for row in PARAMS.values()]), None)
        return
    head = ("parameter", "unit", "from", "to", "default", "scale", "step")
    rows = (
        (
            row.name,
            row.unit or "-",
            *(f"{x:g}" for x in (row.low, row.high, row.default)),
            row.scale,
            f"{row.step:g}",
        )
        for row in PARAMS.values()
    )
    table([head, *rows])


@click.group(short_help=COMMANDS["presets"][1], invoke_without_command=True)
@json_option
@talk_options
@click.pass_context
def presets(context: click.Context, as_json: bool) -> None:
    """List the targets, styles, roles and estimators that can be named."""
    if context.invoked_subcommand is not None:
        return
    from bridge.estimators import estimator_names
    from console.session import Role
    from presets.profiles import profile_names
    from presets.targets import target_names

    known: dict[str, Any] = {
        "targets": list(target_names()),
        "styles": list(profile_names()),
        "roles": [str(role) for role in Role],
        "estimators": list(estimator_names()),
    }
    if as_json:
        emit(to_json(known), None)
        return
    for kind, names in known.items():
        say(kind)
        for name in names:
            say(f"  {name}")


@presets.group()
def target() -> None:
    """Save the sound of songs as a style that `--reference` takes."""


@target.command()
@click.argument("references", nargs=-1, required=True, metavar="REF…")
@click.option("-o", "--output", type=PATH, required=True, metavar="FILE", help="The style, a .toml file.")
@click.option("--name", default="", metavar="NAME", help="What to call it; the file's name by default.")
@force_option
@talk_options
def make(references: tuple[str, ...], output: Path, name: str, force: bool) -> None:
    """Save the mean sound of songs (song.flac, song.flac@1:05-1:35, other styles) as a style."""
    from bridge.jobs.references import make_profile

    profile = make_profile(references, output, name=name, force=force)
    say(f"{output}: the style {profile.name!r} of {', '.join(profile.sources)}")


@click.command(short_help=COMMANDS["schema"][1])
@click.option("-o", "--output", type=PATH, metavar="FILE", help="The schema file; stdout by default.")
@force_option
@talk_options
def schema(output: Path | None, force: bool) -> None:
    """Print the JSON Schema of mix files."""
    from console.mix import json_schema

    emit(to_json(json_schema()), output, force=force)
