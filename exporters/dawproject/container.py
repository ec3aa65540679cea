"""The zip of a DAWproject: written piece by piece, all of it or nothing, equal input giving equal bytes."""

import shutil
import uuid
import zipfile
import zlib
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

from console.errors import ExportError
from exporters.files import make_folder, remove

_BLOCK = 1 << 20
#: Zip's own epoch: when a project was written is no part of it.
_WRITTEN = (1980, 1, 1, 0, 0, 0)
_PLAIN_FILE = 0o100644 << 16
_UNIX = 3
#: From here on an entry needs the long form of its header, which must be said before its size is known.
_LONG_BYTES = 1 << 31


def write_container(
    path: Path, documents: Mapping[str, bytes], audio: Mapping[str, Path], *, force: bool
) -> None:
    """Write a project: its documents packed, its audio as it is, a megabyte at a time.

    Raises:
        ExportError: the file exists and `force` is not given, audio cannot be read, or the disk is full.
    """

    def fill(archive: zipfile.ZipFile) -> None:
        for name, data in documents.items():
            archive.writestr(_entry(name, zipfile.ZIP_DEFLATED), data)
        _store(archive, audio)

    write_zip(path, fill, force=force)


def _store(archive: zipfile.ZipFile, audio: Mapping[str, Path]) -> None:
    """Put audio in as it is, a piece at a time."""
    for name, source in audio.items():
        entry = _entry(name, zipfile.ZIP_STORED)
        with source.open("rb") as file:
            long = source.stat().st_size >= _LONG_BYTES
            with archive.open(entry, "w", force_zip64=long) as target:
                shutil.copyfileobj(file, target, _BLOCK)


def copy_container(
    source: zipfile.ZipFile,
    path: Path,
    documents: Mapping[str, bytes],
    audio: Mapping[str, Path],
    *,
    force: bool,
) -> None:
    """Write a copy of a project with some of its documents replaced, all other entries with the same bytes.

    Entries keep their order, names, times and ways of packing; audio that is new comes last.

    Raises:
        ExportError: the file exists and `force` is not given, the source is damaged, or the disk is full.
    """

    def fill(archive: zipfile.ZipFile) -> None:
        archive.comment = source.comment
        for entry in source.infolist():
            copy = _entry(entry.filename, entry.compress_type)
            copy.date_time, copy.external_attr = entry.date_time, entry.external_attr
            copy.create_system, copy.comment = entry.create_system, entry.comment
            if entry.filename in documents:
                archive.writestr(copy, documents[entry.filename])
            elif entry.is_dir():
                archive.writestr(copy, b"")
            else:
                long = entry.file_size >= _LONG_BYTES
                with source.open(entry) as file, archive.open(copy, "w", force_zip64=long) as target:
                    shutil.copyfileobj(file, target, _BLOCK)
        _store(archive, audio)

    write_zip(path, fill, force=force)


def write_zip(path: Path, fill: Callable[[zipfile.ZipFile], None], *, force: bool) -> None:
    """Write a zip under a name of its own and give it its own when it is whole.

    Raises:
        ExportError: the file exists and `force` is not given, or it cannot be written.
    """
    if path.is_dir() or (not force and (path.exists() or path.is_symlink())):
        remedy = "give another name" if path.is_dir() else "give another name, or --force to overwrite it"
        raise ExportError(f"{path} exists already; {remedy}")
    with ExitStack() as undo:
        try:
            make_folder(path.parent, undo)
            temporary = path.with_name(f".{uuid.uuid4().hex}.part")
            undo.callback(remove, temporary)
            with temporary.open("xb") as file, zipfile.ZipFile(file, "w") as archive:
                fill(archive)
            temporary.replace(path)
        except (OSError, EOFError, RuntimeError, ValueError, zipfile.BadZipFile, zlib.error) as error:
            raise ExportError(
                f"{path} cannot be written ({error}); check the audio, the folder, its rights and the free space"
            ) from error
        undo.pop_all()


def _entry(name: str, method: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _WRITTEN)
    entry.compress_type = method
    entry.external_attr = _PLAIN_FILE
    # Which system wrote it is no part of it either.
    entry.create_system = _UNIX
    return entry
