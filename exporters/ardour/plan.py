"""What every route of an Ardour session holds, decided before a line is written: order, names, levels, regions."""

from dataclasses import dataclass, replace

from console.mix import Bus, BusKind, Mix, TrackStrip
from console.mix.values import MASTER
from console.session import Session, SessionTrack
from console.units import db_to_gain, gain_to_db
from exporters.ardour.chain import Chain, bus_chain, master_chain, track_chain
from exporters.ardour.choices import Choices
from exporters.ardour.panlaw import MIDDLE, Panning, to_ardour
from exporters.ardour.plugins import Insert
from exporters.ardour.regions import Region, track_regions, trim_and_rest_db, whole_delay
from exporters.ardour.space import level_db
from exporters.ardour.stripnotes import note_bus, note_track
from exporters.ardour.text import route_names
from exporters.ardour.times import whole_ticks
from exporters.belonging import session_tracks
from exporters.moves import CHORD_DEVIATION_DB, settle, to_points
from exporters.report import Ledger

#: Ardour's fader moves end at this gain, +6 dB.
HIGHEST_MOVE = 2.0

MASTER_NAME = "Master"


@dataclass(frozen=True, slots=True)
class Route:
    """One route of the session.

    kind: "track", "group", "fx" or "master"; id: its strip or bus, name: what Ardour shows.
    delay_samples: what of its regions' places is the strip's delay.
    points: (seconds, linear gain) of the fader's moves. sends: (id of the FX bus, linear gain).
    """

    kind: str
    id: str
    name: str
    channels: int = 2
    start_samples: int = 0
    delay_samples: int = 0
    fader: float = 1.0
    trim: float = 1.0
    panning: Panning = MIDDLE
    muted: bool = False
    inverted: bool = False
    output: str = MASTER
    inserts: tuple[Insert, ...] = ()
    points: tuple[tuple[float, float], ...] = ()
    sends: tuple[tuple[str, float], ...] = ()
    regions: tuple[Region, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """The routes in the order of the session, the master's first, and the notes of every strip."""

    routes: tuple[Route, ...]
    ledgers: tuple[Ledger, ...]
    end_samples: int = 0


def make_plan(mix: Mix, session: Session, choices: Choices) -> Plan:
    """Everything that the session says.

    Raises:
        ExportError: the mix and the session do not belong together.
    """
    known = session_tracks(mix, session)
    ledgers = left_out(mix, session)
    strips: list[tuple[Route, Ledger]] = []
    for strip in mix.tracks:
        route = _track(strip, known[strip.id], choices, mix.sample_rate_hz, ledgers)
        strips.append((route, ledgers[-1]))
    for bus in mix.buses:
        strips.append((bus_route(bus, choices, mix.sample_rate_hz, ledgers), ledgers[-1]))
    # FX buses last: a mixer shows the returns at its right end.
    strips.sort(key=lambda pair: ("track", "group", "fx").index(pair[0].kind))
    routes = []
    for (route, ledger), name in zip(strips, route_names(route.id for route, _ in strips), strict=True):
        if name != route.id:
            ledger.approximated("id", f"Ardour shows it as {name!r}")
        routes.append(replace(route, name=name))
    master = master_route(mix, choices, ledgers)
    regions = [region for route in routes for region in route.regions]
    end = max((region.position + region.length for region in regions), default=0)
    return Plan((master, *routes), tuple(ledgers), end)


def left_out(mix: Mix, session: Session) -> list[Ledger]:
    """A note for every track of the session that the mix says nothing of."""
    mixed = {strip.id for strip in mix.tracks}
    ledgers = [Ledger(track.id) for track in session.tracks if track.id not in mixed]
    for ledger in ledgers:
        ledger.dropped("files", "the mix has no strip for this track; it is not in the session")
    return ledgers


def master_route(mix: Mix, choices: Choices, ledgers: list[Ledger]) -> Route:
    """The master bus."""
    ledger = Ledger(MASTER)
    ledgers.append(ledger)
    chain = master_chain(mix.master, choices, mix.sample_rate_hz, ledger)
    ledger.exact("fader_db", "the master's fader")
    gain = db_to_gain(mix.master.fader_db + chain.fader_db)
    return Route("master", MASTER, MASTER_NAME, fader=gain, inserts=chain.inserts)


def bus_route(bus: Bus, choices: Choices, sample_rate_hz: int, ledgers: list[Ledger]) -> Route:
    """A group or an FX bus. What the ACE Reverb gives too little stands at the bus's input trim."""
    ledger = Ledger(bus.id)
    ledgers.append(ledger)
    chain = bus_chain(bus, choices, sample_rate_hz, ledger)
    note_bus(bus, ledger)
    return Route(
        kind="fx" if bus.kind is BusKind.FX else "group",
        id=bus.id,
        name=bus.id,
        fader=db_to_gain(bus.fader_db + chain.fader_db),
        trim=db_to_gain(level_db(bus.reverb)) if bus.reverb is not None else 1.0,
        inserts=chain.inserts,
    )


def fader_of(
    strip: TrackStrip, chain: Chain, panning: Panning
) -> tuple[float, tuple[tuple[float, float], ...]]:
    """The fader's linear gain, and its moves where it has some: what chain and panner ask of it is in both."""
    own = db_to_gain(chain.fader_db) * panning.gain
    # Of points on one tick the last stays.
    moves = {
        whole_ticks(time_s): min(gain * own, HIGHEST_MOVE)
        for time_s, gain in to_points(settle(strip.automation.fader_db))
    }
    points = tuple(moves.items())
    return points[0][1] if points else db_to_gain(strip.fader_db) * own, points


def _track(
    strip: TrackStrip, source: SessionTrack, choices: Choices, sample_rate_hz: int, ledgers: list[Ledger]
) -> Route:
    ledger = Ledger(strip.id)
    ledgers.append(ledger)
    chain = track_chain(strip, source.channels, choices, sample_rate_hz, ledger)
    panning = to_ardour(strip.pan, source.channels)
    fader, points = fader_of(strip, chain, panning)
    trim_db, rest_db = trim_and_rest_db(strip.input.gain_db)
    note_track(strip, source, sample_rate_hz, ledger)
    if strip.automation.fader_db:
        top_db = max(level for _, level in strip.automation.fader_db) + chain.fader_db
        note_moves(ledger, top_db)
    return Route(
        kind="track",
        id=strip.id,
        name=strip.id,
        channels=source.channels,
        start_samples=source.start_samples,
        delay_samples=whole_delay(strip.input.delay_ms, sample_rate_hz),
        fader=fader,
        trim=db_to_gain(trim_db),
        panning=panning,
        muted=strip.muted,
        inverted=strip.input.invert_polarity,
        output=strip.output,
        inserts=chain.inserts,
        points=points,
        sends=tuple(sorted((bus, db_to_gain(level)) for bus, level in strip.sends.items())),
        regions=track_regions(strip, source, sample_rate_hz, db_to_gain(rest_db)),
    )


def note_moves(ledger: Ledger, top_db: float) -> None:
    """Note what becomes of a fader's moves whose highest level is `top_db`."""
    if db_to_gain(top_db) > HIGHEST_MOVE:
        over_db = top_db - gain_to_db(HIGHEST_MOVE)
        ledger.approximated("automation.fader_db", "Ardour's fader moves end at +6.02 dB", over_db, "dB")
    else:
        ledger.approximated(
            "automation.fader_db",
            "a point every half decibel, which Ardour joins by its own curve",
            CHORD_DEVIATION_DB,
            "dB",
        )
