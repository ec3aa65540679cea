"""Builds the VST3 test plugins from tests/support/dpf with Debian's dpf-source and g++."""

import platform
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest

SOURCES = Path(__file__).parent / "dpf"
DPF = Path("/usr/share/dpf/distrho")

#: Faults of faulty.cpp by name.
FAULTS = {
    "good": 0,
    "crashes": 1,
    "hangs_at_load": 2,
    "gives_nan": 3,
    "goes_silent": 4,
    "late": 5,
    "differs": 6,
    "aborts_at_load": 7,
    "hangs": 8,
    "late_unsaid": 9,
    "runs_away": 10,
}


def build(folder: Path, name: str, source: str = "faulty", *, channels: int = 2) -> Path:
    """A VST3 of this name in a folder; skips where compiler or framework is absent."""
    if not DPF.is_dir() or shutil.which("g++") is None or platform.machine() != "x86_64":
        pytest.skip("no dpf-source and g++ to build a test plugin with")
    goal = folder / f"{name}.vst3"
    if goal.is_dir():
        return goal
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as made:
        binary = Path(made) / goal.name / "Contents" / "x86_64-linux" / f"{name}.so"
        binary.parent.mkdir(parents=True)
        command = [
            "g++", "-O1", "-std=c++17", "-shared", "-fPIC", "-w", "-fvisibility=hidden",
            "-DDISTRHO_PLUGIN_TARGET_VST3", "-DDISTRHO_NAMESPACE=DISTRHO",
            f'-DNAME="{name}"', f"-DCHANNELS={channels}", f"-DFAULT={FAULTS.get(name, 0)}",
            f"-I{SOURCES}", f"-I{DPF}", f"-I{DPF / 'src'}",
            str(SOURCES / f"{source}.cpp"), str(DPF / "DistrhoPluginMain.cpp"), "-o", str(binary),
        ]  # fmt: skip
        subprocess.run(command, check=True, capture_output=True, text=True)
        with suppress(OSError):  # Another worker of this run was faster: its build is as good.
            (Path(made) / goal.name).replace(goal)
    return goal
