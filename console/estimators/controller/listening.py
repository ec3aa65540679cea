"""Which tracks the controller listens to, and how it reads them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from console.analysis.values import SessionAnalysis
from console.mix import TrackStrip
from console.models.controller.hearing import Hearing, hear
from console.session import Session, SessionTrack
from console.session.reader import TrackReader

Float32 = NDArray[np.float32]


def sounding(
    session: Session, analysis: SessionAnalysis, strips: Sequence[TrackStrip]
) -> tuple[SessionTrack, ...]:
    """The tracks that are to be mixed and are not silent, in an order that their audio alone decides."""
    muted = {strip.id for strip in strips if strip.muted}
    chosen = [
        track for track in session.included if track.id not in muted and not analysis.tracks[track.id].silent
    ]
    return tuple(sorted(chosen, key=lambda track: (track.content_hash, track.start_samples, track.id)))


def listen(tracks: Sequence[SessionTrack], sample_rate_hz: int) -> tuple[tuple[SessionTrack, ...], Hearing]:
    """Hear tracks; those of which nothing was to be heard are left out. One track's files are open at a time.

    Raises:
        SessionError: a file cannot be read.
    """
    with ExitStack() as stack:
        readers = [stack.enter_context(TrackReader(track, sample_rate_hz)) for track in tracks]
        desk = _Desk(readers)
        hearing = hear(
            [desk.reader(at) for at in range(len(readers))],
            [track.channels for track in tracks],
            max((track.end_samples for track in tracks), default=1),
            sample_rate_hz,
        )
    chosen = np.flatnonzero(hearing.heard).tolist()
    rows = {item.name: getattr(hearing, item.name)[chosen] for item in fields(hearing)}
    return tuple(tracks[at] for at in chosen), Hearing(**rows)


class _Desk:
    """Lets one reader have its files open."""

    def __init__(self, readers: Sequence[TrackReader]) -> None:
        self._readers, self._open = readers, 0

    def reader(self, at: int) -> _Reader:
        return _Reader(self, at)

    def read(self, at: int, start: int, samples: int) -> Float32:
        if at != self._open:
            self._readers[self._open].release()
            self._open = at
        self._readers[at].seek(start)
        return self._readers[at].read(samples)


class _Reader:
    def __init__(self, desk: _Desk, at: int) -> None:
        self._desk, self._at = desk, at

    def __call__(self, start: int, samples: int) -> Float32:
        return self._desk.read(self._at, start, samples)
