"""Finds the songs inside a WAD, the archive of Doom and its kin."""

import struct
from collections.abc import Iterator
from pathlib import Path

from console.errors import SessionError

_HEADER = struct.Struct("<4sii")
_ENTRY = struct.Struct("<ii8s")
_MOST_LUMPS = 100_000


def midi_lumps(path: Path) -> Iterator[tuple[str, bytes]]:
    """The name and bytes of every lump that is a Standard MIDI File, sorted by name.

    Raises:
        SessionError: the file is no WAD, or cut off.
    """
    data = path.read_bytes()
    try:
        magic, count, directory = _HEADER.unpack_from(data)
        if magic not in (b"IWAD", b"PWAD") or not 0 <= count <= _MOST_LUMPS or directory < 0:
            raise SessionError(f"{path.name!r} is no WAD; leave it out")
        entries = [_ENTRY.unpack_from(data, directory + _ENTRY.size * number) for number in range(count)]
    except struct.error as error:
        raise SessionError(f"{path.name!r} is cut off ({error}); get the package again") from error
    for place, size, name in sorted(entries, key=lambda entry: entry[2]):
        lump = data[max(place, 0) : max(place, 0) + max(size, 0)]
        if lump.startswith(b"MThd"):
            yield name.rstrip(b"\0").decode("ascii", "replace"), lump
