"""The sources of media items: which file they play, from where, and what about them only REAPER can play."""

import os
import re
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from types import MappingProxyType

from exporters.reaper.fields import Rows, within_reason
from exporters.reaper.rpp import Node

_OFFLINE = "_OFFLINE_"
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")

#: Kinds of source that hold no audio file, and what the report says of them.
_UNREADABLE = MappingProxyType(
    {
        "MIDI": "is MIDI",
        "MIDIPOOL": "is MIDI",
        "CLICK": "is a click that REAPER makes",
        "LTC": "is a time code that REAPER makes",
        "RPP_PROJECT": "is a project of its own",
        "VIDEO": "is a video",
    }
)
#: Kinds of source that make no sound.
_SILENT = frozenset({"EMPTY", "VIDEOEFFECT"})

#: The bits of a section's mode.
_WHOLE_FILE, _REVERSED = 1, 2


@dataclass(frozen=True, slots=True)
class Source:
    """What an item plays: the file, where in it the source begins, how long it is (None: to the file's end)."""

    file: Path | None
    offset_s: float = 0.0
    length_s: float | None = None
    offline: bool = False
    problem: str = ""


def read_source(node: Node, folder: Path) -> Source | None:
    """The source of an item in a project in `folder`; None for one that makes no sound.

    Raises:
        ExportError: a number of it is damaged.
    """
    offset_s, length_s, problem = 0.0, None, ""
    offline = False
    while True:
        kind = (node.words[1:2] or [""])[0]
        offline = offline or kind.startswith(_OFFLINE)
        kind = kind.removeprefix(_OFFLINE)
        inner = node.node("SOURCE")
        if kind != "SECTION" or inner is None:
            break
        rows = Rows(node)
        mode = int(min(max(rows.numbers("MODE", 0.0)[0], 0.0), 255.0))
        if mode & _REVERSED:
            problem = "plays its file backwards"
        if not mode & _WHOLE_FILE:
            (start_s,), (section_s,) = rows.numbers("STARTPOS", 0.0), rows.numbers("LENGTH", 0.0)
            # A section of a section counts from the inner one's start.
            offset_s = within_reason(offset_s + start_s)
            if section_s > 0.0:
                length_s = section_s if length_s is None else min(length_s, section_s)
        node = inner
    if kind in _SILENT:
        return None
    name = Rows(node).text("FILE")
    problem = _UNREADABLE.get(kind, problem)
    file = media_path(name, folder)
    if file is None and not problem:
        problem = f"names no file that can be ({name[:80]!r}): link it again in REAPER"
    return Source(file, offset_s, length_s, offline, problem)


def media_path(name: str, folder: Path) -> Path | None:
    r"""Where a file named in a project in `folder` is, absolute; None where no file can have such a name.

    A path of Windows' (`C:\…`, `\\server\…`) read elsewhere becomes one that does not exist here, with the same
    name, so that the file can be looked for beneath the project. Backslashes part folders on every system, unless
    a file has just this name.
    """
    if not name or "\0" in name:
        return None
    if os.name == "nt":
        return folder.absolute() / name
    literal = folder.absolute() / name
    if "\\" not in name and not _DRIVE.match(name):
        return literal
    if _exists(literal):
        return literal
    parts = PureWindowsPath(name).parts
    if _DRIVE.match(name) or name.startswith("\\"):
        return Path("/", *(part.strip("\\/") for part in parts))
    return folder.absolute().joinpath(*parts)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False


def is_relative(name: str) -> bool:
    """Whether a file's name in a project counts from the project's folder, on whatever system it was written."""
    return bool(name) and not name.startswith(("/", "\\")) and not _DRIVE.match(name)
