"""Gives equalizers the bands that they lack, for a last descent, and takes away those that came to nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from console.estimators.recover.descent import Problem, Strips
from console.estimators.recover.knobs import is_locked
from console.mix import Band, BandType, Equalizer, TrackStrip

_BELLS_HZ = (150.0, 500.0, 1500.0, 5000.0)
_SHELVES = {BandType.LOW_SHELF: 120.0, BandType.HIGH_SHELF: 6000.0}
#: A band by less than this, in dB, is none.
_NOTHING_DB = 0.15
#: A width this near to 1 is none.
_NO_WIDTH = 0.003


def filled(problem: Problem, strips: Strips) -> Strips:
    """Every heard strip with all six bands; new ones stand at 0 dB, where the others are not."""
    return tuple(
        strip
        if strip.muted or is_locked("equalizer", locked)
        else _filled(strip, problem.material.sample_rate_hz)
        for strip, locked in zip(strips, problem.locked, strict=True)
    )


def _filled(strip: TrackStrip, rate_hz: int) -> TrackStrip:
    bands = list(strip.equalizer.bands) if strip.equalizer.enabled else []
    kinds = [band.type for band in bands]
    for kind, frequency_hz in _SHELVES.items():
        if kind not in kinds:
            bands.append(Band(kind, min(frequency_hz, 0.4 * rate_hz), 0.0, 0.71))
    while sum(band.type is BandType.BELL for band in bands) < len(_BELLS_HZ):
        taken = np.log2([band.frequency_hz for band in bands])
        free = max(_BELLS_HZ, key=lambda hz: float(np.abs(taken - np.log2(hz)).min()))
        bands.append(Band(BandType.BELL, min(free, 0.4 * rate_hz), 0.0, 0.9))
    return replace(strip, equalizer=Equalizer(True, tuple(bands)))


def tidied(strips: Strips) -> Strips:
    """Strips without bands that change next to nothing, equalizers without bands, and widths of next to 1."""
    return tuple(_tidied(strip) for strip in strips)


def _tidied(strip: TrackStrip) -> TrackStrip:
    if abs(strip.width - 1.0) < _NO_WIDTH and not {"all", "width"} & set(strip.locked):
        strip = replace(strip, width=1.0)
    if {"all", "equalizer"} & set(strip.locked) or not strip.equalizer.enabled:
        return strip
    bands = tuple(band for band in strip.equalizer.bands if abs(band.gain_db) >= _NOTHING_DB)
    return replace(strip, equalizer=Equalizer(bool(bands), bands))
