"""The grammar of the outlines: text files that name each element of Live's XML, its kind, its default and its age.

A line is an element; what is indented below it lies inside. After the name come attributes, then one of
`= value` (a Value attribute), `~ value low..high` (a knob), `? value` (a switch) or `# value low..high` (a choice).
`$name` is a value that the writer gives, `$name|default` one that it may give, `%word` a word of the version's.
`Id=@` draws the next free identifier; `!` after the kind of a parameter makes its automation target known by the
element's name. `{11+}` and `{!11+}` hold for their element and all inside. `@section a|b` stands for the lines of
a section with %1 and %2 replaced, `*8 …%i…` for eight such lines counted from 0 (%n: from 1), `each Tag Name a,b`
for a list of elements, and `<< name` for text that the writer makes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from exporters.ableton.schema import Schema

_FOLDER = Path(__file__).with_name("outlines")
_FILES = ("parts", "tracks", "devices", "rack", "set")
_CONDITION = re.compile(r"\{(!?)([^}]+)\}\s*")
_KINDS = "=~?#"

#: The tag of a place for inserted text.
PLACE = "<<"


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of an outline: how deep it lies, and what it says."""

    depth: int
    text: str


@dataclass(slots=True)
class Node:
    """An element, or a place for inserted text (tag PLACE)."""

    tag: str
    attributes: tuple[tuple[str, str], ...] = ()
    extra: str = ""
    kind: str = ""
    text: str = ""
    inside: "list[Node]" = field(default_factory=list)


def nodes(section: str, schema: Schema) -> list[Node]:
    """The elements of a section as they are in one version, conditions and repetitions resolved."""
    root = Node("")
    stack: list[tuple[int, Node]] = [(-1, root)]
    skipped: int | None = None
    for line in _expand(_sections()[section], schema):
        if skipped is not None and line.depth > skipped:
            continue
        skipped = None
        text, holds = _condition(line.text, schema)
        if not holds:
            skipped = line.depth
            continue
        while stack[-1][0] >= line.depth:
            stack.pop()
        node = _node(text, schema)
        stack[-1][1].inside.append(node)
        stack.append((line.depth, node))
    return root.inside


def _condition(text: str, schema: Schema) -> tuple[str, bool]:
    while match := _CONDITION.match(text):
        if (match[2] in schema.marks) == bool(match[1]):
            return "", False
        text = text[match.end() :]
    return text, True


@cache
def _sections() -> dict[str, tuple[_Line, ...]]:
    found: dict[str, list[_Line]] = {}
    name = ""
    for file in _FILES:
        for text in (_FOLDER / f"{file}.txt").read_text(encoding="utf-8").splitlines():
            if text.startswith("== "):
                name = text[3:].strip()
                found[name] = []
            elif text.strip() and not text.startswith("#"):
                found[name].append(_Line((len(text) - len(text.lstrip())) // 2, text.strip()))
    return {name: tuple(lines) for name, lines in found.items()}


def _expand(lines: tuple[_Line, ...], schema: Schema) -> Iterator[_Line]:
    """The lines with what they include and repeat in their place."""
    for index, line in enumerate(lines):
        bare, holds = _condition(line.text, schema)
        if _repeated(lines, index):
            continue
        if not holds:
            yield line
        elif bare.startswith("@"):
            name, _, words = bare[1:].partition(" ")
            for included in _expand(_sections()[name], schema):
                yield _Line(line.depth + included.depth, _with_words(included.text, words))
        elif bare.startswith("*"):
            times, _, rest = bare[1:].partition(" ")
            inside = tuple(_below(lines, index))
            for number in range(_times(times, schema)):
                for part in (_Line(line.depth, rest), *inside):
                    text = part.text.replace("%i", str(number)).replace("%n", str(number + 1))
                    yield from _expand((_Line(part.depth, text),), schema)
        elif bare.startswith("each "):
            _, tag, name, words = bare.split(" ", 3)
            for number, word in enumerate(words.split(",")):
                yield _Line(line.depth, f"{tag} Id={number} {name}={word}")
        else:
            yield line


def _below(lines: tuple[_Line, ...], index: int) -> Iterator[_Line]:
    for line in lines[index + 1 :]:
        if line.depth <= lines[index].depth:
            return
        yield line


def _repeated(lines: tuple[_Line, ...], index: int) -> bool:
    """Whether a line lies below a repeated one, which has yielded it already."""
    depth = lines[index].depth
    for line in reversed(lines[:index]):
        if line.depth < depth:
            if line.text.startswith("*"):
                return True
            depth = line.depth
    return False


def _times(word: str, schema: Schema) -> int:
    if word == "macros":
        return 16 if "11+" in schema.marks else 8
    return int(word)


def _with_words(text: str, words: str) -> str:
    for number, word in enumerate(words.split("|") if words else (), 1):
        text = text.replace(f"%{number}", word)
    return text


def _node(text: str, schema: Schema) -> Node:
    if text.startswith("<<"):
        return Node(PLACE, text=text[2:].strip())
    for word, meaning in schema.words.items():
        if not meaning or meaning.startswith(" "):
            continue
        text = text.replace(word, meaning)
    head, kind, value = text, "", ""
    words = text.split(" ")
    for index, word in enumerate(words[1:], 1):
        if word and word[0] in _KINDS:
            head, kind, value = " ".join(words[:index]), word, " ".join(words[index + 1 :])
            break
    tag, *attributes = head.split()
    extra = "".join(schema.words[word] for word in attributes if word.startswith("%"))
    pairs = [word.partition("=") for word in attributes if not word.startswith("%")]
    return Node(tag, tuple((name, what) for name, _, what in pairs), extra, kind, value)
