"""Learns an equalizer: which knobs make a bell, a shelf or a filter, and at which of its values of the console's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from bridge.host.learning.bench import GRID_HZ, RATE_HZ, Bench, Knobs, numeric
from bridge.host.learning.laws import Point, law_of
from bridge.host.learning.trials import Trial
from bridge.host.values import Parameter
from console.dsp.design import BAND_DESIGNS, design_highpass, design_lowpass, response_db, stack_sections
from console.mix import Equalizer, Highpass, Lowpass
from console.mix.strip import Band, BandType
from console.params import spec
from console.progress import Progress, no_progress
from presets.plugins.laws import Knob
from presets.plugins.mapping import Tone, map_tone
from presets.plugins.profile import BandMap, CutKind, CutMap, PluginProfile, PluginRole, Status

Array = NDArray[np.float64]

_POSITIONS = np.linspace(0.0, 1.0, 9)
_COARSE = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
#: A knob that moves no part of the response by more does nothing, in dB.
_HEARD_DB = 0.2
#: Responses that differ by no more over the whole range are a gain.
_FLAT_DB = 0.15
#: A shape that a band of the console meets no better is not taken for one, in dB at worst.
_LIKE_DB = 1.0
#: A band is looked at when it does about as much, in dB.
_AT_WORK_DB = 8.0
#: A filter is looked at when it takes at least as much off an end of the spectrum.
_CUTS_DB = 6.0
_TRIALS = 20

_FREQUENCY, _GAIN, _Q = (spec(f"equalizer.{name}") for name in ("frequency_hz", "gain_db", "q"))
#: Frequencies that the fit may take: a plugin's may lie beyond the console's.
_LOW_HZ, _HIGH_HZ = 15.0, 22_000.0


@dataclass(frozen=True, slots=True)
class Shape:
    """The console's band that is nearest to a change of response, and by how much it errs at worst, in dB."""

    type: BandType
    frequency_hz: float
    gain_db: float
    q: float
    error_db: float


@dataclass(slots=True)
class _Found:
    """A band as it is found out: the knob of its gain, where that is set to look at the rest, and what moves what."""

    gain: Parameter
    at_work: float
    shape: Shape
    frequency: Parameter | None = None
    q: Parameter | None = None


