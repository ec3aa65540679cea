"""The text of a REAPER project, of a track template and of an FX chain, from a plan."""

from collections.abc import Sequence

from exporters.reaper.chain import Fx
from exporters.reaper.fxnodes import envelope_node, fx_items, fx_node, named
from exporters.reaper.identity import (
    MASTER_KEY,
    envelope_guid,
    guid,
    item_guid,
    patch_fx_key,
    track_guid,
)
from exporters.reaper.items import Item
from exporters.reaper.notes import Note, write_notes
from exporters.reaper.plan import Plan, Track
from exporters.reaper.rpp import Document, Node, line

#: The version and platform that a project's first line states.
_VERSIONS = {"win64": "7.38/win64", "macos": "7.38/macOS-arm64", "linux": "7.38/linux-x86_64"}

_BEFORE_RATE: tuple[str | Node, ...] = (
    "RIPPLE 0",
    "GROUPOVERRIDE 0 0 0",
    "AUTOXFADE 1",
    "ENVATTACH 1",
    "POOLEDENVATTACH 0",
    "PEAKGAIN 1",
    "FEEDBACK 0",
    "PANLAW 1",
    "PROJOFFS 0 0 0",
    "MAXPROJLEN 0 600",
    "GRID 3199 8 1 8 1 0 0 0",
    "TIMEMODE 1 5 -1 30 0 0 -1",
    "PANMODE 3",
    "CURSOR 0",
    "ZOOM 100 0 0",
    "VZOOMEX 6 0",
    "USE_REC_CFG 0",
    "RECMODE 1",
    "LOOP 0",
    "LOOPGRAN 0 4",
    'RECORD_PATH "" ""',
    'RENDER_FILE ""',
    'RENDER_PATTERN ""',
    "RENDER_FMT 0 2 0",
    "RENDER_1X 0",
    "RENDER_RANGE 1 0 0 18 1000",
    "RENDER_RESAMPLE 3 0 1",
    "RENDER_ADDTOPROJ 0",
    "RENDER_STEMS 0",
    "RENDER_DITHER 0",
    "TIMELOCKMODE 1",
    "TEMPOENVLOCKMODE 1",
    "ITEMMIX 0",
    "DEFPITCHMODE 589824 0",
    "TAKELANE 1",
)

_AFTER_RATE: tuple[str | Node, ...] = (
    "LOCK 1",
    "GLOBAL_AUTO -1",
    "TEMPO 120 4 4",
    "PLAYRATE 1 0 0.25 4",
    "SELECTION 0 0",
    "SELECTION2 0 0",
    "MASTERAUTOMODE 0",
    "MASTERTRACKHEIGHT 0 0",
    "MASTERPEAKCOL 16576",
    "MASTERMUTESOLO 0",
    "MASTERTRACKVIEW 0 0.6667 0.5 0.5 0 0 0 0 0 0 -1 -1 0",
    "MASTERHWOUT 0 0 1 0 0 0 0 -1",
    "MASTER_NCH 2 2",
)


def project_document(
    plan: Plan, name: str, sample_rate_hz: int, system: str, written_at: int, place: str = "after"
) -> Document:
    """The project. `written_at` is the Unix time in its first line; 0 keeps equal mixes equal in bytes."""
    root = Node(line("REAPER_PROJECT", 0.1) + f' "{_VERSIONS[system]}" {written_at}')
    root.items += _BEFORE_RATE
    root.items.append(line("SAMPLERATE", sample_rate_hz, 1, 0))
    root.items += _AFTER_RATE
    root.items += [f"{line('MASTER_VOLUME', plan.master_volume)} 0 -1 -1 1", "MASTER_FX 1", "MASTER_SEL 0"]
    if plan.master.fx:
        fx = named(plan.master.fx)
        root.items.append(fx_node("MASTERFXLIST", fx, system, patch_fx_key(MASTER_KEY), place))
    root.items.append(Node("PROJBAY"))
    items = 0
    for track in plan.tracks:
        own = _guid_of(track, name)
        root.items.append(track_node(track, own, system, first_item=items + 1, place=place))
        items += len(track.items)
    write_notes(root, _noted(plan, name))
    return Document([root])


