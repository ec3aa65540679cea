"""Where a project's audio lies: inside its zip, beside it or elsewhere; and how to take it out."""

import os
import re
import shutil
import uuid
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from console.errors import ExportError
from console.filenames import safe_name
from exporters.dawproject.units import Element
from exporters.files import remove
from exporters.unpack import open_zip

_BLOCK = 1 << 20
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")


def entry_name(file: Element) -> str | None:
    """The zip's entry that a <File> names; None for a file outside."""
    if file.get("external") in ("true", "1"):
        return None
    return str(file.get("path", ""))


def outside_path(file: Element, folder: Path) -> Path:
    """Where a <File> outside the zip lies, absolute; relative ones count from the project's folder."""
    text = str(file.get("path", "")).replace("\0", "_")
    if text.lower().startswith("file:"):
        text = unquote(urlsplit(text).path)
        text = text[1:] if _DRIVE.match(text[1:]) else text
    if is_absolute(text):
        # A path of Windows' elsewhere, or of another system's on Windows, is still told by its name.
        return Path("/", *text.replace("\\", "/").split("/")) if os.name != "nt" else Path(text)
    return folder.absolute() / text.replace("\\", "/")


def is_absolute(text: str) -> bool:
    """Whether a <File> names a place of its own on some system."""
    return text.startswith(("/", "\\")) or bool(_DRIVE.match(text)) or text.lower().startswith("file:")


def extracted_path(entry: zipfile.ZipInfo, folder: Path) -> Path:
    """Where `extract_audio` puts an entry: under its checksum, so that no two files share a place."""
    size = f"{entry.CRC:08x}-{entry.file_size:x}"
    return folder / size / safe_name(entry.filename.replace("\\", "/").rpartition("/")[2], "audio")


def extract_audio(path: Path, folder: Path, names: set[str] | None = None) -> Mapping[str, Path]:
    """Take audio out of a .dawproject into a folder; what lies there already is not written again.

    Args:
        path: the project.
        folder: where to; made when it is missing. Nothing outside it is written.
        names: the entries to take out; all but the project's own two documents by default.

    Returns:
        The files by the names of their entries. `open_project(path)` without a folder gives an item inside the
        zip the path `path / name`.

    Raises:
        ExportError: the zip is damaged or hostile, or the folder cannot be written.
    """
    found: dict[str, Path] = {}
    with open_zip(path) as archive:
        for entry in archive.infolist():
            wanted = entry.filename in names if names is not None else _is_media(entry.filename)
            if wanted and not entry.is_dir():
                target = extracted_path(entry, folder)
                if not target.is_file() or target.stat().st_size != entry.file_size:
                    _extract(archive, entry, target)
                found[entry.filename] = target
    return found


def _is_media(name: str) -> bool:
    return name not in ("project.xml", "metadata.xml") and not name.startswith("plugins/")


def _extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    temporary = target.with_name(f".{uuid.uuid4().hex}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(entry) as source, temporary.open("xb") as file:
            shutil.copyfileobj(source, file, _BLOCK)
        if temporary.stat().st_size != entry.file_size:
            raise zipfile.BadZipFile("it is shorter than it says")
        temporary.replace(target)
    except (OSError, EOFError, RuntimeError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        remove(temporary)
        raise ExportError(
            f"{archive.filename}: {entry.filename!r} cannot be taken out to {target} ({error}); "
            "check the project and the free space"
        ) from error
