"""REAPER's text format: a tree of `<NAME …` to `>` elements whose untouched lines keep every byte."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from console.errors import ExportError
from exporters.unpack import read_bytes

_INDENT = "  "
#: REAPER's own files stay below twenty; containers within containers may add some.
MAX_DEPTH = 512
_PLAIN_WORD = re.compile(r"[A-Za-z0-9_./{}:+\-]+")
#: Control characters, the separators that some readers take for a line's end, and halves of characters other
#: than those by which Python stands in for bytes that are no UTF-8.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udc7f\udd00-\udfff]")
_QUOTES = "\"'`"
_BLANKS = re.compile("[ \t]+")


class Raw(str):
    """A line that keeps an indentation of its own, or none."""

    __slots__ = ()


@dataclass(slots=True)
class Node:
    """An element: its opening line without `<`, and its lines and elements in order.

    `indent` and `end` are None where the lines stand two spaces per level, as REAPER writes them; else they
    are the opening line's indentation and the whole closing line.
    """

    head: str
    items: "list[str | Node]" = field(default_factory=list)
    indent: str | None = None
    end: str | None = None

    @property
    def name(self) -> str:
        """The element's kind, as TRACK."""
        return self.head.split(maxsplit=1)[0] if self.head.strip() else ""

    @property
    def words(self) -> list[str]:
        """The opening line's words without quotes; the first is the name."""
        return split_words(self.head)

    def nodes(self, name: str) -> "Iterator[Node]":
        """The child elements of this kind."""
        return (item for item in self.items if isinstance(item, Node) and item.name == name)

    def node(self, name: str) -> "Node | None":
        """The first child element of this kind."""
        return next(self.nodes(name), None)

    def rows(self, key: str) -> Iterator[list[str]]:
        """The words after the key, of every line that starts with it."""
        for item in self.items:
            if isinstance(item, str) and item.split(maxsplit=1)[:1] == [key]:
                yield split_words(item)[1:]

    def row(self, key: str) -> list[str] | None:
        """The words after the key of its first line, or None."""
        return next(self.rows(key), None)


@dataclass(slots=True)
class Document:
    """A file: its top-level lines and elements, its line ending, and whether the last line has one."""

    items: list[str | Node] = field(default_factory=list)
    newline: str = "\n"
    final_newline: bool = True

    def node(self, name: str) -> Node | None:
        """The first top-level element of this kind."""
        return next((item for item in self.items if isinstance(item, Node) and item.name == name), None)


def parse(text: str) -> Document:
    """The tree of a project, a template or a chain.

    Raises:
        ExportError: an element has no end, an end no element, or elements lie deeper than `MAX_DEPTH`.
    """
    lines = text.split("\n")
    final_newline = bool(text) and lines[-1] == ""
    if lines[-1] == "":
        lines.pop()
    crlf = bool(lines) and all(item.endswith("\r") for item in lines[: len(lines) if final_newline else -1])
    root = Node("")
    stack, inside = [root], root.items
    usual = ""
    for number, raw in enumerate(lines, start=1):
        text_line = raw.removesuffix("\r") if crlf else raw
        content = text_line.strip()
        if content == ">":
            if len(stack) == 1:
                raise ExportError(f"line {number} closes an element that is not open; the file is damaged")
            done = stack.pop()
            inside, usual = stack[-1].items, _INDENT * (len(stack) - 1)
            done.end = None if text_line == usual + ">" else text_line
        elif content.startswith("<"):
            indent = text_line[: text_line.index("<")]
            node = Node(text_line[len(indent) + 1 :], indent=None if indent == usual else indent)
            inside.append(node)
            stack.append(node)
            inside, usual = node.items, _INDENT * (len(stack) - 1)
            if len(stack) > MAX_DEPTH:
                raise ExportError(
                    f"line {number}: elements lie {MAX_DEPTH} deep in one another, which no project needs; "
                    "the file is damaged"
                )
        else:
            inside.append(text_line[len(usual) :] if text_line.startswith(usual) else Raw(text_line))
    if len(stack) > 1:
        raise ExportError(f"the element <{stack[-1].head[:40]} has no end; the file is cut short")
    return Document(root.items, "\r\n" if crlf else "\n", final_newline)


