"""Sets single lines of an element and leaves every other byte of it alone."""

import math

from exporters.reaper.rpp import Node, relined, split_words


def find_line(node: Node, key: str) -> int | None:
    """The place of the first line that starts with this key."""
    for place, item in enumerate(node.items):
        if (
            isinstance(item, str)
            and item.startswith((key, " ", "\t"))
            and item.split(maxsplit=1)[:1] == [key]
        ):
            return place
    return None


def get_line(node: Node, key: str) -> str | None:
    """The first line that starts with this key, without indentation."""
    place = find_line(node, key)
    if place is None:
        return None
    return str(node.items[place]).strip("\r\n").lstrip()


def set_line(node: Node, line: str, *, after: tuple[str, ...] = (), before: str = "") -> None:
    """Put a line in the place of the first one of its key.

    Where there is none, it goes ahead of the line `before`, or behind the first of `after` that is there, or ahead
    of all elements.
    """
    place = find_line(node, line.split(maxsplit=1)[0])
    if place is not None:
        node.items[place] = relined(str_item(node, place), line)
        return
    node.items.insert(_new_place(node, after, before), line)


def remove_line(node: Node, key: str) -> None:
    """Take the first line of this key away."""
    place = find_line(node, key)
    if place is not None:
        del node.items[place]


def str_item(node: Node, place: int) -> str:
    """The line at a place, with its indentation if that is unusual."""
    item = node.items[place]
    return item if isinstance(item, str) else ""


def same_line(one: str, other: str) -> bool:
    """Whether two lines say the same; numbers may be written differently."""
    left, right = split_words(one), split_words(other)
    return len(left) == len(right) and all(_same_word(a, b) for a, b in zip(left, right, strict=True))


def place_before_elements(node: Node) -> int:
    """Ahead of a track's envelopes, plugins and items, behind the envelopes of what it receives."""
    for place, item in enumerate(node.items):
        if isinstance(item, Node) and not item.name.startswith("AUX"):
            return place
    return len(node.items)


def _new_place(node: Node, after: tuple[str, ...], before: str) -> int:
    if before and (place := find_line(node, before)) is not None:
        return place
    for key in after:
        if (place := find_line(node, key)) is not None:
            return place + 1
    return place_before_elements(node)


def _same_word(one: str, other: str) -> bool:
    if one == other:
        return True
    try:
        return math.isclose(float(one), float(other), rel_tol=1e-9, abs_tol=1e-12)
    except ValueError:
        return False
