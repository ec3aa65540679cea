"""`mixbridge data list`: what one of the field's data sets, as it lies on disk, holds."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge.cli.data.group import DATA_COMMANDS
from bridge.cli.data.options import check_kind, kind_option
from bridge.cli.options import PATH, json_option, talk_options
from bridge.cli.output import emit, note, say, table, to_json
from bridge.cli.state import State

if TYPE_CHECKING:
    from bridge.datasets import Song, Survey

_TROUBLES_SHOWN = 20


@click.command(name="list", short_help=DATA_COMMANDS["list"][1])
@click.argument("path", type=PATH)
@kind_option
@json_option
@talk_options
@click.pass_obj
def list_songs(state: State, path: Path, kind: str, as_json: bool) -> None:
    """Say what a data set holds: songs, tracks, hours, roles, licence, and what cannot be used and why."""
    from bridge.datasets.survey import as_data, survey

    check_kind(kind)
    found = survey(path, kind, progress=state.progress())
    state.close()
    if as_json:
        emit(to_json(as_data(found)), None)
        return
    _print(found)


def _print(found: "Survey") -> None:
    songs = len(found.usable)
    tracks = sum(len(song.tracks) for song in found.usable)
    lengths = (_duration(found.song_hours), _duration(found.track_hours))
    say(f"{found.layout.name}: {songs} songs, {lengths[0]}; {tracks} tracks, {lengths[1]}")
    for name, facts in (("splits", found.splits), ("roles", found.roles)):
        if facts:
            say(f"{name}: {', '.join(f'{key} {count}' for key, count in facts.items())}")
    for licence, count in found.licences.items():
        may = "may" if licence.may_train_weights else "may not"
        told = f"; {licence.note}" if licence.note else ""
        say(
            f"licence: {licence.name} ({count} songs; weights to be given away {may} be trained on them{told})"
        )
    say()
    table([("song", "split", "length", "tracks", "mix", "troubles"), *map(_row, found.songs)])
    _print_troubles(found)


def _duration(hours: float) -> str:
    return f"{hours:.1f} h" if hours >= 1.0 else f"{60.0 * hours:.1f} min"


def _row(song: "Song") -> tuple[str, ...]:
    counts = [f"{len(song.tracks_of(form))} {form}" for form in song.processings]
    mixes = ", ".join(
        dict.fromkeys(
            f"{mix.kind}{' (lines up)' if mix.aligned and song.tracks else ''}" for mix in song.mixes
        )
    )
    minutes, seconds = divmod(round(song.seconds), 60)
    length = f"{minutes}:{seconds:02d}"
    return song.id, str(song.split), length, ", ".join(counts), mixes, str(len(song.troubles) or "")


def _print_troubles(found: "Survey") -> None:
    lines = [f"{name}: {why}" for name, why in found.broken]
    lines += [f"{song.id}: {trouble}" for song in found.songs for trouble in song.troubles]
    if not lines:
        return
    note(f"{len(found.broken)} songs cannot be read; {found.missing} files are missing")
    for line in lines[:_TROUBLES_SHOWN]:
        note(f"  {line}")
    if len(lines) > _TROUBLES_SHOWN:
        note(f"  and {len(lines) - _TROUBLES_SHOWN} more; --json has all")
