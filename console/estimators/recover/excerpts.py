"""Chooses the passages of a long song that are worked on: those in which, taken together, every track is heard."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from console.estimators.recover.material import Audio, Excerpt, Material, activity_of
from console.session import Session
from console.session.reader import TrackReader

_PASSAGES = 3
_RUN_IN_S = 1.5
_HOP = 4096
#: A song no longer than this times the budget is taken whole.
_WHOLE = 1.35


def make_material(session: Session, target: Audio, seconds: float) -> Material:
    """Passages of a session and of the target on its time line, at most about `seconds` long together.

    Args:
        session: the stems; those left out are silent here.
        target: (2, samples), on the session's time line.
        seconds: a budget.

    Raises:
        SessionError: a file cannot be decoded.
    """
    rate_hz = session.sample_rate_hz
    samples = min(session.samples, target.shape[1])
    if samples <= _WHOLE * seconds * rate_hz:
        ranges = [(0, samples, 0)]
    else:
        ranges = _chosen(
            session, target, samples, round(seconds * rate_hz / _PASSAGES), round(_RUN_IN_S * rate_hz)
        )
    excerpts = []
    for start, stop, run_in in ranges:
        stems = tuple(_read(session, index, start, stop) for index in range(len(session.tracks)))
        excerpts.append(Excerpt(start, run_in, stems, np.ascontiguousarray(target[:, start:stop])))
    return Material(rate_hz, tuple(excerpts))


def _read(session: Session, index: int, start: int, stop: int) -> Audio:
    track = session.tracks[index]
    if not track.included:
        return np.zeros((track.channels, stop - start), dtype=np.float32)
    with TrackReader(track, session.sample_rate_hz) as reader:
        reader.seek(start)
        return reader.read(stop - start)


def _chosen(
    session: Session, target: Audio, samples: int, length: int, run_in: int
) -> list[tuple[int, int, int]]:
    """Start, stop and run-in of passages: each the one that adds most activity of tracks not yet heard."""
    rows = []
    for index, track in enumerate(session.tracks):
        if track.included:
            rows.append(activity_of([_read(session, index, 0, samples)], _HOP)[0])
    sounding = (
        np.square(target[:, :samples]).mean(axis=0)[: samples // _HOP * _HOP].reshape(-1, _HOP).mean(axis=1)
        > 0
    )
    activity: NDArray[np.float64] = np.stack(rows)[:, : len(sounding)] * sounding
    sums = np.cumsum(np.pad(activity, ((0, 0), (1, 0))), axis=1)
    width = length // _HOP
    starts = np.arange(0, activity.shape[1] - width, max(1, width // 8))
    heard = np.zeros(len(activity))
    taken: list[tuple[int, int, int]] = []
    for _ in range(_PASSAGES):
        gains = [
            np.sqrt(heard + sums[:, s + width] - sums[:, s]).sum() - np.sqrt(heard).sum()
            if all(s * _HOP >= b or s * _HOP + length <= a for a, b, _ in taken)
            else -1.0
            for s in starts
        ]
        best = int(starts[int(np.argmax(gains))])
        if max(gains) < 0.0:
            break
        heard = heard + sums[:, best + width] - sums[:, best]
        first = max(best * _HOP - run_in, 0)
        taken.append((first, best * _HOP + length, best * _HOP - first))
    return sorted(taken)
