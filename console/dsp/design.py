"""Designs the equalizer's and the cut filters' biquads in float64, and tells their magnitude responses.

Source of the formulas: R. Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter coefficients".
A section is (b0, b1, b2, 1, a1, a2), as in scipy.signal's second-order sections.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

Sections = NDArray[np.float64]

NYQUIST_SHARE = 0.49
"""Highest design frequency as a share of the sample rate; anything above is clamped to it."""

BUTTERWORTH_QS: dict[int, tuple[float, ...]] = {
    12: (1.0 / math.sqrt(2.0),),
    24: (0.5 / math.cos(math.pi / 8.0), 0.5 / math.cos(3.0 * math.pi / 8.0)),
}
"""Slope in dB per octave to the q of each section of the Butterworth filter."""


def is_clamped(frequency_hz: float, sample_rate_hz: float) -> bool:
    """Whether a frequency is too near to Nyquist (or above it) to be designed as asked."""
    return frequency_hz > NYQUIST_SHARE * sample_rate_hz


def clamp_frequency(frequency_hz: float, sample_rate_hz: float) -> float:
    """The frequency in Hz that is designed in place of the one asked for: at most 0.49 of the sample rate."""
    return min(frequency_hz, NYQUIST_SHARE * sample_rate_hz)


def _angle(frequency_hz: float, q: float, sample_rate_hz: float) -> tuple[float, float, float]:
    """Cos w0, 1 - cos w0 (without cancellation at low frequencies) and the cookbook's alpha."""
    half = math.pi * clamp_frequency(frequency_hz, sample_rate_hz) / sample_rate_hz
    return math.cos(2.0 * half), 2.0 * math.sin(half) ** 2, math.sin(2.0 * half) / (2.0 * q)


def _section(b0: float, b1: float, b2: float, a0: float, a1: float, a2: float) -> Sections:
    return np.array([b0 / a0, b1 / a0, b2 / a0, 1.0, a1 / a0, a2 / a0], dtype=np.float64)


def design_bell(frequency_hz: float, gain_db: float, q: float, sample_rate_hz: float) -> Sections:
    """Peaking section, shape (6,): `gain_db` at `frequency_hz`, bandwidth by the cookbook's q."""
    cosine, _, alpha = _angle(frequency_hz, q, sample_rate_hz)
    a = 10.0 ** (gain_db / 40.0)
    up, down = alpha * a, alpha / a
    return _section(1.0 + up, -2.0 * cosine, 1.0 - up, 1.0 + down, -2.0 * cosine, 1.0 - down)


def design_low_shelf(frequency_hz: float, gain_db: float, q: float, sample_rate_hz: float) -> Sections:
    """Low shelf, shape (6,): `gain_db` at 0 Hz, half of it at `frequency_hz`, slope by q."""
    return _shelf(frequency_hz, gain_db, q, sample_rate_hz, sign=1.0)


def design_high_shelf(frequency_hz: float, gain_db: float, q: float, sample_rate_hz: float) -> Sections:
    """High shelf, shape (6,): `gain_db` at Nyquist, half of it at `frequency_hz`, slope by q."""
    return _shelf(frequency_hz, gain_db, q, sample_rate_hz, sign=-1.0)


def _shelf(frequency_hz: float, gain_db: float, q: float, sample_rate_hz: float, sign: float) -> Sections:
    """Both shelves: the high one is the low one with every cos w0 negated (and odd terms with it)."""
    cosine, _, alpha = _angle(frequency_hz, q, sample_rate_hz)
    cosine *= sign
    a = 10.0 ** (gain_db / 40.0)
    root = 2.0 * math.sqrt(a) * alpha
    plus, minus = a + 1.0, a - 1.0
    return _section(
        a * (plus - minus * cosine + root),
        sign * 2.0 * a * (minus - plus * cosine),
        a * (plus - minus * cosine - root),
        plus + minus * cosine + root,
        sign * -2.0 * (minus + plus * cosine),
        plus + minus * cosine - root,
    )


def design_highpass(frequency_hz: float, slope_db_per_octave: int, sample_rate_hz: float) -> Sections:
    """Butterworth high-pass, shape (1 or 2, 6): -3 dB at `frequency_hz`, 12 or 24 dB per octave."""

    def section(cosine: float, versine: float, alpha: float) -> Sections:
        b = 1.0 + cosine
        return _section(b / 2.0, -b, b / 2.0, 1.0 + alpha, -2.0 * cosine, 1.0 - alpha)

    return _butterworth(section, frequency_hz, slope_db_per_octave, sample_rate_hz)


def design_lowpass(frequency_hz: float, slope_db_per_octave: int, sample_rate_hz: float) -> Sections:
    """Butterworth low-pass, shape (1 or 2, 6): -3 dB at `frequency_hz`, 12 or 24 dB per octave."""

    def section(cosine: float, versine: float, alpha: float) -> Sections:
        return _section(versine / 2.0, versine, versine / 2.0, 1.0 + alpha, -2.0 * cosine, 1.0 - alpha)

    return _butterworth(section, frequency_hz, slope_db_per_octave, sample_rate_hz)


def _butterworth(
    section: Callable[[float, float, float], Sections],
    frequency_hz: float,
    slope_db_per_octave: int,
    sample_rate_hz: float,
) -> Sections:
    qs = BUTTERWORTH_QS[slope_db_per_octave]
    return np.stack([section(*_angle(frequency_hz, q, sample_rate_hz)) for q in qs])


BAND_DESIGNS: dict[str, Callable[[float, float, float, float], Sections]] = {
    "low_shelf": design_low_shelf,
    "bell": design_bell,
    "high_shelf": design_high_shelf,
}
"""Band type to its design function of (frequency_hz, gain_db, q, sample_rate_hz)."""


def stack_sections(parts: Iterable[Sections]) -> Sections:
    """Join sections and cascades into one array of shape (sections, 6); (0, 6) when there are none."""
    rows = [part.reshape(-1, 6) for part in parts]
    return np.concatenate(rows) if rows else np.empty((0, 6))


def response_db(sos: Sections, frequencies_hz: ArrayLike, sample_rate_hz: float) -> NDArray[np.float64]:
    """Magnitude response of a cascade, shape (sections, 6) or (6,), in dB at each frequency.

    |c0 + c1/z + c2/z^2|^2 is written in sin^2(w/2), as the cookbook advises: at 20 Hz and 192 kHz the terms
    of the plain form cancel. A zero on the unit circle gives -inf.
    """
    versine = np.sin(np.pi * np.asarray(frequencies_hz, dtype=np.float64) / sample_rate_hz) ** 2
    power = np.ones_like(versine)
    for row in np.atleast_2d(sos):
        power = power * _squared_magnitude(row[:3], versine) / _squared_magnitude(row[3:], versine)
    with np.errstate(divide="ignore"):
        return np.asarray(10.0 * np.log10(power))


def _squared_magnitude(c: NDArray[np.float64], versine: NDArray[np.float64]) -> NDArray[np.float64]:
    """|C(e^jw)|^2 of a second-order polynomial at versine = sin^2(w/2), never below zero."""
    linear = -4.0 * (c[0] * c[1] + 4.0 * c[0] * c[2] + c[1] * c[2])
    square = (c[0] + c[1] + c[2]) ** 2 + linear * versine + 16.0 * c[0] * c[2] * versine**2
    return np.asarray(np.maximum(square, 0.0))
