"""The buses of a Mix in a user's project: groups that it has, and groups and returns that are added at its end."""

from collections.abc import Mapping
from dataclasses import replace

from console.mix import Bus, BusKind, Mix, TrackStrip
from console.mix.values import MASTER
from console.session import SessionTrack
from exporters.buses import is_anothers
from exporters.dawproject.devices import bus_devices
from exporters.dawproject.document import fill_channel
from exporters.dawproject.elements import MARK, element
from exporters.dawproject.marks import change, set_idle
from exporters.dawproject.opening import plugin_names
from exporters.dawproject.patchstrips import Patch, set_devices, set_fader
from exporters.dawproject.plan import Line, split_level
from exporters.dawproject.stripnotes import note_bus
from exporters.dawproject.structure import Strip
from exporters.dawproject.units import FADER, Element, switch_of
from exporters.dawproject.units import number as text_of
from exporters.project import TrackKind
from exporters.report import Ledger


class Buses:
    """Every bus of a mix that a track of the project uses, made or found; `channels` are their channels' ids."""

    def __init__(self, patch: Patch, mix: Mix, known: Mapping[str, SessionTrack]) -> None:
        self._patch = patch
        self.channels: dict[str, str] = {}
        self.ledgers: list[Ledger] = []
        self._mix = mix
        self._found: dict[str, str] = {}
        keys = {strip.id: known[strip.id].key for strip in mix.tracks if strip.id in known}
        there = {key for key in keys.values() if key in patch.structure.strips}
        # A track that is out of the session, because it is muted say, does not decide whose group it is.
        heard = {track.key for track in known.values() if track.included} | set(keys.values())
        members = self._members(heard)
        returns = self._returns()
        for bus in mix.buses:
            self.ledgers.append(Ledger(bus.id))
            if bus.kind is BusKind.FX:
                users = {keys.get(strip.id, "") for strip in mix.tracks if bus.id in strip.sends} & there
                self._take_fx(bus, returns.pop(bus.id.casefold(), None), bool(users), self.ledgers[-1])
            else:
                users = {keys.get(strip.id, "") for strip in mix.tracks if strip.output == bus.id} & there
                self._take_group(bus, self._same_group(bus, members, users), users, self.ledgers[-1])
        self._retire()

    def _take_fx(self, bus: Bus, own: Strip | None, used: bool, ledger: Ledger) -> None:
        if own is not None:
            self._set_return(bus, own, ledger)
        elif used:
            self._add(bus, ledger)

    def _take_group(self, bus: Bus, own: str | None, users: set[str], ledger: Ledger) -> None:
        if own is not None:
            self._found[bus.id] = own
            self._set_group(bus, own, ledger)
        elif any(self._is_free(self._patch.structure.outputs[key]) for key in users):
            self._add(bus, ledger)
        elif users:
            ledger.dropped("id", "its tracks stay in groups of the user's own")

    def _is_free(self, target: str | None) -> bool:
        """Whether a track that sounds there may be led elsewhere: to the master, or into a group that we wrote."""
        return target is None or (target in self._patch.own and self._patch.own[target].kind == "group")

    def _retire(self) -> None:
        """Take our devices off the groups and returns that we wrote and this mix has not."""
        structure = self._patch.structure
        for key, note in self._patch.own.items():
            strip = structure.strips[key]
            used = strip.channel is not None and strip.channel.get("id") in self.channels.values()
            if note.kind not in ("group", "fx") or used or key in self._found.values():
                continue
            users = [
                one
                for one, target in structure.outputs.items()
                if target == key and one not in self._patch.own
            ]
            fader = None if strip.channel is None else strip.channel.find("Volume")
            if fader is not None and not users:
                change(fader, text_of(1.0 if fader.get("unit", FADER.unit) != "decibel" else 0.0))
            set_idle(strip.track)
            self.ledgers.append(Ledger(note.id))
            self.ledgers[-1].exact("id", f"{strip.name!r} stays, but the mix has no such bus: it is idle")

    def _same_group(self, bus: Bus, members: dict[str, set[str]], users: set[str]) -> str | None:
        """The project's group with just these members; the name decides among several, and where there are none."""
        held = {target for target in self._patch.structure.outputs.values() if target is not None}
        same = [
            key
            for key, inside in members.items()
            if inside == users and (users or key not in held) and not self._is_anothers(key, bus.id)
        ]
        named = [key for key in same if self._patch.structure.strips[key].name == bus.id]
        found = next(iter(named if named or not users else same), None)
        if found is not None:
            del members[found]
        return found

    def _is_anothers(self, key: str, bus_id: str) -> bool:
        """Whether a group that we wrote is that of another bus of the mix."""
        note = self._patch.own.get(key)
        names = () if note is None else (note.id, self._patch.structure.strips[key].name)
        return bus_id not in names and is_anothers(names, bus_id, self._mix)

    def _members(self, keys: set[str]) -> dict[str, set[str]]:
        """The tracks of the session that sound in each group of the project."""
        structure = self._patch.structure
        inside: dict[str, set[str]] = {
            key: set() for key, one in structure.strips.items() if one.kind is TrackKind.GROUP and not one.vca
        }
        for key, target in structure.outputs.items():
            if key in keys and target in inside:
                inside[target].add(key)
        return inside

    def _returns(self) -> dict[str, Strip]:
        """The project's own returns by their names in lower case, as far as sends can name them."""
        found: dict[str, Strip] = {}
        for strip in self._patch.structure.strips.values():
            if strip.kind is TrackKind.RETURN and strip.channel is not None and strip.channel.get("id"):
                found.setdefault(strip.name.casefold(), strip)
        return found

    def _set_return(self, bus: Bus, place: Strip, ledger: Ledger) -> None:
        """Use a return of the user's that has the bus's name; what makes its sound stays."""
        channel = self._patch.channel(place)
        self.channels[bus.id] = channel.get("id")
        own = plugin_names(self._patch.structure, place)
        level = set_fader(self._patch, channel, bus.fader_db, (), ledger)
        devices = bus_devices(bus, level.over_db, self._patch.ids)
        if own and place.key not in self._patch.own:
            # Its own effect is what the user hears; ours would be a second one.
            devices = [one for one in devices if one.tag != "BuiltinDevice"]
            effect = ", ".join(own)
            ledger.approximated(
                "reverb" if bus.reverb else "delay", f"the return's own {effect} makes the sound"
            )
            self._note(replace(bus, kind=BusKind.GROUP, reverb=None, delay=None), ledger)
        else:
            self._note(bus, ledger, muted=switch_of(channel.find("Mute"), False))
        set_devices(self._patch, channel, devices)
        ledger.exact("id", f"the project's own return {place.name!r} has the same name")

    def _set_group(self, bus: Bus, key: str, ledger: Ledger) -> None:
        place = self._patch.structure.strips[key]
        channel = self._patch.channel(place)
        if key in self._patch.own:
            self._patch.notes["tracks"][key]["id"] = bus.id
        self._note(bus, ledger)
        level = set_fader(self._patch, channel, bus.fader_db, (), ledger)
        set_devices(self._patch, channel, bus_devices(bus, level.over_db, self._patch.ids))
        ledger.exact("id", f"the project's own group {place.name!r} has the same members")

    def _note(self, bus: Bus, ledger: Ledger, *, muted: bool = True) -> None:
        own = Ledger(bus.id)
        note_bus(bus, own, muted=muted)
        ledger.entries += [entry for entry in own.entries if entry.parameter != "fader_db"]

    def _add(self, bus: Bus, ledger: Ledger) -> None:
        """A track at the end of the project."""
        ids, master = self._patch.ids, self._patch.structure.master
        out = None if master is None or master.channel is None else master.channel.get("id")
        kind = "fx" if bus.kind is BusKind.FX else "group"
        structure = self._patch.root.find("Structure")
        track = element(
            structure, "Track", contentType="audio", loaded=True, id=ids.next(), name=f"{MARK} {bus.id}"
        )
        self.channels[bus.id] = ids.next()
        channel = element(
            track,
            "Channel",
            audioChannels=2,
            destination=out,
            role="effect" if kind == "fx" else "submix",
            solo=False,
            id=self.channels[bus.id],
        )
        fill_channel(channel, Line(kind, bus.id, bus.id, split_level(bus.fader_db), bus), ids, {})
        note_bus(bus, ledger)
        ledger.exact(
            "id", f"a new {'return' if kind == 'fx' else 'group'}, {MARK} {bus.id}, at the project's end"
        )

    def route(self, strip: TrackStrip, key: str, channel: Element, ledger: Ledger) -> None:
        """Send a track where the mix has it, unless it lies in a group of the user's."""
        target = self._patch.structure.outputs[key]
        if target is not None and target == self._found.get(strip.output):
            return
        if target is not None and not self._is_free(target):
            name = self._patch.structure.strips[target].name
            ledger.approximated("output", f"the track stays in the user's own group {name!r}")
        elif strip.output == MASTER:
            master = self._patch.structure.master
            out = None if master is None or master.channel is None else master.channel.get("id")
            if target is not None and out is not None:
                change(channel, out, "destination")
                ledger.exact("output", "past its group to the master")
        else:
            change(channel, self.channels[strip.output], "destination")
            ledger.exact("output", f"master → {MARK} {strip.output}")
