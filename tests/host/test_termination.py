"""A polite kill in the middle of a hosted render: no process, shared memory or file stays, and nobody complains."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest
from mixed_stems import instruments, write_session

from bridge.host.process import PluginProcess
from bridge.host.values import Limits, PluginRef
from console.errors import RenderError

pytestmark = [
    pytest.mark.plugin,
    pytest.mark.skipif(sys.platform == "win32", reason="there is no polite kill there"),
]

ROOT = Path(__file__).resolve().parents[2]
MEMORY = Path("/dev/shm")  # noqa: S108

HOST = """
import sys
from pathlib import Path
import numpy as np
from bridge.host.process import PluginProcess
from bridge.host.values import PluginRef

if __name__ == "__main__":
    audio = np.full((2, 100_000), 0.1, np.float32)
    with PluginProcess() as process:
        plugin = process.open(PluginRef(Path(sys.argv[1])), 2)
        told = False
        while True:
            for _ in process.stream([plugin], [audio], 44_100):
                if not told:
                    told = True
                    sys.stdout.write("playing\\n")
                    sys.stdout.flush()
"""

MAIN = "import sys; from bridge.cli import main; sys.exit(main(sys.argv[1:]))"


def started(*words: str, **environment: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, *words],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def named() -> set[str]:
    """The shared memory of Python's that has a name, where the system shows it."""
    return {path.name for path in MEMORY.glob("psm_*")} if MEMORY.is_dir() else set()


def left(before: set[str]) -> set[str]:
    """What has come since and stays; that of others on this machine has its name for a moment only."""
    new = named() - before
    for _ in range(30):
        if new := new & named():
            time.sleep(0.1)
    return new


def ended(process: "subprocess.Popen[str]") -> tuple[int, str]:
    """Kill it politely; its exit code and last words. Nothing of it may run on."""
    family = psutil.Process(process.pid).children(recursive=True)
    process.terminate()
    _, words = process.communicate(timeout=20)
    _, alive = psutil.wait_procs(family, timeout=5)
    assert [item for item in alive if item.status() != psutil.STATUS_ZOMBIE] == []
    return process.returncode, words


def test_a_process_without_a_handler_leaves_nothing(plugin: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "host.py").write_text(HOST, encoding="utf-8")
    before = named()
    process = started(str(tmp_path / "host.py"), str(plugin("good")))
    assert process.stdout is not None
    assert process.stdout.readline() == "playing\n"
    assert ended(process) == (-signal.SIGTERM, "")
    assert left(before) == set()


@pytest.mark.parametrize("words", [(), ("--refine",)])
def test_the_command_leaves_nothing(
    words: tuple[str, ...], zam: Callable[[str], Path], tmp_path: Path
) -> None:
    write_session(tmp_path / "stems", [*instruments(30.0), *instruments(30.0, seed=1)])
    before = named()
    process = started(
        "-c", MAIN, "mix", str(tmp_path / "stems"), "-o", str(tmp_path / "out"), "-j", "2",
        "--plugins", "compressor=ZamCompX2", "--plugin-path", str(zam("ZamCompX2")), *words,
        MIXBRIDGE_CACHE=str(tmp_path / "cache"),
    )  # fmt: skip
    assert process.stderr is not None
    while "scan the plugins" not in (line := process.stderr.readline()):
        assert line, "it ended before its plugins played"
    time.sleep(0.7)
    code, told = ended(process)
    assert code == 143
    assert not [
        line for line in told.splitlines() if "leaked" in line or "Traceback" in line or "Warning" in line
    ]
    assert not (tmp_path / "out").exists()
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".mixbridge")]
    assert left(before) == set()


@pytest.mark.parametrize("name", ["hangs", "hangs_at_load"])
def test_who_waits_for_a_plugin_can_be_released(name: str, plugin: Callable[..., Path]) -> None:
    errors: list[Exception] = []
    waiting = threading.Event()
    before = named()

    def wait(process: PluginProcess) -> None:
        waiting.set()
        try:
            hosted = process.open(PluginRef(plugin(name)), 2)
            list(process.stream([hosted], [np.full((2, 100_000), 0.1, np.float32)], 44_100))
        except RenderError as error:
            errors.append(error)

    with PluginProcess(Limits(load_s=60.0, block_s=60.0)) as process:
        thread = threading.Thread(target=wait, args=(process,))
        thread.start()
        waiting.wait()
        time.sleep(1.0)
        process.stop()
        thread.join(5.0)
        assert not thread.is_alive()
        assert "stopped" in str(errors[0])
        with pytest.raises(RenderError, match="stopped"):
            process.open(PluginRef(plugin("good")), 2)
    assert left(before) == set()