@dataclass(slots=True)
class EqualizerLearner:
    """Finds the map of an equalizer on the bench."""

    bench: Bench
    progress: Progress = no_progress
    notes: list[str] = field(default_factory=list)
    moves: dict[str, float] = field(default_factory=dict)
    _flat: Array = field(init=False)

    def __post_init__(self) -> None:
        self._flat = self.bench.response_db(Knobs())

    def learn(self, name: str) -> PluginProfile | None:
        """A profile; None where no knob makes a band or a filter."""
        knobs = numeric(self.bench.parameters)
        changes = {item.key: self._changes(item) for item in knobs}
        self.progress("learn the knobs", 0.3)
        cuts = [cut for item in knobs if (cut := self._cut(item, changes[item.key])) is not None]
        taken = {cut.frequency_hz.key for cut in cuts}
        bands = [
            band for item in knobs if item.key not in taken and (band := self._band(item, changes[item.key]))
        ]
        taken |= {band.gain.key for band in bands}
        maps = []
        for index, band in enumerate(bands):
            self._find_rest(band, [item for item in knobs if item.key not in taken])
            taken |= {item.key for item in (band.frequency, band.q) if item is not None}
            found = self._map(band)
            if found is not None:
                maps.append(found)
            self.progress("learn the knobs", 0.3 + 0.7 * (index + 1) / (len(bands) + 1))
        if not maps and not cuts:
            return None
        facts = self.bench.facts
        return PluginProfile(
            name=name,
            role=PluginRole.EQUALIZER,
            status=Status.MEASURED,
            names=(facts.name,),
            makers=(facts.manufacturer,) if facts.manufacturer else (),
            versions=(facts.version,) if facts.version else (),
            source="learnt from its responses to a pulse",
            bands=tuple(maps),
            cuts=tuple(cuts),
        )

    def check(self, profile: PluginProfile) -> Trial:
        """How far the plugin then is from the console."""
        return Trial(*check_equalizer(self.bench, profile))

    def _response(self, **changes: float) -> Array:
        """The response at a setting, less that of the new plugin."""
        return self.bench.response_db(Knobs().moved(changes)) - self._flat

    def _changes(self, parameter: Parameter) -> dict[float, Array]:
        """What a knob alone does to the response at some of its positions."""
        return {raw: self._response(**{parameter.key: raw}) for raw in _COARSE}

    def _cut(self, parameter: Parameter, changes: Mapping[float, Array]) -> CutMap | None:
        """The filter of a knob that takes more and more off one end of the spectrum."""
        strongest = min(changes.values(), key=lambda change: float(min(change[0], change[-1])))
        low = strongest[0] < strongest[-1]
        if min(strongest[0], strongest[-1]) > -_CUTS_DB or strongest.max() > 3.0:
            return None
        kind = CutKind.HIGHPASS if low else CutKind.LOWPASS
        module = spec(f"{kind}.frequency_hz")
        points, slopes = [], []
        for raw in np.linspace(0.0, 1.0, 13):
            shown = self.bench.set(Knobs().moved({parameter.key: float(raw)}))[parameter.key].text
            # The whole response: a new plugin's filter may stand where it takes something off already.
            whole = self.bench.response_db(Knobs().moved({parameter.key: float(raw)}))
            fit = _fit_cut(whole - float(np.median(self._flat)), kind)
            if fit is not None and module.low <= fit[0] <= module.high:
                points.append(Point(float(raw), shown, fit[0]))
                slopes.append(fit[1])
        knob = law_of(parameter.key, f"{kind}.frequency_hz", points)
        if knob is None:
            return None
        slope = max(set(slopes), key=slopes.count)
        off = self._off(parameter, changes)
        return CutMap(kind, knob, (slope,), off_raw=off)

    @staticmethod
    def _off(parameter: Parameter, changes: Mapping[float, Array]) -> float:
        """Where a filter is out of the way: the position that changes least."""
        return min(changes, key=lambda raw: float(np.max(np.abs(changes[raw]))))

    def _band(self, parameter: Parameter, changes: Mapping[float, Array]) -> _Found | None:
        """The band of a knob that lifts or lowers a part of the spectrum by itself."""
        heard = {raw: change for raw, change in changes.items() if np.max(np.abs(change)) > _HEARD_DB}
        if not heard or all(np.ptp(change) < _FLAT_DB for change in heard.values()):
            return None
        raw = min(heard, key=lambda raw: abs(float(np.max(np.abs(heard[raw]))) - _AT_WORK_DB))
        shape = fit_shape(heard[raw])
        if shape.error_db > _LIKE_DB or abs(shape.gain_db) < 0.5:
            return None
        return _Found(parameter, raw, shape)

    def _find_rest(self, band: _Found, others: list[Parameter]) -> None:
        """Which of the other knobs move the band's middle, and which its width."""
        moves: dict[str, tuple[float, float]] = {}
        for item in others:
            shapes = [band.shape]
            for raw in _COARSE:
                change = self._response(**{band.gain.key: band.at_work, item.key: raw})
                if np.max(np.abs(change - self._response(**{item.key: raw}))) < _HEARD_DB:
                    continue
                shapes.append(fit_shape(change, band.shape.type))
            good = [shape for shape in shapes if shape.error_db < _LIKE_DB]
            moves[item.key] = (
                float(np.ptp(np.log2([shape.frequency_hz for shape in good]))),
                float(np.ptp(np.log2([shape.q for shape in good]))),
            )
        by_key = {item.key: item for item in others}
        middle = max(moves, key=lambda key: moves[key][0], default=None)
        if middle is not None and moves[middle][0] > 0.5:
            band.frequency = by_key[middle]
        width = max((key for key in moves if key != middle), key=lambda key: moves[key][1], default=None)
        if width is not None and moves[width][1] > 0.5:
            band.q = by_key[width]

    def _map(self, band: _Found) -> BandMap | None:
        """The laws of a band's knobs; None where its middle or its gain has none."""
        work = {band.gain.key: band.at_work}
        gain = self._law(band.gain, "equalizer.gain_db", {}, band.shape.type, lambda shape: shape.gain_db)
        frequency = (
            self._law(
                band.frequency, "equalizer.frequency_hz", work, band.shape.type, lambda s: s.frequency_hz
            )
            if band.frequency is not None
            else None
        )
        if gain is None or frequency is None:
            return None
        q = (
            self._law(band.q, "equalizer.q", work, band.shape.type, lambda shape: shape.q)
            if band.q is not None
            else None
        )
        return BandMap((band.shape.type,), frequency, gain, q)

    def _law(
        self,
        parameter: Parameter,
        name: str,
        work: Mapping[str, float],
        kind: BandType,
        value: Callable[[Shape], float],
    ) -> Knob | None:
        points = []
        row = spec(name)
        for raw in _POSITIONS:
            setting = {**work, parameter.key: float(raw)}
            shown = self.bench.set(Knobs().moved(setting))[parameter.key].text
            change = self._response(**setting)
            if np.max(np.abs(change)) < _HEARD_DB:
                if name.endswith("gain_db"):
                    points.append(Point(float(raw), shown, 0.0))
                continue
            shape = fit_shape(change, kind)
            if shape.error_db < _LIKE_DB and row.low <= value(shape) <= row.high:
                points.append(Point(float(raw), shown, value(shape)))
        return law_of(parameter.key, name, points)


