"""Fits high-pass, low-pass and six bands to a measured response: greedy, band by band, each weighted by its error."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from console.dsp.chain import cut_sections, equalizer_sections
from console.dsp.design import BAND_DESIGNS, design_highpass, design_lowpass, response_db, stack_sections
from console.estimators.recover.knobs import likely_range
from console.mix import Band, BandType, Equalizer, Highpass, Lowpass
from console.params import PARAMS, Scale

Array = NDArray[np.float64]

#: A band, or a filter, has to lower the weighted squared error by this share and this much in dB², to be kept.
_WORTH_SHARE, _WORTH_DB2 = 0.12, 0.02
#: Measured points are believed no better than this: the laws of another equalizer differ by as much.
LEAST_ERROR_DB = 0.2
_BELLS = 4
_STEEP = 24
#: A pull towards a flat response, in the weight of one point that is off by 1 dB.
_FLAT = 0.01
#: Beyond this an error counts by its size, no longer by its square.
_FAR_DB = 6.0
#: Evaluations to see what a further part is worth, and to fit it well.
_QUICK, _THOROUGH = 5, 25


@dataclass(frozen=True, slots=True)
class Tone:
    """A gain and the filters of a strip."""

    gain_db: float = 0.0
    highpass: Highpass = field(default_factory=Highpass)
    lowpass: Lowpass = field(default_factory=Lowpass)
    equalizer: Equalizer = field(default_factory=Equalizer)

    def response_db(self, frequencies_hz: Array, sample_rate_hz: float) -> Array:
        """The response of the filters in dB, without the gain."""
        sections = stack_sections(
            [
                cut_sections(self.highpass, self.lowpass, sample_rate_hz),
                equalizer_sections(self.equalizer, sample_rate_hz),
            ]
        )
        return response_db(sections, frequencies_hz, sample_rate_hz)


@dataclass(frozen=True, slots=True)
class _Part:
    """One filter of the fit: how it is made of its numbers, and their table rows."""

    kind: str
    rows: tuple[str, ...]
    slope_db_per_octave: int = 12


_CUTS = {"highpass": ("highpass.frequency_hz",), "lowpass": ("lowpass.frequency_hz",)}
_BAND_ROWS = ("equalizer.frequency_hz", "equalizer.gain_db", "equalizer.q")


def fit_tone(frequencies_hz: Array, level_db: Array, error_db: Array, sample_rate_hz: float) -> Tone:
    """The tone whose response comes nearest to a measured one.

    Args:
        frequencies_hz: of the points, (points,).
        level_db: measured level, (points,).
        error_db: standard deviation of each level, (points,); infinite where nothing is known.
        sample_rate_hz: of the filters.
    """
    weights = 1.0 / (np.square(error_db) + LEAST_ERROR_DB**2)
    known = weights > 0.0
    if not known.any():
        return Tone()
    fit = _Fit(frequencies_hz[known], level_db[known], weights[known] / weights[known].max(), sample_rate_hz)
    parts: tuple[_Part, ...] = ()
    values, cost = fit.solve(parts, np.zeros(0))
    while True:
        tries = [(*fit.solve(*more, _QUICK), more[0]) for more in fit.candidates(parts, values)]
        if not tries:
            break
        best_values, _, best_parts = min(tries, key=lambda item: item[1])
        best_values, best_cost = fit.solve(best_parts, best_values)
        if best_cost > cost * (1.0 - _WORTH_SHARE) or cost - best_cost < _WORTH_DB2:
            break
        parts, values, cost = best_parts, best_values, best_cost
    return fit.tone(parts, values)


class _Fit:
    """The measured points, and the parts that are fitted to them."""

    def __init__(self, frequencies_hz: Array, level_db: Array, weights: Array, rate_hz: float) -> None:
        self._hz, self._db, self._weights, self._rate_hz = frequencies_hz, level_db, weights, rate_hz
        self._total, self._roots = float(weights.sum()), np.sqrt(weights)
        self._flat = np.sqrt(_FLAT * self._total)
        self._shapes: dict[tuple[_Part, tuple[float, ...]], Array] = {}

    def tone(self, parts: Sequence[_Part], numbers: Array) -> Tone:
        """The parts as modules, with the gain that fits best."""
        highpass, lowpass, bands = Highpass(), Lowpass(), []
        for part, own in _split(parts, numbers):
            raw = _values(part, own)
            if part.kind == "highpass":
                highpass = Highpass(True, raw[0], part.slope_db_per_octave)
            elif part.kind == "lowpass":
                lowpass = Lowpass(True, raw[0], part.slope_db_per_octave)
            else:
                bands.append(Band(BandType(part.kind), *raw))
        gain_db = self._gain(self._shape(parts, numbers))
        return Tone(gain_db, highpass, lowpass, Equalizer(bool(bands), tuple(bands)))

    def _shape(self, parts: Sequence[_Part], numbers: Array) -> Array:
        """The response of all parts in dB; of a part that has not moved it is known."""
        total = np.zeros(len(self._hz))
        for part, own in _split(parts, numbers):
            key = (part, own)
            if key not in self._shapes:
                sections = _DESIGNS[part.kind](part, _values(part, own), self._rate_hz)
                self._shapes[key] = response_db(sections, self._hz, self._rate_hz)
            total += self._shapes[key]
        return total

    def _gain(self, shape_db: Array) -> float:
        return float((self._weights * (self._db - shape_db)).sum() / self._total)

    def _errors(self, parts: Sequence[_Part], numbers: Array) -> Array:
        shape_db = self._shape(parts, numbers)
        error = shape_db + self._gain(shape_db) - self._db
        # Huber: a point that no equalizer explains may not bend the others.
        far = np.maximum(np.abs(error), _FAR_DB)
        bounded = np.sign(error) * np.minimum(np.abs(error), np.sqrt(2.0 * _FAR_DB * far - _FAR_DB**2))
        gains = [own[1] for part, own in _split(parts, numbers) if part.rows == _BAND_ROWS]
        return np.concatenate([self._roots * bounded, self._flat * np.array(gains)])

    def solve(
        self, parts: tuple[_Part, ...], start: Array, evaluations: int = _THOROUGH
    ) -> tuple[Array, float]:
        """The numbers of the parts from a start on, and the mean squared error in dB²."""
        if not parts:
            return start, float(np.square(self._errors(parts, start)).sum() / self._total)
        from scipy.optimize import least_squares

        self._shapes.clear()
        low, high = (np.array(bound) for bound in zip(*_bounds(parts), strict=True))
        inside = np.clip(start, low + 1e-6, high - 1e-6)
        errors: Callable[[Array], Array] = lambda numbers: self._errors(parts, numbers)  # noqa: E731
        found = least_squares(errors, inside, bounds=(low, high), max_nfev=evaluations, x_scale="jac")
        return np.asarray(found.x), float(2.0 * found.cost / self._total)

    def candidates(self, parts: tuple[_Part, ...], numbers: Array) -> list[tuple[tuple[_Part, ...], Array]]:
        """The parts with one more, each where the error calls for it."""
        shape_db = self._shape(parts, numbers)
        error = self._db - self._gain(shape_db) - shape_db
        smooth = np.convolve(error * self._weights, np.ones(5), "same") / np.convolve(
            self._weights, np.ones(5), "same"
        )
        score = np.abs(smooth) * np.sqrt(np.convolve(self._weights, np.ones(5), "same"))
        peak = int(np.argmax(score))
        kinds = [part.kind for part in parts]
        found = []

        def add(part: _Part, *start: float) -> None:
            rows = zip(part.rows, start, strict=True)
            found.append(((*parts, part), np.concatenate([numbers, [_number(row, x) for row, x in rows]])))

        gain = float(np.clip(smooth[peak], -12.0, 12.0))
        if kinds.count("bell") < _BELLS:
            add(_Part("bell", _BAND_ROWS), float(self._hz[peak]), gain, 1.0)
        if "low_shelf" not in kinds:
            add(_Part("low_shelf", _BAND_ROWS), 150.0, float(np.clip(smooth[:20].mean(), -9.0, 9.0)), 0.7)
        if "high_shelf" not in kinds:
            add(_Part("high_shelf", _BAND_ROWS), 5000.0, float(np.clip(smooth[-20:].mean(), -9.0, 9.0)), 0.7)
        for kind, far_hz in (("highpass", 60.0), ("lowpass", 12000.0)):
            if kind not in kinds:
                for slope in (12, _STEEP):
                    add(_Part(kind, _CUTS[kind], slope), min(far_hz, 0.3 * self._rate_hz))
        return found


def _bounds(parts: Sequence[_Part]) -> list[tuple[float, float]]:
    ranges = [(row, likely_range(row, part.kind)) for part in parts for row in part.rows]
    return [(_number(row, low), _number(row, high)) for row, (low, high) in ranges]


def _number(row: str, value: float) -> float:
    """A knob as the fit moves it: octaves, or sixths of dB."""
    return float(np.log2(value)) if PARAMS[row].scale is Scale.LOG else value / 6.0


def _values(part: _Part, numbers: Sequence[float]) -> list[float]:
    return [
        PARAMS[row].clamp(2.0**x if PARAMS[row].scale is Scale.LOG else 6.0 * x)
        for row, x in zip(part.rows, numbers, strict=True)
    ]


def _split(parts: Sequence[_Part], numbers: Array) -> Iterator[tuple[_Part, tuple[float, ...]]]:
    """Each part with its own numbers."""
    at = 0
    for part in parts:
        yield part, tuple(map(float, numbers[at : at + len(part.rows)]))
        at += len(part.rows)


def _band(part: _Part, values: list[float], rate_hz: float) -> Array:
    return BAND_DESIGNS[part.kind](values[0], values[1], values[2], rate_hz)


_DESIGNS: dict[str, Callable[[_Part, list[float], float], Array]] = {
    "highpass": lambda part, values, rate_hz: design_highpass(values[0], part.slope_db_per_octave, rate_hz),
    "lowpass": lambda part, values, rate_hz: design_lowpass(values[0], part.slope_db_per_octave, rate_hz),
    **dict.fromkeys(BAND_DESIGNS, _band),
}
