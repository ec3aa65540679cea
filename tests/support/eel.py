"""EEL2, the language of JSFX, as far as our effect needs it: text to a tree, strictly.

Written after the public JSFX reference. What its readers could take in two ways is refused here rather than
guessed: operators of one rank mixed without parentheses, assignments as a branch of ?: without parentheses,
chained comparisons and assignments, exponents in numbers. So whatever is accepted means one thing.
"""

import re
from dataclasses import dataclass
from typing import TypeAlias


class EelError(ValueError):
    """The code is not EEL2, or not of the subset that this evaluator takes."""


@dataclass(frozen=True)
class Number:
    value: float


@dataclass(frozen=True)
class Text:
    value: str


@dataclass(frozen=True)
class Name:
    name: str


@dataclass(frozen=True)
class Cell:
    """base[offset]"""

    base: "Node"
    offset: "Node"


@dataclass(frozen=True)
class Unary:
    operator: str
    operand: "Node"


@dataclass(frozen=True)
class Binary:
    operator: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True)
class Assign:
    """target operator value; the operator is "" for a plain =, else as "+" of +=."""

    target: "Node"
    operator: str
    value: "Node"


@dataclass(frozen=True)
class Choice:
    """condition ? yes : no"""

    condition: "Node"
    yes: "Node"
    no: "Node | None"


@dataclass(frozen=True)
class Call:
    name: str
    arguments: "tuple[Node, ...]"


@dataclass(frozen=True)
class Loop:
    """loop(count, body)"""

    count: "Node"
    body: "Node"


@dataclass(frozen=True)
class While:
    """while(condition) (body), or while(condition) alone"""

    condition: "Node"
    body: "Node | None"


@dataclass(frozen=True)
class Block:
    """Expressions one after the other; the last is the value."""

    parts: "tuple[Node, ...]"


@dataclass(frozen=True)
class Function:
    name: str
    parameters: tuple[str, ...]
    locals: tuple[str, ...]
    instances: tuple[str, ...]
    body: "Node"


Node: TypeAlias = Number | Text | Name | Cell | Unary | Binary | Assign | Choice | Call | Loop | While | Block

