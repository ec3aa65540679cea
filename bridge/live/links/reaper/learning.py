"""Learns a project over OSC: how many tracks, their names, sends and plugins, and which knobs they make."""

from collections.abc import Callable
from dataclasses import dataclass, field

from bridge.live.links.reaper.laws import Law
from bridge.live.links.reaper.plugins import Finder, Found, Parameter, Plugin
from bridge.live.links.reaper.surface import Surface
from bridge.live.links.reaper.taper import HIGHEST_DB, LOWEST_DB, db_of_position, position_of_db
from bridge.live.links.reaper.units import Plain, Unit
from bridge.live.values import Channel
from console.errors import LinkError
from console.frozen import FrozenMap

MASTER = "master"

#: Read from positions, a level is good to this.
_TAPER_DB = 2e-3
#: REAPER itself is 0.010 dB beside its law at unity.
_TAPER_WITHIN_DB = 0.02
_POSITIONS = Law(db_of_position, position_of_db, LOWEST_DB, HIGHEST_DB, _TAPER_DB)
_DECIBELS = Law(lambda level_db: max(level_db, LOWEST_DB), float, LOWEST_DB, HIGHEST_DB, 1e-4)
_PAN = Law(lambda x: 2.0 * x - 1.0, lambda pan: (pan + 1.0) / 2.0, -1.0, 1.0)

