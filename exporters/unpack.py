"""Reads what DAWs compress, within bounds: gzip, zip and XML from anywhere."""

import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from lxml import etree

from console.errors import ExportError

#: The most that a project's text may be, unpacked. Live's largest sets in public are near 100 MB.
MAX_XML_BYTES = 512 * 1024 * 1024
#: The most that a project's file may be before it is unpacked, audio apart.
MAX_FILE_BYTES = 512 * 1024 * 1024
#: The most that text may shrink by packing; XML of repeated lines reaches about 100.
_MAX_RATIO = 400
_MAX_ENTRIES = 100_000
_BLOCK = 1 << 20
_GZIP = 16 + zlib.MAX_WBITS


def read_bytes(path: Path, limit: int = MAX_FILE_BYTES) -> bytes:
    """The bytes of a file of at most `limit` bytes.

    Raises:
        ExportError: it cannot be read, or is larger.
    """
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise ExportError(
            f"{path} cannot be read ({error.strerror or error}); check the path and its rights"
        ) from error
    if len(data) > limit:
        raise ExportError(f"{path} is larger than {limit >> 20} MiB; give a project file")
    return data


def gunzip(data: bytes, source: str, limit: int = MAX_XML_BYTES) -> bytes:
    """What gzip packed; a packed size that could only be a bomb is refused before it has unfolded.

    Raises:
        ExportError: it is no gzip, is cut short, or unpacks to more than the bounds.
    """
    out = bytearray()
    bound = min(limit, max(len(data) * _MAX_RATIO, _BLOCK))
    unpacker = zlib.decompressobj(_GZIP)
    try:
        for start in range(0, len(data), _BLOCK):
            piece = data[start : start + _BLOCK]
            while piece and not unpacker.eof:
                out += unpacker.decompress(piece, bound + 1 - len(out))
                if len(out) > bound:
                    raise ExportError(
                        f"{source} unpacks to more than {bound >> 20} MiB; no project is packed so tightly"
                    )
                piece = unpacker.unconsumed_tail
    except zlib.error as error:
        raise ExportError(f"{source} is not packed by gzip ({error}); save it again in its DAW") from error
    if not unpacker.eof:
        raise ExportError(f"{source} is cut short; save it again in its DAW")
    return bytes(out)


def open_zip(path: Path) -> zipfile.ZipFile:
    """A zip whose entries all have names inside it, are no links, and are not packed beyond belief.

    Raises:
        ExportError: it cannot be read, or an entry is none of these.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile, NotImplementedError) as error:
        raise ExportError(f"{path} is no zip file ({error}); save it again in its DAW") from error
    try:
        entries = archive.infolist()
        if len(entries) > _MAX_ENTRIES:
            raise ExportError(f"{path} has {len(entries)} entries; give at most {_MAX_ENTRIES}")
        for entry in entries:
            _check_entry(path, entry)
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
    except (OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error, NotImplementedError) as error:
        raise ExportError(
            f"{archive.filename}: {name!r} cannot be unpacked ({error}); save it again in its DAW"
        ) from error
    if len(data) > limit:
        raise ExportError(f"{archive.filename}: {name!r} is larger than {limit >> 20} MiB; it is no project")
    return data


def parse_xml(data: bytes, source: str) -> etree._ElementTree:
    """The tree of an XML document; comments, processing instructions and white space stay.

    Nothing is fetched, and a document type with entities of its own is refused, so that text cannot grow.

    Raises:
        ExportError: it is no XML, or declares entities.
    """
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


def _check_entry(path: Path, entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    place = PurePosixPath(name.replace("\\", "/"))
    if place.is_absolute() or ".." in place.parts or (place.parts and place.parts[0].endswith(":")):
        raise ExportError(
            f"{path} has the entry {name!r}, which lies outside it; the file is hostile or damaged"
        )
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise ExportError(f"{path} has the entry {name!r}, which is a link; the file is hostile or damaged")
    if entry.file_size > max(entry.compress_size, 1) * 2000 and entry.file_size > _BLOCK * 16:
        raise ExportError(
            f"{path}: {name!r} unpacks to {entry.file_size >> 20} MiB from {entry.compress_size} bytes; "
            "the file is hostile or damaged"
        )
