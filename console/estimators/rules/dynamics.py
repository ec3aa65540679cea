"""Dynamics: compression from how far the loud moments stand above the usual ones, gates where bleed is the rest."""

from dataclasses import replace

import numpy as np

from console.estimators.rules.excerpts import lost_loudness_db, set_threshold, track_passages
from console.estimators.rules.parts import Part
from console.mix import Compressor, Gate
from console.params import PARAMS
from console.words import number

#: Spread beyond the role's own at which the compressor works as hard as the role allows, in dB.
_FULL_SPREAD_DB = 6.0
#: Local peaks this far below the loudest are bleed or dying notes.
_BLEED_DB = 20.0
#: Less reduction than this is not worth a compressor.
_LEAST_REDUCTION_DB = 1.0
#: The threshold goes no further below the soft notes than this, in dB.
_BELOW_SOFT_DB = 6.0
#: Share of the wanted reduction that is good enough to keep a slow attack.
_ENOUGH = 0.6
#: Rise of a transient in dB at which the attack is the slowest, so that it comes through.
_SHARP_RISE_DB = (6.0, 24.0)
#: Share of the time between two transients in which the gain has come back by 63 %.
_RELEASE_SHARE = 0.4
#: Gates: how far hits stand above the rest, peak over 10 ms level, and what is taken off in between.
_GATE_SPREAD_DB = 20.0
_PEAK_OVER_LEVEL_DB = 6.0
_GATE_RANGE_DB = -12.0


def tame_dynamics(part: Part) -> None:
    """Set gate and compressor of one track."""
    if part.profile.gate and not part.is_locked("gate"):
        _set_gate(part)
    if part.profile.gain_reduction_db > 0.0 and not part.is_locked("compressor"):
        _set_compressor(part)


def _share(value: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, (value - low) / (high - low)))


def _between(ends: tuple[float, float], share: float) -> float:
    return float(ends[0] * (ends[1] / ends[0]) ** share)


def peak_spread_db(part: Part) -> tuple[float, float]:
    """Loud peaks in dBFS, and how far they stand above soft ones, in dB.

    Of the local maxima of the peaks over time (hits, syllables, notes) within 20 dB of the loudest, the 90th and
    the 25th percentile: what dies away between hits is no soft note, and bleed is no note at all.
    """
    peaks = part.peak_db
    padded = np.pad(peaks, 1, mode="edge")
    tops = peaks[(peaks >= padded[:-2]) & (peaks >= padded[2:])]
    tops = tops[tops > tops.max(initial=-200.0) - _BLEED_DB] if tops.size else peaks
    soft, loud = np.percentile(tops, [25.0, 90.0])
    return float(loud), float(loud - soft)


def _set_compressor(part: Part) -> None:
    profile, measured, rate = part.profile, part.analysis, part.analysis.sample_rate_hz
    loud_db, spread_db = peak_spread_db(part)
    work = _share(spread_db, profile.spread_db, profile.spread_db + _FULL_SPREAD_DB)
    wanted_db = profile.gain_reduction_db * work
    if wanted_db < _LEAST_REDUCTION_DB:
        return
    passages = track_passages(part.track, measured, part.strip)
    sharpness = _share(measured.transient_rise_db, *_SHARP_RISE_DB)
    period_ms = 1000.0 / max(measured.transients_per_s, 0.5)
    release_ms = min(max(_RELEASE_SHARE * period_ms, profile.release_ms[0]), profile.release_ms[1])
    settings = Compressor(
        enabled=True,
        ratio=PARAMS["compressor.ratio"].quantise(_between(profile.ratio, work)),
        attack_ms=PARAMS["compressor.attack_ms"].quantise(_between(profile.attack_ms, sharpness)),
        release_ms=PARAMS["compressor.release_ms"].quantise(release_ms),
        knee_db=profile.knee_db,
    )
    bounds = (loud_db - spread_db - _BELOW_SOFT_DB, loud_db)
    settings, reached_db = set_threshold(passages, settings, wanted_db, bounds, rate)
    if reached_db < _ENOUGH * wanted_db and settings.attack_ms > profile.attack_ms[0]:
        # Hits too short for a slow attack: the fastest that the role allows.
        settings = replace(settings, attack_ms=profile.attack_ms[0])
        settings, reached_db = set_threshold(passages, settings, wanted_db, bounds, rate)
    if reached_db < _LEAST_REDUCTION_DB:
        return
    lost_db = lost_loudness_db(passages, settings, rate)
    settings = replace(settings, makeup_db=PARAMS["compressor.makeup_db"].quantise(lost_db))
    text = (
        f"Loud notes peak at {number(loud_db)} dBFS, {spread_db:.1f} dB above soft ones ({profile.spread_db:g} dB "
        f"would need no help). At {number(settings.ratio)}:1 from {number(settings.threshold_db)} dBFS its loudest "
        f"passages are reduced by {reached_db:.1f} dB or more for a twentieth of the time. "
        f"Attack {settings.attack_ms:g} ms for transients that rise by "
        f"{measured.transient_rise_db:.0f} dB, release {settings.release_ms:g} ms for "
        f"{measured.transients_per_s:.1f} of them a second; make-up gives back the {lost_db:.1f} LU that this takes."
    )
    figures = {
        "loud_peak_dbfs": loud_db,
        "spread_db": spread_db,
        "reduction_db": reached_db,
        "lost_lu": lost_db,
        "transient_rise_db": measured.transient_rise_db,
        "transients_per_s": measured.transients_per_s,
    }
    part.set("compressor", text, figures, compressor=settings)


def _set_gate(part: Part) -> None:
    histogram = part.analysis.level_histogram.astype(np.float64)
    total = histogram.sum()
    if total <= 0.0:
        return
    levels = np.linspace(-99.5, -0.5, len(histogram))
    cumulative = np.cumsum(histogram) / total
    rest_db = float(np.interp(0.5, cumulative, levels)) + part.strip.input.gain_db
    hits_db = float(np.interp(0.99, cumulative, levels)) + part.strip.input.gain_db
    if hits_db - rest_db < _GATE_SPREAD_DB or rest_db < -75.0:
        return
    threshold = PARAMS["gate.threshold_db"].quantise(0.5 * (hits_db + rest_db) + _PEAK_OVER_LEVEL_DB)
    text = (
        f"Hits reach {number(hits_db, 0)} dBFS, half of the time there is only bleed at {number(rest_db, 0)} dBFS or "
        f"less; below {number(threshold)} dBFS the bleed is lowered by up to {-_GATE_RANGE_DB:.0f} dB, not cut off."
    )
    settings = Gate(True, threshold, _GATE_RANGE_DB, 4.0, 1.0, 100.0, 250.0)
    part.set("gate", text, {"hits_dbfs": hits_db, "bleed_dbfs": rest_db}, gate=settings)
