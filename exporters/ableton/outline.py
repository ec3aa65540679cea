"""Live's XML from outlines: text files that name each element, its kind, its default and since when it exists.

A line is an element; what is indented below it lies inside. After the name come attributes, then one of
`= value` (a Value attribute), `~ value low..high` (a knob), `? value` (a switch) or `# value low..high` (a choice).
`$name` is a value that the writer gives, `$name|default` one that it may give, `%word` a word of the version's.
`Id=@` draws the next free identifier; `!` after the kind of a parameter makes its automation target known by the
element's name. `{11+}` and `{!11+}` hold for their element and all inside. `@section a|b` stands for the lines of
a section with %1 and %2 replaced, `*8 …%i…` for eight such lines counted from 0 (%n: from 1), `each Tag Name a,b`
for a list of elements, and `<< name` for text that the writer makes.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path

from exporters.ableton.schema import Schema
from exporters.ableton.values import attribute

_FOLDER = Path(__file__).with_name("outlines")
_FILES = ("parts", "tracks", "devices", "rack", "set")
_CONDITION = re.compile(r"\{(!?)([^}]+)\}\s*")
_KINDS = "=~?#"

Value = str | int | float | bool


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of an outline: how deep it lies, and what it says."""

    depth: int
    text: str


@dataclass(slots=True)
class _Node:
    """An element, or a place for inserted text (tag "<<")."""

    tag: str
    attributes: tuple[tuple[str, str], ...] = ()
    extra: str = ""
    kind: str = ""
    text: str = ""
    inside: "list[_Node]" = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Slot:
    """A value to be filled in; `attribute` is set where the whole attribute goes with it."""

    name: str
    default: str | None
    optional_attribute: str = ""


@dataclass(frozen=True, slots=True)
class _Pointee:
    """A place for a new identifier, made known under `key` unless that is empty."""

    key: str


@dataclass(frozen=True, slots=True)
class _Insert:
    """A place for text between two tags; `empty` stands there without any."""

    name: str
    before: str
    after: str
    empty: str


_Piece = str | _Slot | _Pointee | _Insert


@dataclass(frozen=True, slots=True)
class Outline:
    """A section made ready for one version and one depth of indentation.

    `depths` says how deep the lines lie that are inserted at each place.
    """

    pieces: tuple[_Piece, ...]
    depths: Mapping[str, int]


class Ids:
    """Hands out identifiers from a first one on; in a preset all of them are 0."""

    def __init__(self, first: int | None = 1) -> None:
        self._numbers = count(first) if first is not None else None
        self.next = first or 0

    def take(self) -> int:
        """The next identifier."""
        if self._numbers is None:
            return 0
        taken = next(self._numbers)
        self.next = taken + 1
        return taken


def render(
    outline: Outline,
    values: Mapping[str, Value],
    ids: Ids,
    inserts: Mapping[str, str] | None = None,
    targets: dict[str, int] | None = None,
) -> str:
    """The XML of an outline with its values, lines ended; `targets` takes the identifiers that have a name."""
    out: list[str] = []
    for piece in outline.pieces:
        if isinstance(piece, str):
            out.append(piece)
        elif isinstance(piece, _Slot):
            value = values.get(piece.name)
            if piece.optional_attribute:
                out.append("" if value is None else f' {piece.optional_attribute}="{attribute(value)}"')
            elif value is not None:
                out.append(attribute(value))
            elif piece.default is not None:
                out.append(piece.default)
            else:
                raise KeyError(piece.name)
        elif isinstance(piece, _Pointee):
            taken = ids.take()
            out.append(str(taken))
            if piece.key and targets is not None:
                targets[piece.key] = taken
        else:
            text = inserts.get(piece.name, "") if inserts else ""
            out.append(piece.before + text + piece.after if text else piece.empty)
    return "".join(out)


@cache
def outline(section: str, schema: Schema, depth: int) -> Outline:
    """A section for a version, its first element indented by so many tabs."""
    pieces: list[_Piece] = []
    depths: dict[str, int] = {}
    for node in _nodes(section, schema):
        _compile(node, schema, depth, "", pieces, depths, root=True)
    return Outline(tuple(_joined(pieces)), depths)


