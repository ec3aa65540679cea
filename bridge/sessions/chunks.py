"""Reads the chunks of WAV, RF64 and AIFF headers: how much audio is promised, and the BWF time stamp."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

#: Bounds for hostile files.
_MAX_CHUNKS = 4096

#: Where EBU Tech 3285 puts TimeReference in a `bext` chunk, and its length, in bytes.
_TIME_REFERENCE = slice(338, 346)

#: Sizes that programs write which do not know the length yet: nothing is promised by them.
_UNKNOWN_SIZES = frozenset({0, 0x7FFF_F000, 0xFFFF_F000, 0xFFFF_FFFF})

#: Magic, form types, byte order of sizes, and the chunk that holds the audio.
_CONTAINERS = {
    b"RIFF": ((b"WAVE",), "<", b"data"),
    b"RF64": ((b"WAVE",), "<", b"data"),
    b"BW64": ((b"WAVE",), "<", b"data"),
    b"FORM": ((b"AIFF", b"AIFC"), ">", b"SSND"),
}


@dataclass(frozen=True, slots=True)
class Container:
    """What a chunked file says of itself, sizes in bytes; the stamp in samples since midnight or session start."""

    promised_bytes: int
    present_bytes: int
    time_reference_samples: int | None = None

    @property
    def complete(self) -> bool:
        """Whether all the audio that the header promises is there."""
        return self.present_bytes >= self.promised_bytes


def read_container(path: Path) -> Container | None:
    """The sizes and the time stamp of a WAV, RF64 or AIFF file; None when it is neither.

    Only chunk headers and the first bytes of `bext` and `ds64` are read.

    Raises:
        OSError: the file cannot be opened.
    """
    with path.open("rb") as handle:
        start = handle.read(12)
        forms, order, audio = _CONTAINERS.get(start[:4], ((), "", b""))
        if start[8:12] not in forms:
            return None
        size = handle.seek(0, 2)
        return _walk(handle, size, order, audio)


def _walk(handle: BinaryIO, size: int, order: str, audio: bytes) -> Container:
    promised = present = 0
    stamp: int | None = None
    found = False
    for name, offset, length in _chunks(handle, size, order):
        if name == b"bext":
            body = handle.read(_TIME_REFERENCE.stop)[_TIME_REFERENCE]
            stamp = struct.unpack("<Q", body)[0] if len(body) == 8 else None
        elif name == audio and not found:
            found = True
            there = size - offset
            promised = there if length in _UNKNOWN_SIZES else length
            present = min(promised, there)
    return Container(promised, present, stamp)


def _chunks(handle: BinaryIO, size: int, order: str) -> Iterator[tuple[bytes, int, int]]:
    """Name, offset of the body and length of each chunk, RF64's from its `ds64`; the handle is at the body."""
    at = 12
    long_size = 0
    for _ in range(_MAX_CHUNKS):
        handle.seek(at)
        header = handle.read(8)
        if len(header) < 8:
            return
        name, length = header[:4], struct.unpack(order + "I", header[4:])[0]
        if name == b"ds64":
            body = handle.read(16)
            long_size = struct.unpack("<Q", body[8:16])[0] if len(body) == 16 else 0
        if name == b"data" and length == 0xFFFF_FFFF and long_size:
            length = long_size
        yield name, at + 8, length
        at += 8 + length + length % 2
        if at >= size:
            return
