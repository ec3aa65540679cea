"""Which tracks the controller listens to, and how it reads them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import fields
from threading import Lock, local

import numpy as np
from numpy.typing import NDArray

from console.analysis.values import SessionAnalysis
from console.mix import TrackStrip
from console.models.controller.hearing import Hearing, Reader, hear
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


def listen(
    tracks: Sequence[SessionTrack], sample_rate_hz: int, *, threads: int = 1
) -> tuple[tuple[SessionTrack, ...], Hearing]:
    """Hear tracks, several at once; those of which nothing was to be heard are left out.

    Of the files, about as many tracks' are open at a time as there are threads.

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
            threads=threads,
        )
    chosen = np.flatnonzero(hearing.heard).tolist()
    rows = {item.name: getattr(hearing, item.name)[chosen] for item in fields(hearing)}
    return tuple(tracks[at] for at in chosen), Hearing(**rows)


class _Desk:
    """Lets each thread have the files of one reader open."""

    def __init__(self, readers: Sequence[TrackReader]) -> None:
        self._readers, self._locks = readers, [Lock() for _ in readers]
        self._own = local()

    def reader(self, at: int) -> Reader:
        """What reads from reader number `at`."""

        def read(start: int, samples: int) -> Float32:
            last = getattr(self._own, "at", at)
            if last != at:
                with self._locks[last]:
                    self._readers[last].release()
            self._own.at = at
            with self._locks[at]:
                self._readers[at].seek(start)
                return self._readers[at].read(samples)

        return read
