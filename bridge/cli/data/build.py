"""`mixbridge data build`: make a store of songs to learn from out of Debian packages."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge.cli.options import PATH, json_option, talk_options
from bridge.cli.output import emit, note, say, table, to_json
from bridge.cli.state import State

if TYPE_CHECKING:
    from bridge.datasets.build import BuildRequest, BuildResult

EXIT_FAILED, EXIT_INTERRUPTED = 1, 130
_SHOWN = 20


@click.command(short_help="Make a store of songs to learn from out of Debian packages.")
@click.option("--store", type=PATH, metavar="DIR", help="Where it goes; by default the user's data folder.")
@click.option(
    "--sources",
    metavar="LIST",
    help="What to take, by commas: lmms, tracker, midi, references, impulses; all by default.",
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most N songs of each source.")
@click.option(
    "-j",
    "--workers",
    type=click.IntRange(min=1),
    metavar="N",
    help="Songs at a time; one per core by default.",
)
@click.option(
    "--max-gb",
    type=click.FloatRange(min=0.0, min_open=True),
    metavar="GB",
    help="The most that the store may take, downloads included.",
)
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
@click.option(
    "--bits",
    type=click.Choice(["16", "24"]),
    default="16",
    show_default=True,
    help="Of a sample in the stems.",
)
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
    workers: int | None,
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
        workers or os.cpu_count() or 1,
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
    if as_json:
        emit(to_json(_as_data(request, result)), None)
    else:
        _tell(request, result)
    if result.interrupted:
        note("interrupted; what is finished stays, and the same command goes on from here")
        return EXIT_INTERRUPTED
    return EXIT_FAILED if result.failed and not result.built and not result.kept else 0


def _as_data(request: "BuildRequest", result: "BuildResult") -> dict[str, object]:
    return {
        "store": str(request.store),
        "built": list(result.built),
        "kept": list(result.kept),
        "failed": [{"song": song, "reason": reason} for song, reason in result.failed],
        "refused": [
            {"package": one.package, "file": one.place, "reason": one.reason} for one in result.refused
        ],
        "skipped": [{"source": source, "reason": reason} for source, reason in result.skipped],
        "full": result.full,
        "interrupted": result.interrupted,
        "splits": result.splits,
        "bytes": result.bytes,
    }


def _tell(request: "BuildRequest", result: "BuildResult") -> None:
    say(f"{request.store}: {len(result.built)} built, {len(result.kept)} there already")
    splits = ", ".join(f"{count} to {name}" for name, count in sorted(result.splits.items()))
    say(f"in the store: {splits or 'nothing'}; {result.bytes / 1e6:.1f} MB")
    for source, reason in result.skipped:
        note(f"{source} left out: {reason}")
    _list("failed", [f"{song}: {reason}" for song, reason in result.failed])
    _list("refused", [f"{one.package}: {one.place}: {one.reason}" for one in result.refused])
    if result.full:
        note("the store is as large as --max-gb lets it be; some songs are not in it")


def _list(word: str, lines: list[str]) -> None:
    for line in lines[:_SHOWN]:
        note(f"{word}: {line}")
    if len(lines) > _SHOWN:
        note(f"{word}: {len(lines) - _SHOWN} more; --json has them all")
