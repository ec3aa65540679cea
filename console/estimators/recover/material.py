"""The passages that are worked on: stems and target of each, side by side in memory, from active parts of the song."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Audio = NDArray[np.float32]

#: A stereo track whose sides are the same sound but for this share of its energy has no width to speak of.
_SAME = 1e-4
#: A side this far below the other, as an amplitude, is silent.
_SILENT_SIDE = 0.03


@dataclass(frozen=True)
class Excerpt:
    """A passage: where it starts in the session, its stems (channels, samples) and its target (2, samples).

    The first `run_in` samples only bring compressors and reverbs up to where they stand; they do not count.
    """

    start_sample: int
    run_in: int
    stems: tuple[Audio, ...]
    target: Audio

    @property
    def samples(self) -> int:
        """Its length, the run-in included."""
        return int(self.target.shape[1])


@dataclass(frozen=True)
class Material:
    """All passages of a session, and how much silence a track may count as."""

    sample_rate_hz: int
    excerpts: tuple[Excerpt, ...]

    @property
    def tracks(self) -> int:
        """How many tracks there are."""
        return len(self.excerpts[0].stems)

    @property
    def energy(self) -> float:
        """Of all targets, both sides together, where it counts."""
        return float(sum(np.square(e.target[:, e.run_in :], dtype=np.float64).sum() for e in self.excerpts))

    @cached_property
    def sides(self) -> tuple[NDArray[np.float64] | None, ...]:
        """Of each track how much of its one sound each channel has, (channels,), or None where its sides differ.

        Of squares that sum up to the number of channels; a silent side counts as 0.
        """
        return tuple(_sides([e.stems[t] for e in self.excerpts]) for t in range(self.tracks))

    def with_stems(self, change: dict[int, tuple[Audio, ...]]) -> Material:
        """The same with some tracks replaced: track index → its audio in each excerpt."""
        excerpts = tuple(
            replace(
                excerpt,
                stems=tuple(change[t][e] if t in change else stem for t, stem in enumerate(excerpt.stems)),
            )
            for e, excerpt in enumerate(self.excerpts)
        )
        return replace(self, excerpts=excerpts)

    def louder(self, gain_db: float) -> Material:
        """The same with its targets at another level."""
        factor = np.float32(10.0 ** (gain_db / 20.0))
        return replace(self, excerpts=tuple(replace(e, target=e.target * factor) for e in self.excerpts))

    def shorter(self, seconds: float) -> Material:
        """The same, of each passage no more than its share of so many seconds, around where most tracks play."""
        share = round(seconds * self.sample_rate_hz / len(self.excerpts))
        return replace(self, excerpts=tuple(_busiest(excerpt, share) for excerpt in self.excerpts))


def _sides(stems: list[Audio]) -> NDArray[np.float64] | None:
    count = len(stems[0])
    if count == 1:
        return np.ones(1)
    power = np.sum([np.asarray(stem @ stem.T, dtype=np.float64) for stem in stems], axis=0)
    values, vectors = np.linalg.eigh(power)
    if values[0] > _SAME * values[1]:
        return None
    found = vectors[:, 1] * np.sign(vectors[:, 1].sum() or 1.0)
    return np.asarray(np.where(np.abs(found) > _SILENT_SIDE, found, 0.0) * np.sqrt(count))


def _busiest(excerpt: Excerpt, share: int) -> Excerpt:
    """The part of a passage in which the tracks, each by its own measure, are most active."""
    run_in = min(excerpt.samples // 4, share // 6)
    length = share + run_in
    if excerpt.samples <= length * 1.2:
        return excerpt
    hop = 4096
    starts = list(range(0, excerpt.samples - length, hop))
    activity = activity_of([stem for stem in excerpt.stems], hop)
    sums = np.cumsum(np.pad(activity, ((0, 0), (1, 0))), axis=1)
    width = length // hop
    scores = [np.sqrt(sums[:, s // hop + width] - sums[:, s // hop]).sum() for s in starts]
    first = starts[int(np.argmax(scores))]
    cut = slice(first, first + length)
    return Excerpt(
        excerpt.start_sample + first,
        max(run_in, excerpt.run_in - first),
        tuple(np.ascontiguousarray(stem[:, cut]) for stem in excerpt.stems),
        np.ascontiguousarray(excerpt.target[:, cut]),
    )


def activity_of(stems: list[Audio], hop: int) -> NDArray[np.float64]:
    """How active each track is in each hop, 0 … 1 of its own loud level, (tracks, hops)."""
    rows = []
    for stem in stems:
        whole = stem.shape[1] // hop * hop
        power = np.square(stem[:, :whole]).reshape(len(stem), -1, hop).mean(axis=(0, 2), dtype=np.float64)
        loud = np.percentile(power, 95.0) if len(power) else 0.0
        rows.append(np.minimum(power / loud, 1.0) if loud > 0.0 else np.zeros(len(power)))
    return np.stack(rows) if rows else np.zeros((0, 0))
