"""Writes WAV files whose bytes depend on the audio alone: 16 and 24-bit PCM, 32-bit float, RF64 over 4 GB.

libsndfile stamps float files with the time of day and scales integers by 2^23 - 1; here a 24-bit file that is
read and written again has the same samples to the bit. Layouts: Microsoft's "Multiple channel audio data and
WAVE files" and EBU Tech 3306 (RF64).
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from console.errors import RenderError

#: The most bytes that the sizes of a plain RIFF file can tell.
RIFF_LIMIT_BYTES = 0xFFFF_FFFF

_DITHER_SEED = 16


class _Dither:
    """Triangular noise of ±1 step, the same in every run (S. P. Lipshitz et al., JAES 40(5), 1992)."""

    def __init__(self) -> None:
        self._random = np.random.Generator(np.random.PCG64(_DITHER_SEED))

    def __call__(self, frames: NDArray[np.float64]) -> NDArray[np.float64]:
        pair = self._random.random((2, *frames.shape))
        return np.asarray(frames + pair[0] - pair[1])


def _plain(frames: NDArray[np.float64]) -> NDArray[np.float64]:
    return frames


@dataclass(frozen=True, slots=True)
class Encoding:
    """How samples become bytes; `tag` is the format's number in the fmt chunk."""

    name: str
    bits: int
    tag: int
    dither: bool = False

    @property
    def integer(self) -> bool:
        """Whether samples above full scale cannot be stored."""
        return self.tag == 1

    def shaper(self) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
        """What is added before rounding; made anew for each file."""
        return _Dither() if self.dither else _plain

    def encode(
        self,
        frames: NDArray[np.float64],
        shape: Callable[[NDArray[np.float64]], NDArray[np.float64]] = _plain,
    ) -> bytes:
        """Bytes of frames (samples, channels); integers are rounded to even, +1.0 is the highest step."""
        if not self.integer:
            return frames.astype("<f4").tobytes()
        scale = float(1 << (self.bits - 1))
        steps = np.rint(shape(frames * scale))
        whole = np.clip(steps, -scale, scale - 1.0).astype("<i4")
        if self.bits == 16:
            return whole.astype("<i2").tobytes()
        return np.ascontiguousarray(whole).view(np.uint8).reshape(-1, 4)[:, :3].tobytes()


ENCODINGS: dict[str, Encoding] = {
    "PCM_16": Encoding("PCM_16", 16, 1, dither=True),
    "PCM_24": Encoding("PCM_24", 24, 1),
    "FLOAT": Encoding("FLOAT", 32, 3),
}


def encoding(subtype: str) -> Encoding:
    """The encoding of a subtype, named as libsndfile names it.

    Raises:
        RenderError: there is no such subtype.
    """
    try:
        return ENCODINGS[subtype]
    except KeyError:
        raise RenderError(f"the sample format {subtype!r} is unknown; give {', '.join(ENCODINGS)}") from None


def header(form: Encoding, channels: int, sample_rate_hz: int, frames: int) -> bytes:
    """Everything before the first sample: 80 bytes (92 for float), whether the file is RIFF or RF64.

    A plain RIFF file has a JUNK chunk where RF64 keeps its 64-bit sizes.
    """
    frame_bytes = channels * form.bits // 8
    data_bytes = frames * frame_bytes
    fmt = struct.pack(
        "<HHIIHH",
        form.tag,
        channels,
        sample_rate_hz,
        sample_rate_hz * frame_bytes,
        frame_bytes,
        form.bits,
    )
    chunks = b"" if form.integer else struct.pack("<4sII", b"fact", 4, min(frames, RIFF_LIMIT_BYTES))
    chunks = struct.pack("<4sI", b"fmt ", len(fmt)) + fmt + chunks
    riff_bytes = 4 + 36 + len(chunks) + 8 + data_bytes + data_bytes % 2
    if riff_bytes <= RIFF_LIMIT_BYTES:
        opening = struct.pack("<4sI4s4sI28x", b"RIFF", riff_bytes, b"WAVE", b"JUNK", 28)
        return opening + chunks + struct.pack("<4sI", b"data", data_bytes)
    opening = struct.pack("<4sI4s4sI", b"RF64", 0xFFFF_FFFF, b"WAVE", b"ds64", 28)
    opening += struct.pack("<QQQI", riff_bytes, data_bytes, frames, 0)
    return opening + chunks + struct.pack("<4sI", b"data", 0xFFFF_FFFF)


class WavWriter:
    """Writes one WAV file block by block; `finish` makes it whole.

    The file is opened for each block and closed again: five hundred stems need no five hundred handles.
    """

    def __init__(self, path: Path, form: Encoding, channels: int, sample_rate_hz: int) -> None:
        self.path = path
        self.frames = 0
        self._form, self._channels, self._sample_rate_hz = form, channels, sample_rate_hz
        self._shape = form.shaper()
        with path.open("xb") as file:
            file.write(self._header())

    def _header(self) -> bytes:
        return header(self._form, self._channels, self._sample_rate_hz, self.frames)

    def write(self, frames: NDArray[np.float64]) -> None:
        """Append frames, (samples, channels) float64.

        Raises:
            OSError: the disk is full, or the file cannot be written.
        """
        with self.path.open("ab") as file:
            file.write(self._form.encode(frames, self._shape))
        self.frames += len(frames)

    def finish(self) -> None:
        """Pad the data to an even number of bytes and write the sizes.

        Raises:
            OSError: the disk is full, or the file cannot be written.
        """
        with self.path.open("r+b") as file:
            file.seek(0, 2)
            if self.frames * self._channels * self._form.bits // 8 % 2:
                file.write(b"\0")
            file.seek(0)
            file.write(self._header())
