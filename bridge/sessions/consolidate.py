"""Plays a track's items into one float file: streamed, sample by sample the same in every run."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from bridge.render.wav import ENCODINGS, WavWriter
from bridge.sessions.pieces import Joint, Piece, Samples
from console.progress import Progress
from console.session import AudioFile, SessionTrack
from console.session.reader import CHUNK_FRAMES, TrackReader

BLOCK = 65_536

#: Frames of the file that a resampler hears before an item's start, so that it has settled there.
_SETTLE_FRAMES = 4_096

#: Files that stay open although nothing plays them.
_MOST_IDLE = 32


def write_joint(joint: Joint, path: Path, progress: Progress, stage: str) -> None:
    """Write the sum of all pieces as 32-bit float; at most a block of each piece that sounds is in memory.

    Raises:
        SessionError: a file cannot be decoded.
        OSError: the disk is full, or the file cannot be written.
    """
    writer = WavWriter(path, ENCODINGS["FLOAT"], joint.channels, joint.sample_rate_hz)
    samples = joint.samples
    readers = _Readers()
    try:
        for block in _blocks(joint, readers):
            writer.write(np.asarray(block.T, np.float64))
            progress(stage, writer.frames / samples)
    finally:
        readers.close()
    writer.finish()


def _blocks(joint: Joint, readers: "_Readers") -> Iterator[Samples]:
    channels, first, last = joint.channels, joint.begin, joint.begin + joint.samples
    waiting = list(reversed(joint.pieces))
    for start in range(first, last, BLOCK):
        end = min(start + BLOCK, last)
        out = np.zeros((channels, end - start), np.float32)
        for player in [*readers.sounding, *_starting(waiting, end, joint.sample_rate_hz, readers)]:
            piece = player.piece
            begin, stop = max(piece.begin, start), min(piece.end, end)
            # One channel goes to both sides as it is, which is what workstations do on a stereo track.
            out[:, begin - start : stop - start] += player.read(stop - begin)
            if piece.end <= end:
                player.close()
        yield out


def _starting(waiting: list[Piece], end: int, rate_hz: int, readers: "_Readers") -> "Iterator[_Player]":
    """The pieces that start before a sample, one by one: a short one is over before the next one begins."""
    while waiting and waiting[-1].begin < end:
        yield _Player(waiting.pop(), rate_hz, readers)


class _Readers:
    """The files that are open: a reader that one piece has done with serves the next piece of its file."""

    def __init__(self) -> None:
        self.sounding: dict[_Player, None] = {}
        self._idle: dict[AudioFile, TrackReader] = {}

    def take(self, file: AudioFile) -> TrackReader:
        """A reader of a file at its own rate."""
        known = self._idle.pop(file, None)
        if known is not None:
            return known
        return TrackReader(SessionTrack("", (file,), file.channels, file.frames), file.sample_rate_hz)

    def give(self, file: AudioFile, reader: TrackReader) -> None:
        """Take a reader back; few are kept, those that were used last."""
        spare = self._idle.pop(file, None)
        self._idle[file] = reader
        if spare is None and len(self._idle) > _MOST_IDLE:
            spare = self._idle.pop(next(iter(self._idle)))
        if spare is not None:
            spare.close()

    def close(self) -> None:
        """Close all files."""
        for player in [*self.sounding]:
            player.close()
        for reader in self._idle.values():
            reader.close()


class _Player:
    """Plays one piece from its begin on, at the grid's rate."""

    def __init__(self, piece: Piece, rate_hz: int, readers: _Readers) -> None:
        self.piece = piece
        self._done = 0
        self._readers = readers
        self._source = _Source(piece, readers.take(piece.file))
        readers.sounding[self] = None
        file_hz = piece.file.sample_rate_hz
        self._resampled = None if file_hz == rate_hz else _Resampled(self._source, piece, rate_hz)
        if self._resampled is None:
            self._source.at = piece.offset + piece.skip

    def read(self, samples: int) -> Samples:
        """The next samples, with channels, gain and fades applied."""
        data = (self._resampled or self._source).read(samples)
        shaped = self.piece.shaped(data, self._done)
        self._done += samples
        return shaped

    def close(self) -> None:
        """Give the file back."""
        del self._readers.sounding[self]
        self._readers.give(self.piece.file, self._source.reader)


class _Source:
    """The frames of a piece's file from any frame on, at its own rate; silence outside it, or the file again."""

    def __init__(self, piece: Piece, reader: TrackReader) -> None:
        self.at = 0
        self.reader = reader
        self._loops, self._frames = piece.loops, piece.file.frames

    def read(self, frames: int) -> Samples:
        """The next frames, (channels, frames)."""
        if not self._loops:
            data = self._read(self.at, frames)
            self.at += frames
            return data
        parts: list[Samples] = []
        missing = frames
        while missing:
            place = self.at % self._frames
            count = min(missing, self._frames - place)
            parts.append(self._read(place, count))
            self.at += count
            missing -= count
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)

    def _read(self, place: int, frames: int) -> Samples:
        self.reader.seek(place)
        return self.reader.read(frames)


class _Resampled:
    """A source at another rate: soxr as a stream, which compensates its own latency."""

    def __init__(self, source: _Source, piece: Piece, rate_hz: int) -> None:
        import soxr

        file_hz = piece.file.sample_rate_hz
        common = math.gcd(file_hz, rate_hz)
        # From a frame that falls on a sample of the grid, which is a whole number of steps before the item's start.
        steps = -(-_SETTLE_FRAMES * common // file_hz)
        self._source = source
        self._source.at = piece.offset - steps * (file_hz // common)
        self._stream = soxr.ResampleStream(file_hz, rate_hz, piece.file.channels, dtype="float32")
        self._left: Sequence[Samples] = [np.zeros((piece.file.channels, 0), np.float32)]
        self._drop(steps * (rate_hz // common) + piece.skip)

    def read(self, samples: int) -> Samples:
        """The next samples, (channels, samples)."""
        parts = [*self._left]
        there = sum(part.shape[1] for part in parts)
        while there < samples:
            # Always as many: a resampler gives slightly other samples when it is fed in other portions.
            given = np.ascontiguousarray(self._source.read(CHUNK_FRAMES).T)
            parts.append(self._stream.resample_chunk(given).reshape(-1, parts[0].shape[0]).T)
            there += parts[-1].shape[1]
        data = np.concatenate(parts, axis=1)
        self._left = [data[:, samples:]]
        return np.ascontiguousarray(data[:, :samples])

    def _drop(self, samples: int) -> None:
        while samples > 0:
            count = min(samples, BLOCK)
            self.read(count)
            samples -= count
