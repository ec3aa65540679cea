"""Reads the Mix that an Ardour session holds: of one that mixbridge wrote exactly, of any other as far as it goes."""

from dataclasses import dataclass
from pathlib import Path

from console.mix import Automation, Bus, BusKind, Delay, FrozenMap, Input, Master, Mix, TrackStrip
from console.mix.values import MASTER
from console.units import gain_to_db
from exporters.ardour.nodes import Node, children
from exporters.ardour.panlaw import from_ardour
from exporters.ardour.readchain import Modules, read_chain, with_makeup
from exporters.ardour.routing import kind_of, read_routing
from exporters.ardour.sessionfile import (
    SessionFile,
    control,
    flags,
    inputs,
    inserts,
    is_muted,
    number,
    processors,
    read_notes,
    read_session,
    yes,
)
from exporters.ardour.times import Times
from exporters.moves import Points, from_points
from exporters.neat import held, neat_db, neat_single_db


@dataclass(frozen=True, slots=True)
class _Seen:
    """A route with what it is to the console."""

    node: Node
    key: str
    kind: str
    id: str
    channels: int
    start_samples: int
    output: str = MASTER
    noted: bool = False


def read_project(path: Path) -> Mix:
    """The Mix that a session holds: strips, buses and master, each number as Ardour stores it.

    Roles, reasons, locks, a reverb's size and damping and a ping-pong are at their defaults; so is what plugins hold
    that are none of those that mixbridge writes.

    Raises:
        ExportError: the file cannot be read, is damaged or is no session of Ardour's.
    """
    session = read_session(path)
    times = Times(session.version, session.sample_rate_hz)
    seen = _routes(session)
    returns = {one.key: one.id for one in seen if one.kind == "fx"}
    playlists = _playlists(session)
    sources = {
        str(item.get("id", "")): str(item.get("name", ""))
        for item in children(session.root.find("Sources"), "Source")
    }
    reading = _Reading(session, times, returns, playlists, sources)
    return Mix(
        sample_rate_hz=session.sample_rate_hz,
        tracks=tuple(reading.strip(one) for one in seen if one.kind == "track"),
        buses=tuple(reading.bus(one) for one in seen if one.kind in ("group", "fx")),
        master=reading.master(),
    )


def _routes(session: SessionFile) -> list[_Seen]:
    """Every audio route but the master, under an id of its own, with the group that it sounds through."""
    notes = read_notes(session)
    routing = read_routing(session)
    kinds = {
        key: kind
        for key, route in session.by_id.items()
        if (kind := kind_of(key, route, routing, notes[key].kind if key in notes else ""))
        and "Midi" not in flags(route)
        and not (key in notes and notes[key].idle)
    }
    # Tracks and buses have names of their own kind.
    names = {True: _Names(set()), False: _Names({MASTER})}
    ids = {
        key: names[kind == "track"].distinct(
            notes[key].id if key in notes else str(session.by_id[key].get("name", ""))
        )
        for key, kind in kinds.items()
    }
    master = session.master
    master_key = str(master.get("id", "")) if master is not None else ""
    found = []
    for key, kind in kinds.items():
        group = routing.group(key, kinds, master_key) if kind == "track" else ""
        note = notes.get(key)
        route = session.by_id[key]
        found.append(
            _Seen(
                route,
                key,
                kind,
                ids[key],
                note.channels if note else 1 if inputs(route) == 1 else 2,
                note.start_samples if note else 0,
                ids[group] if group else MASTER,
                note is not None,
            )
        )
    return found


class _Names:
    """Gives names that come again a number."""

    def __init__(self, taken: set[str]) -> None:
        self._taken = taken
        self._count: dict[str, int] = {}

    def distinct(self, name: str) -> str:
        """The name, or the name with the first number that makes it another."""
        candidate = name
        while candidate in self._taken:
            self._count[name] = self._count.get(name, 1) + 1
            candidate = f"{name} ({self._count[name]})"
        self._taken.add(candidate)
        return candidate


def _playlists(session: SessionFile) -> dict[str, Node]:
    return {str(item.get("id", "")): item for item in children(session.root.find("Playlists"), "Playlist")}


