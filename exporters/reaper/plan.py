"""What every track of a REAPER project holds, decided before a line is written: order, folders, levels."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from console.mix import Bus, BusKind, Mix, TrackStrip
from console.mix.values import MASTER
from console.session import Session, SessionTrack
from console.units import db_to_gain
from exporters.belonging import session_tracks
from exporters.moves import settle, to_points
from exporters.plugins import HeardPlugins
from exporters.reaper.chain import Chain, Fx
from exporters.reaper.heard import with_plugins
from exporters.reaper.items import Item, track_items, whole_delay
from exporters.reaper.panlaw import PROJECT_LAW, to_reaper
from exporters.reaper.rpp import holds
from exporters.reaper.stripnotes import note_bus, note_track
from exporters.reaper.strips import StripKind, strip_kind
from exporters.report import Ledger


@dataclass(frozen=True, slots=True)
class Track:
    """One track of the project.

    kind: "track", "side" (the left or right file of a pair), "group" or "fx"; id: its strip or bus.
    delay_samples: what of its items' places is the strip's delay.
    closes: how many folders end with it. receives: (index of the sending track, linear gain).
    points: (seconds, linear gain) of the fader's envelope; the volume is then a trim on top of it.
    """

    kind: str
    id: str
    name: str
    channels: int = 2
    start_samples: int = 0
    delay_samples: int = 0
    volume: float = 1.0
    pan: float = 0.0
    law: float = PROJECT_LAW
    muted: bool = False
    inverted: bool = False
    opens: bool = False
    closes: int = 0
    fx: tuple[Fx, ...] = ()
    points: tuple[tuple[float, float], ...] = ()
    sends: tuple[tuple[str, float], ...] = ()
    receives: tuple[tuple[int, float], ...] = ()
    items: tuple[Item, ...] = ()

    @property
    def key(self) -> str:
        """A name for this track that no other track of the project has."""
        return "\0".join((self.kind, self.id, self.name if self.kind == "side" else ""))


@dataclass(frozen=True, slots=True)
class Plan:
    """The tracks in the order of the project, the master's chain and volume, and the notes of every strip."""

    tracks: tuple[Track, ...]
    master: Chain
    master_volume: float
    ledgers: tuple[Ledger, ...]


@dataclass(slots=True, eq=False)
class _Branch:
    """A track and those inside its folder."""

    track: Track
    inside: "list[_Branch]" = field(default_factory=list)


def make_plan(
    mix: Mix, session: Session, folder: Path, strip: str = "rea", plugins: HeardPlugins | None = None
) -> Plan:
    """Everything that the project at `folder` says, its chains made of one kind of strip, and of plugins.

    Raises:
        ExportError: the mix and the session do not belong together, or there is no such kind.
    """
    kind = with_plugins(strip_kind(strip), plugins)
    known = session_tracks(mix, session)
    ledgers = _left_out(mix, session)
    groups = {bus.id: _bus_branch(bus, mix, kind, ledgers) for bus in mix.buses}
    top: list[_Branch] = []
    for track in mix.tracks:
        branch = _track_branch(track, known[track.id], folder, mix, kind, ledgers)
        if track.output == MASTER:
            top.append(branch)
            continue
        home = groups[track.output]
        if home not in top:
            top.append(home)
        home.inside.append(branch)
    top += [groups[bus.id] for bus in mix.buses if groups[bus.id] not in top]
    # FX buses last: a mixer shows the returns at its right end.
    top.sort(key=lambda branch: branch.track.kind == "fx")
    tracks = [item for branch in top for item in _flatten(branch, 0)]
    ledger = Ledger(MASTER)
    chain = kind.master(mix.master, mix.sample_rate_hz, ledger)
    ledger.exact("fader_db", "the master's volume")
    return Plan(
        tracks=tuple(_with_receives(tracks)),
        master=chain,
        master_volume=db_to_gain(mix.master.fader_db + chain.fader_db),
        ledgers=(*ledgers, ledger),
    )


