"""Streams one track on the session's time line: any block size, the same samples.

Files are decoded on a fixed grid of chunks from their first frame on, because some decoders (MP3, Opus) and
every resampler give slightly different samples when they are asked in other portions.
"""

import os
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from console.errors import SessionError
from console.session.values import AudioFile, SessionTrack

Samples = NDArray[np.float32]

#: Frames that are decoded at once.
CHUNK_FRAMES = 16_384

#: Encodings whose decoder gives other samples after a seek than when it runs from the start.
_NO_EXACT_SEEK = ("MPEG", "OPUS", "VORBIS")

#: Encodings whose header only estimates the number of frames.
_ESTIMATED_LENGTH = ("MPEG",)

_RESAMPLER_QUALITY = "HQ"


def resampled_length(frames: int, from_hz: int, to_hz: int) -> int:
    """How many samples `frames` at `from_hz` become at `to_hz`: rounded, halves up."""
    return (2 * frames * to_hz + from_hz) // (2 * from_hz)


def open_sound(path: Path) -> Any:
    """An open `soundfile.SoundFile`; also for names that are not valid text on systems that allow such.

    Raises:
        soundfile.LibsndfileError: the file is missing, forbidden, or no audio.
    """
    import soundfile

    return soundfile.SoundFile(os.fsencode(path) if os.name == "posix" else str(path))


class _FileChunks:
    """The chunks of one file; closes and reopens its handle at will."""

    def __init__(self, file: AudioFile) -> None:
        self.file = file
        self._handle: Any = None
        self._at = 0

    def chunk(self, index: int) -> Samples:
        """Chunk number `index` as (channels, frames).

        Raises:
            SessionError: the file cannot be read, or ends before its header says.
        """
        import soundfile

        first = index * CHUNK_FRAMES
        wanted = min(CHUNK_FRAMES, self.file.frames - first)
        try:
            self._go_to(index)
            data: Samples = self._handle.read(wanted, dtype="float32", always_2d=True)
        except (soundfile.SoundFileError, OSError) as error:
            raise SessionError(
                f"{self.file.path.name!r} cannot be decoded from {first / self.file.sample_rate_hz:.1f} s on "
                f"({error}); export it again, or leave it out"
            ) from error
        self._at = index + 1
        if len(data) < wanted:
            data = self._completed(data, first, wanted)
        return np.ascontiguousarray(data.T)

    def _completed(self, data: Samples, first: int, wanted: int) -> Samples:
        if self.file.encoding.startswith(_ESTIMATED_LENGTH):
            return np.pad(data, ((0, wanted - len(data)), (0, 0)))
        raise SessionError(
            f"{self.file.path.name!r} ends after {first + len(data)} of {self.file.frames} frames; it was "
            "changed since the session was read, or is broken: export it again, or leave it out"
        )

    def _go_to(self, index: int) -> None:
        exact = not self.file.encoding.startswith(_NO_EXACT_SEEK)
        if self._handle is not None and index < self._at and not exact:
            self.release()
        if self._handle is None:
            self._handle = open_sound(self.file.path)
            self._at = 0
        if index != self._at and exact:
            self._handle.seek(index * CHUNK_FRAMES)
            self._at = index
        while self._at < index:
            self._handle.read(CHUNK_FRAMES, dtype="float32", always_2d=True)
            self._at += 1

    def release(self) -> None:
        if self._handle is not None:
            self._handle.close()
            self._handle = None


