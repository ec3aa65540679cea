"""`mixbridge diff` and `mixbridge blend`: two mix files."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bridge.cli.group import COMMANDS
from bridge.cli.mixfiles import read_mix
from bridge.cli.options import PATH, force_option, json_option, read_amounts, talk_options
from bridge.cli.output import emit, refuse_existing, say, to_json

if TYPE_CHECKING:
    from console.mix import Change, Mix

DIFF_SCHEMA = "mixbridge.diff/1"


@click.command(short_help=COMMANDS["diff"][1])
@click.argument("was", type=PATH, metavar="A")
@click.argument("now", type=PATH, metavar="B")
@json_option
@talk_options
def diff(was: Path, now: Path, as_json: bool) -> None:
    """Say what differs from mix file A to mix file B, strip by strip and knob by knob."""
    from console.codec import encode
    from console.mix import diff as compare

    start, end = read_mix(was), read_mix(now)
    changes = compare(start, end)
    if as_json:
        emit(to_json({"schema": DIFF_SCHEMA, "changes": [encode(change) for change in changes]}), None)
        return
    for line in in_words(start, end, changes):
        say(line)


def in_words(start: "Mix", end: "Mix", changes: tuple["Change", ...]) -> Iterator[str]:
    """The changes under the names of their strips; a strip that one side lacks is one line."""
    strips = {
        f"{kind}.{item.id}": item.id
        for mix in (start, end)
        for kind, items in (("tracks", mix.tracks), ("buses", mix.buses))
        for item in items
    }
    by_length = sorted(strips, key=len, reverse=True)

    def owner(change: "Change") -> str:
        return next(
            (key for key in by_length if change.path.startswith(f"{key}.")), change.path.split(".")[0]
        )

    groups: dict[str, list[Change]] = {}
    for change in changes:
        groups.setdefault(owner(change), []).append(change)
    for key, group in groups.items():
        present = [_has(mix, key) for mix in (start, end)]
        if key in strips and not all(present):
            yield f"{strips[key]}: {'only in the first' if present[0] else 'only in the second'}"
        elif group[0].path == key:  # a value of the mix itself, such as its sample rate
            yield str(group[0])
        else:
            yield strips.get(key, key)
            yield from (f"  {str(change).removeprefix(f'{key}.')}" for change in group)


def _has(mix: "Mix", key: str) -> bool:
    return key in {*(f"tracks.{track.id}" for track in mix.tracks), *(f"buses.{bus.id}" for bus in mix.buses)}


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