def template_document(plan: Plan, name: str, system: str) -> Document:
    """All tracks without their items, as a track template; its sends count from its own first track."""
    return Document([track_node(track, _guid_of(track, name), system) for track in plan.tracks])


def chain_document(fx: Sequence[Fx], key: str, system: str) -> Document:
    """A chain of plugins as an .RfxChain."""
    return Document(fx_items(fx, system, key, floating=False))


def track_node(
    track: Track, own: str, system: str, *, first_item: int | None = None, place: str = "after"
) -> Node:
    """A track of this GUID; without its items, as a template has it, where no number for the first of them is given."""
    bus = "1 1" if track.opens else f"2 {-track.closes}" if track.closes else "0 0"
    node = Node("TRACK" if first_item is None else f"TRACK {own}")
    node.items += [
        line("NAME", track.name),
        "PEAKCOL 16576",
        "BEAT -1",
        "AUTOMODE 0",
        f"{line('VOLPAN', track.volume, track.pan, track.law)} -1 1",
        f"MUTESOLO {int(track.muted)} 0 0",
        f"IPHASE {int(track.inverted)}",
        "PLAYOFFS 0 1",
        f"ISBUS {bus}",
        "BUSCOMP 0 0 0 0 0",
        "SHOWINMIX 1 0.6667 0.5 1 0.5 0 0 0",
        "FREEMODE 0",
        "SEL 0",
        "REC 0 0 1 0 0 0 0",
        "VU 2",
        "TRACKHEIGHT 0 0 0",
        "INQ 0 0 0 0.5 100 0 0 100",
        "NCHAN 2",
        "FX 1",
        f"TRACKID {own}",
        "PERF 0",
    ]
    node.items += [
        f"{line('AUXRECV', index, 0, gain)} 0 0 0 0 0 0 -1:U 0 -1 ''" for index, gain in track.receives
    ]
    node.items += ["MIDIOUT -1", "MAINSEND 1 0"]
    if track.points:
        node.items.append(envelope_node(track.points, envelope_guid(own)))
    if track.fx:
        node.items.append(fx_node("FXCHAIN", named(track.fx), system, patch_fx_key(own), place))
    if first_item is not None:
        node.items += [_item_node(item, own, first_item + index) for index, item in enumerate(track.items)]
    return node


def _guid_of(track: Track, name: str) -> str:
    return track_guid(name, track.kind, track.id, track.name if track.kind == "side" else "")


def _item_node(item: Item, own: str, number: int) -> Node:
    return Node(
        "ITEM",
        [
            line("POSITION", item.position_s),
            "SNAPOFFS 0",
            line("LENGTH", item.length_s),
            "LOOP 0",
            "ALLTAKES 0",
            "FADEIN 1 0 0 1 0 0",
            "FADEOUT 1 0 0 1 0 0",
            "MUTE 0",
            "SEL 0",
            f"IGUID {item_guid(own)}",
            f"IID {number}",
            line("NAME", item.name),
            f"{line('VOLPAN', item.gain)} 0 1 -1",
            line("SOFFS", item.offset_s),
            "PLAYRATE 1 1 0 -1 0 0.0025",
            "CHANMODE 0",
            f"GUID {guid(own, 'take')}",
            Node(f"SOURCE {item.kind}", [line("FILE", item.file)]),
        ],
    )


def _noted(plan: Plan, name: str) -> dict[str, Note]:
    """What the audio settings do not tell: which track stands for which strip, and what of its items is the mix's."""
    return {
        _guid_of(track, name): Note(
            track.kind,
            track.channels,
            track.start_samples,
            track.id,
            track.delay_samples,
            track.items[0].gain if track.items else 1.0,
        )
        for track in plan.tracks
    }
