"""The script that makes the example says what is missing and overwrites nothing unasked."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "examples" / "compose.py"


def compose(*arguments: str | Path, path: Path) -> subprocess.CompletedProcess[str]:
    """Run the script with nothing but `path` to find programs in."""
    environment = {**os.environ, "PATH": str(path)}
    command = [sys.executable, str(SCRIPT), *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    return folder


def test_a_missing_program_is_named_with_its_package(tmp_path: Path, empty: Path) -> None:
    done = compose("--output", tmp_path / "out", path=empty)
    assert done.returncode == 1
    assert done.stderr.startswith("compose: fluidsynth is not on the PATH")
    assert "apt-get install fluidsynth" in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(os.name == "nt", reason="programs are found by their suffix on Windows")
def test_a_missing_soundfont_is_named(tmp_path: Path, empty: Path) -> None:
    for program in ("fluidsynth", "espeak-ng"):
        (empty / program).write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
        (empty / program).chmod(0o755)
    done = compose("--output", tmp_path / "out", "--soundfont", tmp_path / "none.sf2", path=empty)
    assert done.returncode == 1
    assert "none.sf2" in done.stderr
    assert "fluid-soundfont-gm" in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="programs are found by their suffix on Windows")
def test_a_synthesiser_that_fails_is_quoted(tmp_path: Path, empty: Path) -> None:
    for program in ("fluidsynth", "espeak-ng"):
        (empty / program).write_text("#!/bin/sh\necho no such bank >&2\nexit 3\n", encoding="utf-8")
        (empty / program).chmod(0o755)
    soundfont = tmp_path / "some.sf2"
    soundfont.touch()
    done = compose("--output", tmp_path / "out", "--soundfont", soundfont, path=empty)
    assert done.returncode == 1
    assert "fluidsynth ended with code 3: no such bank" in done.stderr
    assert not list((tmp_path / "out").rglob("*.flac*"))


def test_existing_files_stay_without_force(tmp_path: Path, empty: Path) -> None:
    mine = tmp_path / "session" / "15_Lead Vox.flac"
    mine.parent.mkdir()
    mine.write_bytes(b"mine")
    done = compose("--output", tmp_path, path=empty)
    assert done.returncode == 1
    assert "15_Lead Vox.flac exists" in done.stderr
    assert "--force" in done.stderr
    assert mine.read_bytes() == b"mine"
