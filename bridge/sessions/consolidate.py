"""Plays a track's items into one float file: streamed, sample by sample the same in every run."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from bridge.render.wav import ENCODINGS, WavWriter
from bridge.sessions.pieces import Joint, Piece, Samples
from console.progress import Progress
from console.session import SessionTrack
from console.session.reader import CHUNK_FRAMES, TrackReader

BLOCK = 65_536

#: Frames of the file that a resampler hears before an item's start, so that it has settled there.
_SETTLE_FRAMES = 4_096


def write_joint(joint: Joint, path: Path, progress: Progress, stage: str) -> None:
    """Write the sum of all pieces as 32-bit float; at most a block of each piece that sounds is in memory.

    Raises:
        SessionError: a file cannot be decoded.
        OSError: the disk is full, or the file cannot be written.
    """
    writer = WavWriter(path, ENCODINGS["FLOAT"], joint.channels, joint.sample_rate_hz)
    for block in _blocks(joint):
        writer.write(np.asarray(block.T, np.float64))
        progress(stage, writer.frames / joint.samples)
    writer.finish()


def _blocks(joint: Joint) -> Iterator[Samples]:
    waiting = list(reversed(joint.pieces))
    sounding: list[_Player] = []
    for start in range(joint.begin, joint.begin + joint.samples, BLOCK):
        end = min(start + BLOCK, joint.begin + joint.samples)
        while waiting and waiting[-1].begin < end:
            sounding.append(_Player(waiting.pop(), joint.sample_rate_hz))
        out = np.zeros((joint.channels, end - start), np.float32)
        for player in sounding:
            piece = player.piece
            first, last = max(piece.begin, start), min(piece.end, end)
            # One channel goes to both sides as it is, which is what workstations do on a stereo track.
            out[:, first - start : last - start] += player.read(last - first)
        for player in sounding:
            if player.piece.end <= end:
                player.close()
        sounding = [player for player in sounding if player.piece.end > end]
        yield out


class _Player:
    """Plays one piece from its begin on, at the grid's rate."""

    def __init__(self, piece: Piece, rate_hz: int) -> None:
        self.piece = piece
        self._done = 0
        self._source = _Source(piece)
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
        self._source.close()


class _Source:
    """The frames of a piece's file from any frame on, at its own rate; silence outside it, or the file again."""

    def __init__(self, piece: Piece) -> None:
        file = piece.file
        self.at = 0
        self._loops, self._frames = piece.loops, file.frames
        track = SessionTrack("", (file,), file.channels, file.frames)
        self._reader = TrackReader(track, file.sample_rate_hz)

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
        self._reader.seek(place)
        return self._reader.read(frames)

    def close(self) -> None:
        self._reader.close()


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