_TOKEN = re.compile(
    r"""
    (?P<space>\s+|//[^\n]*|/\*.*?\*/)
  | (?P<number>0[xX][0-9a-fA-F]+|\d+\.?\d*|\.\d+)
  | (?P<constant>\$(?:pi|e|phi)\b|\$x[0-9a-f]+)
  | (?P<name>[a-zA-Z_][a-zA-Z0-9_.]*)
  | (?P<text>"(?:\\.|[^"\\])*")
  | (?P<sign>===|!==|==|!=|<=|>=|<<|>>|&&|\|\||\+=|-=|\*=|/=|\^=|%=|\|=|&=|~=|[-+*/^%|&~!<>=?:;,()\[\]])
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)

_CONSTANTS = {"$pi": 3.141592653589793, "$e": 2.718281828459045, "$phi": 1.618033988749895}
_ASSIGNMENTS = ("=", "+=", "-=", "*=", "/=", "^=", "%=", "|=", "&=", "~=")
_COMPARISONS = ("==", "===", "!=", "!==", "<", ">", "<=", ">=")

#: From the loosest to the tightest: each level's operators, and whether a chain of several has one meaning.
_LEVELS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("&&", "||"), "same"),
    (_COMPARISONS, "single"),
    (("|", "&", "~"), "same"),
    (("+",), "same"),
    (("-",), "same"),
    (("*",), "same"),
    (("/",), "same"),
    (("%", "<<", ">>"), "single"),
    (("^",), "single"),
)


@dataclass(frozen=True)
class Token:
    kind: str
    text: str
    line: int


def tokens(code: str) -> list[Token]:
    """The words of a code, comments left out; names in lower case, as EEL2 does not tell cases apart."""
    found, at, line = [], 0, 1
    while at < len(code):
        match = _TOKEN.match(code, at)
        if match is None:
            raise EelError(f"line {line}: {code[at : at + 20]!r} is no EEL2")
        kind, text = str(match.lastgroup), match.group()
        if kind != "space":
            if kind == "number" and re.match(r"[eE][-+]?\d", code[match.end() : match.end() + 3]):
                raise EelError(f"line {line}: {text}{code[match.end()]}… EEL2 has no exponents in numbers")
            found.append(Token(kind, text.lower() if kind in ("name", "constant") else text, line))
        line += text.count("\n")
        at = match.end()
    return found


class Parser:
    """Recursive descent over the tokens of one section."""

    def __init__(self, code: str) -> None:
        self._tokens = tokens(code)
        self._at = 0

    def section(self) -> tuple[list[Function], Block]:
        """The functions that a section defines, and its code."""
        functions: list[Function] = []
        parts: list[Node] = []
        while self._at < len(self._tokens):
            if self._peek("function"):
                functions.append(self._function())
            elif self._peek(";"):
                self._take(";")
            else:
                parts.append(self._assignment())
                if self._at < len(self._tokens):
                    self._take(";")
        return functions, Block(tuple(parts))

    def _peek(self, *texts: str) -> bool:
        return self._at < len(self._tokens) and self._tokens[self._at].text in texts

    def _next(self) -> Token:
        if self._at >= len(self._tokens):
            raise EelError("the code ends in the middle of an expression")
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, text: str) -> Token:
        token = self._next()
        if token.text != text:
            raise EelError(f"line {token.line}: {token.text!r} stands where {text!r} should")
        return token

    def _function(self) -> Function:
        self._take("function")
        name = self._next()
        lists: dict[str, tuple[str, ...]] = {"": self._names(), "local": (), "instance": ()}
        while not self._peek("("):
            kind = self._next()
            if kind.text not in ("local", "instance"):
                raise EelError(f"line {kind.line}: {kind.text!r} stands where a function's body should")
            lists[kind.text] += self._names()
        self._take("(")
        body = self._sequence(")")
        self._take(")")
        return Function(name.text, lists[""], lists["local"], lists["instance"], body)

    def _names(self) -> tuple[str, ...]:
        self._take("(")
        names = []
        while not self._peek(")"):
            token = self._next()
            if token.kind == "name":
                names.append(token.text)
            elif token.text != ",":
                raise EelError(f"line {token.line}: {token.text!r} is no name")
        self._take(")")
        return tuple(names)

    def _sequence(self, *ends: str) -> Block:
        parts: list[Node] = []
        while not self._peek(*ends):
            if self._peek(";"):
                self._take(";")
                continue
            parts.append(self._assignment())
            if not self._peek(*ends):
                self._take(";")
        if not parts:
            raise EelError("empty parentheses are no expression")
        return Block(tuple(parts))

    def _assignment(self) -> Node:
        left = self._choice()
        if not self._peek(*_ASSIGNMENTS):
            return left
        token = self._next()
        if not isinstance(left, Name | Cell | Call):
            raise EelError(f"line {token.line}: what stands before {token.text!r} cannot be assigned")
        value = self._choice()
        if self._peek(*_ASSIGNMENTS):
            raise EelError(f"line {token.line}: put one of the two assignments in parentheses")
        return Assign(left, token.text[:-1], value)

    def _choice(self) -> Node:
        condition = self._level(0)
        if not self._peek("?"):
            return condition
        line = self._take("?").line
        yes = self._choice()
        no = None
        if self._peek(":"):
            self._take(":")
            no = self._choice()
        if self._peek(*_ASSIGNMENTS):
            raise EelError(f"line {line}: an assignment in a branch of ?: belongs in parentheses")
        return Choice(condition, yes, no)

    def _level(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self._unary()
        operators, chain = _LEVELS[level]
        left = self._level(level + 1)
        first = ""
        while self._peek(*operators):
            token = self._next()
            if first and (chain == "single" or token.text != first):
                raise EelError(f"line {token.line}: {first} and {token.text} need parentheses")
            first = token.text
            left = Binary(token.text, left, self._level(level + 1))
        return left

    def _unary(self) -> Node:
        if self._peek("-", "+", "!"):
            return Unary(self._next().text, self._unary())
        return self._postfix()

    def _postfix(self) -> Node:
        node = self._primary()
        while self._peek("["):
            self._take("[")
            offset: Node = Number(0.0) if self._peek("]") else self._sequence("]")
            self._take("]")
            node = Cell(node, offset)
        return node

    def _primary(self) -> Node:
        token = self._next()
        if token.kind == "number":
            return Number(float(int(token.text, 16)) if token.text[:2] in ("0x", "0X") else float(token.text))
        if token.kind == "constant":
            if token.text in _CONSTANTS:
                return Number(_CONSTANTS[token.text])
            return Number(float(int(token.text[2:], 16)))
        if token.kind == "text":
            return Text(token.text[1:-1])
        if token.text == "(":
            inside = self._sequence(")")
            self._take(")")
            return inside.parts[0] if len(inside.parts) == 1 else inside
        if token.kind != "name":
            raise EelError(f"line {token.line}: {token.text!r} is no value")
        return self._call(token) if self._peek("(") else Name(token.text)

    def _call(self, name: Token) -> Node:
        self._take("(")
        arguments: list[Node] = []
        while not self._peek(")"):
            arguments.append(self._sequence(",", ")"))
            if self._peek(","):
                self._take(",")
        self._take(")")
        if name.text == "while":
            body: Node | None = None
            if self._peek("("):
                self._take("(")
                body = self._sequence(")")
                self._take(")")
            (condition,) = arguments
            return While(condition, body)
        if name.text == "loop":
            count, body = arguments
            return Loop(count, body)
        if self._peek("("):
            raise EelError(f"line {name.line}: {name.text}(…)(…) is no call")
        return Call(name.text, tuple(arguments))
