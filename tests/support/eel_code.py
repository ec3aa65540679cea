"""Translates the tree of EEL2 code into Python, and runs it: in plain Python, or compiled by numba.

Variables are places in one array, `v`; the memory is another, `m`. The variables of an object (`hp.s1`) lie side by
side, so that a function with `instance()` variables is translated once and told where its object begins. A local
variable is not-a-number until it is assigned: EEL2 would keep what the last call left there, and code that counts on
that is found out. A variable that is read but nowhere assigned is refused: it is a slip of the pen.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import eel_math
import numpy as np
from eel import (
    Assign,
    Binary,
    Block,
    Call,
    Cell,
    Choice,
    EelError,
    Function,
    Loop,
    Name,
    Node,
    Number,
    Parser,
    Text,
    Unary,
    While,
)

_COMPARE = {"<": "<", ">": ">", "<=": "<=", ">=": ">=", "===": "==", "!==": "!="}


@dataclass
class Layout:
    """Where every variable lies in the array."""

    instances: list[str] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)
    size: int = 0

    def of(self, name: str) -> int:
        """The place of a variable of the whole effect."""
        owner, dot, member = name.rpartition(".")
        if dot and member in self.instances:
            return self.object(owner) + self.instances.index(member)
        if name not in self.places:
            self.places[name] = self.size
            self.size += 1
        return self.places[name]

    def object(self, owner: str) -> int:
        """The place where an object's variables begin."""
        key = f"{owner}."
        if key not in self.places:
            self.places[key] = self.size
            self.size += len(self.instances)
        return self.places[key]


