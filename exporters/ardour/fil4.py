"""The x42 equalizer "fil4" for the console's bands: which it can hold, exactly, and with which settings.

Its laws, as measured through Ardour 7.3 with x42-plugins 20221119 (0.002 dB): a bell is the console's with
alpha/A = 7 · bandwidth · f/fs / A, so bandwidth = sin w / (14 q f/fs); a shelf is the console's with
q = 0.2129 + bandwidth/2.25, at least 0.25. Its gains reach ±18 dB. Its own cuts are no Butterworth filters.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from console.dsp.design import clamp_frequency
from console.mix import Band, BandType
from exporters.ardour.plugins import Insert
from exporters.neat import held, neat_single, neat_single_db

BANDWIDTHS = (0.0625, 4.0)
#: What six digits may have rounded away from a bandwidth at its limit.
_NEARLY = 1.0 - 1e-5

_SHELF_BASE, _SHELF_SHARE, _SHELF_LOWEST = 0.2129, 2.25, 0.25


@dataclass(frozen=True, slots=True)
class Section:
    """One section: its shape, the frequencies in Hz that its knob reaches, and the symbols of its four ports."""

    type: BandType
    low_hz: float
    high_hz: float
    switch: str
    frequency: str
    bandwidth: str
    gain: str

    def reaches(self, frequency_hz: float) -> bool:
        """Whether the knob goes there."""
        return self.low_hz <= frequency_hz <= self.high_hz


SECTIONS = (
    Section(BandType.LOW_SHELF, 25.0, 400.0, "LSsec", "LSfreq", "LSq", "LSgain"),
    Section(BandType.BELL, 20.0, 2000.0, "sec1", "freq1", "q1", "gain1"),
    Section(BandType.BELL, 40.0, 4000.0, "sec2", "freq2", "q2", "gain2"),
    Section(BandType.BELL, 100.0, 10000.0, "sec3", "freq3", "q3", "gain3"),
    Section(BandType.BELL, 200.0, 20000.0, "sec4", "freq4", "q4", "gain4"),
    Section(BandType.HIGH_SHELF, 1000.0, 16000.0, "HSsec", "HSfreq", "HSq", "HSgain"),
)


def share_out(bands: Sequence[Band], sample_rate_hz: float) -> tuple[dict[Section, Band], list[Band]]:
    """The bands that fil4 can hold, by section, and those that it cannot, in order."""
    placed: dict[Section, Band] = {}
    # From the lowest up, each into the first free section that reaches it: the sections' ranges rise alike.
    for band in sorted(bands, key=lambda band: band.frequency_hz):
        hz = clamp_frequency(band.frequency_hz, sample_rate_hz)
        octaves = _bandwidth(band, sample_rate_hz)
        if not BANDWIDTHS[0] * _NEARLY <= octaves <= BANDWIDTHS[1] / _NEARLY:
            continue
        for section in SECTIONS:
            if section.type is band.type and section not in placed and section.reaches(hz):
                placed[section] = band
                break
    kept = {id(band) for band in placed.values()}
    return placed, [band for band in bands if id(band) not in kept]


def insert(
    placed: Mapping[Section, Band], sample_rate_hz: float, label: str, *, enabled: bool
) -> list[Insert]:
    """The plugin with these sections on and the others off; none where there are none."""
    values: dict[str, float] = {"enable": 1.0, "gain": 0.0, "HighPass": 0.0, "LowPass": 0.0}
    for section in SECTIONS:
        band = placed.get(section)
        values[section.switch] = float(band is not None)
        if band is not None:
            values |= {
                section.frequency: clamp_frequency(band.frequency_hz, sample_rate_hz),
                section.bandwidth: min(max(_bandwidth(band, sample_rate_hz), BANDWIDTHS[0]), BANDWIDTHS[1]),
                section.gain: band.gain_db,
            }
    return [Insert("fil4", label, values, enabled)] if placed else []


def bands_of(values: Mapping[str, float], sample_rate_hz: float) -> list[Band]:
    """The bands of the sections that are on, in the plugin's order."""
    return [
        _band(section, values, sample_rate_hz)
        for section in SECTIONS
        if values.get(section.switch, 0.0) > 0.0 and section.frequency in values
    ]


def bandwidth_of_q(kind: BandType, frequency_hz: float, q: float, sample_rate_hz: float) -> float:
    """Where the bandwidth's knob stands for a band; it may lie outside its range."""
    if kind is not BandType.BELL:
        return (q - _SHELF_BASE) * _SHELF_SHARE
    return _bell_share(frequency_hz, sample_rate_hz) / q


def q_of_bandwidth(kind: BandType, frequency_hz: float, bandwidth: float, sample_rate_hz: float) -> float:
    """The q that a bandwidth stands for; undoes `bandwidth_of_q`."""
    if kind is not BandType.BELL:
        return max(_SHELF_BASE + bandwidth / _SHELF_SHARE, _SHELF_LOWEST)
    return _bell_share(frequency_hz, sample_rate_hz) / bandwidth


def _bell_share(frequency_hz: float, sample_rate_hz: float) -> float:
    share = clamp_frequency(frequency_hz, sample_rate_hz) / sample_rate_hz
    return math.sin(2.0 * math.pi * share) / (14.0 * share)


def _bandwidth(band: Band, sample_rate_hz: float) -> float:
    return bandwidth_of_q(band.type, band.frequency_hz, band.q, sample_rate_hz)


def _band(section: Section, values: Mapping[str, float], sample_rate_hz: float) -> Band:
    hz = min(max(values[section.frequency], section.low_hz), section.high_hz)
    octaves = min(max(values.get(section.bandwidth, 1.0), BANDWIDTHS[0]), BANDWIDTHS[1])
    q = q_of_bandwidth(section.type, hz, octaves, sample_rate_hz)
    return Band(
        section.type,
        held("equalizer.frequency_hz", neat_single(hz)),
        held("equalizer.gain_db", neat_single_db(values.get(section.gain, 0.0))),
        held("equalizer.q", neat_single(q)),
    )
