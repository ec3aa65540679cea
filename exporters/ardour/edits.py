"""Changes to a session's tree that leave its layout as it is: what is put in and taken out again leaves no trace."""

from copy import deepcopy

from exporters.ardour.nodes import Node


def append(parent: Node, item: Node) -> None:
    """Put an element behind all others of its parent."""
    last = parent[-1] if len(parent) else None
    if last is None:
        parent.append(item)
        return
    after(last, item)


def after(place: Node, item: Node) -> None:
    """Put an element right behind another, with the white space that its neighbours have."""
    if place.getnext() is None:
        item.tail = place.tail
        place.tail = _indent(place)
    else:
        item.tail = place.tail
    # lxml moves an element with its tail, and would take that of `place` along.
    kept = place.tail
    place.tail = None
    place.addnext(item)
    place.tail = kept


def before(place: Node, item: Node) -> None:
    """Put an element right ahead of another, with the white space that its neighbours have."""
    item.tail = _indent(place)
    place.addprevious(item)


def take_out(item: Node) -> None:
    """Take an element away and mend the white space around it."""
    parent, behind, previous = item.getparent(), item.getnext(), item.getprevious()
    if behind is None and previous is not None:
        previous.tail = item.tail
    parent.remove(item)


def swap(old: Node, new: Node) -> None:
    """Put an element in another's place."""
    new.tail = old.tail
    old.getparent().replace(old, new)


def copy_of(item: Node) -> Node:
    """A copy of an element that belongs nowhere."""
    result = deepcopy(item)
    result.tail = None
    return result


def _indent(place: Node) -> str | None:
    """The white space ahead of an element."""
    previous = place.getprevious()
    text = place.getparent().text if previous is None else previous.tail
    return str(text) if text and not text.strip() else None