class _Writer:
    """Writes the Python of one function or section."""

    def __init__(self, program: "Program", function: Function | None) -> None:
        self.program = program
        self.function = function
        self.lines: list[str] = []
        self.depth = 1
        self.count = 0

    def emit(self, text: str) -> None:
        self.lines.append("    " * self.depth + text)

    def fresh(self, text: str) -> str:
        """A new temporary that holds this."""
        self.count += 1
        name = f"t{self.count}"
        self.emit(f"{name} = {text}")
        return name

    def indented(self, node: Node, then: Callable[[str], str] | None = None) -> None:
        self.depth += 1
        start = len(self.lines)
        value = self.value(node)
        if then is not None:
            self.emit(then(value))
        if len(self.lines) == start:
            self.emit("pass")
        self.depth -= 1

    def ordered(self, nodes: Iterable[Node]) -> list[str]:
        """The values of several, each taken before the next one's code runs."""
        values: list[str] = []
        for node in nodes:
            mark = len(self.lines)
            value = self.value(node)
            if len(self.lines) > mark:
                held = []
                for index, before in enumerate(values):
                    if not _fixed(before):
                        self.count += 1
                        held.append("    " * self.depth + f"t{self.count} = {before}")
                        values[index] = f"t{self.count}"
                self.lines[mark:mark] = held
            values.append(value)
        return values

    def place(self, name: str) -> str:
        """The Python of a variable."""
        function = self.function
        if function is not None:
            if name in function.parameters or name in function.locals:
                return f"x_{name}"
            own = name.removeprefix("this.")
            if own in function.instances:
                return f"v[o + {self.program.layout.instances.index(own)}]"
            if name.startswith("this."):
                raise EelError(f"{function.name} has no instance variable {own!r}")
        return f"v[{self.program.layout.of(name)}]"

    def value(self, node: Node) -> str:
        """Python without side effects that has the node's value; its effects are written before."""
        match node:
            case Number(value):
                return repr(value)
            case Text(value):
                return self.program.text(value)
            case Name(name):
                self.program.read.add(name)
                return self.place(name)
            case Cell(base, offset):
                first, second = self.ordered((base, offset))
                return f"peek(m, {first} + {second})"
            case Unary("-", operand):
                return f"(-{self.value(operand)})"
            case Unary("+", operand):
                return self.value(operand)
            case Unary(_, _) | Binary(
                "&&" | "||" | "==" | "!=" | "<" | ">" | "<=" | ">=" | "===" | "!==", _, _
            ):
                return f"(1.0 if {self.truth(node)} else 0.0)"
            case Binary(operator, left, right):
                first, second = self.ordered((left, right))
                return _arithmetic(operator, first, second)
            case Assign():
                return self.assign(node)
            case Choice(condition, yes, no):
                truth = self.truth(condition)
                result = self.fresh("0.0")
                self.emit(f"if {truth}:")
                self.indented(yes, lambda value: f"{result} = {value}")
                if no is not None:
                    self.emit("else:")
                    self.indented(no, lambda value: f"{result} = {value}")
                return result
            case Loop(count, body):
                rounds = self.fresh(f"min(int({self.value(count)}), {eel_math.MOST_ROUNDS})")
                self.emit(f"for _ in range({rounds}):")
                self.indented(body)
                return "0.0"
            case While(condition, body):
                self.emit(f"for _ in range({eel_math.MOST_ROUNDS}):")
                self.depth += 1
                self.emit(f"if not ({self.truth(condition)}):")
                self.emit("    break")
                self.depth -= 1
                if body is not None:
                    self.indented(body)
                return "0.0"
            case Block(parts):
                for part in parts[:-1]:
                    self.value(part)
                return self.value(parts[-1]) if parts else "0.0"
            case Call(name, arguments):
                return self.call(name, arguments)
        raise EelError(f"{node!r} is not understood")

    def truth(self, node: Node) -> str:
        """Python that is true or false as EEL2 takes the node's value."""
        match node:
            case Unary("!", operand):
                return f"(not {self.truth(operand)})"
            case Binary("==" | "!=" as operator, left, right):
                first, second = self.ordered((left, right))
                return f"(abs({first} - {second}) {'<' if operator == '==' else '>='} {eel_math.CLOSE})"
            case Binary(operator, left, right) if operator in _COMPARE:
                first, second = self.ordered((left, right))
                return f"({first} {_COMPARE[operator]} {second})"
            case Binary("&&" | "||" as operator, left, right):
                result = self.fresh(self.truth(left))
                self.emit(f"if {result}:" if operator == "&&" else f"if not {result}:")
                self.depth += 1
                self.emit(f"{result} = {self.truth(right)}")
                self.depth -= 1
                return result
        return f"(abs({self.value(node)}) >= {eel_math.CLOSE})"

    def assign(self, node: Assign) -> str:
        target = node.target
        if isinstance(target, Name):
            self.program.assigned.add(target.name)
            if node.operator:
                self.program.read.add(target.name)
            place = self.place(target.name)
            value = self.value(node.value)
        elif isinstance(target, Cell):
            first, second, value = self.ordered((target.base, target.offset, node.value))
            place = f"m[{self.fresh(f'place_of(m, {first} + {second})')}]"
        else:
            raise EelError(f"{target!r} cannot be assigned here")
        new = _arithmetic(node.operator, place, value) if node.operator else value
        self.emit(f"{place} = {new if _fixed(new) else f'stored({new})'}")
        return place

    def call(self, name: str, arguments: tuple[Node, ...]) -> str:
        program = self.program
        owner, _, member = name.rpartition(".")
        function = program.functions.get(name) or (program.functions.get(member) if owner else None)
        if function is not None:
            if len(arguments) != len(function.parameters):
                raise EelError(f"{name} takes {len(function.parameters)} arguments, not {len(arguments)}")
            origin = "int(0.0)"
            if function.instances or program.needs_object(function):
                origin = self.origin(owner or function.name)
            values = self.ordered(arguments)
            return self.fresh(f"f_{function.name}({', '.join(['v', 'm', origin, *values])})")
        if name in eel_math.FUNCTIONS:
            helper, count = eel_math.FUNCTIONS[name]
            if len(arguments) != count:
                raise EelError(f"{name} takes {count} arguments, not {len(arguments)}")
            return f"{helper}({', '.join(self.ordered(arguments))})"
        if name in program.host:
            values = self.ordered(arguments)
            return self.fresh(f"host[{name!r}]({', '.join(values)})")
        raise EelError(f"there is no function {name!r}")

    def origin(self, owner: str) -> str:
        """Where the object of a call begins."""
        if owner == "this":
            return "o"
        function = self.function
        if function is not None and (owner.startswith("this.") or owner in function.instances):
            raise EelError(f"objects inside objects ({owner}) are not understood")
        return f"int({float(self.program.layout.object(owner))})"


def _fixed(value: str) -> bool:
    """Whether Python text is a number or a temporary, which no later code changes."""
    if value.startswith("t") and value[1:].isdigit():
        return True
    try:
        float(value)
    except ValueError:
        return False
    return True


def _arithmetic(operator: str, first: str, second: str) -> str:
    if operator in eel_math.OPERATORS:
        return f"{eel_math.OPERATORS[operator]}({first}, {second})"
    return f"({first} {operator} {second})"