def fit_shape(change_db: Array, kind: BandType | None = None) -> Shape:
    """The band of the console that is nearest to a change of response at GRID_HZ."""
    kinds = [kind] if kind is not None else list(BandType)
    return min((_fit_kind(change_db, item) for item in kinds), key=lambda shape: shape.error_db)


def _fit_kind(change_db: Array, kind: BandType) -> Shape:
    peak = int(np.argmax(np.abs(change_db)))
    gain = float(change_db[peak])
    half = np.abs(change_db) > abs(gain) / 2.0
    if kind is BandType.BELL:
        starts = [GRID_HZ[peak]]
        octaves = max(float(np.log2(GRID_HZ[half][-1] / GRID_HZ[half][0])), 0.1) if half.any() else 1.0
        widths = [1.4 / octaves]
    else:
        edge = GRID_HZ[half][-1] if kind is BandType.LOW_SHELF else GRID_HZ[half][0]
        starts, widths = [edge], [0.71]

    def residual(x: Array) -> Array:
        return _band_db(kind, float(np.exp(x[0])), float(x[1]), float(np.exp(x[2]))) - change_db

    best: Any = None
    for hz in starts:
        for q in (*widths, 0.4, 2.0):
            begin = [
                np.log(np.clip(hz, _LOW_HZ * 1.01, _HIGH_HZ * 0.99)),
                np.clip(gain, -39.0, 39.0),
                np.log(q),
            ]
            result = least_squares(
                residual,
                np.array(begin),
                bounds=([np.log(_LOW_HZ), -40.0, np.log(0.05)], [np.log(_HIGH_HZ), 40.0, np.log(40.0)]),
                max_nfev=60,
            )
            if best is None or result.cost < best.cost:
                best = result
    hz, gain_db, q = float(np.exp(best.x[0])), float(best.x[1]), float(np.exp(best.x[2]))
    return Shape(kind, hz, gain_db, q, float(np.max(np.abs(residual(best.x)))))


def _band_db(kind: BandType, frequency_hz: float, gain_db: float, q: float) -> Array:
    return response_db(BAND_DESIGNS[kind](frequency_hz, gain_db, q, RATE_HZ)[None], GRID_HZ, RATE_HZ)


