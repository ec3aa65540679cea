"""Tone: what stands out of the role's usual sound, resonances, and what hides a more important track."""

import numpy as np

from console.analysis.masking import masking
from console.analysis.values import BARK_BANDS, BARK_EDGES_HZ
from console.estimators.rules.parts import K_WEIGHT, Part
from console.estimators.target import ToneZone
from console.mix import Band, BandType
from console.words import signed

#: Share of a deviation that is corrected: the character of the sound stays.
_SHARE = 0.5
#: A region that lies this far below what is usual holds nothing that a boost could bring up but noise.
_NOTHING_TO_LIFT_DB = 12.0
#: A peak of a 1/6-octave band over its surroundings that counts as a resonance, and how it is cut.
_RESONANCE_DB = 8.0
_RESONANCE_CUT = 0.35
_MOST_RESONANCE_CUT_DB = 3.5
_RESONANCE_HZ = (160.0, 6000.0)
_ABOVE_STRONGEST = 1.5
_STEADY_DB = 3.0
#: Unmasking: what has to be hidden, how often, and by how much the masker yields.
_MASKED_DB = 6.0
_MASKED_TIME = 0.25
_MOST_UNMASK_CUT_DB = 3.0
_IMPORTANCE_STEP = 0.2
#: A region so far under a track's loudest one is not worth a cut in another: a kick does not live at 5 kHz.
_FOREIGN_DB = 18.0


def shape_tone(part: Part) -> None:
    """Bring what stands out of the role's usual tone half-way back."""
    for zone in part.profile.zones:
        _correct_zone(part, zone)
    if part.profile.resonances:
        _cut_resonance(part)


def _zone_level(part: Part, range_hz: tuple[float, float]) -> float:
    hz, level = part.analysis.spectrum_hz, part.analysis.spectrum_db
    chosen = level[(hz >= range_hz[0]) & (hz <= range_hz[1])]
    return float(chosen.mean()) if chosen.size else -200.0


def _correct_zone(part: Part, zone: ToneZone) -> None:
    if zone.frequency_hz > 0.45 * part.analysis.sample_rate_hz:
        return
    inside, reference = _zone_level(part, zone.zone_hz), _zone_level(part, zone.reference_hz)
    if reference < -110.0 or inside < -110.0:
        return
    level_db = inside - reference
    low, high = zone.expected_db
    if level_db > high:
        wanted_db, most_db = _SHARE * (high - level_db), zone.most_cut_db
        relation = f"{level_db - high:.1f} dB more than is usual for {part.phrase}"
    elif low - _NOTHING_TO_LIFT_DB < level_db < low:
        wanted_db, most_db = _SHARE * (low - level_db), zone.most_boost_db
        relation = f"{low - level_db:.1f} dB less than is usual for {part.phrase}"
    else:
        return
    gain_db = min(max(wanted_db, -most_db), most_db)
    share = (
        "half of that is corrected" if gain_db == wanted_db else "corrected by as much as keeps its character"
    )
    text = (
        f"{zone.name.capitalize()}: {zone.zone_hz[0]:g}–{zone.zone_hz[1]:g} Hz lies {signed(level_db)} dB against "
        f"{zone.reference_hz[0]:g}–{zone.reference_hz[1]:g} Hz, {relation}; {share}, {signed(gain_db)} dB."
    )
    part.add_band(Band(zone.type, zone.frequency_hz, gain_db, zone.q), text, {"level_db": level_db})


