"""Further candidates: drawn as far as the network doubts, the same again, whatever the order."""

import numpy as np
import pytest

from console.estimators.controller.drawing import drawn
from console.models.controller.knobs import ends, index, steps

LEVEL, PAN, RATIO = (index("tracks", name) for name in ("level_db", "pan", "ratio"))


def settings(tracks: int, doubt: float) -> tuple[np.ndarray, np.ndarray]:
    values = np.tile(ends("tracks")[1], (tracks, 1)).astype(np.float32)
    values[:, PAN] = 0.3
    return values, np.full(values.shape, doubt, np.float32)


def test_draws_are_as_wide_as_the_doubt() -> None:
    values, doubts = settings(20_000, 0.5)
    moved = drawn(values, doubts, 1)[:, LEVEL] - values[:, LEVEL]
    # A Laplace law of scale 2 dB, cut at twice that: its mean absolute value is 2 (1 − exp(−2)).
    assert np.abs(moved).mean() == pytest.approx(2.0 * (1.0 - np.exp(-2.0)), rel=0.03)
    assert np.abs(moved).max() <= 2.0 * 0.5 * steps("tracks")[LEVEL] + 1e-4
    assert abs(moved.mean()) < 0.1


def test_what_is_sure_stays_and_dynamics_are_not_drawn() -> None:
    values, doubts = settings(50, 1e-3)
    np.testing.assert_allclose(drawn(values, doubts, 2), values, atol=0.02)
    values, doubts = settings(50, 3.0)
    moved = drawn(values, doubts, 2)
    np.testing.assert_array_equal(moved[:, RATIO], values[:, RATIO])
    low, _, high = (end.astype(np.float32) for end in ends("tracks"))
    assert (moved >= low).all()
    assert (moved <= high).all()
    assert (moved[:, PAN] >= 0.0).all()  # no track changes its side


def test_draws_follow_from_the_candidate() -> None:
    values, doubts = settings(8, 1.0)
    np.testing.assert_array_equal(drawn(values, doubts, 1), drawn(values, doubts, 1))
    assert np.abs(drawn(values, doubts, 1) - drawn(values, doubts, 2)).max() > 0.5
