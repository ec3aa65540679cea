"""Takes an earlier patch or writing of ours out of a project again, to the byte where nobody touched it since."""

from collections.abc import Collection
from dataclasses import dataclass, field
from itertools import count

from exporters.reaper.edit import get_line, remove_line, same_line, set_line
from exporters.reaper.fxchain import split_chain
from exporters.reaper.identity import MASTER_KEY, envelope_guid, is_own_track
from exporters.reaper.notes import read_notes
from exporters.reaper.records import IDLE, Record, Records, remove_records
from exporters.reaper.rpp import Node, relined, split_words
from exporters.reaper.tracks import FileTrack, list_tracks


@dataclass(slots=True)
class Kept:
    """What the user had put on a bus of ours: plugins, and sends to it by the tracks that they come from."""

    plugins: list[str | Node] = field(default_factory=list)
    receives: list[tuple[Node, str]] = field(default_factory=list)


def undo_patch(root: Node, records: Records) -> dict[str, Kept]:
    """Put back what a patch found, but for lines that have been changed since; take our plugins and buses away.

    These carry GUIDs of ours, and go also where the notes of the patch are lost. The folders of groups that we wrote
    stay, as the user's own would. Returned is what goes with the buses though it is the user's.

    Raises:
        ExportError: the project is damaged.
    """
    tracks, notes = list_tracks(root), read_notes(root)
    # A group without tracks is no folder, unless a patch has let them out.
    idle = {key for key, record in records.tracks.items() if record.kind == IDLE}
    folders = {key for key, note in notes.items() if note.kind in ("track", "side") or key in idle}
    folders |= {track.key for track in tracks if track.folder}
    added = {*records.added, *(track.key for track in tracks if is_own_track(track.key, track.name))}
    added |= {key for key, note in notes.items() if note.kind in ("group", "fx") and note.marked}
    added -= folders
    kept = {track.key: _users_part(track, tracks) for track in tracks if track.key in added}
    for track in tracks:
        if track.key not in added:
            _restore(track.node, "FXCHAIN", track.key, records.tracks.get(track.key, Record()))
    _restore(root, "MASTERFXLIST", MASTER_KEY, records.master)
    _remove_tracks(root, tracks, added)
    remove_records(root, records)
    return kept


def _users_part(track: FileTrack, tracks: list[FileTrack]) -> Kept:
    kept = Kept()
    for chain in track.node.nodes("FXCHAIN"):
        units = [unit for unit in split_chain(chain.items)[1] if not unit.is_ours(track.key)]
        kept.plugins += [item for unit in units for item in unit.items]
    for item in track.node.items:
        words = split_words(item) if isinstance(item, str) and item.lstrip().startswith("AUXRECV") else []
        if len(words) > 1 and _is_index(words[1], len(tracks)):
            kept.receives.append((tracks[int(words[1])].node, str(item)))
    return kept


def _restore(node: Node, chain: str, key: str, record: Record) -> None:
    for name, (was, now) in record.lines.items():
        current = get_line(node, name)
        if current is None or not same_line(current, now):
            continue
        if was is None:
            remove_line(node, name)
        else:
            set_line(node, was)
    own = envelope_guid(key)
    node.items[:] = [item for item in node.items if not (isinstance(item, Node) and _is_envelope(item, own))]
    for fx in list(node.nodes(chain)):
        head, units = split_chain(fx.items)
        kept = [unit for unit in units if not unit.is_ours(key)]
        if len(kept) < len(units):
            fx.items[:] = [*head, *(item for unit in kept for item in unit.items)]
        if record.made_chain and not kept:
            node.items[:] = [item for item in node.items if item is not fx]


def _is_envelope(node: Node, identifier: str) -> bool:
    return node.name == "VOLENV2" and (node.row("EGUID") or [""])[0] == identifier


def _remove_tracks(root: Node, tracks: list[FileTrack], added: Collection[str]) -> None:
    gone = {id(track.node) for track in tracks if track.key in added}
    if not gone:
        return
    counter = count()
    new_index = [None if id(track.node) in gone else next(counter) for track in tracks]
    root.items[:] = [item for item in root.items if id(item) not in gone]
    for track in tracks:
        if id(track.node) not in gone and track.receives:
            _renumber(track.node, new_index)


def _renumber(node: Node, new_index: list[int | None]) -> None:
    """Let receives follow the tracks that moved up, and drop those from tracks that are gone."""
    items: list[str | Node] = []
    dropped = False
    for item in node.items:
        if isinstance(item, Node):
            # The envelopes of a receive stand right behind it.
            if not (dropped and item.name.startswith("AUX")):
                items.append(item)
            continue
        words = split_words(item)
        dropped = False
        if len(words) > 1 and words[0] == "AUXRECV" and _is_index(words[1], len(new_index)):
            now = new_index[int(words[1])]
            dropped = now is None
            if now is not None and now != int(words[1]):
                item = relined(item, item.strip().replace(words[1], str(now), 1))
        if not dropped:
            items.append(item)
    node.items[:] = items


def _is_index(word: str, tracks: int) -> bool:
    return word.isascii() and word.isdigit() and len(word) < 10 and int(word) < tracks
