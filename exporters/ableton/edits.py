"""Surgery on a set's XML that leaves Live's layout as it was: tabs, one element a line, a blank before `/>`."""

import re
from collections.abc import Iterable
from pathlib import Path

from lxml import etree

from exporters.unpack import gunzip, parse_xml, read_bytes

_BARE = re.compile(rb"<([\w.]+)/>")


def fragment(text: str) -> list[etree._Element]:
    """The elements of rendered lines."""
    return list(parse_xml(f"<lines>{text}</lines>".encode(), "mixbridge's own XML").getroot())


def depth_of(element: etree._Element) -> int:
    """How deep an element lies; the root at 0."""
    return sum(1 for _ in element.iterancestors())


def append(parent: etree._Element, children: Iterable[etree._Element]) -> None:
    """Put children at the end of a parent."""
    insert(parent, len(parent), children)


def insert(parent: etree._Element, index: int, children: Iterable[etree._Element]) -> None:
    """Put children before the one at `index`, each on a line of its own."""
    inner = "\n" + "\t" * (depth_of(parent) + 1)
    for number, child in enumerate(children, index):
        if number == len(parent):
            child.tail = parent[-1].tail if len(parent) else "\n" + "\t" * depth_of(parent)
            if len(parent):
                parent[-1].tail = inner
            else:
                parent.text = inner
        else:
            child.tail = inner
        parent.insert(number, child)


def remove(child: etree._Element) -> None:
    """Take an element out as if it had never been there."""
    parent = child.getparent()
    if parent is None:
        return
    if child.getnext() is None:
        before = child.getprevious()
        if before is not None:
            before.tail = child.tail
        else:
            parent.text = None
    parent.remove(child)


def next_id(parent: etree._Element) -> int:
    """An Id that no child of a list has."""
    taken = [child.get("Id", "") for child in parent]
    return max((int(text) for text in taken if text.isdecimal() and len(text) < 10), default=-1) + 1


def serialised(root: etree._Element, original: bytes) -> bytes:
    """The document in Live's layout, with the first line and the line ends of the original."""
    # A quote before "/>" always ends a tag: in texts and values the sign ">" is written "&gt;".
    body = etree.tostring(root, encoding="UTF-8", xml_declaration=False).replace(b'"/>', b'" />')
    body = _BARE.sub(rb"<\1 />", body)
    start = original.find(b"<Ableton")
    head = original[: max(start, 0)].replace(b"\r\n", b"\n")
    tail = original[original.rfind(b">") + 1 :].replace(b"\r\n", b"\n")
    document = head + body + tail
    return document.replace(b"\n", b"\r\n") if b"\r\n" in original[:4096] else document


def original_bytes(path: Path) -> bytes:
    """A set's document as it stands in the file, unpacked."""
    return gunzip(read_bytes(path), str(path))
