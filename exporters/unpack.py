"""Reads what DAWs compress, within bounds: gzip, zip and XML from anywhere."""

import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from lxml import etree

from console.errors import ExportError

#: The most that a project's text may be, unpacked. Live's largest sets in public are near 100 MB.
MAX_XML_BYTES = 512 * 1024 * 1024
#: The most that a project's file may be before it is unpacked, audio apart.
MAX_FILE_BYTES = 512 * 1024 * 1024
#: The most tags and attributes of an XML document: each takes about 100 bytes once it is read, so 1.6 GB.
MAX_XML_PARTS = 16_000_000

#: The most that text may shrink by packing; XML of repeated lines reaches about 100.
_MAX_RATIO = 400
#: Audio shrinks by 3 at most unless it is silent; deflate ends at 1032 whatever it packs.
_MAX_AUDIO_RATIO = 100
_MAX_TIGHT_BYTES = 2 << 30
_MAX_ENTRIES = 100_000
#: The most that a zip's list of entries may take, in bytes: a path of 120 letters for each.
_MAX_LIST_BYTES = 16 << 20
_MAX_MEMBERS = 1_000
_BLOCK = 1 << 20
_PIECE = 16 << 20
_GZIP = 16 + zlib.MAX_WBITS
_LOCAL_HEADER_BYTES = 30
_ENCRYPTED = 0x1
_DRIVE = re.compile(r"[A-Za-z]:")

#: What zipfile raises where a header lies: struct, Unicode and seek errors are among them.
_DAMAGE = (
    OSError,
    EOFError,
    RuntimeError,
    ValueError,
    OverflowError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
)


def read_bytes(path: Path, limit: int = MAX_FILE_BYTES) -> bytes:
    """The bytes of a file of at most `limit` bytes.

    Raises:
        ExportError: it cannot be read, is larger, or is no file (a pipe would never end).
    """
    try:
        if path.exists() and not path.is_file():
            raise ExportError(f"{path} is no file; give a project file")
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except (OSError, ValueError) as error:
        raise ExportError(
            f"{path} cannot be read ({_reason(error)}); check the path and its rights"
        ) from error
    if len(data) > limit:
        raise ExportError(f"{path} is larger than {limit >> 20} MiB; give a project file")
    return data


def gunzip(data: bytes, source: str, limit: int = MAX_XML_BYTES) -> bytes:
    """What gzip packed, its members joined; what could only be a bomb is refused before it has unfolded.

    Zeros after the last member are padding, as on a tape.

    Raises:
        ExportError: it is no gzip, is cut short or damaged, goes on after its end, or unpacks to more than the
            bounds.
    """
    bound = min(limit, max(len(data) * _MAX_RATIO, _BLOCK))
    pieces: list[bytes] = []
    size = start = 0
    for _ in range(_MAX_MEMBERS):
        unpacker = zlib.decompressobj(_GZIP)
        while not unpacker.eof:
            block = data[start : start + _BLOCK]
            try:
                piece = unpacker.decompress(block, min(_PIECE, bound + 1 - size))
            except zlib.error as error:
                raise ExportError(
                    f"{source} is not packed by gzip ({error}); save it again in its DAW"
                ) from error
            if not block and not piece and not unpacker.eof:
                raise ExportError(f"{source} is cut short; save it again in its DAW")
            start += len(block) - len(unpacker.unconsumed_tail) - len(unpacker.unused_data)
            pieces.append(piece)
            size += len(piece)
            if size > bound:
                raise ExportError(
                    f"{source} unpacks to more than {bound >> 20} MiB; no project is packed so tightly"
                )
        if data.count(0, start) == len(data) - start:
            return b"".join(pieces)
    raise ExportError(f"{source} is packed in more than {_MAX_MEMBERS} members; save it again in its DAW")


