"""What every step of a patch works with, and the one way in which it sets a line."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from exporters.reaper.chain import INPUT_GAIN, Fx
from exporters.reaper.edit import get_line, place_before_elements, same_line, set_line
from exporters.reaper.fxnodes import CHAIN_HEAD, named, placed_items
from exporters.reaper.identity import patch_fx_key
from exporters.reaper.jsfx import STRIP
from exporters.reaper.notes import Note
from exporters.reaper.projectlaw import ProjectLaw
from exporters.reaper.reaeq import ReaEqBand, ReaEqState, ReaEqType, decode_reaeq, encode_reaeq
from exporters.reaper.records import Record, Records
from exporters.reaper.rpp import Node
from exporters.reaper.strips import StripKind
from exporters.reaper.tracks import FileTrack
from exporters.reaper.undoing import Kept


@dataclass(slots=True)
class Patch:
    """A project while it is patched: its tracks and law, the kind of strip, and what has been set so far.

    `notes` are those of a project that we wrote, `sides` its pairs by the keys of their folders; `kept` is what the
    user had on buses of ours, by their GUIDs.
    """

    root: Node
    tracks: list[FileTrack]
    law: ProjectLaw
    kind: StripKind
    system: str
    place: str
    sample_rate_hz: int
    records: Records = field(default_factory=Records)
    uses_strip: bool = False
    notes: dict[str, Note] = field(default_factory=dict)
    sides: Mapping[str, tuple[FileTrack, FileTrack]] = field(default_factory=dict)
    kept: Mapping[str, Kept] = field(default_factory=dict)

    def record(self, track: FileTrack) -> Record:
        """The record of a track, made when it is first asked for."""
        return self.records.tracks.setdefault(track.key, Record())


def put_line(node: Node, record: Record, text: str, *, after: tuple[str, ...] = (), before: str = "") -> None:
    """Set a line unless it says the same already, and record what stood there."""
    key = text.split(maxsplit=1)[0]
    was = get_line(node, key)
    if was is not None and same_line(was, text):
        return
    set_line(node, text, after=after, before=before)
    record.lines[key] = (was, text)


def put_chain(
    patch: Patch, node: Node, chain_name: str, key: str, record: Record, fx: tuple[Fx, ...]
) -> None:
    """Put plugins behind those that a chain has, with names that tell whose they are."""
    if not fx:
        return
    patch.uses_strip = patch.uses_strip or any(one.plugin == STRIP for one in fx)
    chain = node.node(chain_name)
    if chain is None:
        chain = Node(chain_name, ["WNDRECT 0 0 0 0", *CHAIN_HEAD])
        node.items.insert(_chain_place(node, chain_name), chain)
        record.made_chain = True
    chain.items += placed_items(named(fx), patch.system, patch_fx_key(key), patch.place)


def with_gain(fx: tuple[Fx, ...], gain_db: float, gain: float) -> tuple[Fx, ...]:
    """The chain behind an input gain: ReaEQ's own gain, in the first plugin if that is a ReaEQ that is on."""
    if gain_db == 0.0:
        return fx
    if fx and fx[0].plugin == "ReaEQ" and fx[0].enabled:
        state = replace(decode_reaeq(fx[0].state), gain=gain)
        return (replace(fx[0], state=encode_reaeq(state)), *fx[1:])
    idle = ReaEqBand(ReaEqType.BAND, False, 1000.0, 1.0, 1.0)
    return (Fx("ReaEQ", encode_reaeq(ReaEqState((idle,), gain)), True, INPUT_GAIN), *fx)


def _chain_place(node: Node, chain_name: str) -> int:
    """Where a new chain goes: ahead of a track's items and what it was before it was frozen."""
    later = ("TRACK",) if chain_name == "MASTERFXLIST" else ("FREEZE", "FXCHAIN_REC", "ITEM")
    places = range(len(node.items))
    if chain_name == "MASTERFXLIST":
        selected = [i for i in places if str_starts(node.items[i], "MASTER_SEL")]
        if selected:
            return selected[0] + 1
    found = [i for i in places if isinstance(item := node.items[i], Node) and item.name in later]
    return found[0] if found else max(len(node.items), place_before_elements(node))


def str_starts(item: str | Node, key: str) -> bool:
    """Whether an entry of an element is a line of this key."""
    return isinstance(item, str) and item.split(maxsplit=1)[:1] == [key]