def _fit_cut(change_db: Array, kind: CutKind) -> tuple[float, int] | None:
    """Frequency and slope of the console's filter that is nearest; None where none is near."""
    design = design_highpass if kind is CutKind.HIGHPASS else design_lowpass
    heard = change_db > -40.0
    best: tuple[float, float, int] | None = None
    for slope in (12, 24):

        def residual(x: Array, slope: int = slope) -> Array:
            wanted = response_db(design(float(np.exp(x[0])), slope, RATE_HZ), GRID_HZ, RATE_HZ)
            return np.asarray((wanted - change_db)[heard])

        under = GRID_HZ[change_db < -3.0]
        if not under.size:
            return None
        start = under[-1] if kind is CutKind.HIGHPASS else under[0]
        result = least_squares(residual, np.array([np.log(start)]), max_nfev=60)
        error = float(np.max(np.abs(residual(result.x))))
        if best is None or error < best[0]:
            best = (error, float(np.exp(result.x[0])), slope)
    if best is None or best[0] > _LIKE_DB:
        return None
    return best[1], best[2]


def check_equalizer(bench: Bench, profile: PluginProfile, seed: int = 1) -> tuple[float, float]:
    """How far the plugin is from the console over random settings within the map, from 30 Hz to 16 kHz.

    Returns:
        the median over settings of the worst difference of response in dB, and the worst of them.
    """
    chance = np.random.default_rng(seed)
    ranges = bench.facts.ranges
    heard = (GRID_HZ >= 30.0) & (GRID_HZ <= 16_000.0)
    neutral, _ = map_tone(profile, Tone(), ranges)
    flat = bench.response_of(neutral.values, neutral.raw)
    errors = []
    for _ in range(_TRIALS):
        tone = _within(profile, chance)
        mapped, left = map_tone(profile, tone, ranges)
        taken = [band for band in tone.equalizer.bands if band not in left.equalizer.bands]
        sections = [BAND_DESIGNS[b.type](b.frequency_hz, b.gain_db, b.q, RATE_HZ) for b in taken]
        if tone.highpass.enabled and not left.highpass.enabled:
            sections += list(
                design_highpass(tone.highpass.frequency_hz, tone.highpass.slope_db_per_octave, RATE_HZ)
            )
        if tone.lowpass.enabled and not left.lowpass.enabled:
            sections += list(
                design_lowpass(tone.lowpass.frequency_hz, tone.lowpass.slope_db_per_octave, RATE_HZ)
            )
        wanted = response_db(stack_sections(sections), GRID_HZ, RATE_HZ)
        real = bench.response_of(mapped.values, mapped.raw) - flat
        audible = heard & (wanted > -40.0)
        errors.append(float(np.max(np.abs(real - wanted)[audible])))
    return float(np.median(errors)), max(errors)


def _within(profile: PluginProfile, chance: np.random.Generator) -> Tone:
    """A plausible equalizer that the map can hold: every band and every filter at work."""
    bands = []
    for item in profile.bands:
        frequency = _draw(item.frequency_hz, _FREQUENCY, (40.0, 12_000.0), chance)
        gain = _draw(item.gain_db, _GAIN, (-9.0, 9.0), chance)
        q = 0.71 if item.q is None else _draw(item.q, _Q, (0.5, 4.0), chance)
        bands.append(Band(item.types[0], frequency, gain, q))
    kinds = {cut.kind: cut for cut in profile.cuts}
    tone = Tone(equalizer=Equalizer(True, tuple(bands)))
    if CutKind.HIGHPASS in kinds:
        cut = kinds[CutKind.HIGHPASS]
        hz = _draw(cut.frequency_hz, spec("highpass.frequency_hz"), (30.0, 250.0), chance)
        tone = replace(tone, highpass=Highpass(True, hz, cut.slopes[0]))
    if CutKind.LOWPASS in kinds:
        cut = kinds[CutKind.LOWPASS]
        hz = _draw(cut.frequency_hz, spec("lowpass.frequency_hz"), (6000.0, 16_000.0), chance)
        tone = replace(tone, lowpass=Lowpass(True, hz, cut.slopes[0]))
    return tone


def _draw(knob: Knob, row: Any, plausible: tuple[float, float], chance: np.random.Generator) -> float:
    low, high = plausible
    if knob.low is not None and knob.high is not None:
        ends = sorted((knob.from_plugin(knob.low), knob.from_plugin(knob.high)))
        low, high = max(low, ends[0]), min(high, ends[1])
    position = chance.uniform(row.normalise(row.clamp(low)), row.normalise(row.clamp(max(high, low))))
    return float(row.denormalise(position))
