"""Mixes through plugins that fail at random places on tracks, buses and master: a few renders of the benchmark."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = [pytest.mark.plugin, pytest.mark.slow]

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "plugin_faults.py"


def test_every_mix_is_complete_and_nothing_is_left(plugin: Callable[..., Path]) -> None:
    plugin("good")  # skips where it cannot be built
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--renders", "4", "--seed", "500"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert ", 0 renders wrong" in done.stdout
    assert "last words: none; files left: none" in done.stdout
