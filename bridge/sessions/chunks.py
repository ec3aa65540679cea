"""Reads the chunks of WAV, RF64, W64, AIFF and CAF headers: how much audio is promised, and the BWF time stamp."""

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
_UNKNOWN_SIZES = frozenset({0, 0x7FFF_F000, 0xFFFF_F000, 0xFFFF_FFFF, 2**64 - 1})


@dataclass(frozen=True, slots=True)
class _Layout:
    """How a container lays out its chunks, in bytes."""

    form: tuple[int, tuple[bytes, ...]]
    first_chunk: int
    name: int
    size: str
    audio: bytes
    size_counts_header: bool = False
    alignment: int = 2


_WAVE = _Layout((8, (b"WAVE",)), 12, 4, "<I", b"data")

#: By the first four bytes: Microsoft RIFF with EBU Tech 3306 (RF64, BW64), AIFF, Sony Wave64, Apple CAF.
_CONTAINERS = {
    b"RIFF": _WAVE,
    b"RF64": _WAVE,
    b"BW64": _WAVE,
    b"FORM": _Layout((8, (b"AIFF", b"AIFC")), 12, 4, ">I", b"SSND"),
    b"riff": _Layout((24, (b"wave",)), 40, 16, "<Q", b"data", size_counts_header=True, alignment=8),
    b"caff": _Layout((4, (b"\0\1\0\0",)), 8, 4, ">Q", b"data", alignment=1),
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
    """The sizes and the time stamp of a WAV, RF64, AIFF, W64 or CAF file; None when it is none of them.

    Only chunk headers and the first bytes of `bext` and `ds64` are read.

    Raises:
        OSError: the file cannot be opened.
    """
    with path.open("rb") as handle:
        start = handle.read(28)
        layout = _CONTAINERS.get(start[:4])
        if layout is None or start[layout.form[0] : layout.form[0] + 4] not in layout.form[1]:
            return None
        size = handle.seek(0, 2)
        return _walk(handle, size, layout)


def _walk(handle: BinaryIO, size: int, layout: _Layout) -> Container:
    promised = present = 0
    stamp: int | None = None
    found = False
    for name, offset, length in _chunks(handle, size, layout):
        if name == b"bext":
            body = handle.read(_TIME_REFERENCE.stop)[_TIME_REFERENCE]
            stamp = struct.unpack("<Q", body)[0] if len(body) == 8 else None
        elif name == layout.audio and not found:
            found = True
            there = size - offset
            promised = there if length in _UNKNOWN_SIZES else length
            present = min(promised, there)
    return Container(promised, present, stamp)


def _chunks(handle: BinaryIO, size: int, layout: _Layout) -> Iterator[tuple[bytes, int, int]]:
    """Name, offset of the body and its length of each chunk, RF64's from its `ds64`; the handle is at the body."""
    at = layout.first_chunk
    head = layout.name + struct.calcsize(layout.size)
    long_size = 0
    for _ in range(_MAX_CHUNKS):
        handle.seek(at)
        header = handle.read(head)
        if len(header) < head:
            return
        name, length = header[:4], struct.unpack(layout.size, header[layout.name :])[0]
        if layout.size_counts_header:
            length = max(length - head, 0)
        if name == b"ds64":
            body = handle.read(16)
            long_size = struct.unpack("<Q", body[8:16])[0] if len(body) == 16 else 0
        if name == b"data" and length == 0xFFFF_FFFF and long_size:
            length = long_size
        yield name, at + head, length
        at += head + length + -(head + length) % layout.alignment
        if at >= size:
            return
