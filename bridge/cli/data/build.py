"""`mixbridge data build`: make a store of songs to learn from out of Debian packages."""

from pathlib import Path

import click

from bridge.cli.data.group import DATA_COMMANDS
from bridge.cli.data.options import bits_option, room_option, store_option, workers_option
from bridge.cli.data.results import tell_result
from bridge.cli.options import PATH, json_option, talk_options
from bridge.cli.output import emit, table, to_json
from bridge.cli.state import State


@click.command(short_help=DATA_COMMANDS["build"][1])
@store_option
@click.option(
    "--sources",
    metavar="LIST",
    help="What to take, by commas: lmms, tracker, midi, references, impulses; all by default.",
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most N songs of each source.")
@workers_option
@room_option
@click.option(
    "--packages", type=PATH, metavar="DIR", help="Take the .deb files in this folder; download nothing."
)
@click.option("--licences", type=PATH, metavar="FILE", help="A table of packages and licences of one's own.")
@click.option(
    "--soundfonts",
    type=click.IntRange(min=1),
    default=2,
    show_default=True,
    metavar="N",
    help="With how many soundfonts each MIDI song is played.",
)
@bits_option
@click.option(
    "-n", "--dry-run", is_flag=True, help="Say which packages would be opened and fetched, and stop."
)
@json_option
@talk_options
@click.pass_obj
def build(
    state: State,
    /,
    store: Path | None,
    sources: str | None,
    limit: int | None,
    workers: int,
    max_gb: float | None,
    packages: Path | None,
    licences: Path | None,
    soundfonts: int,
    bits: str,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Build what is missing in a store; run it again to go on with a build that was broken off.

    Songs whose licence does not let weights be trained on them are refused and named.
    """
    from bridge.datasets.build import BuildRequest, build_store, plan_build
    from bridge.datasets.build.licences import SOURCES
    from bridge.datasets.store import default_store

    request = BuildRequest(
        store or default_store(),
        SOURCES if sources is None else tuple(word.strip() for word in sources.split(",")),
        limit,
        workers,
        max_gb,
        packages,
        licences,
        soundfonts,
        int(bits),
    )
    if dry_run:
        planned = plan_build(request)
        if as_json:
            rows = [
                {
                    "package": one.name,
                    "source": one.source,
                    "here": one.here,
                    "version": one.version,
                    "download_bytes": one.download_bytes,
                }
                for one in planned
            ]
            emit(to_json({"store": str(request.store), "packages": rows}), None)
            return 0
        table(
            [
                (
                    one.source,
                    one.name,
                    one.version if one.here else f"to fetch, {one.download_bytes / 1e6:.1f} MB",
                )
                for one in planned
            ]
        )
        return 0
    result = build_store(request, state.progress())
    state.close()
    return tell_result(request.store, result, as_json=as_json)
