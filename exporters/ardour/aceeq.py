"""The ACE EQ, which comes with Ardour, for the console's bands: nearest settings, what they are off by, and back.

Its laws, as measured from Ardour 7.3's renders: bells are the console's with q = 1/(2 sinh(ln 2/2 · bandwidth)),
0.1 … 4 octaves; shelves are the console's with q = √½ and their frequency moved by √A (A = 10^(gain/40)) on the
scale of tan(π f/fs), up for a low shelf and down for a high one, which the frequency written here undoes. It glides
to a gain and stops up to 0.05 dB short of it.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from console.dsp.design import BAND_DESIGNS, clamp_frequency, response_db
from console.mix import Band, BandType
from exporters.ardour.plugins import Insert
from exporters.neat import held, neat_single, neat_single_db

#: The ACE EQ stops this far from the gain that was asked for, in dB.
GAIN_SLACK_DB = 0.05

BANDWIDTHS = (0.1, 4.0)
FREQUENCIES_HZ = (20.0, 20000.0)
SHELF_Q = math.sqrt(0.5)

_HALF_LN2 = math.log(2.0) / 2.0
_BELLS = (1, 2, 3, 4)


def insert(bands: Sequence[Band], sample_rate_hz: float, label: str, *, enabled: bool) -> list[Insert]:
    """The plugin with these bands on and its others off; none where there are none."""
    values: dict[str, float] = {"enable": 1.0, "master": 0.0}
    values |= {f"filtog{name}": 0.0 for name in ("l", *_BELLS, "h")}
    bells = iter(_BELLS)
    for band in bands:
        if band.type is BandType.BELL:
            number = next(bells)
            values |= {
                f"filtog{number}": 1.0,
                f"freq{number}": clamp_frequency(band.frequency_hz, sample_rate_hz),
                f"g{number}": band.gain_db,
                f"bw{number}": octaves_of_q(band.q),
            }
        else:
            side = "l" if band.type is BandType.LOW_SHELF else "h"
            values |= {
                f"filtog{side}": 1.0,
                f"freq{side}": _shelf_knob_hz(band, sample_rate_hz),
                f"g{side}": band.gain_db,
            }
    return [Insert("ace_eq", label, values, enabled)] if bands else []


def bands_of(values: Mapping[str, float], sample_rate_hz: float) -> list[Band]:
    """The bands that are on, in the plugin's order."""
    bands = []
    if values.get("filtogl", 0.0) > 0.0 and "gl" in values:
        bands.append(_shelf(BandType.LOW_SHELF, values.get("freql", 160.0), values["gl"], sample_rate_hz))
    for number in _BELLS:
        if values.get(f"filtog{number}", 0.0) > 0.0 and f"g{number}" in values:
            octaves = min(max(values.get(f"bw{number}", 1.0), BANDWIDTHS[0]), BANDWIDTHS[1])
            bands.append(
                Band(
                    BandType.BELL,
                    held("equalizer.frequency_hz", neat_single(values.get(f"freq{number}", 1000.0))),
                    held("equalizer.gain_db", neat_single_db(values[f"g{number}"])),
                    held("equalizer.q", neat_single(q_of_octaves(octaves))),
                )
            )
    if values.get("filtogh", 0.0) > 0.0 and "gh" in values:
        bands.append(_shelf(BandType.HIGH_SHELF, values.get("freqh", 9000.0), values["gh"], sample_rate_hz))
    return bands


def deviation_db(band: Band, sample_rate_hz: float) -> float:
    """The most that the ACE EQ's band lies from the console's between 20 Hz and 20 kHz, in dB."""
    theirs = bands_of(insert([band], sample_rate_hz, "", enabled=True)[0].values, sample_rate_hz)[0]
    slack_db = GAIN_SLACK_DB if band.gain_db else 0.0
    same_q = math.isclose(theirs.q, band.q, rel_tol=1e-3)
    if same_q and math.isclose(theirs.frequency_hz, band.frequency_hz, rel_tol=1e-3):
        return slack_db
    top_hz = min(20000.0, 0.49 * sample_rate_hz)
    near_hz = np.clip(band.frequency_hz * np.geomspace(0.5, 2.0, 300), 20.0, top_hz)
    at_hz = np.concatenate([np.geomspace(20.0, top_hz, 100), near_hz])
    design = BAND_DESIGNS[band.type.value]
    q = SHELF_Q if band.type is not BandType.BELL else theirs.q
    ours_db = response_db(
        design(band.frequency_hz, band.gain_db, band.q, sample_rate_hz), at_hz, sample_rate_hz
    )
    theirs_db = response_db(
        design(theirs.frequency_hz, band.gain_db, q, sample_rate_hz), at_hz, sample_rate_hz
    )
    return float(np.max(np.abs(ours_db - theirs_db))) + slack_db


def octaves_of_q(q: float) -> float:
    """The bandwidth in octaves of a bell with this q, inside the knob's range."""
    return min(max(math.asinh(1.0 / (2.0 * q)) / _HALF_LN2, BANDWIDTHS[0]), BANDWIDTHS[1])


def q_of_octaves(octaves: float) -> float:
    """The q of a bell with this bandwidth."""
    return 1.0 / (2.0 * math.sinh(_HALF_LN2 * octaves))


def shelf_knob_hz(kind: BandType, frequency_hz: float, gain_db: float, sample_rate_hz: float) -> float:
    """Where the knob of a shelf stands that is the console's at this frequency in Hz; it may lie outside its range."""
    hz = clamp_frequency(frequency_hz, sample_rate_hz)
    return _moved(hz, 1.0 / _shift(kind, gain_db), sample_rate_hz)


def shelf_hz(kind: BandType, knob_hz: float, gain_db: float, sample_rate_hz: float) -> float:
    """The frequency in Hz of the console's shelf that a knob stands for; undoes `shelf_knob_hz`."""
    hz = clamp_frequency(max(knob_hz, 1.0), sample_rate_hz)
    return _moved(hz, _shift(kind, gain_db), sample_rate_hz)


def _moved(hz: float, factor: float, sample_rate_hz: float) -> float:
    """A frequency moved by a factor on the scale of tan(π f/fs)."""
    return math.atan(math.tan(math.pi * hz / sample_rate_hz) * factor) * sample_rate_hz / math.pi


def _shift(kind: BandType, gain_db: float) -> float:
    root = math.pow(10.0, gain_db / 80.0)
    return root if kind is BandType.LOW_SHELF else 1.0 / root


def _shelf_knob_hz(band: Band, sample_rate_hz: float) -> float:
    knob_hz = shelf_knob_hz(band.type, band.frequency_hz, band.gain_db, sample_rate_hz)
    return min(max(knob_hz, FREQUENCIES_HZ[0]), FREQUENCIES_HZ[1])


def _shelf(kind: BandType, knob_hz: float, gain_db: float, sample_rate_hz: float) -> Band:
    level_db = held("equalizer.gain_db", neat_single_db(gain_db))
    hz = shelf_hz(kind, knob_hz, level_db, sample_rate_hz)
    return Band(
        kind,
        held("equalizer.frequency_hz", neat_single(hz)),
        level_db,
        held("equalizer.q", neat_single(SHELF_Q)),
    )
