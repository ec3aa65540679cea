"""Live's XML from outlines, made ready once for each version and depth, then filled in many times."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import count

from exporters.ableton.grammar import PLACE, Node, nodes
from exporters.ableton.schema import Schema
from exporters.ableton.values import attribute

Value = str | int | float | bool


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
    for node in nodes(section, schema):
        _compile(node, schema, depth, "", pieces, depths, root=True)
    return Outline(tuple(_joined(pieces)), depths)


def _compile(
    node: Node,
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
    elif [child.tag for child in node.inside] == [PLACE]:
        name = node.inside[0].text
        depths[name] = depth + 1
        pieces.append(_Insert(name, ">\n", f"{tabs}</{node.tag}>\n", " />\n"))
    else:
        pieces.append(">\n")
        for child in node.inside:
            if child.tag == PLACE:
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


def _parameter(node: Node, schema: Schema, depth: int, path: str, pieces: list[_Piece]) -> None:
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
