"""Reads any REAPER project: tracks, items, folders, returns, tempo and markers, whoever wrote it."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from console.errors import ExportError
from console.mix.values import MASTER
from exporters.project import Item, Project, ProjectTrack, TrackKind
from exporters.reaper.fields import Rows
from exporters.reaper.fxchain import is_instrument, plugin_name, sounding, split_chain
from exporters.reaper.mediaitems import read_item, read_lanes
from exporters.reaper.notes import Notes, read_notes
from exporters.reaper.ownitems import sides_of, take_back_items
from exporters.reaper.records import IDLE, Records, read_offset, read_records
from exporters.reaper.rpp import Node, read_document
from exporters.reaper.timeline import read_markers, read_tempo
from exporters.reaper.tracks import TOP, FileTrack, list_tracks, resolve_sums
from exporters.sides import is_pair, with_pairs

FORMAT = "reaper"


def open_project(path: Path) -> Project:
    """The project as it stands in the file, from REAPER 3 to 7.

    A track's key is its GUID. `plugins` are those that sound (neither bypassed nor offline), those that a patch of
    ours put there left out. A track's media offset is in its items' positions. A frozen track is read as frozen.

    Raises:
        ExportError: the file cannot be read, is damaged, or is no project of REAPER's.
    """
    root = read_document(path).node("REAPER_PROJECT")
    if root is None:
        raise ExportError(f"{path} holds no <REAPER_PROJECT; give an .rpp file")
    folder = path.absolute().parent
    try:
        tracks = list_tracks(root)
        records, notes = read_records(root), read_notes(root)
        take_back_items(root, tracks, notes)
        sums, circular = resolve_sums(tracks, records.groups if records else ())
        fed = {index for index in sums if index != TOP}
        channels = _noted_channels(notes, records)
        rate_hz, fixed = Rows(root).numbers("SAMPLERATE", 0.0, 0.0)
        found = [
            replace(
                _track(root, track, tracks, sums[track.index], track.index in circular, fed, folder, records),
                channels=channels.get(track.key, 0),
                ours=_is_bus_of_ours(track, notes, records),
            )
            for track in tracks
        ]
        return Project(
            path=path,
            format=FORMAT,
            tracks=with_pairs(found, _pairs(found, tracks, notes)),
            # Without the flag REAPER takes the rate of the audio device.
            sample_rate_hz=int(rate_hz) if fixed and 1.0 <= rate_hz < 2.0**31 else None,
            tempo=read_tempo(root),
            markers=read_markers(root),
        )
    except ExportError as error:
        raise ExportError(f"{path}: {error}") from error


def _noted_channels(notes: Notes, records: Records | None) -> dict[str, int]:
    """The channels of the tracks that a writer or a patch of ours has noted, by their keys."""
    noted = {key: note.channels for key, note in notes.items()}
    patched = records.tracks.items() if records is not None else ()
    return noted | {key: record.channels for key, record in patched if record.kind}


def _is_bus_of_ours(track: FileTrack, notes: Notes, records: Records | None) -> bool:
    note = notes.get(track.key)
    return (note is not None and note.kind in ("group", "fx")) or (
        records is not None and track.key in records.added
    )


def _pairs(found: list[ProjectTrack], tracks: list[FileTrack], notes: Notes) -> dict[str, tuple[str, str]]:
    """The keys of the sides of every pair that can be one track, by its own."""
    return {
        key: (left.key, right.key)
        for key, (left, right) in sides_of(tracks, notes).items()
        if is_pair((found[left.index], found[right.index])) and not found[left.parent].items
    }


def _track(
    root: Node,
    track: FileTrack,
    tracks: list[FileTrack],
    output: int,
    circular: bool,
    fed: Collection[int],
    folder: Path,
    records: Records | None,
) -> ProjectTrack:
    lanes = read_lanes(track.rows)
    later_s = read_offset(root, track, records)
    items = [read_item(node, folder, lanes, later_s) for node in track.node.nodes("ITEM")]
    audible = tuple(item for item in items if item is not None)
    chain = track.node.node("FXCHAIN")
    plugins = tuple(plugin_name(node) for node in _users_own(chain, track.key)) if chain else ()
    muted, soloed = track.rows.numbers("MUTESOLO", 0.0, 0.0)
    record = records.tracks.get(track.key) if records is not None else None
    kind = TrackKind.GROUP if record is not None and record.kind == IDLE else _kind(track, audible, fed)
    return ProjectTrack(
        key=track.key,
        name=track.name,
        kind=kind,
        items=audible,
        output=MASTER if output == TOP else tracks[output].key,
        muted=muted != 0.0,
        soloed=soloed != 0.0,
        disabled=not track.main_send and not track.feeds,
        plugins=plugins,
        problem=_problem(track, kind, audible, plugins, circular),
    )


def _users_own(chain: Node, key: str) -> list[Node]:
    units = [unit for unit in split_chain(chain.items)[1] if not unit.is_ours(key)]
    return list(sounding([item for unit in units for item in unit.items]))


def _kind(track: FileTrack, items: tuple[Item, ...], fed: Collection[int]) -> TrackKind:
    if track.folder:
        return TrackKind.GROUP
    if items or not track.receives:
        return TrackKind.AUDIO
    return TrackKind.GROUP if track.index in fed else TrackKind.RETURN


def _problem(
    track: FileTrack, kind: TrackKind, items: tuple[Item, ...], plugins: tuple[str, ...], circular: bool
) -> str:
    """Why the whole track cannot be read as it sounds, "" where it can."""
    instrument = next((name for name in plugins if is_instrument(name)), "")
    heard = [item for item in items if not item.muted]
    if circular:
        return "its sound goes round in a circle of sends: break the circle in REAPER"
    if kind is TrackKind.GROUP and heard:
        return "sums other tracks and has items of its own: move them to a track of their own"
    if instrument:
        return f"is played by {instrument}"
    if heard and all(item.problem for item in heard):
        return f"every item of it cannot be read: the first {heard[0].problem}"
    if heard and track.rows.numbers("FIXEDLANES", *[0.0] * 4)[3] and track.rows.flag("FREEMODE"):
        return "its fixed lanes cover one another: comp or render it first"
    return ""
