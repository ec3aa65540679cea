"""What a job wrote into a folder, so that the same job may take away what it no longer writes, and nothing else."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any

MANIFEST = ".mixbridge.json"
SCHEMA = "mixbridge.files/1"

_HASH_BYTES = 16
_MOST_BYTES = 16_000_000


def left_behind(folder: Path, job: str, written: Iterable[Path]) -> list[Path]:
    """Files that an earlier run of a job listed, that are still as it left them, and that this run does not write.

    Args:
        folder: where the job's files lie.
        job: its name.
        written: what this run writes, relative to the folder.
    """
    kept = {path.as_posix() for path in written}
    return [
        folder / name
        for name, digest in _listed(folder).get(job, {}).items()
        if name not in kept and _is_inside(folder, name) and _digest(folder / name) == digest
    ]


def manifest_text(folder: Path, job: str, made: dict[Path, Path]) -> str:
    """The manifest that lists the files of a job, and what it says of other jobs.

    Args:
        folder: where the job's files will lie.
        job: its name.
        made: where each file lies now, by its later place relative to the folder.
    """
    files = {path.as_posix(): _digest(place) for path, place in sorted(made.items())}
    jobs = {**_listed(folder), job: files}
    data = {"schema": SCHEMA, "jobs": dict(sorted(jobs.items()))}
    return json.dumps(data, indent=1) + "\n"


def _listed(folder: Path) -> dict[str, dict[str, str]]:
    """What the folder's manifest lists, by job; nothing where it is none, or not ours."""
    try:
        with (folder / MANIFEST).open("rb") as file:
            data: Any = json.loads(file.read(_MOST_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    jobs = data.get("jobs") if isinstance(data, dict) and data.get("schema") == SCHEMA else None
    if not isinstance(jobs, dict):
        return {}
    return {
        job: {name: digest for name, digest in files.items() if isinstance(digest, str)}
        for job, files in jobs.items()
        if isinstance(files, dict)
    }


def _is_inside(folder: Path, name: str) -> bool:
    """Whether a name leads to a plain file beneath the folder, by no link and no step up."""
    steps = PurePosixPath(name)
    if steps.is_absolute() or ".." in steps.parts or "\\" in name or ":" in name or "\0" in name:
        return False
    place = folder
    for step in steps.parts:
        place = place / step
        if place.is_symlink():
            return False
    return place.is_file()


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=_HASH_BYTES)).hexdigest()
    except OSError:
        return ""
