"""A whole Ardour session as XML, version 7002, from a plan."""

import base64

from lxml import etree

from console.mix.values import MASTER
from exporters.ardour.nodes import (
    Ids,
    Node,
    controllable,
    fader_node,
    inputs_of,
    insert_node,
    io_node,
    node,
    number,
    panner_node,
    processor,
    send_node,
    trim_node,
)
from exporters.ardour.plan import MASTER_NAME, Plan, Route
from exporters.ardour.regions import Region
from exporters.ardour.text import plain
from exporters.ardour.times import SUPERCLOCK_PER_SECOND, clock

VERSION = "7002"
NOTES = "Mixbridge"
#: In our notes: the fader of a route has moves of ours.
MOVES = "Moves"

#: Names that audio files have in a session's folder, by their places outside it; empty where they are not copied.
Copies = dict[str, str]

_SECTIONS = (
    "Config", "Metadata", "Sources", "Regions", "Locations", "Bundles", "VCAManager", "Routes", "Playlists",
    "UnusedPlaylists", "RouteGroups",
)  # fmt: skip
_OPTIONS = {"native-file-data-format": "FormatFloat", "native-file-header-format": "WAVE"}
_FLAGS = {"master": "MasterOut", "track": "AudioTrack", "group": "AudioBus", "fx": "AudioBus"}


def session_document(plan: Plan, name: str, sample_rate_hz: int, copies: Copies) -> bytes:
    """The bytes of the session file."""
    ids = Ids()
    root = node(None, "Session", {"version": VERSION, "name": name, "sample-rate": str(sample_rate_hz)})
    for key, value in (("session-range-is-free", "0"), ("name-counter", "1"), ("event-counter", "0")):
        root.set(key, value)
    node(root, "ProgramVersion", {"created-with": "Ardour 7.3.0", "modified-with": "Ardour 7.3.0"})
    parts = {tag: node(root, tag, {}) for tag in _SECTIONS}
    for key, value in _OPTIONS.items():
        node(parts["Config"], "Option", {"name": key, "value": value})
    if plan.end_samples:
        _session_range(parts["Locations"], plan.end_samples, sample_rate_hz, ids)
    routes = {(route.kind, route.id): ids.next() for route in plan.routes}
    writer = _Writer(parts, sample_rate_hz, ids, routes, copies)
    for order, route in enumerate(plan.routes):
        writer.add(route, order, plan)
    _click(root, ids)
    root.append(_tempo_map())
    extra = node(root, "Extra", {})
    extra.append(notes(plan, routes, copies))
    root.set("id-counter", str(ids.last + 1))
    etree.indent(root, "  ")
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8")) + b"\n"


def notes(plan: Plan, routes: dict[tuple[str, str], str], copies: Copies) -> Node:
    """What the session says nowhere else: which strip of the console a route is, and what of its regions is the mix's.

    It is what a patch says of itself, so that the next one takes back what we have written, too.
    """
    told = node(None, NOTES, {"version": "1"})
    for route in plan.routes:
        if route.kind == "master":
            continue
        key = routes[route.kind, route.id]
        item = strip_note(route, key)
        if route.regions:
            path, _ = route.regions[0].sources[0]
            note_regions(item, route.delay_samples, route.regions[0].gain)
            item.set("file", plain(copies.get(str(path), "") or path.name))
        told.append(item)
        if route.points:
            told.append(node(None, MOVES, {"route": key, "was": "none"}))
    return told


def note_regions(item: Node, delay_samples: int, gain: float) -> None:
    """Say in the note of a route what of its regions' places and gains is the mix's."""
    for name, text, usual in (("delay", str(delay_samples), "0"), ("gain", number(gain), number(1.0))):
        if text != usual:
            item.set(name, text)
        else:
            item.attrib.pop(name, None)


def noted_id(strip: str) -> str:
    """The id of a strip or bus as a note has it, whatever signs it holds."""
    return base64.urlsafe_b64encode(strip.encode("utf-8", "surrogatepass")).decode("ascii")


