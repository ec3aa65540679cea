"""Means over songs with bootstrap intervals, of a system and of its difference to another."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bridge.evaluation.values import Row

#: Resamples of a bootstrap, and the share of them that the interval holds.
RESAMPLES, LEVEL = 10_000, 0.95
#: Of fewer songs than these even one sign throughout is no evidence: it comes by chance in 2^(1 − n) of all cases.
FEWEST_SONGS = 6


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over songs, and the bootstrap interval around it; None where one song alone says nothing of others."""

    mean: float
    low: float | None
    high: float | None
    songs: int

    @property
    def clear(self) -> bool:
        """Whether 0 lies outside an interval of songs enough."""
        if self.low is None or self.high is None or self.songs < FEWEST_SONGS:
            return False
        return self.low > 0.0 or self.high < 0.0

    def to_dict(self) -> dict[str, Any]:
        """As plain values."""
        return {"mean": self.mean, "low": self.low, "high": self.high, "songs": self.songs}


def interval(values: Sequence[float], seed: int = 0) -> Interval:
    """The mean of one value a song, with the percentile bootstrap over the songs (Efron, 1979)."""
    found = np.asarray(values, dtype=np.float64)
    mean, songs = float(found.mean()), len(found)
    if songs < 2:
        return Interval(mean, None, None, songs)
    drawn = np.random.default_rng(seed).integers(0, songs, (RESAMPLES, songs))
    low, high = np.quantile(found[drawn].mean(axis=1), ((1.0 - LEVEL) / 2.0, (1.0 + LEVEL) / 2.0))
    return Interval(mean, float(low), float(high), songs)


#: Values of one term by song and reference.
ByPair = Mapping[tuple[str, str], float]


def by_pair(rows: Iterable[Row], system: str, group: str, term: str) -> dict[tuple[str, str], float]:
    """One term of a system, of every pair that it made a mix for."""
    return {
        (row.song, row.reference): getattr(row, group)[term]
        for row in rows
        if row.system == system and row.status == "made" and term in getattr(row, group)
    }


def over_songs(values: ByPair) -> dict[str, float]:
    """The mean over the references of each song: references of one song are no independent draws."""
    found: dict[str, list[float]] = defaultdict(list)
    for (song, _), value in values.items():
        found[song].append(value)
    return {song: float(np.mean(items)) for song, items in found.items()}


def mean_of(values: ByPair, seed: int = 0) -> Interval | None:
    """The interval of a term; None where no pair has it."""
    songs = over_songs(values)
    return interval([songs[name] for name in sorted(songs)], seed) if songs else None


def difference_of(values: ByPair, baseline: ByPair, seed: int = 0) -> Interval | None:
    """The interval of a term less the baseline's, over the pairs that both have; None where there are none."""
    return mean_of({pair: values[pair] - baseline[pair] for pair in values if pair in baseline}, seed)
