"""FX chains and volume envelopes as elements of a project."""

from collections.abc import Sequence

from exporters.reaper.chain import Fx
from exporters.reaper.identity import fxid
from exporters.reaper.jsfx import STRIP, strip_node
from exporters.reaper.plugins import PLUGINS, vst_node
from exporters.reaper.rpp import Node, line

#: What opens a chain or a container: its window's place, which plugin is shown and selected.
CHAIN_HEAD = ("SHOW 0", "LASTSEL 0", "DOCKED 0")


def fx_node(kind: str, fx: Sequence[Fx], system: str, key: str) -> Node:
    """A chain of these plugins as the element `kind`."""
    return Node(kind, ["WNDRECT 0 0 0 0", *CHAIN_HEAD, *fx_items(fx, system, key, floating=True)])


def fx_items(fx: Sequence[Fx], system: str, key: str, *, floating: bool) -> list[str | Node]:
    """The plugins one after the other; their GUIDs count from `key`."""
    items: list[str | Node] = []
    for index, one in enumerate(fx):
        items.append(f"BYPASS {int(not one.enabled)} 0 0")
        if one.plugin == STRIP:
            items.append(strip_node(one.state, one.label))
        else:
            items.append(vst_node(PLUGINS[one.plugin], one.state, system=system, label=one.label))
        if floating:
            items.append("FLOATPOS 0 0 0 0")
        items += [f"FXID {fxid(key, index)}", "WAK 0 0"]
    return items


def envelope_node(points: Sequence[tuple[float, float]], identifier: str) -> Node:
    """The volume envelope through points of (seconds, linear gain)."""
    head = [f"EGUID {identifier}", "ACT 1 -1", "VIS 1 1 1", "LANEHEIGHT 0 0", "ARM 1"]
    rows = [line("PT", time_s, gain, 0) for time_s, gain in points]
    return Node("VOLENV2", [*head, "DEFSHAPE 0 -1 -1", "VOLTYPE 1", *rows])
