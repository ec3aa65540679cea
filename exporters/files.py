"""Writes several files so that either all of them are there afterwards, whole, or none."""

import os
import uuid
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path

from console.errors import ExportError


def write_files(contents: Mapping[Path, bytes], *, force: bool = False) -> None:
    """Write every file under its own path, making folders as needed.

    All bytes go into temporary files beside their targets first; only when they are all on the disk do they
    take their names. What was made is taken away again when something fails.

    Raises:
        ExportError: a file exists and `force` is not given, or a folder or file cannot be written.
    """
    for path in contents:
        if os.path.lexists(path) and (path.is_dir() or not force):
            remedy = (
                "give another folder" if path.is_dir() else "give another folder, or --force to overwrite it"
            )
            raise ExportError(f"{path} exists already; {remedy}")
    with ExitStack() as undo:
        at = Path()
        try:
            ready: list[tuple[Path, Path]] = []
            for at, data in contents.items():
                make_folder(at.parent, undo)
                ready.append((_temporary(at, data, undo), at))
            for temporary, at in ready:
                if not os.path.lexists(at):
                    undo.callback(remove, at)
                temporary.replace(at)
        except OSError as error:
            raise ExportError(
                f"{at} cannot be written ({error.strerror or error}); "
                "check the folder, its rights and the free space"
            ) from error
        undo.pop_all()


def _temporary(target: Path, data: bytes, undo: ExitStack) -> Path:
    # Not tempfile: its files are their owner's alone, and a project is a file like any other.
    temporary = target.with_name(f".{uuid.uuid4().hex}.part")
    with temporary.open("xb") as file:
        undo.callback(remove, temporary)
        file.write(data)
    return temporary


def make_folder(folder: Path, undo: ExitStack) -> None:
    """Make a folder and its parents; `undo` takes away those that were missing, if they are empty then.

    Raises:
        OSError: it cannot be made.
    """
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    for parent in reversed(missing):
        parent.mkdir(exist_ok=True)
        undo.callback(_remove_folder, parent)


def remove(path: Path) -> None:
    """Take a file away if that can be done."""
    with suppress(OSError):
        path.unlink()


def put_back(kept: Path, path: Path) -> None:
    """Give a file that was moved aside its place again if that can be done."""
    with suppress(OSError):
        kept.replace(path)


def _remove_folder(path: Path) -> None:
    with suppress(OSError):
        path.rmdir()
