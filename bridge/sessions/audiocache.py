"""Audio made of a project's items, or taken out of a project, kept from run to run: safe to delete, bounded."""

import hashlib
import os
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from bridge.files import whole_file
from console.analysis.cache import default_folder as analysis_folder
from console.errors import RenderError, SessionError
from console.filenames import safe_name

#: What the folder may hold before what was used longest ago goes.
DEFAULT_LIMIT_BYTES = 20_000_000_000

#: Whatever was used since then may be in use by another run.
_IN_USE_S = 86_400.0

_HASH_BYTES = 16


def default_folder() -> Path:
    """$MIXBRIDGE_CACHE, or the user's cache folder of this system."""
    return analysis_folder().parent / "audio"


class AudioCache:
    """A folder with one folder per key: in it one WAV named as its track, or what was inside one project.

    A file appears in one step, so that whoever else writes the same sees all of it or nothing.
    """

    def __init__(self, folder: Path | None = None, *, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> None:
        self.folder = default_folder() if folder is None else folder
        self._limit = limit_bytes

    def path(self, key: str, name: str) -> Path:
        """Where the audio of a key is kept."""
        return self.folder / key / f"{safe_name(name)}.wav"

    def unpacked(self, project: Path) -> Path:
        """Where the audio that lies inside a project is taken out to: a folder for the file as it is now."""
        with suppress(OSError):
            status = project.stat()
            text = f"{project.absolute()}|{status.st_size}|{status.st_mtime_ns}"
            digest = hashlib.blake2b(os.fsencode(text), digest_size=_HASH_BYTES).hexdigest()
            self._evict()
            self.touch(self.folder / digest / "audio")
            return self.folder / digest
        return self.folder / "none"

    def make(self, path: Path, write: Callable[[Path], object]) -> None:
        """Have a file written, after old ones have made room.

        Args:
            path: as `path` gave it.
            write: writes the audio to the path that it is given.

        Raises:
            SessionError: the folder cannot be written to, or the disk is full.
        """
        self._evict()
        try:
            with whole_file(path) as temporary:
                write(temporary)
        except RenderError as error:
            raise SessionError(
                f"the items of {path.stem!r} cannot be joined: {error}; MIXBRIDGE_CACHE names another folder"
            ) from error

    def seal(self, path: Path, digest: str) -> None:
        """Note the hash over a file's bytes, so that a later run can tell whether they have changed.

        Raises:
            SessionError: as `make`.
        """
        self.make(_seal(path), lambda place: place.write_text(digest, encoding="ascii"))

    def sealed(self, path: Path) -> str:
        """The hash that was noted of a file, "" where there is none."""
        try:
            return _seal(path).read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError):
            return ""

    def touch(self, path: Path) -> None:
        """Note that a file is in use: what was used last goes last."""
        with suppress(OSError):
            os.utime(path.parent)

    def _evict(self) -> None:
        entries = []
        with suppress(OSError), os.scandir(self.folder) as found:
            for entry in found:
                with suppress(OSError):
                    size = sum(item.stat().st_size for item in Path(entry).rglob("*") if item.is_file())
                    entries.append((entry.stat().st_mtime, entry.path, size))
        total = sum(size for _, _, size in entries)
        for used, path, size in sorted(entries):
            if total <= self._limit or used > time.time() - _IN_USE_S:
                return
            shutil.rmtree(path, ignore_errors=True)
            total -= size


def _seal(path: Path) -> Path:
    return path.with_name(f"{path.stem[:100]}.hash")
