"""Designs against an analogue prototype, responses against scipy, frequencies beyond Nyquist."""

import math

import numpy as np
import pytest
from scipy import signal

from console.dsp.design import (
    BAND_DESIGNS,
    clamp_frequency,
    design_bell,
    design_high_shelf,
    design_highpass,
    design_low_shelf,
    design_lowpass,
    is_clamped,
    response_db,
    stack_sections,
)

RATES_HZ = (44100, 48000, 96000)


def prototype_db(kind, frequency_hz, gain_db, q, sample_rate_hz, at_hz):
    """The cookbook's analogue prototypes H(s), seen through the bilinear transform in complex arithmetic."""
    warp = math.tan(math.pi * frequency_hz / sample_rate_hz)
    s = 1j * np.tan(np.pi * at_hz / sample_rate_hz) / warp
    a = 10 ** (gain_db / 40)
    h = {
        "bell": lambda: (s * s + s * a / q + 1) / (s * s + s / (a * q) + 1),
        "low_shelf": lambda: a * (s * s + s * math.sqrt(a) / q + a) / (a * s * s + s * math.sqrt(a) / q + 1),
        "high_shelf": lambda: a * (a * s * s + s * math.sqrt(a) / q + 1) / (s * s + s * math.sqrt(a) / q + a),
    }[kind]()
    return 20 * np.log10(np.abs(h))


@pytest.mark.parametrize("sample_rate_hz", [8000, *RATES_HZ, 192000])
@pytest.mark.parametrize("kind", sorted(BAND_DESIGNS))
@pytest.mark.parametrize(
    ("frequency_hz", "gain_db", "q"), [(20, 18, 18), (120, -6, 0.71), (1000, 3, 0.1), (3500, -18, 5)]
)
def test_band_is_its_analogue_prototype(kind, frequency_hz, gain_db, q, sample_rate_hz):
    at_hz = np.geomspace(20, 0.49 * sample_rate_hz, 300)
    section = BAND_DESIGNS[kind](frequency_hz, gain_db, q, sample_rate_hz)
    expected = prototype_db(kind, frequency_hz, gain_db, q, sample_rate_hz, at_hz)
    np.testing.assert_allclose(response_db(section, at_hz, sample_rate_hz), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("sample_rate_hz", RATES_HZ)
@pytest.mark.parametrize("slope", [12, 24])
@pytest.mark.parametrize(("design", "kind"), [(design_highpass, "highpass"), (design_lowpass, "lowpass")])
@pytest.mark.parametrize("frequency_hz", [20, 90, 1000, 18000])
def test_cut_is_scipys_butterworth(design, kind, frequency_hz, slope, sample_rate_hz):
    at_hz = np.geomspace(20, 20000, 300)
    reference = signal.butter(slope // 6, frequency_hz, kind, fs=sample_rate_hz, output="zpk")
    expected = 20 * np.log10(np.abs(signal.freqz_zpk(*reference, at_hz, fs=sample_rate_hz)[1]))
    section = design(frequency_hz, slope, sample_rate_hz)
    assert section.shape == (slope // 12, 6)
    np.testing.assert_allclose(response_db(section, at_hz, sample_rate_hz), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("sample_rate_hz", RATES_HZ)
def test_response_of_a_whole_equalizer_is_scipys(sample_rate_hz):
    sos = stack_sections(
        [
            design_highpass(90, 24, sample_rate_hz),
            design_low_shelf(120, -1.5, 0.71, sample_rate_hz),
            design_bell(400, -3, 1.2, sample_rate_hz),
            design_bell(3000, 4, 0.7, sample_rate_hz),
            design_high_shelf(9000, 2, 0.71, sample_rate_hz),
            design_lowpass(18000, 12, sample_rate_hz),
        ]
    )
    at_hz = np.geomspace(20, 20000, 500)
    expected = 20 * np.log10(np.abs(signal.freqz_sos(sos, at_hz, fs=sample_rate_hz)[1]))
    np.testing.assert_allclose(response_db(sos, at_hz, sample_rate_hz), expected, rtol=0, atol=1e-6)


def test_response_holds_at_20_hz_and_192_khz():
    """A reference in 50 digits: the low end at a high rate is where float64 loses its figures."""
    mpmath = pytest.importorskip("mpmath")
    section = design_bell(20, 12, 5, 192000)
    with mpmath.workdps(50):
        z = mpmath.expj(-2 * mpmath.pi * 20 / 192000)
        b0, b1, b2, a0, a1, a2 = (mpmath.mpf(float(c)) for c in section)
        exact = 20 * mpmath.log10(abs((b0 + b1 * z + b2 * z * z) / (a0 + a1 * z + a2 * z * z)))
    assert response_db(section, [20.0], 192000)[0] == pytest.approx(float(exact), abs=1e-6)
    assert float(exact) == pytest.approx(12.0, abs=1e-5)


def test_frequency_beyond_nyquist_is_clamped_and_told():
    assert is_clamped(22000, 44100)
    assert clamp_frequency(22000, 44100) == pytest.approx(0.49 * 44100)
    assert not is_clamped(20000, 44100)
    assert clamp_frequency(20000, 44100) == 20000
    np.testing.assert_array_equal(design_bell(20000, 3, 1, 8000), design_bell(3920, 3, 1, 8000))
    poles = np.roots(design_lowpass(22000, 12, 8000)[0, 3:])
    assert np.all(np.abs(poles) < 1)


def test_no_sections_is_a_flat_response():
    assert stack_sections([]).shape == (0, 6)
    np.testing.assert_array_equal(response_db(stack_sections([]), [20.0, 1000.0], 48000), [0.0, 0.0])


def test_highpass_is_silent_at_zero_hz():
    assert response_db(design_highpass(80, 24, 48000), [0.0], 48000)[0] == -np.inf
