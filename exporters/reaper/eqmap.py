"""Between the console's equalizer and ReaEQ's bandwidths, and what a band that ReaEQ cannot hold is off by.

ReaEQ's own design as it has been measured once, from renders, by another project (not by this one):
bell: RBJ with alpha = sin w · sinh(ln 2/2 · bw · w/sin w);
shelf: RBJ with slope S = 1/max(bw, 0.915)²;
low-pass, high-pass: RBJ with q = 1/(2 sinh(ln 2/2 · bw)).
All of them are the console's own sections with another q, so a bandwidth stands for a q and the reverse.
"""

import math
from types import MappingProxyType

import numpy as np

from console.dsp.design import BAND_DESIGNS, BUTTERWORTH_QS, clamp_frequency, response_db
from console.mix import Band, BandType
from console.units import db_to_gain, gain_to_db
from exporters.neat import held, neat, neat_db
from exporters.reaper.reaeq import BANDWIDTH_OCTAVES, ReaEqBand, ReaEqType

#: Below this bandwidth ReaEQ's shelves get no steeper.
SHELF_FLOOR_OCTAVES = 0.915

_HALF_LN2 = math.log(2.0) / 2.0
_LOWEST, _WIDEST = BANDWIDTH_OCTAVES

BAND_TYPES: MappingProxyType[BandType, ReaEqType] = MappingProxyType(
    {
        BandType.LOW_SHELF: ReaEqType.LOW_SHELF,
        BandType.BELL: ReaEqType.BAND,
        BandType.HIGH_SHELF: ReaEqType.HIGH_SHELF,
    }
)
_BAND_TYPES_BACK = {int(theirs): ours for ours, theirs in BAND_TYPES.items()} | {
    int(ReaEqType.OLD_BAND): BandType.BELL
}


def _warp(frequency_hz: float, sample_rate_hz: float) -> float:
    """The factor w/sin w of the cookbook's bandwidth."""
    w = 2.0 * math.pi * clamp_frequency(frequency_hz, sample_rate_hz) / sample_rate_hz
    return w / math.sin(w)


def _shelf_lever(gain_db: float) -> float:
    a = math.pow(10.0, gain_db / 40.0)
    return a + 1.0 / a


def cut_bandwidth(q: float) -> float:
    """The bandwidth in octaves that gives ReaEQ's high-pass and low-pass this q."""
    return math.asinh(1.0 / (2.0 * q)) / _HALF_LN2


def bandwidth_of(band: Band, sample_rate_hz: float) -> float:
    """The bandwidth in octaves with which ReaEQ comes nearest to a band, inside what ReaEQ takes."""
    if band.type is BandType.BELL:
        octaves = cut_bandwidth(band.q) / _warp(band.frequency_hz, sample_rate_hz)
        return min(max(octaves, _LOWEST), _WIDEST)
    inverse_slope = 1.0 + (1.0 / band.q**2 - 2.0) / _shelf_lever(band.gain_db)
    return min(math.sqrt(max(inverse_slope, SHELF_FLOOR_OCTAVES**2)), _WIDEST)


def q_of(kind: BandType, frequency_hz: float, gain_db: float, octaves: float, sample_rate_hz: float) -> float:
    """The q of the console's section that equals a ReaEQ band; the inverse of `bandwidth_of`."""
    if kind is BandType.BELL:
        return 1.0 / (2.0 * math.sinh(_HALF_LN2 * octaves * _warp(frequency_hz, sample_rate_hz)))
    inverse_slope = max(octaves, SHELF_FLOOR_OCTAVES) ** 2
    return 1.0 / math.sqrt(_shelf_lever(gain_db) * (inverse_slope - 1.0) + 2.0)


def to_reaeq(band: Band, sample_rate_hz: float, *, enabled: bool) -> ReaEqBand:
    """The ReaEQ band for a band of the console. A frequency is held below Nyquist as the console holds it."""
    return ReaEqBand(
        type=BAND_TYPES[band.type],
        enabled=enabled,
        frequency_hz=clamp_frequency(band.frequency_hz, sample_rate_hz),
        gain=db_to_gain(band.gain_db),
        bandwidth_octaves=bandwidth_of(band, sample_rate_hz),
    )


def from_reaeq(band: ReaEqBand, sample_rate_hz: float) -> Band | None:
    """The console's band for a shelf or bell of ReaEQ, held to its ranges; None for every other type."""
    kind = _BAND_TYPES_BACK.get(band.type)
    if kind is None:
        return None
    gain_db = held("equalizer.gain_db", neat_db(gain_to_db(band.gain)))
    octaves = min(max(band.bandwidth_octaves, _LOWEST), _WIDEST)
    q = q_of(kind, max(band.frequency_hz, 1.0), gain_db, octaves, sample_rate_hz)
    frequency_hz = held("equalizer.frequency_hz", neat(band.frequency_hz))
    return Band(kind, frequency_hz, gain_db, held("equalizer.q", neat(q)))


def deviation_db(band: Band, sample_rate_hz: float) -> float:
    """The most that ReaEQ's response lies from the console's between 20 Hz and 20 kHz, in dB."""
    octaves = bandwidth_of(band, sample_rate_hz)
    q = q_of(band.type, band.frequency_hz, band.gain_db, octaves, sample_rate_hz)
    if math.isclose(q, band.q, rel_tol=1e-9):
        return 0.0
    top_hz = min(20000.0, 0.49 * sample_rate_hz)
    # A narrow bell peaks at its frequency, a steep shelf at up to 1.7 times it, either way.
    near_hz = np.clip(band.frequency_hz * np.geomspace(0.5, 2.0, 3000), 20.0, top_hz)
    frequencies_hz = np.concatenate([np.geomspace(20.0, top_hz, 100), near_hz])
    design = BAND_DESIGNS[band.type.value]
    ours = response_db(
        design(band.frequency_hz, band.gain_db, band.q, sample_rate_hz), frequencies_hz, sample_rate_hz
    )
    theirs = response_db(
        design(band.frequency_hz, band.gain_db, q, sample_rate_hz), frequencies_hz, sample_rate_hz
    )
    return float(np.max(np.abs(ours - theirs)))


def cut_bands(
    kind: ReaEqType, frequency_hz: float, slope_db_per_octave: int, sample_rate_hz: float, *, enabled: bool
) -> list[ReaEqBand]:
    """The ReaEQ bands of a Butterworth high-pass or low-pass: one for 12 dB per octave, two for 24."""
    held_hz = clamp_frequency(frequency_hz, sample_rate_hz)
    return [
        ReaEqBand(kind, enabled, held_hz, 1.0, cut_bandwidth(q)) for q in BUTTERWORTH_QS[slope_db_per_octave]
    ]
