"""XML elements of routes and processors as Ardour 7 writes them, without what it fills in by itself."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from lxml import etree

from exporters.ardour.plugins import PLUGINS, Insert, script_text
from exporters.ardour.text import plain
from exporters.ardour.times import clock_of_seconds

#: An element of lxml, which has no types of its own.
Node: TypeAlias = Any


@dataclass(slots=True)
class Ids:
    """Deals out identities that no other element of the session has."""

    last: int = 1000

    def next(self) -> str:
        """The next one."""
        self.last += 1
        return str(self.last)


def number(value: float) -> str:
    """A number as a session says it: nine digits, more than Ardour's own single precision."""
    return f"{value + 0.0:.9g}"


def node(parent: Node | None, tag: str, attributes: Mapping[str, str]) -> Node:
    """A new element, at the end of `parent` where one is given; XML cannot hold every sign of a text."""
    clean = {name: plain(value) for name, value in attributes.items()}
    return etree.Element(tag, clean) if parent is None else etree.SubElement(parent, tag, clean)


def processor(ids: Ids, kind: str, name: str, *, active: bool = True, **more: str) -> Node:
    """A processor of a route; underscores in the names of attributes stand for hyphens."""
    own = {
        "id": ids.next(),
        "name": name,
        "active": str(int(active)),
        "user-latency": "0",
        "use-user-latency": "0",
        "type": kind,
    }
    return node(None, "Processor", own | {key.replace("_", "-"): value for key, value in more.items()})


def controllable(parent: Node, ids: Ids, name: str, value: float, flags: str = "") -> Node:
    """A control with its value."""
    return node(
        parent, "Controllable", {"name": name, "id": ids.next(), "flags": flags, "value": number(value)}
    )


def insert_node(insert: Insert, channels: int, ids: Ids) -> Node:
    """A plugin: an LV2 by its name for so many channels, or one of our scripts with its code."""
    plugin = PLUGINS[insert.plugin]
    if plugin.script:
        item = processor(
            ids, "luaproc", insert.label, active=insert.enabled, unique_id=f"mixbridge-{insert.plugin}", count="1",
            custom="0",
        )  # fmt: skip
        inner = node(item, "luaproc", {})
        node(inner, "script", {"lua": "Lua 5.3", "origin": ""}).text = script_text(plugin.script)
        for index, port in enumerate(plugin.ports):
            node(inner, "Port", {"id": str(index), "value": number(insert.values[port])})
        return item
    name = plugin.mono if channels == 1 else plugin.stereo
    item = processor(ids, "lv2", insert.label, active=insert.enabled, unique_id=name, count="1", custom="0")
    inner = node(item, "lv2", {})
    for symbol, value in insert.values.items():
        node(inner, "Port", {"symbol": symbol, "value": number(value)})
    return item


def trim_node(gain: float, ids: Ids) -> Node:
    """The input trim."""
    item = processor(ids, "trim", "Amp")
    controllable(item, ids, "trimcontrol", gain, "GainLike")
    return item


def fader_node(gain: float, points: tuple[tuple[float, float], ...], ids: Ids) -> Node:
    """The fader, with its moves where it has some."""
    item = processor(ids, "amp", "Amp")
    if points:
        moves = node(
            node(item, "Automation", {}),
            "AutomationList",
            {
                "automation-id": "gain",
                "id": ids.next(),
                "interpolation-style": "Exponential",
                "time-domain": "AudioTime",
                "state": "Play",
            },
        )
        rows = (f"{clock_of_seconds(time_s)} {number(gain)}\n" for time_s, gain in points)
        node(moves, "events", {}).text = "".join(rows)
    controllable(item, ids, "gaincontrol", gain, "GainLike")
    return item


def send_node(name: str, target: str, bitslot: int, gain: float, panner: str, ids: Ids) -> Node:
    """An aux send after the fader, panned with its route."""
    item = processor(
        ids, "intsend", name, own_input="1", own_output="1", role="Aux", bitslot=str(bitslot), selfdestruct="0",
        target=target, allow_feedback="0",
    )  # fmt: skip
    panner_node(item, panner)
    controllable(item, ids, "gaincontrol", gain, "GainLike,InlineControl")
    return item


def panner_node(parent: Node, panner: str) -> Node:
    """The panner of a send or of the main outputs, which follows the route's pan."""
    attributes = {"bypassed": "0", "user-panner": panner, "linked-to-route": "1"}
    return node(parent, "PannerShell", attributes)


def io_node(parent: Node, ids: Ids, name: str, direction: str, connections: list[str]) -> Node:
    """The ports of one side of a route: as many as there are connections, "" for none."""
    io = node(parent, "IO", {"name": name, "id": ids.next(), "direction": direction, "default-type": "audio"})
    short = "in" if direction == "Input" else "out"
    for index, other in enumerate(connections, 1):
        port = node(io, "Port", {"type": "audio", "name": f"{name}/audio_{short} {index}"})
        if other:
            node(port, "Connection", {"other": other})
    return io


def inputs_of(name: str) -> list[str]:
    """The two inputs of a bus."""
    return [f"{name}/audio_in 1", f"{name}/audio_in 2"]


def children(parent: Node | None, tag: str) -> Iterator[Node]:
    """The child elements of a tag."""
    if parent is not None:
        yield from parent.iterchildren(tag)
