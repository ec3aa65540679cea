"""One streaming pass over a session: every track, their sum, and which of them hear the same."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from console.analysis.cache import ANALYSIS_VERSION, AnalysisCache
from console.analysis.pairs import Found, find_pairs
from console.analysis.track import TrackAnalyzer
from console.analysis.values import PairAnalysis, SessionAnalysis, TrackAnalysis
from console.frozen import FrozenMap
from console.progress import Progress, no_progress
from console.session.reader import TrackReader
from console.session.values import Session, SessionTrack

#: Partial sums; a constant, so that the sum's rounding does not depend on the number of threads.
_LANES = 8

#: Readers that keep their files open between blocks.
_OPEN_READERS = 96

_SHORT_BLOCK_S, _LONG_BLOCK_S = 1, 8

#: Gain of a mono track to either side of the sum: the console's pan law at the centre, −3 dB.
_CENTRE = float(np.sqrt(0.5))


def analyze(
    session: Session,
    *,
    cache: AnalysisCache | None = None,
    threads: int | None = None,
    progress: Progress = no_progress,
) -> SessionAnalysis:
    """Measure every track, the plain sum of the included ones (mono ones at −3 dB to both sides), and the pairs.

    The result depends neither on the order of the tracks nor on the number of threads. Each track is read once, in
    step with the others; what the cache holds is not read at all. Memory does not grow with the session's length
    but for the figures per 0.1 s.

    Args:
        session: the session; its files are read, nothing is written but the cache.
        cache: where analyses are kept; None measures everything.
        threads: how many to use; None takes as many as there are processors.
        progress: told "analyse" and "pairs".

    Raises:
        SessionError: a file cannot be decoded.
    """
    workers = threads or os.cpu_count() or 1
    keys = {track.id: _track_key(track, session.sample_rate_hz) for track in session.tracks}
    ordered = sorted(session.tracks, key=lambda track: (keys[track.id], track.id))
    included = [track for track in ordered if track.included]
    sum_key = _key("sum", *(keys[track.id] for track in included), str(session.sample_rate_hz))
    known: dict[str, TrackAnalysis] = {}
    if cache is not None:
        for key in {*keys.values(), sum_key}:
            found = cache.load(key)
            if found is not None:
                known[key] = found
    progress("analyse", 0.0)
    unknown = [track for track in ordered if keys[track.id] not in known]
    if unknown or sum_key not in known:
        summed = None if sum_key in known else included
        fresh = _measure(session.sample_rate_hz, unknown, summed, keys, sum_key, workers, progress)
        if cache is not None:
            for key, analysis in fresh.items():
                cache.store(key, analysis)
        known |= fresh
    progress("analyse", 1.0)
    tracks = {track.id: known[keys[track.id]] for track in ordered}
    pairs, duplicates = _pairs(session, ordered, tracks, keys, cache, workers, progress)
    return SessionAnalysis(
        tracks=FrozenMap({track.id: tracks[track.id] for track in session.tracks}),
        sum=known[sum_key],
        pairs=pairs,
        duplicates=duplicates,
    )


def _key(*parts: str) -> str:
    """A name for what these parts determine, fit for a file name."""
    text = "\n".join((f"analysis {ANALYSIS_VERSION}", *parts))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()


def _track_key(track: SessionTrack, sample_rate_hz: int) -> str:
    place = f"{track.channels} {track.start_samples} {track.samples} {sample_rate_hz}"
    return _key("track", track.content_hash, place)


@dataclass(slots=True)
class _Strip:
    """One track on its way through the pass."""

    reader: TrackReader
    end: int
    key: str
    analyzer: TrackAnalyzer | None
    summed: bool

    def step(self, start: int, size: int, total: NDArray[np.float64], *, release: bool) -> None:
        """Read the block from `start` on, measure it, add it to the lane's total."""
        if start >= self.end:
            return
        block = self.reader.read(size)
        if release:
            self.reader.release()
        if self.analyzer is not None:
            self.analyzer.push(block[:, : min(size, self.end - start)])
        if self.summed:
            total += block if len(block) == 2 else block * np.float64(_CENTRE)


