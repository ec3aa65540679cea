"""The minimum requirements of EBU Tech 3341 and 3342, synthesised as the documents describe them."""

import numpy as np
import pytest

RATE_HZ = 48000


def tone(*steps: tuple[float, float], rate_hz: int = RATE_HZ, hz: float = 1000.0) -> np.ndarray:
    """A stereo sine of (seconds, dBFS) steps; None in dBFS is silence."""
    level = np.concatenate([np.full(round(s * rate_hz), 10.0 ** (db / 20.0)) for s, db in steps])
    sine = level * np.sin(2.0 * np.pi * hz * np.arange(len(level)) / rate_hz)
    return np.stack((sine, sine)).astype(np.float32)


SILENT = -400.0

INTEGRATED = {
    "1": ([(20, -23)], -23.0),
    "2": ([(20, -33)], -33.0),
    "3": ([(10, -36), (60, -23), (10, -36)], -23.0),
    "4": ([(10, -72), (10, -36), (60, -23), (10, -36), (10, -72)], -23.0),
    "5": ([(20, -26), (20.1, -20), (20, -26)], -23.0),
}


@pytest.mark.parametrize("rate_hz", [8000, 44100, 48000, 96000])
@pytest.mark.parametrize("case", INTEGRATED)
def test_integrated_loudness(measure, case, rate_hz):
    steps, expected = INTEGRATED[case]
    found = measure(tone(*steps, rate_hz=rate_hz), rate_hz)
    assert found.integrated_lufs == pytest.approx(expected, abs=0.1)


def test_short_term_of_a_pattern_is_constant(measure):
    """Case 9: after 3 s, the short-term loudness is constant although the level is not."""
    found = measure(tone(*([(1.34, -20), (1.66, -30)] * 5)), RATE_HZ)
    np.testing.assert_allclose(found.short_term_lufs[30:150], -23.0, atol=0.1)


@pytest.mark.parametrize("case", range(20))
def test_highest_short_term(measure, case):
    """Case 10: a tone of exactly 3 s after silence of a length that no grid of windows expects."""
    found = measure(tone((0.15 * case, SILENT), (3, -23), (1, SILENT)), RATE_HZ)
    assert found.max_short_term_lufs == pytest.approx(-23.0, abs=0.1)


def test_momentary_of_a_pattern_is_constant(measure):
    """Case 12: as case 9, for 0.4 s windows."""
    found = measure(tone(*([(0.18, -20), (0.22, -30)] * 25)), RATE_HZ)
    np.testing.assert_allclose(found.momentary_lufs[10:100], -23.0, atol=0.1)


@pytest.mark.parametrize("case", range(20))
def test_highest_momentary(measure, case):
    """Case 13: a tone of exactly 0.4 s."""
    found = measure(tone((0.02 * case, SILENT), (0.4, -23), (1, SILENT)), RATE_HZ)
    assert found.max_momentary_lufs == pytest.approx(-23.0, abs=0.1)


@pytest.mark.parametrize(
    ("divisor", "phase_degrees", "amplitude", "expected"),
    [(4, 0, 0.5, -6.0), (4, 45, 0.5, -6.0), (6, 60, 0.5, -6.0), (8, 67.5, 0.5, -6.0), (4, 45, 1.41, 3.0)],
    ids=["15", "16", "17", "18", "19"],
)
@pytest.mark.parametrize("rate_hz", [8000, 44100, 48000])
def test_true_peak(measure, divisor, phase_degrees, amplitude, expected, rate_hz):
    n = np.arange(rate_hz)
    sine = amplitude * np.sin(2.0 * np.pi * n / divisor + np.deg2rad(phase_degrees))
    fade = np.minimum(1.0, np.minimum(n, n[::-1]) / (0.01 * rate_hz))
    found = measure(np.stack((sine * fade, sine * fade)), rate_hz).true_peak_dbtp
    assert expected - 0.4 <= found <= expected + 0.2


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([(20, -20), (20, -30)], 10.0),
        ([(20, -20), (20, -15)], 5.0),
        ([(20, -40), (20, -20)], 20.0),
        ([(20, -50), (20, -35), (20, -20), (20, -35), (20, -50)], 15.0),
    ],
    ids=["1", "2", "3", "4"],
)
def test_loudness_range(measure, steps, expected):
    assert measure(tone(*steps), RATE_HZ).loudness_range_lu == pytest.approx(expected, abs=1.0)
