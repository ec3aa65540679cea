"""Reads a Debian package without installing it, on any system: the name and version, and the files that are wanted."""

import io
import re
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, cast

from console.errors import SessionError

_MAGIC = b"!<arch>\n"
_HEADER_BYTES = 60
_MOST_CONTROL_BYTES = 4_000_000


@dataclass(frozen=True, slots=True)
class PackageFile:
    """A .deb with what its control file says."""

    path: Path
    name: str
    version: str


def open_package(path: Path) -> PackageFile:
    """The name and version of a .deb.

    Raises:
        SessionError: it is none, or damaged.
    """
    with _member(path, "control.tar") as archive:
        for entry in archive:
            if PurePosixPath(entry.name).name == "control" and entry.isfile():
                handle = archive.extractfile(entry)
                text = (handle.read(_MOST_CONTROL_BYTES) if handle else b"").decode("utf-8", "replace")
                fields = dict(re.findall(r"^(Package|Version):[ \t]*(\S+)", text, re.MULTILINE))
                if len(fields) == 2:
                    return PackageFile(path, fields["Package"], fields["Version"])
    raise SessionError(f"{str(path)!r} names no package and version; download it again")


def unpack(
    package: PackageFile, folder: Path, wanted: Callable[[str], bool], most_bytes: int
) -> tuple[str, ...]:
    """Extract the plain files whose path is wanted; their paths inside the package, sorted.

    Args:
        package: the .deb.
        folder: where its tree goes; made when it is not there.
        wanted: told a path without a leading slash, says whether to extract it.
        most_bytes: the most that may be written.

    Raises:
        SessionError: the package is damaged, or larger than allowed.
    """
    found, written = [], 0
    with _member(package.path, "data.tar") as archive:
        for entry in archive:
            steps = PurePosixPath(entry.name.removeprefix("./"))
            if not entry.isfile() or steps.is_absolute() or ".." in steps.parts or not wanted(str(steps)):
                continue
            written += entry.size
            if written > most_bytes:
                raise SessionError(
                    f"{package.name} unpacks to more than {most_bytes / 1e9:.2f} GB; give more by --max-gb"
                )
            source = archive.extractfile(entry)
            if source is None:
                continue
            target = folder.joinpath(*steps.parts)
            target.parent.mkdir(parents=True, exist_ok=True)
            with source, target.open("wb") as file:
                shutil.copyfileobj(source, file)
            found.append(str(steps))
    return tuple(sorted(found))


class _Slice:
    """The next `size` bytes of a file, to be read once: a package of a gigabyte does not pass through memory."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file, self._left = file, size

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(data)
        return data


@contextmanager
def _member(path: Path, prefix: str) -> Iterator[tarfile.TarFile]:
    """The tar archive inside a .deb whose name begins so."""
    try:
        with path.open("rb") as file:
            name, size = _find(file, path, prefix)
            if name.endswith(".zst"):
                with _by_dpkg(path, prefix) as archive:
                    yield archive
                return
            with tarfile.open(fileobj=cast(IO[bytes], _Slice(file, size)), mode="r|*") as archive:
                yield archive
    except (OSError, EOFError, tarfile.TarError, ValueError) as error:
        raise SessionError(
            f"{str(path)!r} cannot be read as a Debian package ({error}); download it again"
        ) from error


def _find(file: IO[bytes], path: Path, prefix: str) -> tuple[str, int]:
    if file.read(len(_MAGIC)) != _MAGIC:
        raise SessionError(f"{str(path)!r} is no Debian package; give .deb files")
    while len(header := file.read(_HEADER_BYTES)) == _HEADER_BYTES:
        name = header[:16].decode("ascii", "replace").strip().rstrip("/")
        size = int(header[48:58])
        if name.startswith(prefix):
            return name, size
        file.seek(size + size % 2, 1)
    raise SessionError(f"{str(path)!r} has no {prefix} in it; download it again")


@contextmanager
def _by_dpkg(path: Path, prefix: str) -> Iterator[tarfile.TarFile]:
    """What Python cannot decompress itself (Zstandard), through dpkg-deb where that is installed."""
    tool = shutil.which("dpkg-deb")
    if tool is None:
        raise SessionError(
            f"{str(path)!r} is compressed with Zstandard, which needs dpkg-deb; "
            "install dpkg, or give a package of Debian, which uses xz"
        )
    option = "--ctrl-tarfile" if prefix == "control.tar" else "--fsys-tarfile"
    answer = subprocess.run([tool, option, str(path)], capture_output=True, check=False)  # noqa: S603
    if answer.returncode:
        raise SessionError(
            f"{str(path)!r}: dpkg-deb says {answer.stderr.decode('utf-8', 'replace').strip()!r}"
        )
    with tarfile.open(fileobj=io.BytesIO(answer.stdout)) as archive:
        yield archive
