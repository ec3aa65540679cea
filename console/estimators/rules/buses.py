"""Sub-groups by family, with a gentle compressor on the drums, and the master's: measured on the loudest passages."""

from dataclasses import replace

import numpy as np

from console.analysis.values import SessionAnalysis
from console.dsp.bus import BusProcessor
from console.dsp.strip import StripProcessor
from console.estimators.rules.excerpts import Array, loud_passages, read_passage, set_threshold
from console.estimators.rules.parts import Part
from console.estimators.target import Target
from console.frozen import FrozenMap
from console.mix import Bus, BusKind, Compressor, Master, Reason
from console.words import number

#: A family becomes a group from this many tracks on.
_LEAST_MEMBERS = 2
#: The group that is compressed as a whole.
_GLUED = "drums"
_DRUM_GLUE = Compressor(True, ratio=2.0, attack_ms=30.0, release_ms=120.0, knee_db=6.0)
_MASTER_GLUE = Compressor(True, ratio=2.0, attack_ms=30.0, release_ms=200.0, knee_db=6.0)
#: Reduction less than this is not worth a compressor, in dB.
_LEAST_REDUCTION_DB = 0.5
_DEEPEST_DB = 24.0


def make_buses(
    parts: list[Part], analysis: SessionAnalysis, target: Target
) -> tuple[tuple[Bus, ...], Master]:
    """Route families of tracks to groups; the groups, and the master.

    The master's limiter stays off, and its fader is set once the finished mix has been measured.
    """
    families = _route(parts)
    starts = loud_passages(analysis.sum.momentary_lufs)
    rate = analysis.sum.sample_rate_hz
    sums = {name: [_sum(members, rate, start_s) for start_s in starts] for name, members in families.items()}
    buses = {name: Bus(name, BusKind.GROUP) for name in sorted(families) if name}
    if _GLUED in buses:
        compressor, reasons = _glue(sums[_GLUED], _DRUM_GLUE, target.group_reduction_db, rate, "kit")
        buses[_GLUED] = replace(buses[_GLUED], compressor=compressor, reasons=reasons)
    mixed = [np.zeros_like(passage) for passage in next(iter(sums.values()), [])]
    for name, passages in sums.items():
        for total, passage in zip(mixed, passages, strict=True):
            total += BusProcessor(buses[name], rate).process(passage) if name else passage
    if sum(len(members) for members in families.values()) < _LEAST_MEMBERS:
        return tuple(buses.values()), Master()
    compressor, reasons = _glue(mixed, _MASTER_GLUE, target.master_reduction_db, rate, "mix")
    return tuple(buses.values()), Master(compressor=compressor, reasons=reasons)


def _route(parts: list[Part]) -> dict[str, list[Part]]:
    """Set the output of every track; the tracks by the group that they go to, "" being the master."""
    taken = {part.track.id for part in parts}
    families: dict[str, list[Part]] = {}
    for part in parts:
        name = part.track.group or part.profile.group
        if part.heard and not part.is_locked("output"):
            families.setdefault(f"{name} group" if name in taken else name, []).append(part)
        elif part.heard:
            families.setdefault("", []).append(part)
    routed: dict[str, list[Part]] = {}
    for name, members in families.items():
        by_hand = any(part.track.group for part in members)
        if name and (by_hand or len(members) >= _LEAST_MEMBERS):
            for part in members:
                part.set(
                    "output", f"One of the {len(members)} tracks of the group {name!r}.", {}, output=name
                )
            routed[name] = members
        else:
            routed.setdefault("", []).extend(members)
    return routed


def _sum(members: list[Part], sample_rate_hz: int, start_s: float) -> Array:
    """What the tracks of a group sound like together in one passage, (2, samples)."""
    total: Array | None = None
    for part in members:
        running = StripProcessor(part.strip, sample_rate_hz, part.track.channels)
        audio = running.process(read_passage(part.track, sample_rate_hz, start_s, running.first_sample))
        total = audio if total is None else total + audio
    return np.zeros((2, 0)) if total is None else total


def _glue(
    passages: list[Array], settings: Compressor, wanted_db: float, sample_rate_hz: int, what: str
) -> tuple[Compressor, tuple[Reason, ...]]:
    """A bus's compressor and its reason; switched off where it would do next to nothing."""
    peak = max((float(np.abs(passage).max(initial=0.0)) for passage in passages), default=0.0)
    if wanted_db < _LEAST_REDUCTION_DB or peak <= 1e-6:
        return Compressor(), ()
    loud_db = 20.0 * float(np.log10(peak))
    bounds = (loud_db - _DEEPEST_DB, loud_db)
    settings, reached_db = set_threshold(passages, settings, wanted_db, bounds, sample_rate_hz)
    if reached_db < _LEAST_REDUCTION_DB:
        return Compressor(), ()
    text = (
        f"Holds the {what} together: at {number(settings.ratio)}:1 from {number(settings.threshold_db)} dBFS its "
        f"loudest passages, which peak at {number(loud_db)} dBFS, are reduced by {reached_db:.1f} dB or more for a "
        f"twentieth of the time; slow enough ({settings.attack_ms:g} ms) to let hits through."
    )
    figures = FrozenMap({"loud_peak_dbfs": round(loud_db, 2), "reduction_db": round(reached_db, 2)})
    return settings, (Reason("compressor", text, figures),)
