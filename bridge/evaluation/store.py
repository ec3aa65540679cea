"""Rows on disk as JSON Lines: each is there as soon as it is measured, and a torn last line costs that row alone."""

import json
import os
from collections.abc import Iterable
from pathlib import Path

from bridge.evaluation.values import Row
from bridge.files import told_clearly, whole_file
from console.errors import ParamError, RenderError

Key = tuple[str, str, str]


def key_of(row: Row) -> Key:
    """What a row is about: song, reference, system."""
    return row.song, row.reference, row.system


def read_rows(path: Path) -> dict[Key, Row]:
    """The rows of a file, the last one of each key; a last line without an end is left out.

    Raises:
        RenderError: the file cannot be read, or a line in it is no row.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise RenderError(
            f"cannot read {str(path)!r} ({error.strerror or error}); check its permissions"
        ) from error
    found: dict[Key, Row] = {}
    for number, line in enumerate(lines[:-1], 1):
        try:
            row = Row.from_dict(json.loads(line))
        except (ValueError, ParamError) as error:
            raise RenderError(
                f"line {number} of {str(path)!r} is no row of an evaluation ({error}); take it out, or start anew "
                "with --force"
            ) from error
        found[key_of(row)] = row
    return found


def write_rows(path: Path, rows: Iterable[Row]) -> None:
    """Write a file of rows anew, whole or not at all.

    Raises:
        RenderError: it cannot be written.
    """
    with whole_file(path) as temporary:
        temporary.write_bytes(b"".join(map(_line, rows)))


def append_row(path: Path, row: Row) -> None:
    """Add a row, through to the disk.

    Raises:
        RenderError: it cannot be written.
    """
    with told_clearly(path), path.open("ab") as file:
        file.write(_line(row))
        file.flush()
        os.fsync(file.fileno())


def _line(row: Row) -> bytes:
    text = json.dumps(row.to_dict(), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace") + b"\n"
