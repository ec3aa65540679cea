"""Width, pan, balance and moving faders against the laws written out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.dsp.pan import FaderCurve, balance_gains, output_matrix, pan_gains, route


@given(st.floats(-1, 1))
def test_pan_keeps_the_power_and_is_3_db_down_at_the_centre(pan):
    left, right = pan_gains(pan)
    assert left**2 + right**2 == pytest.approx(1.0, abs=1e-12)
    assert pan_gains(-pan) == (pytest.approx(right, abs=1e-12), pytest.approx(left, abs=1e-12))
    theta = (pan + 1) * np.pi / 4
    assert (left, right) == (pytest.approx(np.cos(theta), abs=1e-12), pytest.approx(np.sin(theta), abs=1e-12))


def test_pan_centre_and_ends_are_exact():
    assert pan_gains(0.0) == (np.sqrt(0.5), np.sqrt(0.5))
    assert pan_gains(-1.0) == (1.0, 0.0)
    assert pan_gains(1.0) == (0.0, 1.0)


@given(st.floats(-1, 1))
def test_balance_only_fades_the_far_side(pan):
    theta = (pan + 1) * np.pi / 4
    left, right = balance_gains(pan)
    assert left == pytest.approx(min(1.0, np.sqrt(2) * np.cos(theta)), abs=1e-12)
    assert right == pytest.approx(min(1.0, np.sqrt(2) * np.sin(theta)), abs=1e-12)
    assert max(left, right) == 1.0


@pytest.mark.parametrize(
    ("width", "expected"), [(0.0, (0.5, 0.5)), (1.0, (1.0, 0.0)), (2.0, (1.5, -0.5)), (0.5, (0.75, 0.25))]
)
def test_width_scales_the_side(width, expected):
    left_only = np.array([[1.0], [0.0]])
    assert route(left_only, output_matrix(2, 0.0, width))[:, 0] == pytest.approx(expected)
    mid = np.array([[1.0], [1.0]])
    np.testing.assert_array_equal(route(mid, output_matrix(2, 0.0, width)), mid)


def test_neutral_stereo_is_exact_and_mono_gets_exactly_the_pan_gains():
    audio = np.random.default_rng(0).uniform(-1, 1, (2, 100))
    np.testing.assert_array_equal(route(audio, output_matrix(2, 0.0, 1.0)), audio)
    mono = audio[:1]
    np.testing.assert_array_equal(route(mono, output_matrix(1, 0.3, 2.0)), np.outer(pan_gains(0.3), mono[0]))


POINTS = ((0.5, -6.0), (1.0, 0.0), (1.0001, -90.0), (2.0, -12.0))


@pytest.mark.parametrize("rate", [8000, 44100, 96000])
def test_moving_fader_is_linear_in_db_between_its_points(rate):
    gains = FaderCurve(POINTS, rate).gains(0, 3 * rate)
    times, levels = np.array(POINTS).T
    expected = 10 ** (np.interp(np.arange(3 * rate) / rate, times, levels) / 20)
    np.testing.assert_allclose(gains, expected, rtol=1e-9)
    np.testing.assert_allclose(20 * np.log10(gains[[0, -1]]), [-6.0, -12.0])


@pytest.mark.parametrize("size", [1, 7, 512, 65536])
def test_moving_fader_depends_on_the_position_alone(size):
    curve = FaderCurve(POINTS, 1000)
    parts = [curve.gains(start, min(size, 2500 - start)) for start in range(0, 2500, size)]
    np.testing.assert_array_equal(np.concatenate(parts), curve.gains(0, 2500))


def test_one_point_is_a_constant():
    np.testing.assert_allclose(FaderCurve([(3.0, -6.0)], 100).gains(250, 100), 10 ** (-6 / 20))
