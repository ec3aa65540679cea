"""Ctrl-C as a terminal sends it."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

SCRIPT = """
import sys
from pathlib import Path
from bridge.render import render
from console.session import neutral_mix
from console.session.values import AudioFile, Session, SessionTrack

folder = Path(sys.argv[1])
files = sorted((folder / "source").iterdir())
tracks = tuple(
    SessionTrack(path.stem, (AudioFile(path, 48_000, 2, 4_800_000, ""),), 2, 4_800_000) for path in files
)
session = Session("s", folder, 48_000, tracks)

class Told:
    first = True
    def push(self, block):
        if self.first:
            self.first = False
            sys.stdout.write("running\\n")
            sys.stdout.flush()

with render(
    session, neutral_mix(session), work_folder=folder / "work", stems_folder=folder / "stems", taps={"master": Told()}
):
    sys.stdout.write("done\\n")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a console's Ctrl-C cannot be sent to one process there")
def test_interrupted_process_leaves_nothing(studio: Any) -> None:
    silence = np.zeros((2, 4_800_000), np.float32)
    for index in range(4):
        studio.add(f"t{index}", silence, subtype="PCM_16")
    root = Path(__file__).resolve().parents[2]
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(studio.folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "running\n"
    assert len(studio.leftovers()) == 5
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert "done" not in out
    assert "KeyboardInterrupt" in err
    assert process.returncode != 0
    assert studio.leftovers() == []
    assert not (studio.folder / "stems").exists()
