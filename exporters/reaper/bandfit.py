"""Fits the bands of any number of ReaEQs into the console's equalizer, and says what had no place."""

from collections.abc import Sequence
from itertools import groupby

from console.mix import Band, BandType
from console.params import EQUALIZER_BANDS
from console.words import number, signed
from exporters.neat import held, neat_db

_MOST = {BandType.LOW_SHELF: 1, BandType.BELL: EQUALIZER_BANDS - 2, BandType.HIGH_SHELF: 1}


def fit_bands(bands: Sequence[Band]) -> tuple[tuple[Band, ...], list[str]]:
    """The bands that the console's equalizer can hold, in their order, and a sentence for each that it cannot.

    Bands of one type, frequency and q are one band with the sum of their gains, which sounds the same. Of those that
    are still too many the ones with the least gain go.
    """
    left_out: list[str] = []
    merged = list(bands)
    for kind, most in _MOST.items():
        if sum(band.type is kind for band in merged) <= most:
            continue
        merged = _merge(merged, kind)
        own = sorted((band for band in merged if band.type is kind), key=lambda band: -abs(band.gain_db))
        for band in own[most:]:
            merged.remove(band)
            left_out.append(f"{_told(band)} was left out: the console has {most} of this kind")
    return tuple(merged), left_out


def _merge(bands: list[Band], kind: BandType) -> list[Band]:
    def knobs(band: Band) -> tuple[float, float]:
        return band.frequency_hz, band.q

    own = sorted((band for band in bands if band.type is kind), key=knobs)
    sums = {
        key: held("equalizer.gain_db", neat_db(sum(band.gain_db for band in group)))
        for key, group in groupby(own, key=knobs)
    }
    kept: list[Band] = []
    for band in bands:
        if band.type is not kind:
            kept.append(band)
        elif knobs(band) in sums:
            kept.append(Band(kind, band.frequency_hz, sums.pop(knobs(band)), band.q))
    return kept


def _told(band: Band) -> str:
    name = band.type.value.replace("_", " ")
    return (
        f"a {name} of {signed(band.gain_db)} dB at {number(band.frequency_hz, 0)} Hz, q {number(band.q, 2)},"
    )