def _left_out(mix: Mix, session: Session) -> list[Ledger]:
    """A note for every track of the session that the mix says nothing of."""
    mixed = {strip.id for strip in mix.tracks}
    ledgers = [Ledger(track.id) for track in session.tracks if track.id not in mixed]
    for ledger in ledgers:
        ledger.dropped("files", "the mix has no strip for this track; it is not in the project")
    return ledgers


def _bus_branch(bus: Bus, mix: Mix, strips: StripKind, ledgers: list[Ledger]) -> _Branch:
    ledger = Ledger(bus.id)
    ledgers.append(ledger)
    chain = strips.bus(bus, mix.sample_rate_hz, ledger)
    note_bus(bus, ledger)
    kind = "fx" if bus.kind is BusKind.FX else "group"
    return _Branch(Track(kind, bus.id, bus.id, volume=db_to_gain(bus.fader_db + chain.fader_db), fx=chain.fx))


def _track_branch(
    whole: TrackStrip,
    source: SessionTrack,
    folder: Path,
    mix: Mix,
    strips: StripKind,
    ledgers: list[Ledger],
) -> _Branch:
    ledger = Ledger(whole.id)
    ledgers.append(ledger)
    chain = strips.track(whole, mix.sample_rate_hz, ledger)
    strip = strips.outside(whole)
    note_track(strip, source, mix.sample_rate_hz, ledger)
    for file in source.files:
        if not holds(str(file.path)):
            ledger.dropped(
                "files",
                f"REAPER's format cannot hold the path {str(file.path)!r}: rename it without line breaks and "
                "without all three kinds of quotes, or link it by hand",
            )
    panning = to_reaper(strip.pan, source.channels)
    moves = settle(strip.automation.fader_db)
    level_db = chain.fader_db if moves else chain.fader_db + strip.fader_db
    track = Track(
        kind="track",
        id=strip.id,
        name=strip.id,
        channels=source.channels,
        start_samples=source.start_samples,
        volume=db_to_gain(level_db) * panning.gain,
        pan=panning.pan,
        law=panning.law,
        muted=strip.muted,
        inverted=strip.input.invert_polarity,
        fx=chain.fx,
        points=tuple(to_points(moves)),
        sends=tuple(sorted((bus, db_to_gain(level)) for bus, level in strip.sends.items())),
    )
    items = track_items(strip, source, mix.sample_rate_hz, folder)
    delay = whole_delay(strip.input.delay_ms, mix.sample_rate_hz)
    if len(items) < 2:
        return _Branch(replace(track, items=items, delay_samples=delay))
    sides = [
        _Branch(
            Track(
                "side",
                strip.id,
                f"{strip.id} {side}",
                channels=1,
                start_samples=source.start_samples,
                delay_samples=delay,
                pan=pan,
                items=(item,),
            )
        )
        for side, pan, item in zip("LR", (-1.0, 1.0), items, strict=False)
    ]
    return _Branch(track, sides)


def _flatten(branch: _Branch, closes: int) -> list[Track]:
    """The branch's tracks in order; the last one ends the folders around it."""
    if not branch.inside:
        return [replace(branch.track, closes=closes)]
    tracks = [replace(branch.track, opens=True)]
    last = len(branch.inside) - 1
    for index, inner in enumerate(branch.inside):
        tracks += _flatten(inner, closes + 1 if index == last else 0)
    return tracks


def _with_receives(tracks: list[Track]) -> list[Track]:
    arriving: dict[str, list[tuple[int, float]]] = {}
    for index, track in enumerate(tracks):
        for bus, gain in track.sends:
            arriving.setdefault(bus, []).append((index, gain))
    return [
        replace(track, receives=tuple(arriving.get(track.id, ()))) if track.kind == "fx" else track
        for track in tracks
    ]
