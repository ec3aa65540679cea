"""Which tracks hear the same source, how far apart in time, and which are the same recording twice."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from console.analysis.correlate import Correlator, Windows
from console.analysis.values import HOP_S, PairAnalysis, TrackAnalysis
from console.analysis.windows import WINDOW_HOPS, choose_windows, presence_at
from console.progress import Progress, no_progress
from console.session.reader import TrackReader
from console.session.roles import DRUM_ROLES, Role
from console.session.values import SessionTrack

#: Pairs that are compared at most.
MOST_PAIRS = 2000

_WINDOWS = 8
_FEWEST_WINDOWS = 3
_MOST_SPECTRA = 512

#: Envelopes that are as alike as this make a pair worth comparing, whatever the roles.
_LIKE_ENVELOPES = 0.9

#: Correlation of one recording with itself at another level.
_SAME_RECORDING = 0.9999

#: Roles whose tracks are microphones of one kit.
_KIT = DRUM_ROLES - {Role.PERCUSSION}
_DISTANT = frozenset({Role.OVERHEAD, Role.ROOM, Role.CYMBALS, Role.DRUMS})

#: Scale of delays that are likely: between two microphones at one drum, and across a room.
_NEAR_S, _FAR_S = 0.0015, 0.02


@dataclass(frozen=True, slots=True)
class Found:
    """Pairs by the positions of their tracks: (first, second, delay, correlation, correlation at no delay)."""

    related: tuple[tuple[int, int, float, float, float], ...] = ()
    same: tuple[tuple[int, int], ...] = ()

    def pairs(self, names: Sequence[str]) -> tuple[PairAnalysis, ...]:
        """As values with the tracks' names, the strongest correlation first."""
        return tuple(
            PairAnalysis(names[first], names[second], delay, correlation < 0.0, correlation, zero)
            for first, second, delay, correlation, zero in self.related
        )

    def duplicates(self, names: Sequence[str]) -> tuple[tuple[str, str], ...]:
        """The tracks that are one recording."""
        return tuple((names[first], names[second]) for first, second in self.same)

    def as_lists(self) -> dict[str, Any]:
        """For the cache."""
        return {"related": [list(pair) for pair in self.related], "same": [list(pair) for pair in self.same]}

    @classmethod
    def from_lists(cls, values: Any, count: int) -> Found:
        """From the cache.

        Raises:
            TypeError, ValueError, KeyError: these are no pairs of `count` tracks.
        """
        related = tuple(
            (int(a), int(b), float(delay), float(correlation), float(zero))
            for a, b, delay, correlation, zero in values["related"]
        )
        same = tuple((int(a), int(b)) for a, b in values["same"])
        if not all(0 <= i < count for pair in (*related, *same) for i in pair[:2]):
            raise ValueError(f"a pair names a track beyond the {count} of the session")
        return cls(related, same)


