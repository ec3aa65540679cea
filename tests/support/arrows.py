"""Reads the imports of the packages without running them, and judges them by the arrows of the design.

bridge → {exporters, presets} → console, and inside console from the right to the left of CONSOLE.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PACKAGES = ("bridge", "console", "exporters", "presets")

#: What each package may import from the others.
PERMITTED = {
    "bridge": {"bridge", "exporters", "presets", "console"},
    "exporters": {"exporters", "console"},
    "presets": {"presets", "console"},
    "console": {"console"},
}

#: The parts of console in the order of their arrows; those in one group know nothing of each other.
CONSOLE = (
    ("errors", "filenames", "progress", "units", "words"),
    ("params", "frozen"),
    ("codec",),
    ("mix",),
    ("session",),
    ("analysis",),
    ("dsp",),
    ("losses",),
    ("models",),
    ("estimators",),
    ("training",),
)
RANK = {part: rank for rank, parts in enumerate(CONSOLE) for part in parts}

#: Where a slow import may stand at the top of a module; elsewhere it stands in the function that needs it.
TOP_LEVEL = {
    "torch": (
        "console.dsp.differentiable",
        "console.losses",
        "console.estimators.match.gradient",
        "console.models",
        "console.training",
    ),
    "dasp_pytorch": ("console.dsp.differentiable", "console.losses", "console.models", "console.training"),
    "numba": ("console.dsp", "console.analysis"),
    "onnx": (),
    "onnxruntime": (),
}


@dataclass(frozen=True, slots=True)
class Import:
    """One import: who imports what, in which line, and whether that runs as soon as the module loads."""

    importer: str
    target: str
    at_import: bool
    line: int

    def __str__(self) -> str:
        return f"{self.importer}:{self.line} imports {self.target}"


def modules(root: Path) -> Iterator[tuple[str, Path]]:
    """Every module of the packages with its dotted name."""
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def imports(module: str, source: str) -> Iterator[Import]:
    """Every import in a module's source, those inside functions and under TYPE_CHECKING too."""
    yield from _walk(module, ast.parse(source).body, at_import=True)


def _walk(module: str, body: list[ast.stmt], *, at_import: bool) -> Iterator[Import]:
    for node in body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(module, alias.name, at_import, node.lineno)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            for alias in node.names:
                # `from console import mix` names a part of console, not a value in it
                name = f"{base}.{alias.name}" if base in PACKAGES else base
                yield Import(module, name, at_import, node.lineno)
        else:
            runs = at_import and not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
                runs = False
            for _, value in ast.iter_fields(node):
                if isinstance(value, list):
                    inner = [item for item in value if isinstance(item, ast.stmt)]
                    handlers = [
                        item for item in value if isinstance(item, ast.ExceptHandler | ast.match_case)
                    ]
                    yield from _walk(module, inner, at_import=runs)
                    for handler in handlers:
                        yield from _walk(module, handler.body, at_import=runs)


def wrong(item: Import) -> str | None:
    """What is wrong with an import, in words, or None."""
    if item.target.startswith("."):
        return f"{item} relatively; name the module in full"
    importer, target = item.importer.split("."), item.target.split(".")
    if target[0] in PACKAGES and target[0] not in PERMITTED[importer[0]]:
        return f"{item}: {importer[0]} must not know {target[0]}"
    if importer[0] == target[0] == "console" and len(importer) > 1:
        if len(target) < 2:
            return f"{item}: name the part of console"
        unknown = {importer[1], target[1]} - RANK.keys()
        if unknown:
            return f"{item}: {sorted(unknown)} has no place in the order of console"
        if importer[1] != target[1] and RANK[target[1]] >= RANK[importer[1]]:
            return f"{item}: the arrow runs the other way"
    places = TOP_LEVEL.get(target[0])
    if item.at_import and places is not None and not item.importer.startswith(places):
        return f"{item} when it is imported itself; import it in the function that needs it"
    return None
