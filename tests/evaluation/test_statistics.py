"""Bootstrap intervals against scipy's, over songs and not over pairs."""

import numpy as np
import pytest
from scipy import stats

from bridge.evaluation.statistics import by_pair, difference_of, interval, mean_of, over_songs
from bridge.evaluation.values import Row
from console.frozen import FrozenMap


def _row(song: str, reference: str, system: str, value: float, status: str = "made") -> Row:
    return Row(song, reference, system, "", status, to_reference=FrozenMap({"term": value}))  # type: ignore[arg-type]


def test_the_interval_is_the_percentile_bootstrap() -> None:
    values = np.random.default_rng(0).gamma(2.0, 1.0, 24)
    found = interval(values.tolist())
    wanted = stats.bootstrap(
        (values,), np.mean, n_resamples=20_000, method="percentile", rng=np.random.default_rng(5)
    ).confidence_interval
    assert found.mean == pytest.approx(values.mean())
    assert found.low == pytest.approx(wanted.low, abs=0.03)
    assert found.high == pytest.approx(wanted.high, abs=0.03)
    assert interval(values.tolist()) == found


def test_it_covers_the_truth_about_as_often_as_it_says() -> None:
    random = np.random.default_rng(3)
    inside = 0
    for _ in range(200):
        found = interval(random.normal(1.0, 1.0, 30).tolist())
        inside += found.low is not None and found.high is not None and found.low <= 1.0 <= found.high
    assert 180 <= inside <= 199


def test_one_song_has_no_interval() -> None:
    found = interval([2.0])
    assert (found.mean, found.low, found.high, found.songs) == (2.0, None, None, 1)
    assert not found.clear


@pytest.mark.parametrize(("count", "clear"), [(2, False), (5, False), (6, True)])
def test_few_songs_make_nothing_clear(count: int, clear: bool) -> None:
    assert interval([1.0 + 0.1 * n for n in range(count)]).clear is clear


def test_references_of_one_song_are_one_draw() -> None:
    values = {("a", "1"): 1.0, ("a", "2"): 3.0, ("b", "1"): 10.0}
    assert over_songs(values) == {"a": 2.0, "b": 10.0}
    found = mean_of(values)
    assert found is not None
    assert (found.mean, found.songs) == (6.0, 2)


def test_differences_are_paired() -> None:
    rows = [
        *(_row("a", reference, "new", value) for reference, value in (("1", 1.0), ("2", 2.0), ("3", 99.0))),
        *(_row("a", reference, "old", value) for reference, value in (("1", 3.0), ("2", 5.0))),
        _row("a", "3", "old", 0.0, "failed"),
        _row("b", "1", "new", 7.0),
        _row("b", "1", "old", 7.5),
    ]
    new, old = (by_pair(rows, name, "to_reference", "term") for name in ("new", "old"))
    assert ("a", "3") not in old
    found = difference_of(new, old)
    assert found is not None
    assert found.mean == pytest.approx((-2.5 - 0.5) / 2)
    assert found.songs == 2
    assert difference_of(new, {}) is None
