"""What each track of a REAPER project stands for in a mix: a strip, one side of it, a group or a return."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from console.mix.values import MASTER
from exporters.reaper.chain import Fx
from exporters.reaper.fxchain import split_chain
from exporters.reaper.identity import MASTER_KEY
from exporters.reaper.jsfx import STRIP, read_strip
from exporters.reaper.notes import Notes, read_notes
from exporters.reaper.plugins import read_vst
from exporters.reaper.records import Records
from exporters.reaper.rpp import Node
from exporters.reaper.tracks import TOP, FileTrack, resolve_sums

#: The plugins that make a return of a track that is fed by sends.
_SPACES = frozenset({"ReaVerbate", "ReaDelay"})


@dataclass(slots=True, eq=False)
class Seen:
    """A track, with the items of its sides and the group it goes to.

    kind: "track", "strip" (a track that a patch set), "side", "group", "fx", or "idle" for a folder that a patch has
    emptied. `foreign`: nothing in the file says what it stands for. `marked`: of its plugins ours alone count.
    `written`: its items are where our writer put them.
    """

    track: FileTrack
    kind: str
    id: str
    channels: int = 2
    start_samples: int = 0
    foreign: bool = False
    marked: bool = False
    written: bool = False
    group: str = MASTER
    items: list[Node] = field(default_factory=list)

    def fx(self) -> Iterator[Fx]:
        """The plugins that count: of a track that we set, ours."""
        return known_fx(self.track.node.node("FXCHAIN"), self.track.key if self.marked else "")


def see_tracks(root: Node, tracks: list[FileTrack], records: Records | None) -> list[Seen]:
    """Every track of a project in order.

    Raises:
        ExportError: a note or a plugin's block is damaged.
    """
    notes = read_notes(root)
    sums, _ = resolve_sums(tracks, records.groups if records else ())
    fed = frozenset(sums[track.index] for track in tracks if not track.main_send)
    names = _Names(notes, records)
    seen = [_see(track, notes, records, fed, names) for track in tracks]
    for one in seen:
        target = seen[one.track.parent] if one.kind == "side" and one.track.parent != TOP else one
        target.items += one.track.node.nodes("ITEM")
    groups: dict[int, str] = {TOP: MASTER}
    for one in seen:
        one.group = _group_of(one.track.index, seen, sums, groups)
    return seen


def known_fx(chain: Node | None, patched_key: str = "") -> Iterator[Fx]:
    """The plugins of a chain that are understood, those in containers too; with a key only ours there.

    Raises:
        ExportError: a plugin's block is damaged.
    """
    units = split_chain(chain.items)[1] if chain is not None else []
    if patched_key:
        units = [unit for unit in units if unit.is_ours(patched_key)]
    waiting = [(iter(units), True)]
    while waiting:
        following, outer_on = waiting[-1]
        unit = next(following, None)
        if unit is None:
            waiting.pop()
            continue
        node, on = unit.node, outer_on and unit.sounds
        if node is None:
            continue
        if node.name == "CONTAINER":
            waiting.append((iter(split_chain(node.items)[1]), on))
        elif (strip := read_strip(node)) is not None:
            yield Fx(STRIP, strip[1], on, strip[0])
        elif (found := read_vst(node)) is not None:
            plugin, label, block = found
            yield Fx(plugin, block.state, on, label)


def master_fx(root: Node, records: Records | None) -> Iterator[Fx]:
    """The master's plugins; where we set it, ours."""
    ours = records is not None or any(note.marked for note in read_notes(root).values())
    return known_fx(root.node("MASTERFXLIST"), MASTER_KEY if ours else "")


class _Names:
    """Gives tracks that nothing is noted of ids that are free."""

    def __init__(self, notes: Notes, records: Records | None) -> None:
        self._patched = {record.id for record in records.tracks.values()} if records else set()
        self._taken = {MASTER, *(note.id for note in notes.values()), *self._patched}
        self._count: dict[str, int] = {}

    def patched(self, name: str) -> bool:
        """Whether a patch has given this id to one of its tracks."""
        return name in self._patched

    def free(self, name: str, index: int) -> str:
        wanted = found = name or f"track {index + 1}"
        while found in self._taken:
            self._count[wanted] = self._count.get(wanted, 1) + 1
            found = f"{wanted} ({self._count[wanted]})"
        self._taken.add(found)
        return found


def _see(track: FileTrack, notes: Notes, records: Records | None, fed: frozenset[int], names: _Names) -> Seen:
    record = records.tracks.get(track.key) if records else None
    note = notes.get(track.key)
    if record is not None and record.kind:
        start = note.start_samples if note is not None else 0
        return Seen(
            track, record.kind, record.id, record.channels, start, marked=True, written=note is not None
        )
    if note is not None:
        # A patch of a project that a writer wrote may have set up a bus of that name anew.
        own_id = names.free(note.id, track.index) if names.patched(note.id) else note.id
        return Seen(
            track, note.kind, own_id, note.channels, note.start_samples, marked=note.marked, written=True
        )
    kind = "track"
    if track.folder:
        kind = "group"
    elif track.receives:
        plugins = {fx.plugin for fx in known_fx(track.node.node("FXCHAIN"))}
        if plugins & _SPACES:
            kind = "fx"
        elif track.index in fed and track.node.node("ITEM") is None:
            kind = "group"
    return Seen(track, kind, names.free(track.name, track.index), foreign=True)


def _group_of(index: int, seen: list[Seen], sums: list[int], groups: dict[int, str]) -> str:
    """The id of the first group that the track's sound gets to; what was found on the way is kept in `groups`."""
    way = [index]
    while sums[way[-1]] not in groups and seen[sums[way[-1]]].kind != "group":
        way.append(sums[way[-1]])
    target = sums[way[-1]]
    found = seen[target].id if target != TOP and seen[target].kind == "group" else groups[target]
    groups.update(dict.fromkeys(way, found))
    return found