@dataclass(frozen=True, slots=True)
class _Reading:
    """Reads strips, with what they need of the session around them."""

    session: SessionFile
    times: Times
    returns: dict[str, str]
    playlists: dict[str, Node]
    sources: dict[str, str]

    def strip(self, one: _Seen) -> TrackStrip:
        """A track."""
        route, rate_hz = one.node, self.session.sample_rate_hz
        modules = read_chain(inserts(route), rate_hz)
        azimuth = control(route.find("Pannable"), "pan-azimuth")
        pan, own_gain = from_ardour(0.5 if azimuth is None else azimuth, one.channels)
        level_db = neat_single_db(gain_to_db(self._fader(route) / own_gain))
        moves = self._moves(route, own_gain)
        regions = list(children(self.playlists.get(str(route.get("audio-playlist", ""))), "Region"))
        region = regions[0] if regions else None
        return TrackStrip(
            id=one.id,
            files=self._files(region),
            muted=is_muted(route),
            input=Input(
                gain_db=held("input.gain_db", self._input_db(one, region)),
                invert_polarity="1" in self._phase(route),
                delay_ms=self._delay_ms(one, region),
            ),
            highpass=modules.highpass,
            lowpass=modules.lowpass,
            gate=modules.gate,
            equalizer=modules.equalizer,
            compressor=modules.compressor,
            width=modules.width,
            pan=held("strip.pan", neat_single_db(pan)),
            fader_db=moves[0][1] if moves else held("strip.fader_db", level_db),
            sends=FrozenMap(self._sends(route)),
            output=one.output,
            automation=Automation(moves),
        )

    def bus(self, one: _Seen) -> Bus:
        """A group or an FX bus."""
        modules = read_chain(inserts(one.node), self.session.sample_rate_hz)
        reverb, delay = modules.reverb, modules.delay
        if one.kind == "fx" and reverb is None and delay is None:
            delay = Delay()
        return Bus(
            id=one.id,
            kind=BusKind(one.kind),
            reverb=reverb if one.kind == "fx" else None,
            delay=delay if one.kind == "fx" and reverb is None else None,
            equalizer=modules.equalizer,
            compressor=modules.compressor,
            fader_db=held("strip.fader_db", neat_single_db(gain_to_db(self._fader(one.node)))),
        )

    def master(self) -> Master:
        """The master bus; one that does not exist changes nothing."""
        route = self.session.master
        if route is None:
            return Master()
        modules = read_chain(inserts(route), self.session.sample_rate_hz)
        return master_of(modules, neat_single_db(gain_to_db(self._fader(route))))

    def _fader(self, route: Node) -> float:
        for item in processors(route, "amp"):
            return control(item, "gaincontrol") or 0.0
        return 1.0

    def _moves(self, route: Node, own_gain: float) -> Points:
        for item in processors(route, "amp"):
            for moves in item.iterfind("Automation/AutomationList"):
                if moves.get("automation-id") == "gain" and moves.get("state") in ("Play", "Touch", "Latch"):
                    points = self._events(str(moves.findtext("events") or ""), own_gain)
                    return tuple(
                        (time_s, held("strip.fader_db", neat_single_db(level))) for time_s, level in points
                    )
        return ()

    def _events(self, text: str, own_gain: float) -> Points:
        points: list[tuple[float, float]] = []
        for line in text.splitlines():
            words = line.split()
            if len(words) != 2:
                continue
            time_s = self.times.seconds(words[0], "a point of a fader's moves")
            if time_s >= 0.0 and (not points or time_s > points[-1][0]):
                points.append((time_s, max(number(words[1], 0.0), 0.0) / own_gain))
        return from_points(points)

    def _phase(self, route: Node) -> str:
        for item in children(route, "Controllable"):
            if item.get("name") == "phase":
                return str(item.get("phase-invert", ""))
        return str(route.get("phase-invert", ""))

    def _input_db(self, one: _Seen, region: Node | None) -> float:
        trims = [control(item, "trimcontrol") for item in processors(one.node, "trim")]
        trim = next((value for value in trims if value is not None), 1.0)
        # Of a foreign session the regions' gains are part of what is played.
        ours = region is not None and one.noted
        gain = abs(number(region.get("scale-amplitude"), 1.0)) if ours and region is not None else 1.0
        return neat_single_db(gain_to_db(trim) + gain_to_db(gain))

    def _delay_ms(self, one: _Seen, region: Node | None) -> float:
        if region is None or not one.noted:
            return 0.0
        rate_hz = self.session.sample_rate_hz
        length = str(region.get("length", "a0"))
        position = length.split("@", 1)[1] if "@" in length else str(region.get("position", "0"))
        seconds = self.times.seconds(position, "a region's place")
        seconds -= self.times.seconds(str(region.get("start", "0")), "a region's start")
        shift = round(seconds * rate_hz) - one.start_samples
        return held("input.delay_ms", neat_db(shift * 1000.0 / rate_hz))

    def _sends(self, route: Node) -> dict[str, float]:
        sends = {}
        for item in processors(route, "intsend"):
            bus = self.returns.get(str(item.get("target", "")))
            gain = control(item, "gaincontrol")
            if gain is None:
                gain = next((control(amp, "gaincontrol") for amp in children(item, "Processor")), None)
            if bus is not None and item.get("role") == "Aux" and yes(item.get("active", "1")):
                sends[bus] = held("strip.send_db", neat_single_db(gain_to_db(gain or 0.0)))
        return sends

    def _files(self, region: Node | None) -> tuple[str, ...]:
        if region is None:
            return ()
        names = [self.sources.get(str(region.get(f"source-{index}", "")), "") for index in range(2)]
        return tuple(dict.fromkeys(name for name in names if name))


def master_of(modules: Modules, level_db: float) -> Master:
    """The master of a chain and a fader; what drives the limiter is make-up."""
    return Master(
        equalizer=modules.equalizer,
        compressor=with_makeup(modules.compressor, modules.drive_db),
        limiter=modules.limiter,
        fader_db=held("strip.fader_db", level_db),
    )