def strip_note(route: Route, key: str) -> Node:
    """The note of one route: which strip it is."""
    return node(
        None,
        "Strip",
        {
            "route": key,
            "kind": route.kind,
            "id": noted_id(route.id),
            "channels": str(route.channels),
            "start": str(route.start_samples),
        },
    )


class _Writer:
    """Adds routes with their playlists and sources to a session."""

    def __init__(
        self,
        parts: dict[str, Node],
        sample_rate_hz: int,
        ids: Ids,
        routes: dict[tuple[str, str], str],
        copies: Copies,
    ) -> None:
        self._parts, self._rate, self._ids = parts, sample_rate_hz, ids
        self._routes, self._copies = routes, copies
        self._sends = 0

    def add(self, route: Route, order: int, plan: Plan) -> None:
        """Add one route."""
        ids = self._ids
        item = route_node(self._parts["Routes"], route, self._routes[route.kind, route.id], order)
        names = {(one.kind, one.id): one.name for one in plan.routes} if route.kind != "master" else {}
        io_node(item, ids, route.name, "Input", [""] * route.channels)
        if route.kind == "master":
            outputs = ["system:playback_1", "system:playback_2"]
        else:
            outputs = inputs_of(MASTER_NAME if route.output == MASTER else names["group", route.output])
        io_node(item, ids, route.name, "Output", outputs)
        fill_strip(item, route, ids)
        add_processors(item, route, ids)
        fader = item.xpath("Processor[@type='amp']")[0]
        for bus, gain in reversed(route.sends):
            self._sends += 1
            name = names["fx", bus]
            fader.addnext(
                send_node(name, self._routes["fx", bus], self._sends, gain, route.panning.panner, ids)
            )
        if route.kind == "track":
            self._add_playlist(item, route)

    def _add_playlist(self, item: Node, route: Route) -> None:
        key = self._ids.next()
        item.set("audio-playlist", key)
        playlist = node(
            self._parts["Playlists"],
            "Playlist",
            {
                "id": key,
                "name": route.name,
                "type": "audio",
                "orig-track-id": item.get("id", ""),
                "frozen": "0",
                "combine-ops": "0",
            },
        )
        for region in route.regions:
            self._add_region(playlist, region)

    def _add_region(self, playlist: Node, region: Region) -> None:
        keys = []
        for path, channel in region.sources:
            keys.append(self._ids.next())
            copied = self._copies.get(str(path), "")
            node(
                self._parts["Sources"],
                "Source",
                {
                    "name": copied or path.name,
                    "take-id": "",
                    "type": "audio",
                    "flags": "",
                    "id": keys[-1],
                    "channel": str(channel),
                    "origin": "" if copied else str(path),
                    "gain": "1",
                },
            )
        item = node(
            playlist,
            "Region",
            {
                "name": region.name,
                "muted": "0",
                "opaque": "1",
                "locked": "0",
                "automatic": "0",
                "whole-file": "0",
                "external": str(int(not self._copies)),
                "hidden": "0",
                "start": clock(region.offset, self._rate),
                "length": f"{clock(region.length, self._rate)}@{clock(region.position, self._rate)}",
                "sync-position": "a0",
                "ancestral-start": "a0",
                "ancestral-length": "a0@a0",
                "stretch": "1",
                "shift": "1",
                "layering-index": "0",
                "envelope-active": "0",
                "default-fade-in": "0",
                "default-fade-out": "0",
                "fade-in-active": "0",
                "fade-out-active": "0",
                "scale-amplitude": number(region.gain),
                "id": self._ids.next(),
                "type": "audio",
                "first-edit": "nothing",
                "channels": str(len(keys)),
            },
        )
        for index, key in enumerate(keys):
            item.set(f"source-{index}", key)
            item.set(f"master-source-{index}", key)
        for tag in ("Envelope", "FadeIn", "FadeOut"):
            node(item, tag, {"default": "yes"})


