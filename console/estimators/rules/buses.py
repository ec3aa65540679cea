"""Sub-groups by family, with a gentle compressor on the drums, and the master's."""

from collections.abc import Sequence

import numpy as np

from console.estimators.rules.parts import Array, Part
from console.estimators.target import Target
from console.frozen import FrozenMap
from console.mix import Bus, BusKind, Compressor, Master, Reason
from console.params import PARAMS

#: A family becomes a group from this many tracks on.
_LEAST_MEMBERS = 2
_BUS_RATIO = 2.0
#: Reduction less than this is not worth a compressor.
_LEAST_REDUCTION_DB = 0.5


def make_groups(parts: list[Part], target: Target) -> tuple[Bus, ...]:
    """Route families of tracks to groups; the groups."""
    families: dict[str, list[Part]] = {}
    for part in parts:
        name = part.track.group or part.profile.group
        if part.heard and name and not part.is_locked("output"):
            families.setdefault(name, []).append(part)
    buses = []
    for name in sorted(families):
        members = families[name]
        by_hand = any(part.track.group for part in members)
        if len(members) < _LEAST_MEMBERS and not by_hand:
            continue
        for part in members:
            part.set("output", f"One of the {len(members)} tracks of the group {name!r}.", {}, output=name)
        buses.append(_group(name, members, target))
    return tuple(buses)


def _group(name: str, members: Sequence[Part], target: Target) -> Bus:
    if name != "drums" or target.group_reduction_db <= 0.0:
        return Bus(name, BusKind.GROUP)
    compressor, reason = _glue(members, target.group_reduction_db, 30.0, 120.0, "the kit")
    reasons = (reason,) if compressor.enabled else ()
    return Bus(name, BusKind.GROUP, compressor=compressor, reasons=reasons)


def make_master(parts: list[Part], target: Target) -> Master:
    """The master with its bus compressor; the limiter stays off, the fader is set once the mix has been measured."""
    heard = [part for part in parts if part.heard]
    if len(heard) < _LEAST_MEMBERS or target.master_reduction_db <= 0.0:
        return Master()
    compressor, reason = _glue(heard, target.master_reduction_db, 30.0, 200.0, "the mix")
    return Master(compressor=compressor, reasons=(reason,) if compressor.enabled else ())


def predicted_peaks_db(parts: Sequence[Part]) -> Array:
    """Peak of the sum per hop in dBFS: powers add, and the sum's crest is that of its strongest part there."""
    hops = max(len(part.analysis.peak_db) for part in parts)
    power, strongest = np.zeros(hops), np.full(hops, -200.0)
    for part in parts:
        gain_db = part.strip.input.gain_db + part.strip.compressor.makeup_db + part.strip.fader_db
        gain_db -= 3.01 if part.track.channels == 1 and part.strip.pan == 0.0 else 0.0
        peaks = part.analysis.peak_db.astype(np.float64) + gain_db
        count = len(peaks)
        power[:count] += 10.0 ** (peaks / 10.0)
        strongest[:count] = np.maximum(strongest[:count], peaks)
    return np.asarray(10.0 * np.log10(np.maximum(power, 1e-20)))


def _glue(
    parts: Sequence[Part], reduction_db: float, attack_ms: float, release_ms: float, what: str
) -> tuple[Compressor, Reason]:
    peaks = predicted_peaks_db(parts)
    peaks = peaks[peaks > -60.0]
    if not peaks.size:
        return Compressor(), Reason("compressor", "")
    usual_db, loud_db = (float(value) for value in np.percentile(peaks, [50.0, 95.0]))
    reduction_db = min(reduction_db, 0.5 * (loud_db - usual_db))
    if reduction_db < _LEAST_REDUCTION_DB:
        return Compressor(), Reason("compressor", "")
    row = PARAMS["compressor.threshold_db"]
    threshold_db = row.quantise(row.clamp(loud_db - reduction_db * _BUS_RATIO / (_BUS_RATIO - 1.0)))
    text = (
        f"Holds {what} together: about {reduction_db:.1f} dB on peaks near {loud_db:.1f} dBFS at {_BUS_RATIO:g}:1, "
        f"slow enough ({attack_ms:g} ms) to let hits through."
    )
    figures = FrozenMap({"loud_peak_dbfs": round(loud_db, 2), "reduction_db": round(reduction_db, 2)})
    settings = Compressor(True, threshold_db, _BUS_RATIO, attack_ms, release_ms, 6.0, 0.0)
    return settings, Reason("compressor", text, figures)
