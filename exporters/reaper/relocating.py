"""Names a project's audio anew for the folder that a copy of the project goes to."""

import os
from pathlib import Path

from exporters.reaper.edit import find_line, str_item
from exporters.reaper.media import is_relative, media_path
from exporters.reaper.rpp import Node, line, relined, split_words


def relocate_sources(root: Node, old: Path, new: Path) -> int:
    """Make every relative name of a source in a project of the folder `old` count from the folder `new`.

    Returns how many lines that changed. Absolute names stay; between drives a relative one becomes absolute.
    """
    old, new = old.absolute(), new.absolute()
    if old.resolve() == new.resolve():
        return 0
    changed = 0
    waiting = list(root.nodes("TRACK"))
    while waiting:
        node = waiting.pop()
        waiting += (item for item in node.items if isinstance(item, Node))
        if node.name == "SOURCE" and (place := find_line(node, "FILE")) is not None:
            changed += _rename(node, place, old, new)
    return changed


def _rename(node: Node, place: int, old: Path, new: Path) -> bool:
    text = str_item(node, place)
    words = split_words(text)
    if len(words) < 2 or not is_relative(words[1]):
        return False
    file = media_path(words[1], old)
    if file is None:
        return False
    place_there = file.parent.resolve() / file.name
    try:
        name = Path(os.path.relpath(place_there, new.resolve())).as_posix()
    except ValueError:
        name = place_there.as_posix()
    node.items[place] = relined(text, " ".join([line("FILE", name), *words[2:]]))
    return True