class Program:
    """Sections of code, translated together.

    Args:
        sections: code by name, in the order in which they are compiled; functions are known to all later ones.
        known: variables that the host sets or reads, so that they need no assignment in the code.
        host: functions that the host offers, in plain Python only.
        compiled: the sections that numba compiles; the others run in plain Python.
        zeroing: whether assignments turn what is not finite, and what is denormal, into 0, as EEL2 does on x86.
    """

    def __init__(
        self,
        sections: Mapping[str, str],
        *,
        known: Iterable[str] = (),
        host: Mapping[str, Callable[..., float]] | None = None,
        compiled: Iterable[str] = (),
        zeroing: bool = True,
    ) -> None:
        parsed = {name: Parser(code).section() for name, code in sections.items()}
        self.functions: dict[str, Function] = {}
        self.host = host or {}
        self.read: set[str] = set()
        self.assigned = set(known)
        self.texts: list[str] = []
        every = [function for functions, _ in parsed.values() for function in functions]
        names = sorted({name for function in every for name in function.instances})
        self.layout = Layout(names)
        source: list[str] = []
        for name, (functions, body) in parsed.items():
            for function in functions:
                source += self._function(function)
            source += self._section(name, body)
        self._check_slips(every)
        self.source = "\n".join(source)
        self.sections = self._load(tuple(sections), compiled=compiled, zeroing=zeroing)
        self.variables = np.zeros(self.layout.size + 1)

    def place(self, name: str) -> int:
        """The index of a variable in `variables`."""
        return self.layout.of(name.lower())

    def text(self, value: str) -> str:
        """The number that stands for a text."""
        self.texts.append(value)
        return repr(float(len(self.texts) - 1))

    def needs_object(self, function: Function) -> bool:
        """Whether a function calls others on its own object."""
        return "this." in repr(function.body)

    def _function(self, function: Function) -> list[str]:
        if function.name in self.functions or function.name in eel_math.FUNCTIONS:
            raise EelError(f"the function {function.name!r} is defined twice")
        writer = _Writer(self, function)
        for name in function.locals:
            writer.emit(f"x_{name} = nan")
        value = writer.value(function.body)
        # Only now: EEL2 knows no recursion.
        self.functions[function.name] = function
        arguments = ", ".join(["v", "m", "o", *(f"x_{name}" for name in function.parameters)])
        return [f"def f_{function.name}({arguments}):", *writer.lines, f"    return {value}", ""]

    def _section(self, name: str, body: Block) -> list[str]:
        writer = _Writer(self, None)
        writer.value(body)
        return [f"def s_{name}(v, m):", *(writer.lines or ["    pass"]), ""]

    def _check_slips(self, functions: list[Function]) -> None:
        own = {
            name
            for function in functions
            for name in (*function.parameters, *function.locals, *function.instances)
        }
        for name in self.read:
            member = name.rpartition(".")[2]
            if name not in self.assigned and name not in own and member not in self.layout.instances:
                raise EelError(f"the variable {name!r} is read but never set")

    def _load(self, names: tuple[str, ...], *, compiled: Iterable[str], zeroing: bool) -> dict[str, Any]:
        helpers: dict[str, Any] = {name: getattr(eel_math, name) for name in eel_math.HELPERS}
        helpers["stored"] = eel_math.stored if zeroing else eel_math.as_is
        plain: dict[str, Any] = {"nan": math.nan, "host": self.host} | helpers
        exec(self.source, plain)  # noqa: S102  (made of checked names and operators alone)
        loaded = {name: plain[f"s_{name}"] for name in names}
        fast = set(compiled)
        if not fast:
            return loaded
        import numba

        def jit(function: Any) -> Any:
            return numba.njit(error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)(function)

        space: dict[str, Any] = {"nan": math.nan} | {name: jit(helper) for name, helper in helpers.items()}
        exec(self.source, space)  # noqa: S102
        for name in [key for key in space if key.startswith(("f_", "s_")) and key not in helpers]:
            space[name] = jit(space[name])
        return loaded | {name: space[f"s_{name}"] for name in fast}


def evaluate(code: str, *, zeroing: bool = True, memory: int = 64) -> dict[str, float]:
    """Run code once in plain Python; every variable's value afterwards, `m[i]` as "m0", "m1" …"""
    program = Program({"code": code}, zeroing=zeroing)
    cells = np.zeros(memory)
    with np.errstate(all="ignore"):
        program.sections["code"](program.variables, cells)
    values = {name: float(program.variables[place]) for name, place in program.layout.places.items()}
    return values | {f"m{index}": float(cell) for index, cell in enumerate(cells)}
