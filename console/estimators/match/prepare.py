"""Where a match departs from, and which knobs it may turn."""

from collections.abc import Collection
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from console.analysis.values import SessionAnalysis
from console.estimators.match.digest import Digest
from console.estimators.match.knobs import Knobs, is_locked, make_knobs
from console.estimators.rules import estimate as estimate_by_rules
from console.estimators.rules.balance import required_audibility_db
from console.estimators.target import Target
from console.frozen import FrozenMap
from console.mix import Bus, BusKind, Mix, Reason, Reverb, blend, keep_locked
from console.mix.blend import GROUPS
from console.session import DRY_ROLES, Session

Array = NDArray[np.float64]

#: Tracks are kept this far above the target's floor, and fall no further than this below what their role is due.
_AUDIBLE_MARGIN_DB, _LESS_AUDIBLE_DB = 1.5, 4.0


def departure(
    session: Session,
    analysis: SessionAnalysis,
    target: Target,
    start: Mix,
    groups: Collection[str],
    seed: int,
) -> Mix:
    """The mix to descend from: `start` if an estimator made it, else what the rules say in the groups asked for."""
    if start.estimator != "none":
        return start
    proposed = estimate_by_rules(session, analysis, target, start, seed=seed)
    if set(groups) >= set(GROUPS):
        return proposed
    return keep_locked(start, blend(start, proposed, dict.fromkeys(groups, 1.0)))


def with_reverb(mix: Mix, groups: Collection[str]) -> Mix:
    """The mix with a reverb to send to, where it has none and sends may move."""
    if "sends" not in groups or any(bus.reverb for bus in mix.buses):
        return mix
    taken = {bus.id for bus in mix.buses} | {track.id for track in mix.tracks} | {"master"}
    name = next(
        name for name in ("reverb", "reverb bus", *(f"reverb {n}" for n in range(2, 99))) if name not in taken
    )
    text = "Gives the width and the space of the reference to tracks that have none of their own."
    bus = Bus(name, BusKind.FX, reverb=Reverb(), reasons=(Reason("reverb", text),))
    return replace(mix, buses=(*mix.buses, bus))


def without_idle_reverb(mix: Mix, start: Mix) -> Mix:
    """The mix without an FX bus that only `with_reverb` has added and that nothing feeds."""
    fed = {name for track in mix.tracks for name in track.sends}
    known = {bus.id for bus in start.buses}
    buses = tuple(bus for bus in mix.buses if bus.id in known or bus.id in fed)
    return replace(mix, buses=buses)


def free_knobs(session: Session, mix: Mix, digest: Digest, target: Target, groups: Collection[str]) -> Knobs:
    """The knobs that may move: what is not locked, in the groups asked for; leads and basses stay in the middle."""
    roles = {track.id: track.role for track in session.tracks}
    central = {
        strip.id
        for strip in mix.tracks
        if strip.id in digest.audio
        and len(digest.audio[strip.id]) == 1
        and target.role(roles[strip.id]).pan_width == 0.0
    }
    channels = {name: len(audio) for name, audio in digest.audio.items()}
    dry = {name for name in channels if roles[name] in DRY_ROLES}
    return make_knobs(mix, channels, groups, quiet=dry, central=central)


def least_audible(session: Session, knobs: Knobs, target: Target) -> Array:
    """What the audibility of each track is not to fall below on the target's account, in dB, (tracks,).

    All stay above the floor; one that matters stays near what the rules would give it, as leads, kicks and snares do.
    """
    roles = {track.id: track.role for track in session.tracks}
    wanted = [required_audibility_db(target.role(roles[name]), target) for name in knobs.tracks]
    floor_db = target.audible_floor_db + _AUDIBLE_MARGIN_DB
    return np.maximum(np.array(wanted) - _LESS_AUDIBLE_DB, floor_db)


def may_limit(mix: Mix, groups: Collection[str]) -> bool:
    """Whether the master's limiter may be set."""
    return "master" in groups and not is_locked(mix.master.locked, "limiter")


def may_compress(mix: Mix, groups: Collection[str]) -> bool:
    """Whether the master's compressor may be set."""
    return "master" in groups and not is_locked(mix.master.locked, "compressor")


def reverb_buses(mix: Mix) -> FrozenMap[Bus]:
    """The FX buses by their ids."""
    return FrozenMap({bus.id: bus for bus in mix.buses if bus.kind is BusKind.FX})
