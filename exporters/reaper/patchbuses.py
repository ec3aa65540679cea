"""The groups and returns of a mix in a user's project: what sums a group already, and new tracks at the end."""

from collections.abc import Collection, Mapping, Sequence

from console.mix import Bus, BusKind, Mix
from console.mix.values import MASTER
from console.units import db_to_gain
from console.words import signed
from exporters.reaper.edit import find_line, get_line, set_line
from exporters.reaper.fxnodes import CHAIN_HEAD
from exporters.reaper.grouping import find_homes
from exporters.reaper.identity import bus_guid
from exporters.reaper.patchcontext import Patch, put_chain, put_line
from exporters.reaper.patchstrips import decibels, set_bus
from exporters.reaper.plan import Track
from exporters.reaper.project import track_node
from exporters.reaper.projectlaw import BALANCE_MODE, law_name
from exporters.reaper.records import IDLE, Record
from exporters.reaper.rpp import Node, line, relined, split_words
from exporters.reaper.tracks import TOP, FileTrack, open_folders, resolve_sums
from exporters.report import Ledger


def set_buses(patch: Patch, mix: Mix, places: Mapping[str, FileTrack], ledgers: Mapping[str, Ledger]) -> None:
    """Put every bus of the mix into the project and route its tracks there.

    `places` are the project's tracks by the ids of the strips that were set on them.
    """
    members, homes, sums = _homes(patch, mix, places)
    played = {id(track.node) for track in places.values()}
    added: list[Node] = []
    # Returns last: a mixer shows them at its right end.
    for bus in sorted(mix.buses, key=lambda bus: bus.kind is BusKind.FX):
        ledger = ledgers[bus.id]
        if bus.kind is BusKind.FX:
            receives = [
                (places[strip.id].index, db_to_gain(strip.sends[bus.id]))
                for strip in mix.tracks
                if bus.id in strip.sends
            ]
            added.append(_new_track(patch, bus, sorted(receives), played, ledger))
        elif bus.id in homes:
            set_bus(patch, patch.tracks[homes[bus.id]], bus, ledger)
        elif members[bus.id]:
            fed = [(index, 1.0) for index in members[bus.id]]
            added.append(_new_track(patch, bus, fed, played, ledger))
            _detach(patch, members[bus.id])
        else:
            ledger.exact("output", "no track goes to this group; it was left out")
    _note_routes(patch, mix, places, homes, sums, ledgers)
    _append(patch, added)


def release_folders(
    patch: Patch, mix: Mix, places: Mapping[str, FileTrack], ledgers: Mapping[str, Ledger]
) -> bool:
    """Let the tracks out of the folders of ours that are no group of this mix; whether there were such.

    A folder in which the user has put a track of his own is his, and stays.
    """
    _, homes, _ = _homes(patch, mix, places)
    released = False
    for track in patch.tracks:
        note = patch.notes.get(track.key)
        if note is None or note.kind != "group" or not track.folder or track.index in homes.values():
            continue
        inside = patch.tracks[track.index + 1 : track.end]
        mode, change = inside[-1].rows.numbers("ISBUS", 0.0, 0.0) if inside else (0.0, 0.0)
        if mode == 1.0 or change > -1.0 or any(one.key not in patch.notes for one in inside):
            continue
        put_line(track.node, patch.record(track), "ISBUS 0 0")
        closes = int(change) + 1
        put_line(inside[-1].node, patch.record(inside[-1]), f"ISBUS 2 {closes}" if closes else "ISBUS 0 0")
        patch.record(track).kind = IDLE
        ledgers[MASTER].exact("output", f"the folder {track.name!r} is no group of this mix: it sums nothing")
        released = True
    return released


def _homes(
    patch: Patch, mix: Mix, places: Mapping[str, FileTrack]
) -> tuple[dict[str, list[int]], dict[str, int], list[int]]:
    """The tracks of every group, what of the project sums them already, and what sums each of its tracks."""
    sums, _ = resolve_sums(patch.tracks)
    members: dict[str, list[int]] = {bus.id: [] for bus in mix.buses if bus.kind is BusKind.GROUP}
    for strip in mix.tracks:
        members.setdefault("" if strip.output == MASTER else strip.output, []).append(places[strip.id].index)
    for indices in members.values():
        indices.sort()
    return members, find_homes(members, patch.tracks, sums), sums