def dump(document: Document) -> str:
    """The text of a tree; what `parse` gave and nobody touched comes out byte for byte."""
    text = document.newline.join(_lines(document.items, 0))
    return text + document.newline if document.final_newline else text


def read_document(path: Path) -> Document:
    """The tree of a file.

    Raises:
        ExportError: it cannot be read, is too large, or is no file of REAPER's.
    """
    data = read_bytes(path)
    try:
        return parse(encode_safe(data))
    except ExportError as error:
        raise ExportError(f"{path}: {error}") from error


def encode_safe(data: bytes) -> str:
    """Bytes of a file as text; what is no UTF-8 survives the way back."""
    return data.decode("utf-8", "surrogateescape")


def to_bytes(document: Document) -> bytes:
    """The bytes of a tree, in UTF-8."""
    return dump(document).encode("utf-8", "surrogateescape")


def line(name: str, *values: str | float) -> str:
    """A line of a name and its values: text quoted where it must be, numbers without exponent."""
    return " ".join([name, *(quote(v) if isinstance(v, str) else number(v) for v in values)])


def number(value: float) -> str:
    """A number as REAPER writes it: shortest form that reads back the same, never an exponent.

    Raises:
        ExportError: it is not finite.
    """
    if isinstance(value, int):
        return str(int(value))
    if value - value != 0.0:
        raise ExportError(f"a value is {value}; give finite numbers")
    text = format(Decimal(repr(value + 0.0)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def plain_text(value: str) -> str:
    """Text that can stand on one line in quotes: controls become spaces, a third kind of quote is merged."""
    text = _CONTROL.sub(" ", value)
    return text.replace("`", "'") if all(mark in text for mark in _QUOTES) else text


def holds(value: str) -> bool:
    """Whether the format can hold this text unchanged."""
    return plain_text(value) == value


def quote(value: str) -> str:
    """A word as REAPER quotes it, in the first of `"`, `'` and the backtick that the word does not hold."""
    text = plain_text(value)
    if _PLAIN_WORD.fullmatch(text):
        return text
    mark = next(mark for mark in _QUOTES if mark not in text)
    return f"{mark}{text}{mark}"


def split_words(text: str) -> list[str]:
    """The words of a line without their quotes. A quote that has no end runs to the end of the line."""
    words: list[str] = []
    text = text.rstrip("\r")
    if not any(mark in text for mark in _QUOTES):
        return [word for word in _BLANKS.split(text) if word]
    at, size = 0, len(text)
    while at < size:
        if text[at] in " \t":
            at += 1
            continue
        if text[at] in _QUOTES:
            end = text.find(text[at], at + 1)
            end = size if end < 0 else end
            words.append(text[at + 1 : end])
            at = end + 1
            continue
        end = at
        while end < size and text[end] not in " \t":
            end += 1
        words.append(text[at:end])
        at = end
    return words


def relined(old: str, new: str) -> str:
    """The line `new` in the place of `old`: with the old one's indentation where that is not the usual."""
    if not isinstance(old, Raw):
        return new + "\r" if old.endswith("\r") else new
    end = "\r" if old.endswith("\r") else ""
    return Raw(old[: len(old) - len(old.lstrip())] + new + end)


def _lines(items: Sequence[str | Node], depth: int) -> Iterator[str]:
    # No recursion, and one generator however deep the elements lie: large files are written at full speed.
    open_nodes: list[tuple[Iterator[str | Node], str]] = []
    following, ending = iter(items), ""
    standard = _INDENT * depth
    while True:
        for item in following:
            if isinstance(item, Raw):
                yield str(item)
            elif isinstance(item, str):
                yield standard + item
            else:
                yield f"{standard if item.indent is None else item.indent}<{item.head}"
                open_nodes.append((following, ending))
                following, ending = iter(item.items), f"{standard}>" if item.end is None else item.end
                depth += 1
                standard = _INDENT * depth
                break
        else:
            if not open_nodes:
                return
            yield ending
            following, ending = open_nodes.pop()
            depth -= 1
            standard = _INDENT * depth
