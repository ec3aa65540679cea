"""One running track: its reader, its time shift and its strip."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bridge.render.plan import PlannedTrack
from console.dsp.filters import FirFilter
from console.dsp.shift import LATENCY_SAMPLES, TAPS, fractional_delay_taps, split_delay
from console.dsp.strip import StripProcessor
from console.errors import RenderError
from console.session.reader import TrackReader

#: Files that may stay open at a time; tracks beyond that close theirs after each block.
MOST_OPEN_FILES = 120

#: A delay this near to whole samples is taken as whole: a shift changes no bit of the audio.
_WHOLE = 1e-3

_OVERFLOW = 1e30  # +600 dBFS: nothing that was ever audio


class _FineReader:
    """Audio that is a fraction of a sample late.

    The interpolator hears what precedes the session's start, and runs ahead by its own latency.
    """

    def __init__(self, reader: TrackReader, fraction: float, channels: int) -> None:
        self._reader = reader
        self._filter = FirFilter(fractional_delay_taps(fraction), channels)
        self._primed = False

    def read(self, samples: int) -> NDArray[np.float64]:
        """The next samples, (channels, samples)."""
        if not self._primed:
            self._reader.seek(LATENCY_SAMPLES + 1 - TAPS)
            self._filtered(TAPS - 1)
            self._primed = True
        return self._filtered(samples)

    def _filtered(self, samples: int) -> NDArray[np.float64]:
        audio = self._reader.read(samples).astype(np.float64)
        self._filter.process(audio)
        return audio


class TrackSource:
    """A track from its files, shifted by its strip's delay, block by block from sample 0."""

    def __init__(self, planned: PlannedTrack, sample_rate_hz: int, *, keep_open: bool) -> None:
        track = planned.track
        self._keep_open = keep_open
        whole, fraction = split_delay(planned.strip.input.delay_ms, sample_rate_hz, _WHOLE)
        self._reader = TrackReader(track, sample_rate_hz, shift_samples=whole)
        self._source = _FineReader(self._reader, fraction, track.channels) if fraction else self._reader

    def read(self, samples: int) -> NDArray[np.floating]:
        """The next samples, (channels, samples).

        Raises:
            SessionError: a file cannot be read.
        """
        audio = self._source.read(samples)
        if not self._keep_open:
            self._reader.release()
        return audio

    def close(self) -> None:
        """Close the track's files."""
        self._reader.close()


class TrackLane:
    """A track from its files to its stereo signal after the fader, block by block from sample 0."""

    def __init__(self, planned: PlannedTrack, sample_rate_hz: int, *, keep_open: bool) -> None:
        strip = planned.strip
        self.id = strip.id
        self._source = TrackSource(planned, sample_rate_hz, keep_open=keep_open)
        undelayed = replace(strip, input=replace(strip.input, delay_ms=0.0))
        self.processor = StripProcessor(undelayed, sample_rate_hz, planned.track.channels)

    def process(self, samples: int) -> NDArray[np.float64]:
        """The next samples, (2, samples).

        Raises:
            RenderError: the strip's output is not finite.
            SessionError: a file cannot be read.
        """
        out = self.processor.process(self._source.read(samples))
        check_output(out, f"track {self.id!r}")
        return out

    def close(self) -> None:
        """Close the track's files."""
        self._source.close()


def check_output(out: NDArray[np.float64], what: str) -> None:
    """See to it that a strip's output is finite, also as float32.

    Raises:
        RenderError: it is not.
    """
    if out.size and not (-_OVERFLOW < out.min() and out.max() < _OVERFLOW):  # NaN compares false
        raise RenderError(
            f"{what} comes out of its strip with samples that are not finite; "
            "look at its audio and its equalizer, or leave it out"
        )
