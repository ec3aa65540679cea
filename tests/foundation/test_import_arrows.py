"""Imports run one way, slow ones stay lazy, and each third-party one is a declared dependency."""

import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from arrows import PACKAGES, imports, modules, wrong

ROOT = Path(__file__).resolve().parents[2]
MODULES = dict(modules(ROOT))


def test_all_packages_are_read() -> None:
    assert {name.split(".")[0] for name in MODULES} == set(PACKAGES)
    assert {"console.params", "console.mix.blend", "bridge.cli"} <= MODULES.keys()


@pytest.mark.parametrize("module", MODULES)
def test_imports_follow_the_arrows(module: str) -> None:
    found = [wrong(item) for item in imports(module, MODULES[module].read_text("utf-8"))]
    assert [message for message in found if message] == []


@pytest.mark.parametrize(
    ("module", "source", "message"),
    [
        ("console.units", "from console.mix import Mix", "the other way"),
        ("console.analysis.loudness", "import console.dsp.filters", "the other way"),
        ("console.frozen", "from console import params", "the other way"),
        ("console.mix.file", "def f():\n    from console.session import Session", "the other way"),
        ("console.mix", "if TYPE_CHECKING:\n    from console.estimators import rules", "the other way"),
        ("console.params", "from console.colours import red", "no place"),
        ("console.params", "import console", "name the part"),
        ("console.mix", "import bridge.cli", "must not know bridge"),
        ("exporters.reaper", "from presets import load_roles", "must not know presets"),
        ("presets.roles", "import exporters.report", "must not know exporters"),
        ("bridge.jobs", "from .sessions import load_session", "in full"),
        ("bridge.jobs", "import torch", "when it is imported itself"),
        (
            "console.estimators.match",
            "try:\n    import torch\nexcept ImportError:\n    pass",
            "when it is imported",
        ),
        ("console.dsp.filters", "from torch import nn", "when it is imported itself"),
        ("bridge.render.strip", "class A:\n    from numba import njit", "when it is imported itself"),
    ],
)
def test_a_wrong_import_is_caught(module: str, source: str, message: str) -> None:
    found = [wrong(item) for item in imports(module, source)]
    assert len(found) == 1
    assert message in str(found[0])


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("bridge.jobs", "from exporters.reaper import write"),
        ("exporters.report", "from console.mix import Mix"),
        ("console.training.loop", "import torch\nfrom console.losses import loudness"),
        ("console.estimators.match", "def f():\n    import torch"),
        ("console.estimators.match", "if typing.TYPE_CHECKING:\n    import torch"),
        ("console.analysis.kernels", "from numba import njit"),
    ],
)
def test_a_right_import_passes(module: str, source: str) -> None:
    assert [wrong(item) for item in imports(module, source)] == [None] * source.count("import ")


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_third_party_import_is_a_declared_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    optional = extras["discovery"] + extras["evaluation"] + extras["training"]
    entries = project["dependencies"] + optional
    declared = {_plain(re.match(r"[\w.-]+", entry)[0]) for entry in entries}
    distributions = packages_distributions()
    undeclared = set()
    for module, path in MODULES.items():
        for item in imports(module, path.read_text("utf-8")):
            top = item.target.split(".")[0]
            if top in sys.stdlib_module_names or top in PACKAGES:
                continue
            if not declared & {_plain(name) for name in distributions.get(top, [top])}:
                undeclared.add(str(item))
    assert undeclared == set()