def _cut_resonance(part: Part) -> None:
    """Cut the one 1/6-octave band that stands out most over the octave around it."""
    hz, level = part.analysis.spectrum_hz.astype(np.float64), part.analysis.spectrum_db.astype(np.float64)
    best, excess = -1, 0.0
    strongest_hz = float(hz[int(np.argmax(level))])
    lowest_hz = max(_RESONANCE_HZ[0], _ABOVE_STRONGEST * strongest_hz)
    for index in np.flatnonzero((hz >= lowest_hz) & (hz <= _RESONANCE_HZ[1])):
        around = np.abs(np.log2(hz / hz[index]))
        neighbours = level[(around < 0.6) & (around > 0.2)]
        if neighbours.size and level[index] > -100.0:
            stands_out = float(level[index] - np.mean(neighbours))
            if stands_out > excess:
                best, excess = int(index), stands_out
    if excess < _RESONANCE_DB or _steadiness_db(part, float(hz[best])) < _STEADY_DB:
        return
    gain_db = -min(_RESONANCE_CUT * (excess - 0.5 * _RESONANCE_DB), _MOST_RESONANCE_CUT_DB)
    text = (
        f"A resonance at {hz[best]:.0f} Hz stands {excess:.1f} dB above the octave around it; eased by "
        f"{-gain_db:.1f} dB, narrow, so that the note stays."
    )
    part.add_band(Band(BandType.BELL, float(hz[best]), gain_db, 4.0), text, {"excess_db": excess})


def _steadiness_db(part: Part, frequency_hz: float) -> float:
    """How far the critical band around a frequency stands over its neighbours nine tenths of the playing time.

    A resonance is there whatever is played; a note comes and goes.
    """
    band = min(max(int(np.searchsorted(BARK_EDGES_HZ, frequency_hz)) - 1, 1), BARK_BANDS - 2)
    levels = part.analysis.bark_db[part.analysis.active]
    if not len(levels):
        return 0.0
    over = levels[:, band] - 0.5 * (levels[:, band - 1] + levels[:, band + 1])
    return float(np.percentile(over, 10.0))


def _yields_already(part: Part, frequency_hz: float) -> bool:
    """Whether the equalizer has a cut within half an octave."""
    bands = part.strip.equalizer.bands
    return any(band.gain_db < 0.0 and abs(np.log2(band.frequency_hz / frequency_hz)) < 0.5 for band in bands)


def _lives_there(part: Part, high_hz: float) -> bool:
    """Whether the critical band that ends at this frequency carries much of the track, as it is heard."""
    mean = part.power[part.playing].mean(axis=0) * K_WEIGHT
    return bool(mean[BARK_EDGES_HZ.index(high_hz) - 1] > mean.max() * 10.0 ** (-_FOREIGN_DB / 10.0))


def unmask(parts: list[Part]) -> None:
    """Where a track hides a more important one, it yields in that region: one cut a track, the worst case first.

    Args:
        parts: tracks with faders set.
    """
    heard = {part.track.id: part for part in parts if part.heard}
    levels = {}
    for name, part in heard.items():
        levels[name] = 10.0 * np.log10(np.maximum(part.power, 1e-16)) + part.strip.fader_db
    found = masking(levels, {name: part.playing for name, part in heard.items()})  # type: ignore[arg-type]
    yielded: set[str] = set()
    for pair in found.pairs:
        masked, masker = heard[pair.masked], heard[pair.masker]
        gap = masked.profile.importance - masker.profile.importance
        centre_hz = float(np.sqrt(max(pair.low_hz, 60.0) * pair.high_hz))
        if (
            pair.masker in yielded
            or gap < _IMPORTANCE_STEP
            or pair.amount_db < _MASKED_DB
            or pair.time_share < _MASKED_TIME
            or not _lives_there(masked, pair.high_hz)
            or _yields_already(masker, centre_hz)
        ):
            continue
        gain_db = -min(0.3 * pair.amount_db, _MOST_UNMASK_CUT_DB)
        region = (
            f"at {pair.low_hz:.0f}–{pair.high_hz:.0f} Hz" if pair.low_hz else f"below {pair.high_hz:.0f} Hz"
        )
        text = (
            f"Hides {pair.masked!r} by {pair.amount_db:.1f} dB {region} while that sounds "
            f"({100.0 * pair.time_share:.0f} % of its time together); {pair.masked!r} matters more, so this one "
            f"yields {-gain_db:.1f} dB there."
        )
        figures = {"hides_db": pair.amount_db, "time_share": pair.time_share}
        if masker.add_band(Band(BandType.BELL, centre_hz, gain_db, 1.2), text, figures):
            yielded.add(pair.masker)
