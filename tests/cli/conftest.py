"""Runs the command as its user does: in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """`run("mix", …)` in an empty folder; stdout and stderr apart, as text."""
    folder = tmp_path / "cwd"
    folder.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}

    def call(*words: str | Path, cwd: Path = folder) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "bridge", *map(str, words)],
            capture_output=True,
            encoding="utf-8",
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            timeout=300,
            check=False,
        )

    return call
