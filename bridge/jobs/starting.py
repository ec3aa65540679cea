"""The mix that a session sets out from: neutral for files; for a project, its mixer as it stands there."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from bridge.sessions import exporter_of, open_project
from console.errors import ExportError, ParamError
from console.frozen import FrozenMap
from console.mix import Automation, Bus, BusKind, Mix, TrackStrip
from console.mix.values import MASTER
from console.session import Finding, Session, Severity, neutral_mix
from console.units import gain_to_db
from exporters.neat import held, neat_single_db
from exporters.project import Project, ProjectTrack, TrackKind

T = TypeVar("T", TrackStrip, Bus)

#: What a strip takes from the project: what stays in the DAW whatever the inserts are.
_MIXER = ("pan", "width", "fader_db", "automation")
#: And what more where the DAW has none of the user's inserts: then it is ours, of an earlier run, and is replaced.
_DEVICES = ("highpass", "lowpass", "gate", "equalizer", "compressor")

_MARK = "mixbridge "


def start_mix(session: Session) -> tuple[Mix, tuple[Finding, ...]]:
    """The start, and what there is to say of it.

    Of a project it has faders, pans, moves, groups and the master's fader. The user's own inserts and returns stay in
    the DAW and are none of it; where there are none, what is there is ours, of an earlier run, and is part of it.
    """
    neutral = neutral_mix(session)
    exporter = None if session.project is None else exporter_of(session.project)
    if session.project is None or exporter is None:
        return neutral, ()
    try:
        return _standing(session, neutral, open_project(session.project), exporter.read(session.project)), ()
    except (ExportError, ParamError) as error:
        return neutral, (_unread(session.project, error),)


def _unread(project: Path, error: Exception) -> Finding:
    text = f"the mixer of {project.name!r} cannot be read ({error}); what was set is told from 0 dB and the middle on"
    return Finding("mixer-unread", text, (), Severity.NOTE)


def _standing(session: Session, neutral: Mix, project: Project, read: Mix) -> Mix:
    by_key = {one.key: one for one in project.tracks}
    tracks = _matched(_of_kind(project, TrackKind.AUDIO), read.tracks)
    groups = _matched(_of_kind(project, TrackKind.GROUP), _buses(read, BusKind.GROUP))
    returns = _matched(_of_kind(project, TrackKind.RETURN), _buses(read, BusKind.FX))
    names = _group_names(session, project)
    effects = [bus for key, bus in returns.items() if not by_key[key].plugins]
    # Some formats mark a return of ours by its name.
    ours = {bus.id: bus.id.removeprefix(_MARK) or bus.id for bus in effects if bus.id not in names.values()}
    strips = []
    for track, strip in zip(session.tracks, neutral.tracks, strict=True):
        was, own = tracks.get(track.key), by_key.get(track.key)
        if was is not None and own is not None:
            taken = _MIXER if own.plugins else _MIXER + _DEVICES
            sends = FrozenMap({ours[bus]: level_db for bus, level_db in was.sends.items() if bus in ours})
            strip = replace(strip, sends=sends, **{name: getattr(was, name) for name in taken})
            if own.channels == 0 and track.channels == 1:
                strip = _as_mono(strip)
        strips.append(replace(strip, output=track.group if track.group in names.values() else MASTER))
    buses = [_bus(name, groups.get(key), by_key[key]) for key, name in names.items()]
    buses += [replace(bus, id=ours[bus.id], locked=(), reasons=()) for bus in effects if bus.id in ours]
    master = replace(neutral.master, fader_db=read.master.fader_db)
    return replace(neutral, tracks=tuple(strips), buses=tuple(buses), master=master)


def _as_mono(strip: TrackStrip) -> TrackStrip:
    """The strip of a mono track with the channel gains that it has as a stereo one: what plays both sides as they are.

    Stereo: left = min(1, √2 cos θ), right = min(1, √2 sin θ); mono: left = cos θ, right = sin θ, θ = (pan + 1)π/4.
    """
    angle = (strip.pan + 1.0) * math.pi / 4.0
    left, right = (min(1.0, math.sqrt(2.0) * side(angle)) for side in (math.cos, math.sin))
    louder_db = gain_to_db(math.hypot(left, right))

    def louder(level_db: float) -> float:
        return held("strip.fader_db", neat_single_db(level_db + louder_db))

    moves = tuple((at, louder(level_db)) for at, level_db in strip.automation.fader_db)
    return replace(
        strip,
        pan=held("strip.pan", 4.0 * math.atan2(right, left) / math.pi - 1.0),
        fader_db=louder(strip.fader_db),
        automation=Automation(moves),
    )


def _of_kind(project: Project, kind: TrackKind) -> list[ProjectTrack]:
    return [track for track in project.tracks if track.kind is kind]


def _buses(mix: Mix, kind: BusKind) -> list[Bus]:
    return [bus for bus in mix.buses if bus.kind is kind]


def _group_names(session: Session, project: Project) -> dict[str, str]:
    """The session's name of each of the project's groups that has tracks in the session, by its key."""
    by_key = {one.key: one for one in project.tracks}
    outputs = {track.group: by_key[track.key].output for track in session.tracks if track.key in by_key}
    return {key: name for name, key in outputs.items() if name and key in by_key}


def _bus(name: str, was: Bus | None, own: ProjectTrack) -> Bus:
    if was is None:
        return Bus(name, BusKind.GROUP)
    if own.plugins:
        return Bus(name, BusKind.GROUP, fader_db=was.fader_db)
    return replace(was, id=name, locked=(), reasons=())


def _matched(tracks: Sequence[ProjectTrack], strips: Sequence[T]) -> dict[str, T]:
    """The strip of each track by its key: by their places where there are as many, else by names that are clear."""
    if len(tracks) == len(strips):
        return {track.key: strip for track, strip in zip(tracks, strips, strict=True)}
    count = Counter(track.name for track in tracks)
    by_id = {strip.id: strip for strip in strips}
    return {
        track.key: by_id[track.name] for track in tracks if count[track.name] == 1 and track.name in by_id
    }
