"""Who feeds whom in an Ardour session: groups by their connections, returns by their sends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from exporters.ardour.nodes import Node, children
from exporters.ardour.sessionfile import SessionFile, connections, flags, processors

_NO_STRIPS = ("MasterOut", "MonitorOut", "Auditioner")


@dataclass(frozen=True, slots=True)
class Routing:
    """The targets of every route's outputs, and the routes that aux sends go to, all by id."""

    fed: Mapping[str, tuple[str, ...]]
    returns: frozenset[str]

    def group(self, key: str, kinds: Mapping[str, str], master: str) -> str:
        """The group that a track sounds through; "" where it goes to the master, too, or to none alone."""
        targets = self.fed.get(key, ())
        groups = [target for target in targets if kinds.get(target) == "group"]
        return groups[0] if len(groups) == 1 and master not in targets else ""


def read_routing(session: SessionFile) -> Routing:
    """The routing of a session, in one pass over its connections; either side of one may say it."""
    names = {str(route.get("name", "")): key for key, route in session.by_id.items()}
    fed: dict[str, dict[str, None]] = {key: {} for key in session.by_id}
    targets: set[str] = set()
    for key, route in session.by_id.items():
        for other in _others(route, "Output"):
            target = names.get(other)
            if target is not None and target != key:
                fed[key][target] = None
        for other in _others(route, "Input"):
            source = names.get(other)
            if source is not None and source != key:
                fed[source][key] = None
        targets |= {
            str(item.get("target", "")) for item in processors(route, "intsend") if item.get("role") == "Aux"
        }
    summed = {target for all_ in fed.values() for target in all_}
    return Routing({key: tuple(all_) for key, all_ in fed.items()}, frozenset(targets - summed))


def kind_of(key: str, route: Node, routing: Routing, known: str = "") -> str:
    """What a route is: "track", "group" or "fx", as noted or by what it looks like; "" for none of these."""
    said = flags(route)
    if any(word in said for word in _NO_STRIPS):
        return ""
    if known in ("track", "group", "fx"):
        return known
    if "Track" in said:
        return "track"
    return "fx" if key in routing.returns else "group"


def midi_ports(route: Node) -> bool:
    """Whether a route takes MIDI."""
    return any(
        port.get("type") == "midi" for io in children(route, "IO") for port in children(io, "Port")
        if io.get("direction") == "Input"
    )  # fmt: skip


def _others(route: Node, direction: str) -> Sequence[str]:
    """The names of the routes that the ports of one side are connected to."""
    return [_owner(other) for port in connections(route, direction) for other in port]


def _owner(port: str) -> str:
    """The route that a port belongs to: "drums/audio_in 1" is of "drums"; names may hold slashes themselves."""
    return port.rsplit("/", 1)[0].removeprefix("ardour:")
