"""Takes out of a session what we put in, writing or patching it, so that patches replace what was there before."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from exporters.ardour.document import MOVES, NOTES
from exporters.ardour.edits import append, copy_of, swap, take_out
from exporters.ardour.nodes import Node, children, node
from exporters.ardour.plugins import MARK
from exporters.ardour.sessionfile import SessionFile

#: What our note says of a change: the route, and how it was.
MUTE, FADER, INPUT, OUTPUT = "Mute", "Fader", "Input", "Output"

SEARCH_PATH = "audio-search-path"


@dataclass(slots=True)
class Note:
    """What a patch notes of itself in the session, for the next one to take back."""

    kept: list[Node] = field(default_factory=list)
    changes: list[Node] = field(default_factory=list)

    def strip(self, route: str) -> Node | None:
        """What is said of which strip a route is."""
        return next((item for item in self.kept if item.get("route") == route), None)

    def add(self, tag: str, route: str, was: str = "", now: str = "", copy: Node | None = None) -> None:
        """Note a change of a route."""
        item = node(None, tag, {"route": route, "was": was} | ({"now": now} if now else {}))
        if copy is not None:
            item.append(copy_of(copy))
        self.changes.append(item)


def take_back(session: SessionFile) -> Note:
    """Undo an earlier patch, so far as nobody has changed the same things since; returns a fresh note."""
    root = session.root
    for route in session.routes:
        for item in [*children(route, "Processor")]:
            if str(item.get("name", "")).startswith(MARK) and item.get("type") in ("lv2", "luaproc"):
                take_out(item)
    extra = root.find("Extra")
    told = extra.find(NOTES) if extra is not None else None
    if told is None:
        return Note()
    gone = {str(item.get("route", "")) for item in children(told, "Strip") if item.get("added") == "1"}
    names = {str(session.by_id[key].get("name", "")) for key in gone if key in session.by_id}
    _remove_routes(session, gone)
    moved = {str(item.get("route", "")) for item in children(told, OUTPUT)}
    moved_names = {str(session.by_id[key].get("name", "")) for key in moved if key in session.by_id}
    for item in list(told):
        route = session.by_id.get(str(item.get("route", "")))
        if route is None:
            continue
        if item.tag == MUTE:
            _unmute(route, str(item.get("was", "0")))
        elif item.tag == MOVES:
            _remove_moves(route, str(item.get("was", "")))
        elif item.tag == FADER:
            _set_back(route, str(item.get("was", "1")), str(item.get("now", "")))
        elif item.tag == OUTPUT and len(item):
            _restore(route, item[0], names, set())
        elif item.tag == INPUT and len(item):
            _restore(route, item[0], names, moved_names)
    _unlink(session, names)
    _remove_sends(session, told)
    _restore_root(root, told)
    kept = [copy_of(item) for item in children(told, "Strip") if str(item.get("route", "")) in session.by_id]
    for item in kept:
        item.attrib.pop("idle", None)
    take_out(told)
    if told.get("extra") == "1" and extra is not None and len(extra) == 0:
        take_out(extra)
    return Note(kept)


def write_note(session: SessionFile, note: Note, counter: int, search: str | None) -> None:
    """Put the note into the session; identities up to `counter` are taken now."""
    root = session.root
    attributes = {"version": "1", "counter": str(root.get("id-counter", "")), "now": str(counter)}
    root.set("id-counter", str(counter))
    if search is not None:
        option = _search_option(root)
        if option is not None:
            attributes |= {"search": str(option.get("value", "")), "search-now": search}
            option.set("value", search)
    extra = root.find("Extra")
    if extra is None:
        extra = node(None, "Extra", {})
        append(root, extra)
        attributes["extra"] = "1"
    told = node(None, NOTES, attributes)
    for item in (*note.kept, *note.changes):
        told.append(item)
    append(extra, told)


def search_path(root: Node) -> str:
    """Where a session looks for audio beyond its own folder."""
    option = _search_option(root)
    return str(option.get("value", "")) if option is not None else ""


def _search_option(root: Node) -> Node | None:
    for option in children(root.find("Config"), "Option"):
        if option.get("name") == SEARCH_PATH:
            return option
    return None


def _restore_root(root: Node, told: Node) -> None:
    if told.get("now") and root.get("id-counter") == told.get("now"):
        root.set("id-counter", str(told.get("counter", "")))
    option = _search_option(root)
    if (
        option is not None
        and told.get("search") is not None
        and option.get("value") == told.get("search-now")
    ):
        option.set("value", str(told.get("search")))


def _remove_routes(session: SessionFile, gone: Iterable[str]) -> None:
    """Take routes away, and the sends to them."""
    removed = {key for key in gone if key in session.by_id}
    for key in removed:
        route = session.by_id.pop(key)
        session.routes.remove(route)
        take_out(route)
    for route in session.routes:
        for item in [*children(route, "Processor")]:
            if item.get("type") == "intsend" and str(item.get("target", "")) in removed:
                take_out(item)


def _remove_sends(session: SessionFile, told: Node) -> None:
    """Take the sends of tracks that we wrote to returns that we wrote away."""
    kinds = {str(item.get("route", "")): item.get("kind") for item in children(told, "Strip")}
    for key, route in session.by_id.items():
        for item in [*children(route, "Processor")] if kinds.get(key) == "track" else ():
            if item.get("type") == "intsend" and kinds.get(str(item.get("target", ""))) == "fx":
                take_out(item)


def _unlink(session: SessionFile, names: set[str]) -> None:
    """Take connections to routes away that are gone."""
    for route in session.routes if names else ():
        for io in children(route, "IO"):
            for port in children(io, "Port"):
                for link in [*children(port, "Connection")]:
                    if owner(str(link.get("other", ""))) in names:
                        take_out(link)


def _restore(route: Node, was: Node, gone: set[str], moved: set[str]) -> None:
    """Give one side of a route the connections that it had, if nobody has made others since."""
    for io in children(route, "IO"):
        if io.get("direction") != was.get("direction"):
            continue
        now = {link for link in links(io) if owner(link) not in gone}
        before = set(links(was))
        if now == {link for link in before if owner(link) not in moved} or (not moved and not now):
            swap(io, copy_of(was))
        return


def links(io: Node) -> list[str]:
    """Everything that the ports of one side are connected to."""
    return [
        str(link.get("other", "")) for port in children(io, "Port") for link in children(port, "Connection")
    ]


def owner(port: str) -> str:
    """The route that a port belongs to."""
    return port.rsplit("/", 1)[0].removeprefix("ardour:")


def _unmute(route: Node, was: str) -> None:
    for item in children(route, "Controllable"):
        if item.get("name") == "mute":
            item.set("value", was)
    master = route.find("MuteMaster")
    if master is not None:
        master.set("muted", "no" if master.get("muted") in ("yes", "no") else "0")


def _set_back(route: Node, was: str, now: str) -> None:
    """Give a fader the level that it had, if it is still where we left it."""
    for item in route.iterfind("Processor[@type='amp']/Controllable[@name='gaincontrol']"):
        if item.get("value") == now:
            item.set("value", was)


def _remove_moves(route: Node, was: str) -> None:
    """Take our moves off a fader; a list that we made goes as a whole."""
    for item in route.iterfind("Processor[@type='amp']/Automation/AutomationList[@automation-id='gain']"):
        if was == "none":
            parent = item.getparent()
            take_out(item)
            if len(parent) == 0:
                take_out(parent)
            return
        for events in [*children(item, "events")]:
            take_out(events)
        item.set("state", was)
        return