_FIRST_TRACKS = 16
_MOST_TRACKS = 1024
_TRIES = 3
_EQ_BANDS_TOLD = 8


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a project is looked at: sends and plugins of a track, parameters of a plugin."""

    sends: int = 8
    plugins: int = 8
    parameters: int = 64


@dataclass
class Project:
    """What was learned: the channels, and for each its units by parameter."""

    channels: tuple[Channel, ...] = ()
    units: dict[str, dict[str, Unit]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    #: The addresses that, told anew, mean another list of tracks, sends or plugins; with what they said.
    names: dict[str, str] = field(default_factory=dict)
    #: Faders of places whose name does not tell a track from none, with whether one was there: at the bottom is none.
    places: dict[str, bool] = field(default_factory=dict)


class Learner:
    """Walks through a project.

    Args:
        surface: the conversation.
        settle: waits until all that was asked has been heard.
        dump: asks for everything and waits for it.
        own_file: whether REAPER uses mixbridge's pattern file, which tells more than the stock one.
        tracks: the number of tracks where it is known (by the web interface), else 0.
        folders: the numbers of the tracks that are folders, where that is known.
    """

    def __init__(
        self,
        surface: Surface,
        settle: Callable[[], None],
        dump: Callable[[], None],
        *,
        own_file: bool,
        limits: Limits,
        sample_rate_hz: float,
        tracks: int = 0,
        folders: frozenset[int] = frozenset(),
    ) -> None:
        self._surface = surface
        self._settle = settle
        self._dump = dump
        self._own = own_file
        self._limits = limits
        self._rate_hz = sample_rate_hz
        self._known_tracks = tracks
        self._folders = folders
        self._taper_holds = True

    def learn(self) -> Project:
        """The project as it is now.

        Raises:
            LinkError: REAPER stops answering, or its tracks never stand still.
        """
        for _ in range(_TRIES):
            count = self._count_tracks()
            names = self._names(count)
            chains = self._chains(count)
            self._end_walk(count, chains)
            if self._names(count).items() >= names.items():
                return self._project(count, chains)
        raise LinkError(
            "REAPER's tracks and plugins keep changing; wait until they stand still, then connect anew"
        )

    def _project(self, count: int, chains: dict[int, list[Plugin]]) -> Project:
        names = [self._name(track) for track in range(1, count + 1)]
        notes: list[str] = []
        off_db = self._taper_error_db(count)
        if off_db > _TAPER_WITHIN_DB:
            notes.append(
                f"this version's fader scale is another than known (by {off_db:.2f} dB), so that sends, and without "
                "mixbridge's pattern file faders too, are left alone"
            )
            self._taper_holds = False
        targets: set[str] = set()
        channels: list[Channel] = []
        units: dict[str, dict[str, Unit]] = {}
        for track in range(1, count + 1):
            sends = self._sends(track, set(names))
            targets |= set(sends.values())
            found = self._find(chains.get(track, []))
            notes += found.notes
            own = _by_parameter(*self._strip_units(track, sends), *found.units)
            units[str(track)] = own
            there = {name: target for name, target in sends.items() if name in own}
            channels.append(_channel(str(track), names[track - 1], "track", own, there, found))
        found = self._find(chains.get(0, []))
        own = _by_parameter(*self._master_units(), *found.units)
        units[MASTER] = own
        channels = [self._with_kind(channel, targets) for channel in channels]
        channels.append(_channel(MASTER, "MASTER", "master", own, {}, found))
        full = [
            track for track, chain in chains.items() if any(p.place == self._limits.plugins for p in chain)
        ]
        if full:
            notes.append(
                f"{len(full)} tracks have {self._limits.plugins} plugins or more; those behind are looked at with "
                f"--set plugins={2 * self._limits.plugins}"
            )
        told_notes = tuple(dict.fromkeys([*notes, *found.notes]))
        places = {
            f"/track/{track}/volume": track <= count
            for track in range(1, count + 2)
            if track > count or names[track - 1] == f"Track {track}"
        }
        return Project(tuple(channels), units, told_notes, self._names(count), places)

    def _taper_error_db(self, count: int) -> float:
        """How far the taper is off where REAPER has told a fader both as a position and in decibels."""
        off_db = [0.0]
        for track in range(1, count + 1):
            position = self._surface.number(f"/track/{track}/volume")
            level_db = self._surface.number(f"/track/{track}/volume/db")
            if position is not None and level_db is not None and -120.0 < level_db <= HIGHEST_DB:
                off_db.append(abs(db_of_position(position) - level_db))
        return max(off_db)

    def _count_tracks(self) -> int:
        """Widen the bank until the last track in it is none, and count."""
        surface, limits = self._surface, self._limits
        wide = max(_FIRST_TRACKS, self._known_tracks + 1)
        surface.send("/device/fxparam/count", 0)
        surface.send("/device/track/select", 0)
        surface.send("/device/track/bank/select", 1)
        surface.send("/device/fx/count", limits.plugins)
        surface.send("/device/send/count", limits.sends)
        surface.send("/device/track/count", wide)
        self._dump()
        while self._is_track(wide) and wide < _MOST_TRACKS and not self._known_tracks:
            wide *= 2
            surface.send("/device/track/count", wide)
            self._settle()
        if self._known_tracks:
            return self._known_tracks
        return max((track for track in range(1, wide + 1) if self._is_track(track)), default=0)

    def _is_track(self, track: int) -> bool:
        """Whether there is one: REAPER tells of one that is none as "Track N" with the fader at the bottom."""
        name = self._surface.text(f"/track/{track}/name")
        return bool(name) and not (
            name == f"Track {track}" and self._surface.number(f"/track/{track}/volume") in (None, 0.0)
        )

    def _name(self, track: int) -> str:
        return self._surface.text(f"/track/{track}/name") or f"Track {track}"

    def _chains(self, count: int) -> dict[int, list[Plugin]]:
        """Each track's plugins with all that REAPER says of their parameters; track 0 is the master.

        The device looks at one plugin after the other. Meanwhile its bank is narrow, so that nothing else is told.
        """
        surface = self._surface
        surface.send("/device/track/select", 0)
        self._settle()
        stems = {0: "/fx", **{track: f"/track/{track}/fx" for track in range(1, count + 1)}}
        places = [
            (track, place, name)
            for track, stem in stems.items()
            for place in range(1, self._limits.plugins + 1)
            if (name := surface.text(f"{stem}/{place}/name"))
        ]
        surface.send("/device/track/count", 1)
        surface.send("/device/fxparam/count", self._limits.parameters)
        steps = [
            [("/device/track/select", track), ("/device/fx/select", place)] for track, place, _ in places
        ]
        chains: dict[int, list[Plugin]] = {}
        for step in surface.step_by_step(steps):
            track, place, name = places[step]
            enabled = surface.number(f"{stems[track]}/{place}/bypass") != 0.0
            chains.setdefault(track, []).append(
                Plugin(track, place, name, self._parameters(), enabled, self._bands_off())
            )
        surface.send("/device/fxparam/count", 0)
        return chains

    def _bands_off(self) -> frozenset[str]:
        """The bands that are off in the first ReaEQ of the track that the device looks at."""
        places = (
            "hipass",
            "loshelf",
            "hishelf",
            "lopass",
            *(f"band/{number}" for number in range(_EQ_BANDS_TOLD)),
        )
        return frozenset(place for place in places if self._surface.number(f"/fxeq/{place}/bypass") == 0.0)

    def _parameters(self) -> tuple[Parameter, ...]:
        """The parameters of the plugin that the device looks at."""
        surface = self._surface
        found = []
        for number in range(1, self._limits.parameters + 1):
            stem = f"/fxparam/{number}"
            name = surface.text(f"{stem}/name")
            if name:
                found.append(
                    Parameter(
                        number, name, surface.number(f"{stem}/value"), surface.text(f"{stem}/value/str")
                    )
                )
        return tuple(found)

    def _end_walk(self, count: int, chains: dict[int, list[Plugin]]) -> None:
        """Leave the device at the master, with banks that are no wider than what there is to hear."""
        surface = self._surface
        chain = max((plugin.place for plugins in chains.values() for plugin in plugins), default=0)
        deepest = max(
            (
                plugin.parameters[-1].number
                for plugins in chains.values()
                for plugin in plugins
                if plugin.kind and plugin.parameters
            ),
            default=0,
        )
        surface.send("/device/track/select", 0)
        surface.send("/device/fxparam/count", deepest)
        surface.send("/device/fx/count", max(chain, 1))
        surface.send("/device/track/count", count + 1)
        self._settle()
        for track, plugins in chains.items():
            for plugin in plugins:
                for parameter in plugin.parameters:
                    answer = self._answer(track, plugin.place, parameter.number)
                    if plugin.kind and parameter.position is not None:
                        surface.said.setdefault(answer, parameter.position)

    def _answer(self, track: int, place: int, number: int) -> str:
        if track == 0:
            return f"/fx/{place}/fxparam/{number}/value"
        return f"/track/{track}/fx/{place}/fxparam/{number}/{self._told_at}"

    @property
    def _told_at(self) -> str:
        return "told" if self._own else "value"

    def _find(self, chain: list[Plugin]) -> Found:
        return Finder(self._told_at, self._rate_hz).find(chain)

    def _sends(self, track: int, names: set[str]) -> dict[str, str]:
        """The sends that go to a track of the project, by parameter."""
        sends = {}
        for number in range(1, self._limits.sends + 1):
            target = self._surface.text(f"/track/{track}/send/{number}/name")
            empty = target == f"Send {number}" and not self._surface.number(
                f"/track/{track}/send/{number}/volume"
            )
            if target in names and not empty:
                sends[f"send.{number - 1}"] = target
        return sends

    def _strip_units(self, track: int, sends: dict[str, str]) -> list[Unit]:
        """Fader, pan and sends. With our file the desk tells at addresses of their own, which never fall silent."""
        stem, own = f"/track/{track}", self._own
        units = [*self._fader(stem, f"{stem}/volume/db"), self._pan(stem)]
        for parameter in sends if self._taper_holds else ():
            answer = f"{stem}/send/{int(parameter.removeprefix('send.')) + 1}/volume"
            knob = _POSITIONS.knob(parameter, told=True)
            units.append(Plain(knob, f"{answer}/db" if own else answer, answer, _POSITIONS, direct=own))
        return units

    def _master_units(self) -> list[Unit]:
        """The stock file has no decibels for the master, so that it is moved by the taper."""
        return [*self._fader("/master", "/master/volume/db" if self._own else ""), self._pan("/master")]

    def _fader(self, stem: str, decibels: str) -> list[Unit]:
        if not (self._own or self._taper_holds):
            return []
        law = _DECIBELS if self._own else _POSITIONS
        answer = f"{decibels}/told" if self._own else f"{stem}/volume"
        knob = law.knob("fader_db", told=True)
        return [Plain(knob, decibels or answer, answer, law, direct=bool(decibels))]

    def _pan(self, stem: str) -> Unit:
        answer = f"{stem}/pan/told" if self._own else f"{stem}/pan"
        return Plain(_PAN.knob("pan", told=True), f"{stem}/pan", answer, _PAN)

    def _with_kind(self, channel: Channel, targets: set[str]) -> Channel:
        kind = "track"
        if int(channel.key) in self._folders:
            kind = "group"
        elif channel.name in targets:
            kind = "fx"
        return Channel(channel.key, channel.name, kind, channel.knobs, channel.sends, channel.band_types)

    def _names(self, count: int) -> dict[str, str]:
        """The names whose change makes the list of channels void, by address."""
        numbers = {"send": self._limits.sends, "fx": self._limits.plugins}
        addresses = [f"/track/{track}/name" for track in range(1, count + 2)]
        for track in range(1, count + 1):
            for what, most in numbers.items():
                addresses += [f"/track/{track}/{what}/{n}/name" for n in range(1, most + 1)]
        addresses += [f"/fx/{n}/name" for n in range(1, self._limits.plugins + 1)]
        return {address: self._surface.text(address) for address in addresses}


def _by_parameter(*units: Unit) -> dict[str, Unit]:
    return {knob.parameter: unit for unit in units for knob in unit.knobs}


def _channel(
    key: str, name: str, kind: str, units: dict[str, Unit], sends: dict[str, str], found: Found
) -> Channel:
    knobs = {knob.parameter: knob for unit in dict.fromkeys(units.values()) for knob in unit.knobs}
    return Channel(key, name, kind, FrozenMap(knobs), FrozenMap(sends), FrozenMap(dict(found.band_types)))
