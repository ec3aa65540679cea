"""What is installed: every dependency pinned for CI, nothing from CUDA, and the data beside the code."""

import re
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _project() -> dict[str, Any]:
    data: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return data


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _name(requirement: str) -> str:
    found = re.match(r"[\w.-]+", requirement)
    assert found, requirement
    return _plain(found[0])


def _pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pairs = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {_plain(name): version for name, version in pairs}


def test_every_direct_dependency_is_pinned() -> None:
    project = _project()
    direct = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    assert {_name(entry) for entry in direct} - _pins().keys() == set()


def test_every_pin_meets_its_range() -> None:
    project = _project()
    pins = _pins()
    for entry in [*project["dependencies"], *project["optional-dependencies"]["dev"]]:
        lowest = re.search(r">=([\d.]+)", entry)
        assert lowest, entry
        pinned = [int(part) for part in pins[_name(entry)].split(".")]
        assert pinned >= [int(part) for part in lowest[1].split(".")], entry


def test_nothing_is_pinned_to_cuda_or_to_a_place() -> None:
    text = (ROOT / "constraints.txt").read_text("utf-8")
    assert "nvidia" not in text
    assert not re.search(r"https?:|file:|--", text)
    assert _pins()["torch"].count("+") == 0


def test_the_wheel_has_code_and_data(tmp_path: Path) -> None:
    builder = pytest.importorskip("hatchling.builders.wheel", reason="hatchling builds the wheel")
    (built,) = builder.WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    names = set(zipfile.ZipFile(built).namelist())
    suffixes = {".py", ".toml", ".j2", ".css", ".js", ".typed"}
    for package in ("bridge", "console", "exporters", "presets"):
        files = [path for path in (ROOT / package).rglob("*") if path.is_file() and path.suffix in suffixes]
        assert f"{package}/py.typed" in names
        assert {path.relative_to(ROOT).as_posix() for path in files} - names == set()
    assert not [
        name for name in names if name.endswith((".nbi", ".nbc", ".pyc")) or name.startswith("tests/")
    ]