def find_pairs(
    tracks: Sequence[SessionTrack],
    analyses: dict[str, TrackAnalysis],
    sample_rate_hz: int,
    threads: int,
    progress: Progress = no_progress,
) -> Found:
    """Compare the likely pairs of tracks over a few windows in which both play.

    Tracks that are likely: the microphones of a kit, tracks of one role or group, and those whose loudness moves
    alike. The result depends on the order of `tracks` only in which track of a pair comes first.

    Raises:
        SessionError: a file cannot be decoded.
    """
    progress("pairs", 0.0)
    measured = [analyses[track.id] for track in tracks]
    candidates = candidate_pairs(tracks, measured)
    related: list[tuple[int, int, float, float, float]] = []
    same = set(_same_content(tracks, measured))
    clusters = _clusters(candidates)
    correlator = Correlator(sample_rate_hz, round(WINDOW_HOPS * HOP_S * sample_rate_hz))
    with ThreadPoolExecutor(max_workers=threads, thread_name_prefix="pairs") as pool:
        for number, (members, pairs) in enumerate(clusters):
            count = max(_FEWEST_WINDOWS, min(_WINDOWS, _MOST_SPECTRA // len(members)))
            hops = choose_windows([measured[i] for i in members], count)

            def read(index: int, hops: Sequence[int] = hops) -> Windows:
                audio = _read_windows(tracks[index], sample_rate_hz, hops)
                return correlator.windows(audio, presence_at(measured[index], hops))

            spectra = dict(zip(members, pool.map(read, members), strict=True))

            def compare(
                pair: tuple[int, int], spectra: dict[int, Windows] = spectra
            ) -> tuple[int, int, float, float, float] | None:
                first, second = pair
                nearness_s = _nearness_s(tracks[first], tracks[second])
                delay = correlator.compare(spectra[first], spectra[second], nearness_s)
                if delay is None:
                    return None
                return first, second, delay.samples, delay.correlation, delay.zero_lag

            found = [pair for pair in pool.map(compare, pairs) if pair is not None]
            related += found
            same |= {
                (first, second)
                for first, second, delay, correlation, _ in found
                if abs(correlation) >= _SAME_RECORDING and abs(delay) < 0.5
            }
            progress("pairs", (number + 1) / len(clusters))
    related.sort(key=lambda pair: (-abs(pair[3]), pair[0], pair[1]))
    progress("pairs", 1.0)
    return Found(tuple(related), tuple(sorted(same)))


def candidate_pairs(
    tracks: Sequence[SessionTrack], analyses: Sequence[TrackAnalysis]
) -> list[tuple[int, int]]:
    """The pairs worth comparing, likeliest first and at most MOST_PAIRS."""
    likeness = _envelope_likeness(analyses)
    ranked = []
    for second, track in enumerate(tracks):
        for first in range(second):
            other = tracks[first]
            if analyses[first].silent or analyses[second].silent or Role.CLICK in (track.role, other.role):
                continue
            alike = float(likeness[first, second])
            kind = _kind(other, track)
            if kind is None and alike < _LIKE_ENVELOPES:
                continue
            # Whole hundredths: rounding of the last bit must not choose.
            ranked.append((3 if kind is None else kind, -round(alike, 2), first, second))
    return [(first, second) for *_, first, second in sorted(ranked)[:MOST_PAIRS]]


def _kind(first: SessionTrack, second: SessionTrack) -> int | None:
    """How likely two tracks hear one source by what they are: 0 most, None not at all."""
    if first.role is second.role and first.role not in (Role.OTHER, Role.FX):
        return 0
    if first.role in _KIT and second.role in _KIT:
        return 1
    return 2 if first.group and first.group == second.group else None


def _nearness_s(first: SessionTrack, second: SessionTrack) -> float:
    near = first.role is second.role and first.role not in _DISTANT
    return _NEAR_S if near else _FAR_S


def _envelope_likeness(analyses: Sequence[TrackAnalysis]) -> NDArray[np.float64]:
    """Correlation of the tracks' momentary loudness, in LU above 30 LU below each one's gated loudness."""
    hops = max((len(analysis.momentary_lufs) for analysis in analyses), default=0)
    moves = np.zeros((len(analyses), hops))
    for row, analysis in enumerate(analyses):
        above = np.maximum(analysis.momentary_lufs - (analysis.integrated_lufs - 30.0), 0.0)
        moves[row, : len(above)] = above
    moves -= moves.mean(axis=1, keepdims=True) if hops else 0.0
    size = np.sqrt((moves**2).sum(axis=1, keepdims=True))
    moves /= np.maximum(size, 1e-9)
    return np.asarray(moves @ moves.T)


def _same_content(tracks: Sequence[SessionTrack], analyses: Sequence[TrackAnalysis]) -> list[tuple[int, int]]:
    """Pairs of tracks from files with the same bytes, each against the first of its kind; silence is not one."""
    first: dict[tuple[str, int], int] = {}
    same = []
    for index, track in enumerate(tracks):
        origin = first.setdefault((track.content_hash, track.start_samples), index)
        if origin != index and not analyses[index].silent:
            same.append((origin, index))
    return same


def _clusters(pairs: Sequence[tuple[int, int]]) -> list[tuple[list[int], list[tuple[int, int]]]]:
    """Connected sets of tracks with their pairs."""
    root: dict[int, int] = {}

    def find(index: int) -> int:
        while root.setdefault(index, index) != index:
            index = root[index]
        return index

    for first, second in pairs:
        low, high = sorted((find(first), find(second)))
        root[high] = low
    clusters: dict[int, tuple[set[int], list[tuple[int, int]]]] = {}
    for pair in sorted(pairs):
        members, inside = clusters.setdefault(find(pair[0]), (set(), []))
        members.update(pair)
        inside.append(pair)
    return [(sorted(members), inside) for _, (members, inside) in sorted(clusters.items())]


def _read_windows(track: SessionTrack, sample_rate_hz: int, hops: Sequence[int]) -> NDArray[np.float32]:
    """A track's windows, channels averaged, (windows, samples)."""
    size = round(WINDOW_HOPS * HOP_S * sample_rate_hz)
    audio = np.zeros((len(hops), size), dtype=np.float32)
    with TrackReader(track, sample_rate_hz) as reader:
        for row, hop in enumerate(hops):
            reader.seek(round(hop * HOP_S * sample_rate_hz))
            audio[row] = reader.read(size).mean(axis=0)
    return audio
