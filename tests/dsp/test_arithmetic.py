"""The package's own logarithm and exponential against the system's."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.dsp.jit import db_to_gain, exp2, kernel, log2


@given(st.floats(1e-300, 1e300))
def test_logarithm(x):
    assert log2(x) == pytest.approx(math.log2(x), rel=1e-15, abs=2e-16 + 3e-16 * abs(math.log2(x)))


@given(st.floats(-200, 200))
def test_gain_of_a_level(level_db):
    assert db_to_gain(level_db) == pytest.approx(10 ** (level_db / 20), rel=2e-14)


def test_ends_are_finite_and_zero_db_is_exact():
    assert db_to_gain(0.0) == 1.0
    assert db_to_gain(-0.0) == 1.0
    assert log2(1.0) == 0.0
    assert log2(0.5) == -1.0
    assert -1100 < log2(0.0) < -1000
    assert 0.0 < exp2(-1e9) < 1e-300
    assert np.isfinite(exp2(1e9))


def test_a_kernel_compiles_where_no_cache_can_be_kept():
    """Code that is in no file has no place for a cache, as a read-only installation without a home has none."""
    names = {}
    exec(compile("def double(x):\n    return x * 2.0\n", "<nowhere>", "exec"), names)  # noqa: S102
    assert kernel(names["double"])(3.5) == 7.0