class _Chunks:
    """The chunks of a track's files, left and right joined, without anything that is not a number."""

    def __init__(self, track: SessionTrack) -> None:
        self._sides = tuple(_FileChunks(file) for file in track.files)
        self._checked = 0
        self.frames = track.files[0].frames
        self.count = -(-self.frames // CHUNK_FRAMES)
        self.nonfinite_samples = 0

    def chunk(self, index: int) -> Samples:
        parts = [side.chunk(index) for side in self._sides]
        data = parts[0] if len(parts) == 1 else np.concatenate(parts)
        finite = np.isfinite(data)
        if not finite.all():
            if index >= self._checked:
                self.nonfinite_samples += int(data.size - np.count_nonzero(finite))
            data[~finite] = 0.0
        self._checked = max(self._checked, index + 1)
        return data

    def release(self) -> None:
        for side in self._sides:
            side.release()


class _Direct:
    """A track whose files already are at the session's rate."""

    def __init__(self, chunks: _Chunks) -> None:
        self._chunks = chunks
        self._index = -1
        self._data: Samples = np.zeros((1, 0), np.float32)

    def fill(self, out: Samples, start: int) -> None:
        """Write the samples from `start` on into `out` (channels, samples)."""
        done = 0
        while done < out.shape[1]:
            index, offset = divmod(start + done, CHUNK_FRAMES)
            if index != self._index:
                self._data, self._index = self._chunks.chunk(index), index
            part = self._data[:, offset : offset + out.shape[1] - done]
            out[:, done : done + part.shape[1]] = part
            done += part.shape[1]


class _Resampled:
    """A track whose files are at another rate: soxr as a stream, which compensates its own latency."""

    def __init__(self, chunks: _Chunks, channels: int, from_hz: int, to_hz: int) -> None:
        self._chunks = chunks
        self._format = (from_hz, to_hz, channels)
        self._rewind()

    def _rewind(self) -> None:
        import soxr

        self._stream = soxr.ResampleStream(*self._format, dtype="float32", quality=_RESAMPLER_QUALITY)
        self._next = 0
        self._first = 0
        self._data: Samples = np.zeros((self._format[2], 0), np.float32)

    def fill(self, out: Samples, start: int) -> None:
        """Write the samples from `start` on into `out`; rounding may leave the very last one at zero."""
        if start < self._first:
            self._rewind()
        done = 0
        while done < out.shape[1]:
            offset = start + done - self._first
            if offset < self._data.shape[1]:
                part = self._data[:, offset : offset + out.shape[1] - done]
                out[:, done : done + part.shape[1]] = part
                done += part.shape[1]
            elif self._next < self._chunks.count:
                self._advance()
            else:
                return

    def _advance(self) -> None:
        self._first += self._data.shape[1]
        frames = np.ascontiguousarray(self._chunks.chunk(self._next).T)
        self._next += 1
        resampled = self._stream.resample_chunk(frames, last=self._next == self._chunks.count)
        self._data = np.ascontiguousarray(resampled.reshape(-1, self._format[2]).T, dtype=np.float32)


class TrackReader:
    """Reads a track from front to back on the session's time line; a context manager.

    Sample 0 is the session's start. Before and after the track's audio there is silence. Samples that are not
    finite become 0 and are counted in `nonfinite_samples`. At most one chunk of each file is held in memory.
    """

    def __init__(self, track: SessionTrack, sample_rate_hz: int, *, shift_samples: int = 0) -> None:
        """Nothing is opened before the first read.

        Args:
            track: what to read.
            sample_rate_hz: the session's rate in Hz; files at another rate are resampled.
            shift_samples: plays later by so many samples; earlier when negative (its start is then skipped).
        """
        self.track = track
        self._begin = track.start_samples + shift_samples
        self._chunks = _Chunks(track)
        rate_hz = track.files[0].sample_rate_hz
        self._source: _Direct | _Resampled = (
            _Direct(self._chunks)
            if rate_hz == sample_rate_hz
            else _Resampled(self._chunks, track.channels, rate_hz, sample_rate_hz)
        )
        self._position = 0

    @property
    def position(self) -> int:
        """The session sample that the next read begins with."""
        return self._position

    @property
    def nonfinite_samples(self) -> int:
        """How many samples, over all channels, were NaN or infinite in what has been decoded so far."""
        return self._chunks.nonfinite_samples

    def read(self, samples: int) -> Samples:
        """The next `samples` samples as (channels, samples), C-contiguous, float32.

        Raises:
            SessionError: a file cannot be decoded.
        """
        out = np.zeros((self.track.channels, samples), np.float32)
        start = self._position - self._begin
        first, last = max(start, 0), min(start + samples, self.track.samples)
        if first < last:
            self._source.fill(out[:, first - start : last - start], first)
        self._position += samples
        return out

    def seek(self, sample: int) -> None:
        """Go on reading at this session sample; a resampled track is read again from its start."""
        self._position = sample

    def release(self) -> None:
        """Close the files but keep the position, so that many readers share few file handles."""
        self._chunks.release()

    def close(self) -> None:
        """Close the files."""
        self.release()

    def __enter__(self) -> "TrackReader":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
