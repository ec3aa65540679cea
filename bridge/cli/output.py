"""How results reach the user: text and JSON on stdout, or a file that appears whole or not at all."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bridge.files import whole_file
from console.errors import RenderError

if TYPE_CHECKING:
    from console.session import Session


def version_text() -> str:
    """Name and version of the tool."""
    from bridge.version import tool_version

    return tool_version()


def plain(text: str) -> str:
    """The text in one line without control characters: a file's name may hold newlines and terminal codes."""
    return "".join(
        sign if sign.isprintable() or sign == " " else sign.encode("unicode_escape").decode() for sign in text
    )


def say(text: str = "") -> None:
    """One line of the result on stdout."""
    click.echo(plain(text))


def note(text: str) -> None:
    """One line beside the result, on stderr."""
    click.echo(plain(text), err=True)


def table(rows: Iterable[Sequence[str]]) -> None:
    """Rows in columns that line up, on stdout."""
    texts = [[plain(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    for row in texts:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def to_json(value: Any) -> str:
    """Plain values as JSON text."""
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def emit(text: str, output: Path | None, *, force: bool = False) -> None:
    """A machine's result: to a file when one is named, else to stdout; UTF-8 wherever it goes.

    Raises:
        RenderError: the file exists and `force` is not given, or it cannot be written.
    """
    # A half character (of a file name that is not UTF-8) becomes \udcXX, which is how JSON spells it.
    data = text.encode("utf-8", "backslashreplace")
    if output is None:
        click.echo(data, nl=False)
        return
    write_file(output, data, force=force)


def refuse_existing(path: Path, *, force: bool) -> None:
    """Make sure, before any work, that a file is not going to be overwritten unasked.

    Raises:
        RenderError: it exists, and `force` is not given.
    """
    if path.is_dir():
        raise RenderError(f"{path} is a folder; give the name of a file in it")
    if path.exists() and not force:
        raise RenderError(f"{path} exists already; give another name, or --force to replace it")


def refuse_stems(path: Path, session: "Session") -> None:
    """Make sure that a file is none of the session's own, which not even --force replaces.

    Raises:
        RenderError: it is.
    """
    if path.resolve() in {file.path.resolve() for track in session.tracks for file in track.files}:
        raise RenderError(f"{path} is a file of the session itself; give another name")


def write_file(path: Path, data: bytes, *, force: bool) -> None:
    """Write a file whole or not at all.

    Raises:
        RenderError: the file exists and `force` is not given, or it cannot be written.
    """
    refuse_existing(path, force=force)
    with whole_file(path) as temporary:
        temporary.write_bytes(data)
