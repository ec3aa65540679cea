"""`mixbridge data add`: put the songs of data sets on disk into a store of songs to learn from."""

from pathlib import Path

import click

from bridge.cli.data.group import DATA_COMMANDS
from bridge.cli.data.options import (
    bits_option,
    check_kind,
    kind_option,
    room_option,
    store_option,
    workers_option,
)
from bridge.cli.data.results import tell_result
from bridge.cli.options import PATH, json_option, talk_options
from bridge.cli.state import State


@click.command(short_help=DATA_COMMANDS["add"][1])
@click.argument("folders", nargs=-1, required=True, type=PATH, metavar="DATASET…")
@store_option
@kind_option
@click.option(
    "--private",
    is_flag=True,
    help="Take songs too whose licence lets no weights be given away; weights trained on them say so.",
)
@click.option(
    "--recover",
    is_flag=True,
    help="Find out the strips behind mixes that line up with their tracks, to learn from; takes minutes a song.",
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most N songs of each data set.")
@workers_option
@room_option
@bits_option
@json_option
@talk_options
@click.pass_obj
def add(
    state: State,
    /,
    folders: tuple[Path, ...],
    store: Path | None,
    kind: str,
    private: bool,
    recover: bool,
    limit: int | None,
    workers: int,
    max_gb: float | None,
    bits: str,
    as_json: bool,
) -> int:
    """Put songs of data sets into a store, and train on them beside what `mixbridge data build` made.

    A song is copied once, as FLAC; run the command again to go on, or to take in what has changed. Songs whose licence
    does not let weights be given away are refused and named, unless --private is given.
    """
    from bridge.datasets.build import AddRequest, add_songs
    from bridge.datasets.store import default_store

    check_kind(kind)
    place = store or default_store()
    request = AddRequest(place, folders, kind, private, recover, limit, workers, max_gb, int(bits))
    result = add_songs(request, state.progress())
    state.close()
    return tell_result(place, result, as_json=as_json)
