"""Holds a FLAC file's stated rate and length against its first and last frames (RFC 9639)."""

from dataclasses import dataclass
from pathlib import Path

_MAX_BLOCKS = 1024
_TAIL_BYTES = 262_144
_SHORTEST_HEADER = 6

#: Sample rates in Hz by the code of a frame header (RFC 9639, table 15).
_RATES_HZ = (0, 88_200, 176_400, 192_000, 8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000)

#: Block sizes in frames by the code of a frame header (RFC 9639, table 14); 6 and 7 are stored behind it.
_BLOCK_SIZES = {1: 192, 2: 576, 3: 1152, 4: 2304, 5: 4608} | {8 + n: 256 << n for n in range(8)}


@dataclass(frozen=True, slots=True)
class _FrameHeader:
    """One frame header: the two bytes that are the same in all frames, its number, its block size in frames."""

    fixed: tuple[int, int]
    rate_code: int
    number: int
    block_size: int


def contradiction(path: Path) -> str:
    """How the header of a FLAC file contradicts its audio; empty when it does not, or the file is no FLAC.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as handle:
        if handle.read(4) != b"fLaC":
            return ""
        block = handle.read(4)
        info = handle.read(34)
        if len(info) < 34 or block[0] & 0x7F:
            return "has no stream information where its header must hold it"
        last, count = bool(block[0] & 0x80), 0
        while not last and count < _MAX_BLOCKS:
            block = handle.read(4)
            if len(block) < 4:
                return "ends inside its header"
            handle.seek(int.from_bytes(block[1:], "big"), 1)
            last, count = bool(block[0] & 0x80), count + 1
        audio_start = handle.tell()
        first = _frame_header(handle.read(16))
        size = handle.seek(0, 2)
        handle.seek(max(audio_start, size - _TAIL_BYTES))
        tail = handle.read(_TAIL_BYTES)
    return _compare(info, first, tail) if first else "has no audio frame where its header says"


def _compare(info: bytes, first: _FrameHeader, tail: bytes) -> str:
    packed = int.from_bytes(info[10:18], "big")
    rate_hz, total = packed >> 44, packed & ((1 << 36) - 1)
    coded_hz = _RATES_HZ[first.rate_code] if first.rate_code < len(_RATES_HZ) else 0
    if coded_hz and coded_hz != rate_hz:
        return f"has a wrong header: it says {rate_hz} Hz, and the audio itself {coded_hz} Hz"
    if total == 0:
        return "does not say in its header how long it is"
    found = _frames_by_last_header(tail, first)
    if found > total:
        return f"has a wrong header: it says {total} samples, and there are {found}"
    return ""


def _frames_by_last_header(tail: bytes, first: _FrameHeader) -> int:
    """The number of samples up to the last frame header in the tail; 0 when none is found."""
    sync = bytes((0xFF, first.fixed[0]))
    at = len(tail)
    while (at := tail.rfind(sync, 0, at)) >= 0:
        header = _frame_header(tail[at : at + 16])
        if header and header.fixed == first.fixed and header.rate_code == first.rate_code:
            variable = first.fixed[0] & 1
            before = header.number if variable else header.number * first.block_size
            return before + header.block_size
    return 0


def _frame_header(data: bytes) -> _FrameHeader | None:
    """The frame header at the start of `data`, when its checksum agrees."""
    if len(data) < _SHORTEST_HEADER or data[0] != 0xFF or data[1] & 0xFE != 0xF8 or data[3] & 1:
        return None
    lead = data[4]
    extra = 0 if lead < 0x80 else 8 - (lead ^ 0xFF).bit_length() - 1
    if lead >= 0x80 and not 1 <= extra <= 6:
        return None
    number = lead if not extra else lead & (0x3F >> extra)
    for byte in data[5 : 5 + extra]:
        if byte & 0xC0 != 0x80:
            return None
        number = number << 6 | byte & 0x3F
    at = 5 + extra
    block_code, rate_code = data[2] >> 4, data[2] & 0x0F
    stored = {6: 1, 7: 2}.get(block_code, 0)
    block_size = (
        int.from_bytes(data[at : at + stored], "big") + 1 if stored else _BLOCK_SIZES.get(block_code, 0)
    )
    at += stored + {12: 1, 13: 2, 14: 2}.get(rate_code, 0)
    if at >= len(data) or not block_size or _crc8(data[:at]) != data[at]:
        return None
    return _FrameHeader((data[1], data[3] & 0x0F), rate_code, number, block_size)


def _crc8(data: bytes) -> int:
    """CRC-8 with the polynomial x⁸ + x² + x + 1 (RFC 9639, section 9.1.8)."""
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value << 1 ^ 0x07 if value & 0x80 else value << 1) & 0xFF
    return value
