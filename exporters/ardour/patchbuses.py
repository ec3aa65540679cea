"""Groups and FX buses of the Mix in the user's session: found by their members, else added behind all routes."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from console.mix import BusKind, Mix
from console.mix.values import MASTER
from console.session import Session
from console.units import db_to_gain
from exporters.ardour.chain import bus_chain
from exporters.ardour.choices import Choices
from exporters.ardour.document import add_processors, fill_strip, noted_id, route_node, strip_note
from exporters.ardour.edits import append, before, take_out
from exporters.ardour.nodes import Node, children, inputs_of, io_node, node, send_node
from exporters.ardour.patchstrip import Patch, channels_of, set_fader, set_inserts, set_trim
from exporters.ardour.plan import Route, bus_route
from exporters.ardour.routing import Routing, kind_of, read_routing
from exporters.ardour.sessionfile import Note, SessionFile, number, processors
from exporters.ardour.takeback import FADER, INPUT, OUTPUT, links, owner
from exporters.ardour.text import route_names
from exporters.buses import is_anothers
from exporters.report import Ledger


@dataclass(slots=True)
class Buses:
    """The buses of a patch: where each of the Mix's stands in the session, by its id.

    `notes` are those of what we wrote ourselves, by the routes.
    """

    session: SessionFile
    patch: Patch
    choices: Choices
    notes: Mapping[str, Note]
    ledgers: list[Ledger] = field(default_factory=list)
    returns: dict[str, tuple[str, str]] = field(default_factory=dict)
    _used: set[str] = field(default_factory=set)
    _slot: int = 0

    def place(self, mix: Mix, origin: Session) -> None:
        """Find or add every bus of the mix, and lead the members of new groups there."""
        routing = read_routing(self.session)
        keys = {track.id: track.key for track in origin.tracks}
        self._slot = max(
            (
                int(number(item.get("bitslot"), 0.0))
                for route in self.session.routes
                for item in processors(route, "intsend")
            ),
            default=0,
        )
        names = route_names(
            (bus.id for bus in mix.buses), (str(route.get("name", "")) for route in self.session.routes)
        )
        for bus, name in zip(mix.buses, names, strict=True):
            members = [strip.id for strip in mix.tracks if strip.output == bus.id]
            if bus.kind is BusKind.FX:
                own = self._own_return(bus.id)
                if own is not None:
                    self._set_return(mix, bus.id, own)
                elif any(bus.id in strip.sends for strip in mix.tracks):
                    self._add_return(mix, bus.id, name)
                else:
                    self._noted(bus.id).dropped(
                        "reverb" if bus.reverb else "delay", "nothing is sent there: left out"
                    )
                continue
            keyed = {keys[one]: one for one in members if keys.get(one) in self.session.by_id}
            found = _same_members(self.session, routing, set(keyed))
            if found is not None and self._is_anothers(found, bus.id, mix):
                found = None
            if found is not None:
                self._set_group(mix, bus.id, found)
            elif keyed:
                self._add_group(mix, bus.id, name, keyed, routing)
            else:
                self._noted(bus.id).dropped("output", "no track of the session is in this group: left out")
        self._let_out(mix, keys, routing)
        self._retire(routing)

    def send(self, route: Node, bus: str, gain: float, panner: str) -> bool:
        """An aux send of a route to one of our returns, behind its fader; whether there is such a return."""
        if bus not in self.returns:
            return False
        self._slot += 1
        key, name = self.returns[bus]
        item = send_node(name, key, self._slot, gain, panner, self.patch.ids)
        outs = next(processors(route, "main-outs"), None)
        place = outs.getprevious() if outs is not None else None
        if outs is None:
            append(route, item)
        elif place is not None and place.get("type") == "meter":
            before(place, item)
        else:
            before(outs, item)
        return True

    def _noted(self, bus: str) -> Ledger:
        ledger = Ledger(bus)
        self.ledgers.append(ledger)
        return ledger

    def _add_return(self, mix: Mix, bus: str, name: str) -> None:
        route = replace(bus_route(mix.bus(bus), self.choices, mix.sample_rate_hz, self.ledgers), name=name)
        self.ledgers[-1].exact(
            "reverb" if mix.bus(bus).reverb else "delay", f"a new bus {name!r} behind all others"
        )
        key = self._add(route, [*self._master_inputs()])
        self.returns[bus] = (key, name)

    def _own_return(self, bus: str) -> Node | None:
        """The return that we wrote for a bus."""
        keys = (
            key
            for key, note in self.notes.items()
            if (note.kind, note.id, note.added) == ("fx", bus, False) and key in self.session.by_id
        )
        return next((self.session.by_id[key] for key in keys), None)

    def _set_return(self, mix: Mix, bus: str, item: Node) -> None:
        key, name = str(item.get("id", "")), str(item.get("name", ""))
        route = bus_route(mix.bus(bus), self.choices, mix.sample_rate_hz, self.ledgers)
        set_trim(item, route.trim, self.patch)
        set_inserts(item, route.inserts, 2, self.patch)
        set_fader(item, route.fader, self.patch, self.ledgers[-1])
        self.returns[bus] = (key, name)
        self._used.add(key)

    def _is_ours(self, key: str) -> bool:
        """Whether a route is a group that we wrote, out of which tracks may be led."""
        note = self.notes.get(key)
        return note is not None and note.kind == "group" and not note.added

    def _is_anothers(self, route: Node, bus: str, mix: Mix) -> bool:
        """Whether a group that we wrote is that of another bus of the mix."""
        note = self.notes.get(str(route.get("id", "")))
        names = () if note is None else (note.id, str(route.get("name", "")))
        return bus not in names and is_anothers(names, bus, mix)

    def _let_out(self, mix: Mix, keys: Mapping[str, str], routing: Routing) -> None:
        """Lead the tracks that the mix sends to the master out of groups that we wrote."""
        for strip in mix.tracks:
            key = keys.get(strip.id, "")
            targets = routing.fed.get(key, ())
            if strip.output == MASTER and len(targets) == 1 and self._is_ours(targets[0]):
                self._lead([key], self._master_inputs(), self.session.by_id[targets[0]], noted=False)

    def _retire(self, routing: Routing) -> None:
        """Say of the buses that we wrote and this mix has not that they are idle."""
        for key, note in self.notes.items():
            route = self.session.by_id.get(key)
            told = self.patch.note.strip(key)
            if note.kind not in ("group", "fx") or route is None or told is None or key in self._used:
                continue
            if any(key in fed and one not in self.notes for one, fed in routing.fed.items()):
                continue
            was = _fader_text(route)
            set_fader(route, 1.0, self.patch, self._noted(note.id))
            self.patch.note.add(FADER, key, was, _fader_text(route))
            told.set("idle", "1")

    def _set_group(self, mix: Mix, bus: str, route: Node) -> None:
        self._used.add(str(route.get("id", "")))
        told = self.patch.note.strip(str(route.get("id", "")))
        if told is not None:
            told.set("id", noted_id(bus))
        ledger = self._noted(bus)
        channels = channels_of(route)
        if channels not in (1, 2):
            ledger.dropped("compressor", f"the bus {route.get('name')!r} has {channels} channels")
            return
        chain = bus_chain(mix.bus(bus), self.choices, mix.sample_rate_hz, ledger)
        set_inserts(route, chain.inserts, channels, self.patch)
        was = _fader_text(route)
        set_fader(route, db_to_gain(mix.bus(bus).fader_db + chain.fader_db), self.patch, ledger)
        if was:
            # Another mix may have no such group: then its fader goes back.
            self.patch.note.add(FADER, str(route.get("id", "")), was, _fader_text(route))

    def _add_group(self, mix: Mix, bus: str, name: str, keyed: Mapping[str, str], routing: Routing) -> None:
        master = self.session.master
        master_key = str(master.get("id", "")) if master is not None else ""
        homes = {key: routing.fed.get(key, ()) for key in keyed}
        free = [
            key
            for key, home in homes.items()
            if home == (master_key,) or (len(home) == 1 and self._is_ours(home[0]))
        ]
        taken = [one for key, one in keyed.items() if key not in free]
        if not free:
            self._noted(bus).dropped(
                "output", "its tracks go elsewhere in the session already, and stay there"
            )
            return
        route = replace(bus_route(mix.bus(bus), self.choices, mix.sample_rate_hz, self.ledgers), name=name)
        ledger = self.ledgers[-1]
        ledger.exact("output", f"a new bus {name!r} behind all others, which {len(free)} tracks now go to")
        for one in taken:
            ledger.dropped("output", f"{one!r} goes elsewhere in the session already, and stays there")
        self._add(route, [*self._master_inputs()])
        for home in dict.fromkeys(homes[key][0] for key in free):
            leaving = [key for key in free if homes[key][0] == home]
            self._lead(leaving, inputs_of(name), self.session.by_id[home])

    def _lead(self, keys: list[str], targets: list[str], home: Node, *, noted: bool = True) -> None:
        """Connect tracks elsewhere than to their home; both sides of a connection are written in a session."""
        tracks = {str(self.session.by_id[key].get("name", "")) for key in keys}
        for io in children(home, "IO"):
            if io.get("direction") == "Input" and any(owner(link) in tracks for link in links(io)):
                if noted and not any(
                    one.tag == INPUT and one.get("route") == home.get("id") for one in self.patch.note.changes
                ):
                    self.patch.note.add(INPUT, str(home.get("id", "")), copy=io)
                _drop_links(io, tracks)
        for key in keys:
            for io in children(self.session.by_id[key], "IO"):
                if io.get("direction") != "Output":
                    continue
                if noted:
                    self.patch.note.add(OUTPUT, key, copy=io)
                for port, target in zip(children(io, "Port"), targets, strict=False):
                    for link in [*children(port, "Connection")]:
                        take_out(link)
                    node(port, "Connection", {"other": target})

    def _master_inputs(self) -> list[str]:
        master = self.session.master
        if master is None:
            return ["system:playback_1", "system:playback_2"]
        return inputs_of(str(master.get("name", "")))

    def _add(self, route: Route, outputs: list[str]) -> str:
        """A new bus behind all routes; returns its identity."""
        ids = self.patch.ids
        key = ids.next()
        orders = [
            number(info.get("order"), 0.0)
            for info in self.session.root.iterfind("Routes/Route/PresentationInfo")
        ]
        item = route_node(None, route, key, int(max(orders, default=0.0)) + 1, str(self.session.version))
        io_node(item, ids, route.name, "Input", ["", ""])
        io_node(item, ids, route.name, "Output", outputs)
        fill_strip(item, route, ids)
        add_processors(item, route, ids)
        routes = self.session.root.find("Routes")
        if routes is not None:
            append(routes, item)
        note = strip_note(route, key)
        note.set("added", "1")
        self.patch.note.kept.append(note)
        return key


def _same_members(session: SessionFile, routing: Routing, members: set[str]) -> Node | None:
    """The bus that just these tracks feed."""
    if not members:
        return None
    feeders: dict[str, set[str]] = {}
    for key, targets in routing.fed.items():
        route = session.by_id[key]
        if kind_of(key, route, routing) == "track":
            for target in targets:
                feeders.setdefault(target, set()).add(key)
    for key, tracks in feeders.items():
        if tracks == members and kind_of(key, session.by_id[key], routing) == "group":
            return session.by_id[key]
    return None


def _fader_text(route: Node) -> str:
    """A fader's value as the session says it."""
    for item in route.iterfind("Processor[@type='amp']/Controllable[@name='gaincontrol']"):
        return str(item.get("value", ""))
    return ""


def _drop_links(io: Node, names: set[str]) -> None:
    for port in children(io, "Port"):
        for link in [*children(port, "Connection")]:
            if owner(str(link.get("other", ""))) in names:
                take_out(link)
