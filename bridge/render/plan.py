"""What a mix asks of a session: which tracks sound, which buses they feed, how long it all lasts."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bridge.render.settings import LONGEST_TAIL_S, RenderSettings
from console.errors import RenderError
from console.mix import Bus, BusKind, Delay, Mix, Reverb, TrackStrip
from console.mix.values import MASTER
from console.params import spec
from console.session.values import Session, SessionTrack
from console.units import db_to_gain

#: A send at the foot of its fader is off.
SEND_OFF_DB = spec("strip.send_db").low

_MINUS_60_DB = 1e-3


@dataclass(frozen=True, slots=True)
class PlannedTrack:
    """One sounding track; `sends` are (bus id, amplitude), in the order of the ids."""

    strip: TrackStrip
    track: SessionTrack
    sends: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that runs. All is in the order of ids, so that sums do not depend on how a mix is listed."""

    tracks: tuple[PlannedTrack, ...]
    muted: tuple[TrackStrip, ...]
    groups: tuple[Bus, ...]
    effects: tuple[Bus, ...]
    samples: int


def make_plan(session: Session, mix: Mix, settings: RenderSettings) -> Plan:
    """Match a mix with its session.

    Raises:
        RenderError: their sample rates differ, or an included track has no strip.
        SessionError: the mix has a track that the session lacks.
    """
    if mix.sample_rate_hz != session.sample_rate_hz:
        raise RenderError(
            f"the mix is for {mix.sample_rate_hz} Hz but session {session.name!r} is at "
            f"{session.sample_rate_hz} Hz; make the mix again for this session"
        )
    strips = {strip.id for strip in mix.tracks}
    for track in session.included:
        if track.id not in strips:
            raise RenderError(
                f"the mix has no strip for track {track.id!r}; make the mix again, or leave the track out"
            )
    tracks = tuple(
        PlannedTrack(strip, session.track(strip.id), _sends(strip))
        for strip in sorted(mix.tracks, key=lambda strip: strip.id)
        if not strip.muted
    )
    fed = {bus for planned in tracks for bus, _ in planned.sends} | {p.strip.output for p in tracks}
    buses = sorted((bus for bus in mix.buses if bus.id in fed), key=lambda bus: bus.id)
    effects = tuple(bus for bus in buses if bus.kind is BusKind.FX)
    wanted_s = settings.tail_s
    length_s = max((tail_s(bus) for bus in effects), default=0.0) if wanted_s is None else wanted_s
    return Plan(
        tracks=tracks,
        muted=tuple(strip for strip in mix.tracks if strip.muted),
        groups=tuple(bus for bus in buses if bus.kind is BusKind.GROUP),
        effects=effects,
        samples=max(session.samples + math.ceil(length_s * session.sample_rate_hz), settings.least_samples),
    )


def _sends(strip: TrackStrip) -> tuple[tuple[str, float], ...]:
    return tuple(
        (bus, db_to_gain(level_db)) for bus, level_db in sorted(strip.sends.items()) if level_db > SEND_OFF_DB
    )


def tail_s(bus: Bus) -> float:
    """Time in s that an FX bus sounds on after its input, to -60 dB; at most LONGEST_TAIL_S."""
    length_s = _reverb_tail_s(bus.reverb) if bus.reverb else 0.0
    length_s += _delay_tail_s(bus.delay) if bus.delay else 0.0
    return min(length_s, LONGEST_TAIL_S)


def _reverb_tail_s(reverb: Reverb) -> float:
    return reverb.decay_s + reverb.predelay_ms / 1000.0


def _delay_tail_s(delay: Delay) -> float:
    """The first echo and as many repeats as fall by 60 dB."""
    more = math.ceil(math.log(_MINUS_60_DB) / math.log(delay.feedback)) if delay.feedback > 0.0 else 0
    return delay.time_ms / 1000.0 * (1 + more)


def bus_key(mix: Mix, bus_id: str) -> str:
    """The key of a bus, or of "master", among taps and meters: its id, or "bus:id" where a track is called so."""
    return f"bus:{bus_id}" if any(track.id == bus_id for track in mix.tracks) else bus_id


def all_keys(mix: Mix) -> frozenset[str]:
    """Every key that a tap may have."""
    buses = {bus_key(mix, bus_id) for bus_id in (MASTER, *(bus.id for bus in mix.buses))}
    return frozenset(buses | {track.id for track in mix.tracks})
