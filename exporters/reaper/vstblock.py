"""The body of a <VST> block in a REAPER file: pins, the plugin's state and its program name, in base64.

Three units follow one another, each padded on its own: a header, the state in lines of 96 bytes, the program.
"""

import base64
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from console.errors import ExportError

BYTES_PER_LINE = 96

#: Words that open a header, after the fourcc: the first for states that are a plain list of the parameters
#: REAPER saves for the plugin, the second for a chunk that the plugin makes itself.
MAGIC_PARAMETERS = 0xFEED5EEF
MAGIC_CHUNK = 0xFEED5EEE

_TRAILER_MARK = 0x00100000


@dataclass(frozen=True, slots=True)
class VstBlock:
    """One plugin instance as REAPER stores it.

    fourcc: the plugin's code as it reads in its id ("reeq"); the file has it reversed.
    in_pins, out_pins: one mask of track channels per pin (bit 0 = channel 1).
    state: the plugin's own bytes. bank, program: names of what was last recalled, empty for none.
    flag: 1 when the state is a chunk, else 0; mark, program_mark: constants that vary by REAPER's version.
    """

    fourcc: str
    magic: int
    in_pins: tuple[int, ...]
    out_pins: tuple[int, ...]
    state: bytes
    flag: int
    mark: int = _TRAILER_MARK
    bank: bytes = b""
    program: bytes = b""
    program_mark: int = 0x10


def stereo_pins(pins: int) -> tuple[int, ...]:
    """The masks of pins wired straight through: pin n to track channel n."""
    return tuple(1 << pin for pin in range(pins))


def header_bytes(block: VstBlock) -> bytes:
    """The header unit: code, magic, pins, length of the state, flag and mark; little-endian."""
    pins = b"".join(
        struct.pack(f"<I{len(masks)}Q", len(masks), *masks) for masks in (block.in_pins, block.out_pins)
    )
    code = block.fourcc.encode("latin-1")[::-1]
    return (
        struct.pack("<4sI", code, block.magic)
        + pins
        + struct.pack("<3I", len(block.state), block.flag, block.mark)
    )


def encode_block(block: VstBlock) -> list[str]:
    """The lines between `<VST …` and `>`, without indentation."""
    return [*_lines(header_bytes(block)), *_lines(block.state), *_lines(_program(block))]


def encode_preset(block: VstBlock) -> list[str]:
    """The lines of a preset in a library: the same three units, one behind the other without a break."""
    return _lines(header_bytes(block) + block.state + _program(block))


def decode_preset(lines: Sequence[str]) -> tuple[str, bytes]:
    """(fourcc, state) of a preset in a library, however long its lines are.

    Raises:
        ExportError: a line is no base64, or the preset ends before its state does.
    """
    data = b"".join(_decode_line(line) for line in lines)
    end = _header_length(data)
    if len(data) < end:
        raise ExportError(f"a preset has {len(data)} bytes; the library is cut short")
    (length,) = struct.unpack_from("<I", data, end - 12)
    if len(data) < end + length:
        raise ExportError(f"a preset has {len(data)} bytes of {end + length}; the library is cut short")
    return data[:4][::-1].decode("latin-1"), data[end : end + length]


def _program(block: VstBlock) -> bytes:
    return b"%b\0%b\0" % (block.bank, block.program) + struct.pack("<I", block.program_mark)


def decode_block(lines: Sequence[str]) -> VstBlock:
    """The block that the lines between `<VST …` and `>` hold.

    Raises:
        ExportError: a line is no base64, or the block ends before its state does.
    """
    parts = [_decode_line(line) for line in lines]
    header, rest = _take(parts, _header_length)
    code, magic = struct.unpack_from("<4sI", header)
    in_pins, at = _pins(header, 8)
    out_pins, at = _pins(header, at)
    length, flag, mark = struct.unpack_from("<3I", header, at)
    state, rest = _take(rest, lambda _: int(length)) if length else (b"", rest)
    last = b"".join(rest)
    names = last[:-4].split(b"\0")
    if len(names) != 3:
        raise ExportError(f"the program of a plugin is {last[:16]!r}; save the project in REAPER again")
    return VstBlock(
        fourcc=code[::-1].decode("latin-1"),
        magic=magic,
        in_pins=in_pins,
        out_pins=out_pins,
        state=state,
        flag=flag,
        mark=mark,
        bank=names[0],
        program=names[1],
        program_mark=struct.unpack("<I", last[-4:])[0],
    )


def _lines(unit: bytes) -> list[str]:
    return [
        base64.b64encode(unit[at : at + BYTES_PER_LINE]).decode("ascii")
        for at in range(0, len(unit), BYTES_PER_LINE)
    ]


def _decode_line(line: str) -> bytes:
    try:
        return base64.b64decode(line.strip(), validate=True)
    except ValueError as error:
        raise ExportError(
            f"a plugin's state holds {line.strip()[:32]!r}, which is no base64 ({error}); "
            "save the project in REAPER again"
        ) from error


def _pins(header: bytes, at: int) -> tuple[tuple[int, ...], int]:
    (count,) = struct.unpack_from("<I", header, at)
    masks = struct.unpack_from(f"<{count}Q", header, at + 4)
    return masks, at + 4 + 8 * count


def _header_length(so_far: bytes | bytearray) -> int:
    """Length of the header in bytes, as far as its first bytes tell; grows while they are too few."""
    length = 8
    for _ in range(2):
        if len(so_far) < length + 4:
            return length + 4
        (count,) = struct.unpack_from("<I", so_far, length)
        length += 4 + 8 * count
    return length + 12


def _take(parts: list[bytes], length: Callable[[bytes | bytearray], int]) -> tuple[bytes, list[bytes]]:
    """Whole lines from the front until they hold the wanted number of bytes."""
    taken = bytearray()
    for used, part in enumerate(parts, start=1):
        taken += part
        wanted = length(taken)
        if len(taken) == wanted:
            return bytes(taken), parts[used:]
        if len(taken) > wanted:
            break
    raise ExportError(
        f"a plugin's state has {len(taken)} bytes where {length(taken)} are stated; "
        "the file is cut short: save the project in REAPER again"
    )