def _measure(
    sample_rate_hz: int,
    unknown: Sequence[SessionTrack],
    summed: Sequence[SessionTrack] | None,
    keys: dict[str, str],
    sum_key: str,
    workers: int,
    progress: Progress,
) -> dict[str, TrackAnalysis]:
    """Analyse the unknown tracks and, unless it is None, the sum of others; by key."""
    mixed = None if summed is None else TrackAnalyzer(sample_rate_hz, 2)
    summed = summed or ()
    strips = _strips(sample_rate_hz, unknown, summed, keys)
    release = len(strips) > _OPEN_READERS
    size = sample_rate_hz * (_LONG_BLOCK_S if release else _SHORT_BLOCK_S)
    end = max((strip.end for strip in strips), default=0)
    sum_end = max((track.end_samples for track in summed), default=0)
    # Lanes hold only tracks of one kind, in the order of their content: the sum is the same to the bit.
    lanes = [group for kind in (True, False) for group in _dealt([s for s in strips if s.summed == kind])]
    totals = [np.zeros((2, size)) for _ in lanes]

    def step(lane: int, start: int) -> None:
        totals[lane][:] = 0.0
        for strip in lanes[lane]:
            strip.step(start, size, totals[lane], release=release)

    def push_sum(block: NDArray[np.float32]) -> None:
        if mixed is not None:
            mixed.push(block)

    pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="analysis")
    try:
        last: Future[None] | None = None
        for start in range(0, end, size):
            _wait([pool.submit(step, lane, start) for lane in range(len(lanes))])
            if last is not None:
                last.result()
            if mixed is not None:
                block = np.add.reduce(totals, axis=0).astype(np.float32)
                last = pool.submit(push_sum, block[:, : max(0, min(size, sum_end - start))])
            progress("analyse", min(1.0, (start + size) / end))
        if last is not None:
            last.result()
        results = dict(pool.map(_result, [strip for strip in strips if strip.analyzer is not None]))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        for strip in strips:
            strip.reader.close()
    if mixed is not None:
        results[sum_key] = mixed.result()
    return results


def _strips(
    sample_rate_hz: int,
    unknown: Sequence[SessionTrack],
    summed: Sequence[SessionTrack],
    keys: dict[str, str],
) -> list[_Strip]:
    """What has to be read, in the order of its content; equal content is measured once."""
    in_sum = {track.id for track in summed}
    wanted = {track.id: track for track in (*unknown, *summed)}
    measured = {keys[track.id]: track.id for track in reversed(unknown)}
    strips = []
    for track_id in sorted(wanted, key=lambda name: (keys[name], name)):
        track, key = wanted[track_id], keys[track_id]
        analyzer = TrackAnalyzer(sample_rate_hz, track.channels) if measured.get(key) == track_id else None
        if analyzer is None and track_id not in in_sum:
            continue
        reader = TrackReader(track, sample_rate_hz)
        strips.append(_Strip(reader, track.end_samples, key, analyzer, track_id in in_sum))
    return strips


def _dealt(strips: Sequence[_Strip]) -> Iterable[Sequence[_Strip]]:
    return [strips[lane::_LANES] for lane in range(min(_LANES, len(strips)))]


def _wait(futures: Sequence[Future[None]]) -> None:
    """Wait for all of them, then raise the first failure."""
    for future in futures:
        future.exception()
    for future in futures:
        future.result()


def _result(strip: _Strip) -> tuple[str, TrackAnalysis]:
    """The key and the analysis of a strip that has one."""
    if strip.analyzer is None:
        raise RuntimeError(f"0 analyses for {strip.key}; a strip without an analyzer has no result")
    found = strip.analyzer.result()
    # What it was made from is as large again: let go of it before the next one.
    strip.analyzer = None
    return strip.key, replace(
        found, nonfinite_samples=found.nonfinite_samples + strip.reader.nonfinite_samples
    )


def _pairs(
    session: Session,
    ordered: Sequence[SessionTrack],
    tracks: dict[str, TrackAnalysis],
    keys: dict[str, str],
    cache: AnalysisCache | None,
    workers: int,
    progress: Progress,
) -> tuple[tuple[PairAnalysis, ...], tuple[tuple[str, str], ...]]:
    """Pairs and duplicates, from the cache if nothing that they depend on has changed."""
    what = (f"{keys[track.id]} {track.role} {track.group}" for track in ordered)
    key = _key("pairs", *what, str(session.sample_rate_hz))
    found = _known_pairs(cache, key, len(ordered))
    if found is None:
        found = find_pairs(ordered, tracks, session.sample_rate_hz, workers, progress)
        if cache is not None:
            cache.store_values(key, found.as_lists())
    names = [track.id for track in ordered]
    return found.pairs(names), found.duplicates(names)


def _known_pairs(cache: AnalysisCache | None, key: str, count: int) -> Found | None:
    values = None if cache is None else cache.load_values(key)
    if values is None:
        return None
    try:
        return Found.from_lists(values, count)
    except (TypeError, ValueError, KeyError, IndexError):
        return None