def route_node(parent: Node | None, route: Route, key: str, order: int, version: str = VERSION) -> Node:
    """An empty route."""
    attributes = {
        "version": version,
        "id": key,
        "name": route.name,
        "default-type": "audio",
        "strict-io": str(int(route.kind == "master")),
        "active": "1",
        "denormal-protection": "0",
        "meter-point": "MeterPostFader",
        "disk-io-point": "DiskIOPreFader",
        "meter-type": "MeterPeak",
    }
    if route.kind == "master":
        attributes["volume-applies-to-output"] = "1"
    if route.kind == "track":
        attributes |= {"alignment-choice": "Automatic", "mode": "Normal"}
    item = node(parent, "Route", attributes)
    flags = f"{_FLAGS[route.kind]},OrderSet"
    node(item, "PresentationInfo", {"order": str(order), "flags": flags, "color": "0"})
    return item


def fill_strip(item: Node, route: Route, ids: Ids) -> None:
    """Mute, polarity and pan of a route."""
    node(item, "MuteMaster", {"mute-point": "PostFader,Listen,Main", "muted": str(int(route.muted))})
    controllable(item, ids, "mute", float(route.muted), "Toggle,RealTime")
    phase = controllable(item, ids, "phase", float(route.inverted), "Toggle")
    phase.set("phase-invert", str(int(route.inverted)) * route.channels)
    pannable = node(item, "Pannable", {})
    controllable(pannable, ids, "pan-azimuth", route.panning.azimuth)


def add_processors(item: Node, route: Route, ids: Ids) -> None:
    """Everything that a route's signal passes, in order; sends apart."""
    if route.kind == "track":
        item.append(processor(ids, "diskwriter", f"recorder:{route.name}", record_safe="0"))
        item.append(processor(ids, "diskreader", f"player:{route.name}"))
    if route.kind in ("group", "fx"):
        # Ardour 7.3 crashes on a send whose target has none.
        item.append(processor(ids, "intreturn", "Return"))
    item.append(processor(ids, "polarity", "Polarity"))
    item.append(trim_node(route.trim, ids))
    for insert in route.inserts:
        item.append(insert_node(insert, route.channels, ids))
    item.append(fader_node(route.fader, route.points, ids))
    item.append(processor(ids, "meter", f"meter-{route.name}"))
    outs = processor(
        ids, "main-outs", route.name, own_input="1", own_output="0", output=route.name, role="Main"
    )
    panner_node(outs, "" if route.kind == "master" else route.panning.panner)
    item.append(outs)


def _session_range(locations: Node, end_samples: int, sample_rate_hz: int, ids: Ids) -> None:
    node(
        locations,
        "Location",
        {
            "id": ids.next(),
            "name": "session",
            "start": "a0",
            "end": clock(end_samples, sample_rate_hz),
            "flags": "IsSessionRange",
            "locked": "0",
            "timestamp": "0",
            "cue": "0",
        },
    )


def _click(root: Node, ids: Ids) -> None:
    click = node(root, "Click", {})
    io_node(click, ids, "Click", "Output", ["system:playback_1", "system:playback_2"])
    click.append(fader_node(1.0, (), ids))


def _tempo_map() -> Node:
    tempo = node(None, "TempoMap", {"superclocks-per-second": str(SUPERCLOCK_PER_SECOND)})
    place = {"sclock": "0", "quarters": "0:0", "bbt": "1|1|0"}
    node(
        node(tempo, "Tempos", {}),
        "Tempo",
        {
            "npm": "120",
            "enpm": "120",
            "note-type": "4",
            "type": "Tempo::Constant",
            "active": "1",
            "locked-to-meter": "0",
            "continuing": "0",
            **place,
            "omega": "0",
        },
    )
    node(node(tempo, "Meters", {}), "Meter", {"note-value": "4", "divisions-per-bar": "4", **place})
    node(tempo, "MusicTimes", {})
    return tempo
