"""FX chains and volume envelopes as elements of a project."""

from collections.abc import Sequence
from dataclasses import replace

from console.errors import ExportError
from exporters.reaper.chain import Fx
from exporters.reaper.identity import NAME, container_guid, fxid
from exporters.reaper.jsfx import STRIP, strip_node
from exporters.reaper.plugins import PLUGINS, vst_node
from exporters.reaper.rpp import Node, line
from exporters.reaper.vst3 import vst3_node

#: What opens a chain or a container: its window's place, which plugin is shown and selected.
CHAIN_HEAD = ("SHOW 0", "LASTSEL 0", "DOCKED 0")


#: The ways of placing plugins: one by one (after the user's own), or in a container there, which REAPER 7 has.
PLACES = ("after", "container")


def check_place(place: str) -> str:
    """The place itself.

    Raises:
        ExportError: there is no such way of placing plugins.
    """
    if place not in PLACES:
        raise ExportError(f"{place!r} is no place for plugins; give one of {', '.join(PLACES)}")
    return place


def fx_node(kind: str, fx: Sequence[Fx], system: str, key: str, place: str = "after") -> Node:
    """A chain of these plugins as the element `kind`."""
    return Node(kind, ["WNDRECT 0 0 0 0", *CHAIN_HEAD, *placed_items(fx, system, key, place)])


def placed_items(fx: Sequence[Fx], system: str, key: str, place: str) -> list[str | Node]:
    """The plugins one after the other, or in one container."""
    items = fx_items(fx, system, key, floating=True)
    if place == "after":
        return items
    inside: list[str | Node] = [
        "CONTAINER_CFG 2 2 2 0",
        Node("IN_PINS"),
        Node("OUT_PINS"),
        *CHAIN_HEAD,
        *items,
    ]
    container = Node(f'{line("CONTAINER", "Container", NAME)} ""', inside)
    return ["BYPASS 0 0 0", container, "FLOATPOS 0 0 0 0", f"FXID {container_guid(key)}", "WAK 0 0"]


def fx_items(fx: Sequence[Fx], system: str, key: str, *, floating: bool) -> list[str | Node]:
    """The plugins one after the other; their GUIDs count from `key`."""
    items: list[str | Node] = []
    for index, one in enumerate(fx):
        items.append(f"BYPASS {int(not one.enabled)} 0 0")
        if one.vst3 is not None:
            items.append(vst3_node(one.vst3, label=one.label))
        elif one.plugin == STRIP:
            items.append(strip_node(one.state, one.label))
        else:
            items.append(vst_node(PLUGINS[one.plugin], one.state, system=system, label=one.label))
        if floating:
            items.append("FLOATPOS 0 0 0 0")
        items += [f"FXID {fxid(key, index)}", "WAK 0 0"]
    return items


def named(fx: Sequence[Fx]) -> list[Fx]:
    """The plugins under names that tell whose they are."""
    return [
        replace(one, label=STRIP if one.plugin == STRIP else f"{NAME} {one.label or one.plugin}")
        for one in fx
    ]


def envelope_node(points: Sequence[tuple[float, float]], identifier: str) -> Node:
    """The volume envelope through points of (seconds, linear gain)."""
    head = [f"EGUID {identifier}", "ACT 1 -1", "VIS 1 1 1", "LANEHEIGHT 0 0", "ARM 1"]
    rows = [line("PT", time_s, gain, 0) for time_s, gain in points]
    return Node("VOLENV2", [*head, "DEFSHAPE 0 -1 -1", "VOLTYPE 1", *rows])
