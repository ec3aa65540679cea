"""SPSA and CMA-ES on functions whose minimum is known, with chance, failures and interruptions."""

import math

import numpy as np
import pytest

from console.errors import ParamError
from console.estimators.blackbox import OPTIMIZERS, CmaEs, Spsa, minimise

GOAL = np.array([0.3, 0.8, 0.5, 0.1, 0.65])


def bowl(position: np.ndarray) -> float:
    return float(np.sum(np.array([1.0, 4.0, 2.0, 1.0, 3.0]) * (position - GOAL) ** 2))


@pytest.mark.parametrize("method", OPTIMIZERS)
def test_the_bottom_of_a_bowl(method: str) -> None:
    found = minimise(bowl, np.full(5, 0.5), method=method, evaluations=600, seed=1)
    assert found.loss < 0.02 * bowl(np.full(5, 0.5))
    assert found.tried <= 600
    assert found.loss == bowl(found.position)


@pytest.mark.parametrize("method", OPTIMIZERS)
def test_the_scale_of_the_loss_does_not_matter(method: str) -> None:
    small = minimise(lambda x: 1e-6 * bowl(x), np.full(5, 0.5), method=method, evaluations=200, seed=2)
    large = minimise(lambda x: 1e6 * bowl(x), np.full(5, 0.5), method=method, evaluations=200, seed=2)
    assert small.position == pytest.approx(large.position, abs=1e-6)


@pytest.mark.parametrize("method", OPTIMIZERS)
def test_the_same_seed_gives_the_same(method: str) -> None:
    one, two, other = (
        minimise(bowl, np.full(5, 0.5), method=method, evaluations=60, seed=s) for s in (3, 3, 4)
    )
    assert (one.position == two.position).all()
    assert (one.position != other.position).any()


@pytest.mark.parametrize("method", OPTIMIZERS)
def test_settings_stay_inside_and_a_goal_at_the_end_is_reached(method: str) -> None:
    asked = []

    def corner(position: np.ndarray) -> float:
        asked.append(position)
        return float(np.sum(position))

    found = minimise(corner, np.full(4, 0.6), method=method, evaluations=500, seed=0)
    assert np.min(asked) >= 0.0
    assert np.max(asked) <= 1.0
    assert found.loss < 0.3


@pytest.mark.parametrize("method", OPTIMIZERS)
def test_failures_on_the_way_are_passed_over(method: str) -> None:
    calls = iter(range(10_000))

    def shaky(position: np.ndarray) -> float:
        return math.nan if next(calls) % 7 == 3 else bowl(position)

    found = minimise(shaky, np.full(5, 0.5), method=method, evaluations=600, seed=1)
    assert found.loss < 0.1 * bowl(np.full(5, 0.5))


@pytest.mark.parametrize("method", OPTIMIZERS)
def test_an_interruption_gives_the_best_so_far(method: str) -> None:
    calls = iter(range(10_000))

    def stopped(position: np.ndarray) -> float:
        if next(calls) == 100:
            raise KeyboardInterrupt
        return bowl(position)

    found = minimise(stopped, np.full(5, 0.5), method=method, evaluations=600)
    assert found.interrupted
    assert found.loss < bowl(np.full(5, 0.5))


def test_never_worse_than_the_start() -> None:
    found = minimise(bowl, GOAL, evaluations=50)
    assert found.loss == 0.0
    assert (found.position == GOAL).all()


@pytest.mark.parametrize(
    ("start", "words"),
    [(np.zeros(0), "shape"), (np.array([0.5, 1.5]), "outside"), (np.array([np.nan]), "outside")],
)
def test_starts_that_are_none(start: np.ndarray, words: str) -> None:
    with pytest.raises(ParamError, match=words):
        minimise(lambda _: 0.0, start)


def test_what_is_wrong_is_said() -> None:
    with pytest.raises(ParamError, match="give one of spsa, cma-es"):
        minimise(bowl, GOAL, method="magic")
    with pytest.raises(ParamError, match="at least 2"):
        CmaEs(np.array([0.5]))
    with pytest.raises(ParamError, match="start is nan"):
        minimise(lambda _: math.nan, GOAL)


def test_spsa_takes_two_renders_a_step() -> None:
    assert len(Spsa(GOAL).ask()) == 2