class _Listing(io.FileIO):
    """A file that refuses reads longer than a zip's list of entries may be, until `bound` is taken off."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.bound: int | None = _MAX_LIST_BYTES

    def read(self, size: int | None = -1, /) -> bytes:
        """The next bytes."""
        if self.bound is not None and size is not None and size > self.bound:
            raise zipfile.BadZipFile(f"its list of entries would take {size >> 20} MiB")
        return super().read(-1 if size is None else size) or b""


class _Archive(zipfile.ZipFile):
    """A zip that closes its file with itself, and lifts the bound once its entries are listed."""

    def __init__(self, file: _Listing) -> None:
        self._own = file
        try:
            super().__init__(file)
        except BaseException:
            file.close()
            raise
        file.bound = None

    def close(self) -> None:
        """Close the zip and its file."""
        super().close()
        self._own.close()


def open_zip(path: Path) -> zipfile.ZipFile:
    """A zip whose entries all have names inside it, stand once and apart, and are no links, no secrets and no bombs.

    Raises:
        ExportError: it cannot be read, or an entry is none of these.
    """
    try:
        if path.exists() and not path.is_file():
            raise ExportError(f"{path} is no file; give a project file")
        archive = _Archive(_Listing(path))
    except _DAMAGE as error:
        raise ExportError(
            f"{path} is no zip file that can be read ({_reason(error)}); save it again in its DAW"
        ) from error
    try:
        entries = archive.infolist()
        if len(entries) > _MAX_ENTRIES:
            raise ExportError(f"{path} has {len(entries)} entries; give at most {_MAX_ENTRIES}")
        names: set[str] = set()
        for entry in entries:
            _check_entry(path, entry)
            if entry.filename in names:
                raise ExportError(f"{path} has the entry {entry.filename!r} twice; save it again in its DAW")
            names.add(entry.filename)
        _check_extents(path, entries, archive.start_dir)
    except ExportError:
        archive.close()
        raise
    return archive


def read_entry(archive: zipfile.ZipFile, name: str, limit: int = MAX_XML_BYTES) -> bytes:
    """One entry of a zip, of at most `limit` bytes whatever its header says.

    Raises:
        ExportError: it is missing, damaged or larger.
    """
    try:
        with archive.open(name) as file:
            data = file.read(limit + 1)
    except KeyError:
        raise ExportError(f"{archive.filename} has no {name!r}; save it again in its DAW") from None
    except _DAMAGE as error:
        raise ExportError(
            f"{archive.filename}: {name!r} cannot be unpacked ({_reason(error)}); save it again in its DAW"
        ) from error
    if len(data) > limit:
        raise ExportError(f"{archive.filename}: {name!r} is larger than {limit >> 20} MiB; it is no project")
    if len(data) != archive.getinfo(name).file_size:
        raise ExportError(f"{archive.filename}: {name!r} is cut short; save it again in its DAW")
    return data


def parse_xml(data: bytes, source: str) -> "etree._ElementTree[Any]":
    """The tree of an XML document; comments, processing instructions and white space stay.

    Nothing is fetched, a document type is refused, so that text cannot grow, and so is what would take
    gigabytes once it is read. libxml2 stops at a depth of 2048 elements.

    Raises:
        ExportError: it is no XML, declares a document type, or is too deep or too large.
    """
    parts = data.count(b"<") + data.count(b"=")
    if parts > MAX_XML_PARTS:
        raise ExportError(
            f"{source} has about {parts // 1_000_000} million tags and attributes; "
            f"give at most {MAX_XML_PARTS // 1_000_000} million"
        )
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=True, remove_blank_text=False
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ExportError(
            f"{source} is no XML that can be read: {error}; save it again in its DAW"
        ) from error
    tree = root.getroottree()
    if tree.docinfo.internalDTD is not None:
        raise ExportError(f"{source} declares a document type; no DAW writes one: save it again in its DAW")
    return tree


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _check_entry(path: Path, entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    place = PurePosixPath(name.replace("\\", "/"))
    if place.is_absolute() or ".." in place.parts or _DRIVE.match(name):
        raise ExportError(
            f"{path} has the entry {name!r}, which lies outside it; the file is hostile or damaged"
        )
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise ExportError(f"{path} has the entry {name!r}, which is a link; the file is hostile or damaged")
    if entry.flag_bits & _ENCRYPTED:
        raise ExportError(f"{path}: {name!r} is encrypted; save it again without a password")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ExportError(
            f"{path}: {name!r} is packed by method {entry.compress_type}, which no DAW uses; "
            "save it again in its DAW"
        )


def _check_extents(path: Path, entries: Sequence[zipfile.ZipInfo], end: int) -> None:
    """Refuse entries that share their bytes, and more unpacked than the packed bytes can honestly hold."""
    place, last = end, ""
    for entry in sorted(entries, key=lambda one: one.header_offset, reverse=True):
        if entry.header_offset < 0 or (
            entry.header_offset + _LOCAL_HEADER_BYTES + entry.compress_size > place
        ):
            beside = (
                f"the entries {entry.filename!r} and {last!r} share bytes" if last else "an entry has no end"
            )
            raise ExportError(f"{path}: {beside}; the file is hostile or damaged")
        place, last = entry.header_offset, entry.filename
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if unpacked > _MAX_TIGHT_BYTES and unpacked > packed * _MAX_AUDIO_RATIO:
        raise ExportError(
            f"{path} unpacks to {unpacked >> 20} MiB from {packed >> 20} MiB; the file is hostile or damaged"
        )
