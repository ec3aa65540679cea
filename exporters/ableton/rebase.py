"""Keeps a set's references to its audio right when the set moves to another folder."""

import os
from pathlib import Path

from lxml import etree

from exporters.ableton.edits import append, depth_of, fragment, remove
from exporters.ableton.load import Set, value
from exporters.ableton.samples import file_path
from exporters.ableton.values import attribute, holds
from exporters.report import Ledger


def rebase_samples(loaded: Set, folder: Path, ledger: Ledger) -> None:
    """Let the relative paths of the clips' files count from `folder`; nothing changes in the set's own folder."""
    home = loaded.path.absolute().parent
    if folder.absolute() == home:
        return
    changed = 0
    for reference in loaded.live_set.iterfind(".//SampleRef/FileRef"):
        path = file_path(reference, home)
        if path is not None:
            changed += _rebase(reference, path, folder.absolute())
    if changed:
        ledger.exact("files", f"{changed} relative paths count from {folder} now")


def _rebase(reference: etree._Element, path: Path, folder: Path) -> bool:
    relative = reference.find("RelativePath")
    kind = reference.find("RelativePathType")
    if relative is None or kind is None or kind.get("Value") == "0":
        return False
    try:
        text = Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:
        return False
    if not holds(text):
        return False
    if relative.get("Value") is not None:
        if not relative.get("Value"):
            return False
        relative.set("Value", text)
    elif len(relative) and value(reference, "HasRelativePath") != "false":
        for part in list(relative):
            remove(part)
        tabs = "\t" * (depth_of(relative) + 1)
        parts = ["" if part == ".." else part for part in Path(text).parts[:-1]]
        lines = "".join(
            f'{tabs}<RelativePathElement Id="{index}" Dir="{attribute(part)}" />\n'
            for index, part in enumerate(parts)
        )
        append(relative, fragment(lines))
    else:
        return False
    kind.set("Value", "1")
    return True