def _new_track(
    patch: Patch,
    bus: Bus,
    receives: Sequence[tuple[int, float]],
    played: Collection[int],
    ledger: Ledger,
) -> Node:
    chain = patch.kind.bus(bus, patch.sample_rate_hz, ledger)
    kind = "fx" if bus.kind is BusKind.FX else "group"
    volume = db_to_gain(bus.fader_db + chain.fader_db)
    track = Track(kind, bus.id, bus.id, volume=volume, law=patch.law.centred, receives=tuple(receives))
    key = bus_guid(kind, bus.id)
    if any(one.key == key for one in patch.tracks):
        # A folder of ours that sums other tracks now has the group's own.
        key = bus_guid(kind, f"{bus.id}\0again")
    node = track_node(track, key, patch.system, first_item=1)
    _put_back(patch, node, key, played)
    put_chain(patch, node, "FXCHAIN", key, Record(), chain.fx)
    if patch.law.mode != BALANCE_MODE:
        set_line(node, line("PANMODE", BALANCE_MODE), before="VOLPAN")
    patch.records.added.append(key)
    patch.records.tracks[key] = Record(kind, bus.id)
    what = "a return" if bus.kind is BusKind.FX else "a bus"
    ledger.exact("fader_db", f"{what} of its own at the end of the project, its volume {decibels(volume)}")
    if not patch.law.at_unity:
        _law_of_receives(node)
        ledger.approximated(
            "pan.law",
            f"the project's pan law is {law_name(patch.law.law)}: the sends to this track say 0 dB; "
            "that REAPER reads a send's law so is known from other projects' notes only",
        )
    return node


def _put_back(patch: Patch, node: Node, key: str, played: Collection[int]) -> None:
    """Give a bus of ours what the user had put on it: plugins, and the sends of tracks that the mix does not set."""
    kept = patch.kept.get(key)
    if kept is None:
        return
    if kept.plugins:
        node.items.append(Node("FXCHAIN", ["WNDRECT 0 0 0 0", *CHAIN_HEAD, *kept.plugins]))
    index = {id(track.node): track.index for track in patch.tracks}
    place = find_line(node, "MIDIOUT") or 0
    for source, text in kept.receives:
        if id(source) in index and id(source) not in played:
            words = split_words(text)
            node.items.insert(place, relined(text, text.strip().replace(words[1], str(index[id(source)]), 1)))


def _law_of_receives(node: Node) -> None:
    for place, item in enumerate(node.items):
        if isinstance(item, str) and item.startswith("AUXRECV "):
            node.items[place] = item.replace(" -1:U ", " 1:U ", 1)


def _detach(patch: Patch, indices: Sequence[int]) -> None:
    """Take the tracks of a new bus out of what summed them: the bus alone hears them after that."""
    for index in indices:
        track = patch.tracks[index]
        words = split_words(get_line(track.node, "MAINSEND") or "MAINSEND 1 0")
        text = " ".join(["MAINSEND", "0", *(words[2:] or ["0"])])
        put_line(track.node, patch.record(track), text)


def _note_routes(
    patch: Patch,
    mix: Mix,
    places: Mapping[str, FileTrack],
    homes: Mapping[str, int],
    sums: Sequence[int],
    ledgers: Mapping[str, Ledger],
) -> None:
    for strip in mix.tracks:
        ledger, track = ledgers[strip.id], places[strip.id]
        for bus, level_db in strip.sends.items():
            ledger.exact(
                f"sends.{bus}", f"a send after the fader to a return of its own, {signed(level_db, 2)} dB"
            )
        above = patch.tracks[sums[track.index]].name if sums[track.index] != TOP else ""
        if strip.output in homes:
            ledger.exact("output", f"the project's own {patch.tracks[homes[strip.output]].name!r} sums it")
        elif strip.output != MASTER:
            was = f"; it went to {above!r}, which does not hear it any more" if above else ""
            ledger.exact("output", f"a send to the new bus {strip.output!r} in place of the parent send{was}")
        elif above:
            ledger.approximated(
                "output",
                f"it still goes through the project's own {above!r}, whose fader and plugins are heard",
            )


def _append(patch: Patch, added: Sequence[Node]) -> None:
    """Put new tracks behind the last one, outside all folders; no track's index changes."""
    if not added:
        return
    depth = open_folders(patch.tracks)
    if depth:
        last = patch.tracks[-1]
        mode, change = last.rows.numbers("ISBUS", 0.0, 0.0)
        closes = -int(change) + depth if mode == 2.0 and change < 0.0 else depth
        put_line(last.node, patch.record(last), f"ISBUS 2 {-closes}", after=("NAME",))
    root = patch.root
    ends = [place for place, item in enumerate(root.items) if isinstance(item, Node) and item.name == "TRACK"]
    place = ends[-1] + 1 if ends else len(root.items)
    root.items[place:place] = added
