"""References to audio files in Live's sets, written and read."""

import os
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath

from lxml import etree

from console.session import AudioFile
from exporters.ableton.outline import Value
from exporters.ableton.values import attribute, plain_text
from exporters.references import reference

_DRIVE = re.compile(r"[A-Za-z]:[/\\]|\\\\|//")

#: Live's number for a path that counts from the set's folder.
_FROM_SET = 1


def file_values(
    file: AudioFile, folder: Path, depths: Mapping[str, int]
) -> tuple[dict[str, Value], dict[str, str]]:
    """The values and the lists of a file reference, for a set in `folder`."""
    path = file.path.absolute()
    relative = reference(file, folder)
    inside = not PurePosixPath(relative).is_absolute() and not _DRIVE.match(relative)
    values: dict[str, Value] = {
        "relative_type": _FROM_SET if inside else 0,
        "relative_path": relative if inside else "",
        "path": path.as_posix(),
        "has_relative": inside,
        "file_name": path.name,
    }
    if "relative" not in depths:
        return values, {}
    parts = PurePosixPath(relative).parent.parts if inside else ()
    return values, {
        "relative": _elements(["" if part == ".." else part for part in parts], depths["relative"]),
        "hint": _elements(
            [part.strip("/\\") for part in path.parent.parts if part.strip("/\\")], depths["hint"]
        ),
    }


def file_name(reference_: etree._Element) -> str:
    """The name of the file that a FileRef names, "" where it names none."""
    name = _value(reference_, "Name")
    if name:
        return name
    text = _value(reference_, "RelativePath") or _value(reference_, "Path")
    return PureWindowsPath(text).name if _DRIVE.match(text) else text.rsplit("/", 1)[-1]


def file_path(reference_: etree._Element, folder: Path) -> Path | None:
    """Where a FileRef's file is, absolute; it need not exist.

    Of the relative and the absolute place the first that holds the file is taken, else the relative one. A path of
    another system (a drive's here) cannot exist, and gives way to the relative one.
    """
    places = [place for place in (_relative(reference_, folder), _absolute(reference_)) if place is not None]
    return next((place for place in places if _is_file(place)), places[0] if places else None)


def _relative(reference_: etree._Element, folder: Path) -> Path | None:
    element = reference_.find("RelativePath")
    if element is None:
        return None
    if element.get("Value") is not None:
        text = element.get("Value", "")
        text = text if "/" in text or os.sep == "/" else text.replace("\\", "/")
        if not text or PurePosixPath(text).is_absolute() or _DRIVE.match(text):
            return None
        parts = list(PurePosixPath(text).parts)
    elif len(element) and _value(reference_, "HasRelativePath") != "false" and _value(reference_, "Name"):
        parts = [part.get("Dir", "") or ".." for part in element.iter("RelativePathElement")]
        parts.append(_value(reference_, "Name"))
    else:
        return None
    return _joined(folder.absolute(), parts)


def _absolute(reference_: etree._Element) -> Path | None:
    text = _value(reference_, "Path")
    if text:
        native = Path(text)
        if native.is_absolute():
            return native
        foreign = PureWindowsPath(text)
        return (
            Path(foreign.as_posix()) if foreign.is_absolute() or PurePosixPath(text).is_absolute() else None
        )
    hint = [part.get("Dir", "") for part in reference_.iterfind("SearchHint/PathHint/RelativePathElement")]
    name = _value(reference_, "Name")
    if not hint or not name:
        return None
    return Path(*hint, name) if hint[0].endswith(":") else Path("/", *hint, name)


def _joined(folder: Path, parts: list[str]) -> Path:
    """The path that the parts lead to from a folder, `..` taken away without a look at the disk."""
    steps = list(folder.parts)
    for part in parts:
        if part == "..":
            if len(steps) > 1:
                steps.pop()
        elif part != ".":
            steps.append(part)
    return Path(*steps)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _value(element: etree._Element, name: str) -> str:
    found = element.find(name)
    return found.get("Value", "") if found is not None else ""


def _elements(parts: list[str], depth: int) -> str:
    tabs = "\t" * depth
    return "".join(
        f'{tabs}<RelativePathElement Id="{index}" Dir="{attribute(plain_text(part))}" />\n'
        for index, part in enumerate(parts)
    )