def _nodes(section: str, schema: Schema) -> list[_Node]:
    root = _Node("")
    stack: list[tuple[int, _Node]] = [(-1, root)]
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


def _node(text: str, schema: Schema) -> _Node:
    if text.startswith("<<"):
        return _Node("<<", text=text[2:].strip())
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
    return _Node(tag, tuple((name, what) for name, _, what in pairs), extra, kind, value)


def _compile(
    node: _Node,
    schema: Schema,
    depth: int,
    path: str,
    pieces: list[_Piece],
    depths: dict[str, int],
    *,
    root: bool = False,
) -> None:
    here = "" if root else f"{path}/{node.tag}" if path else node.tag
    tabs = "\t" * depth
    pieces.append(f"{tabs}<{node.tag}")
    for name, value in node.attributes:
        _attribute(name, value, pieces)
    pieces.append(node.extra)
    if node.kind == "=":
        pieces.append(' Value="')
        pieces.append(_value(node.text))
        pieces.append('" />\n')
    elif node.kind:
        _parameter(node, schema, depth, here, pieces)
    elif not node.inside:
        pieces.append(" />\n")
    elif [child.tag for child in node.inside] == ["<<"]:
        name = node.inside[0].text
        depths[name] = depth + 1
        pieces.append(_Insert(name, ">\n", f"{tabs}</{node.tag}>\n", " />\n"))
    else:
        pieces.append(">\n")
        for child in node.inside:
            if child.tag == "<<":
                depths[child.text] = depth + 1
                pieces.append(_Insert(child.text, "", "", ""))
            else:
                _compile(child, schema, depth + 1, here, pieces, depths)
        pieces.append(f"{tabs}</{node.tag}>\n")


def _attribute(name: str, value: str, pieces: list[_Piece]) -> None:
    if value.startswith("$") and value.endswith("?"):
        pieces.append(_Slot(value[1:-1], None, name))
        return
    pieces.append(f' {name}="')
    pieces.append(_Pointee(value[1:]) if value.startswith("@") else _value(value))
    pieces.append('"')


def _value(text: str) -> str | _Slot:
    if not text.startswith("$"):
        return attribute(text)
    name, bar, default = text[1:].partition("|")
    return _Slot(name, default if bar else None)


def _parameter(node: _Node, schema: Schema, depth: int, path: str, pieces: list[_Piece]) -> None:
    default, _, span = node.text.partition(" ")
    low, _, high = span.partition("..")
    tabs, inner = "\t" * (depth + 1), "\t" * (depth + 2)

    def limits(tag: str, least: str, most: str) -> str:
        return (
            f'{tabs}<{tag}>\n{inner}<Min Value="{least}" />\n{inner}<Max Value="{most}" />\n{tabs}</{tag}>\n'
        )

    def target(tag: str, key: str = "") -> None:
        pieces.append(f'{tabs}<{tag} Id="')
        pieces.append(_Pointee(key))
        pieces.append(f'">\n{inner}<LockEnvelope Value="0" />\n{tabs}</{tag}>\n')

    pieces.append(f'>\n{tabs}<LomId Value="0" />\n{tabs}<Manual Value="')
    pieces.append(_Slot(path, default))
    pieces.append('" />\n')
    key = node.tag if node.kind.endswith("!") else ""
    kind = node.kind[0]
    if kind == "~":
        pieces.append(limits("MidiControllerRange", low, high))
    target("AutomationTarget", key)
    if kind == "~":
        target("ModulationTarget")
    elif kind == "?":
        pieces.append(limits("MidiCCOnOffThresholds", "64", "127"))
    elif "12.2+" in schema.marks:
        pieces.append(limits("MidiControllerRange", low, high))
    tabs = tabs[:-1]
    pieces.append(f"{tabs}</{node.tag}>\n")


def _joined(pieces: list[_Piece]) -> Iterator[_Piece]:
    """The pieces with neighbouring texts made one."""
    text: list[str] = []
    for piece in pieces:
        if isinstance(piece, str):
            text.append(piece)
            continue
        if text:
            yield "".join(text)
            text = []
        yield piece
    if text:
        yield "".join(text)
