"""Files that appear whole or not at all: temporary names, no overwriting, clear words on a full disk."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from console.errors import RenderError

_FULL = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG})


def temporary_beside(path: Path) -> Path:
    """A name in the same folder that nothing has; short, as the final one may use all 255 bytes."""
    return path.with_name(f".mixbridge-{uuid.uuid4().hex[:12]}.part")


def remove(paths: Iterable[Path]) -> None:
    """Delete what is there; what cannot be deleted stays."""
    for path in paths:
        with suppress(OSError):
            path.unlink(missing_ok=True)


@contextmanager
def told_clearly(path: Path) -> Iterator[None]:
    """Turn an OSError of writing to `path` into a RenderError that names it and the free space."""
    try:
        yield
    except OSError as error:
        raise RenderError(f"cannot write {str(path)!r}: {_reason(path, error)}") from error


def _reason(path: Path, error: OSError) -> str:
    if error.errno not in _FULL:
        return f"{error.strerror or error}; choose another place, or allow writing there"
    return f"the disk is full ({_free_mb(path)}); free some space or choose another place"


def _free_mb(path: Path) -> str:
    for folder in path.parents:
        with suppress(OSError):
            return f"{shutil.disk_usage(folder).free / 1e6:.0f} MB free"
    return "free space unknown"


def check_target(path: Path, *, force: bool, sources: Iterable[Path] = ()) -> None:
    """See to it that writing `path` destroys nothing.

    Raises:
        RenderError: it is one of the session's own files (with force too), a folder, or is there already.
    """
    if not path.exists():
        return
    if path.is_dir():
        raise RenderError(f"{str(path)!r} is a folder; give the name of a file")
    if any(_same(path, source) for source in sources):
        raise RenderError(
            f"{str(path)!r} is a file of the session, which is never written; give another name"
        )
    if not force:
        raise RenderError(f"{str(path)!r} is already there; give another name, or --force to replace it")


def _same(path: Path, source: Path) -> bool:
    with suppress(OSError):
        return path.samefile(source)
    return False


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A temporary path that becomes `path` when the block ends well, and is deleted when it does not.

    Raises:
        RenderError: the disk is full, or the place cannot be written to.
    """
    temporary = temporary_beside(path)
    try:
        with told_clearly(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            yield temporary
            os.replace(temporary, path)  # noqa: PTH105 - the one call that replaces on every system
    except BaseException:
        remove([temporary])
        raise


#: The file by which a folder is kept to one process.
LOCK_FILE = ".lock"


@contextmanager
def alone(folder: Path, told: str, *, inside: bool = True) -> Iterator[None]:
    """Keep a second process out of a folder, which is made where it is not there.

    Args:
        folder: which.
        told: the message for whoever is kept out.
        inside: whether the lock lies in the folder; else among the system's temporary files, for folders that are to
            hold results alone.

    Raises:
        RenderError: another one is in it, or it cannot be made.
    """
    from filelock import FileLock, Timeout

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RenderError(f"cannot make {str(folder)!r}: {error.strerror}; give another folder") from error
    name = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:24]
    lock = FileLock(
        folder / LOCK_FILE if inside else Path(tempfile.gettempdir()) / f"mixbridge-{name}{LOCK_FILE}"
    )
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise RenderError(told) from error
    try:
        yield
    finally:
        lock.release()
