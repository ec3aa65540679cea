"""What every track of a set holds, decided before a line is written: order, groups, levels, devices."""

from dataclasses import dataclass, field, replace

from console.errors import ExportError
from console.mix import Bus, BusKind, Mix, TrackStrip
from console.mix.values import MASTER
from console.session import AudioFile, Session, SessionTrack
from exporters.ableton.chain import bus_effects, bus_strip, master_strip, strip_devices, track_strip
from exporters.ableton.device import Device
from exporters.ableton.levels import Events, Level, level, send_gain
from exporters.ableton.panlaw import to_live
from exporters.ableton.schema import Schema
from exporters.ableton.stripnotes import note_bus, note_master, note_track
from exporters.ableton.values import stored
from exporters.belonging import session_tracks
from exporters.report import Ledger

#: The most returns that a set of Live's has.
MOST_RETURNS = 12


@dataclass(frozen=True, slots=True)
class Clip:
    """A file on a track: where it begins and how long it lasts, in seconds."""

    file: AudioFile
    start_s: float
    length_s: float


@dataclass(frozen=True, slots=True)
class Track:
    """One track of the set.

    kind: "track", "side" (the left or right file of a pair), "group" or "fx"; id: its strip or bus. A "track" that
    `opens` is a group track around the sides of a pair. group: the index of the group track it lies in.
    """

    kind: str
    id: str
    name: str
    channels: int = 2
    opens: bool = False
    group: int | None = None
    volume: float = 1.0
    events: Events = ()
    pan: float = 0.0
    delay_ms: float = 0.0
    muted: bool = False
    devices: tuple[Device, ...] = ()
    sends: tuple[tuple[str, float], ...] = ()
    clips: tuple[Clip, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """The tracks in the order of the set, returns last, the master, and the notes of every strip."""

    tracks: tuple[Track, ...]
    master_volume: float
    master_devices: tuple[Device, ...]
    ledgers: tuple[Ledger, ...]

    @property
    def returns(self) -> tuple[Track, ...]:
        """The return tracks in order."""
        return tuple(track for track in self.tracks if track.kind == "fx")


@dataclass(slots=True, eq=False)
class _Branch:
    """A track and those inside its group."""

    track: Track
    inside: "list[_Branch]" = field(default_factory=list)


def make_plan(mix: Mix, session: Session, schema: Schema) -> Plan:
    """Everything that the set says.

    Raises:
        ExportError: the mix and the session do not belong together.
    """
    known = session_tracks(mix, session)
    ledgers = left_out(mix, session)
    _check_returns(mix)
    groups = {bus.id: _bus_branch(bus, schema, ledgers) for bus in mix.buses}
    pages = dict(zip(groups, ledgers[-len(groups) :], strict=True)) if groups else {}
    top: list[_Branch] = []
    placed: set[str] = set()
    for strip in mix.tracks:
        branch = _track_branch(strip, known[strip.id], mix.sample_rate_hz, schema, ledgers)
        if strip.output == MASTER:
            top.append(branch)
            continue
        if strip.output not in placed:
            placed.add(strip.output)
            top.append(groups[strip.output])
        groups[strip.output].inside.append(branch)
    for bus_id, branch in groups.items():
        if branch.track.kind == "fx":
            top.append(branch)
        elif bus_id not in placed:
            pages[bus_id].approximated(
                "", "no track goes to this group, and Live has no empty ones: it is left out"
            )
    # Returns last, as Live orders them.
    top.sort(key=lambda branch: branch.track.kind == "fx")
    tracks: list[Track] = []
    for branch in top:
        _flatten(branch, None, tracks)
    ledger = Ledger(MASTER)
    master = level(mix.master.fader_db, (), 1.0)
    devices = strip_devices(master_strip(mix.master), master.excess_db, schema, ledger)
    note_master(mix.master, ledger)
    return Plan(tuple(tracks), master.volume, tuple(devices), (*ledgers, ledger))


def _check_returns(mix: Mix) -> None:
    count = sum(1 for bus in mix.buses if bus.kind is BusKind.FX)
    if count > MOST_RETURNS:
        raise ExportError(f"the mix has {count} FX buses and Live at most {MOST_RETURNS} returns; merge some")


def left_out(mix: Mix, session: Session) -> list[Ledger]:
    """A note for every track of the session that the mix says nothing of."""
    mixed = {strip.id for strip in mix.tracks}
    ledgers = [Ledger(track.id) for track in session.tracks if track.id not in mixed]
    for ledger in ledgers:
        ledger.dropped("files", "the mix has no strip for this track; it is not in the set")
    return ledgers


def track_level(strip: TrackStrip, channels: int, beats_per_second: float | None = None) -> Level:
    """A track's fader with what Live's pan law asks of it."""
    gain = to_live(strip.pan, channels).gain
    if beats_per_second is None:
        return level(strip.fader_db, strip.automation.fader_db, gain)
    return level(strip.fader_db, strip.automation.fader_db, gain, beats_per_second)


def bus_devices(bus: Bus, excess_db: float, schema: Schema, ledger: Ledger) -> tuple[Device, ...]:
    """The devices of a bus."""
    return (*bus_effects(bus, ledger), *strip_devices(bus_strip(bus), excess_db, schema, ledger))


def _bus_branch(bus: Bus, schema: Schema, ledgers: list[Ledger]) -> _Branch:
    ledger = Ledger(bus.id)
    ledgers.append(ledger)
    fader = level(bus.fader_db, (), 1.0)
    devices = bus_devices(bus, fader.excess_db, schema, ledger)
    note_bus(bus, ledger)
    kind = "fx" if bus.kind is BusKind.FX else "group"
    return _Branch(Track(kind, bus.id, bus.id, opens=kind == "group", volume=fader.volume, devices=devices))


def _track_branch(
    strip: TrackStrip, source: SessionTrack, rate_hz: int, schema: Schema, ledgers: list[Ledger]
) -> _Branch:
    ledger = Ledger(strip.id)
    ledgers.append(ledger)
    fader = track_level(strip, source.channels)
    devices = strip_devices(track_strip(strip, source.channels), fader.excess_db, schema, ledger)
    note_track(strip, source, rate_hz, ledger)
    track = Track(
        kind="track",
        id=strip.id,
        name=strip.id,
        channels=source.channels,
        volume=fader.volume,
        events=fader.events,
        pan=stored(to_live(strip.pan, source.channels).pan),
        delay_ms=stored(strip.input.delay_ms),
        muted=strip.muted,
        devices=tuple(devices),
        sends=tuple(sorted((bus, send_gain(level_db)) for bus, level_db in strip.sends.items())),
    )
    clips = tuple(
        Clip(file, source.start_samples / rate_hz, max(source.samples, 1) / rate_hz) for file in source.files
    )
    if len(clips) < 2:
        return _Branch(replace(track, clips=clips))
    side_gain = level(0.0, (), to_live(0.0, 1).gain).volume
    sides = [
        _Branch(
            Track(
                "side",
                strip.id,
                f"{strip.id} {side}",
                1,
                volume=side_gain,
                pan=pan,
                delay_ms=track.delay_ms,
                clips=(clip,),
            )
        )
        for side, pan, clip in zip("LR", (-1.0, 1.0), clips, strict=False)
    ]
    return _Branch(replace(track, opens=True, delay_ms=0.0), sides)


def _flatten(branch: _Branch, group: int | None, tracks: list[Track]) -> None:
    """Append the branch's tracks; groups lie at most two deep, a bus around a pair."""
    here = len(tracks)
    tracks.append(replace(branch.track, group=group))
    for inner in branch.inside:
        _flatten(inner, here, tracks)
