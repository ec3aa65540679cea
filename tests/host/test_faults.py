"""What bad plugins do is detected, named and survived; the next plugin finds a sound process."""

import os
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import psutil
import pytest

from bridge.host.faults import Fault, PluginFault
from bridge.host.process import PluginProcess
from bridge.host.values import Audio, PluginRef

pytestmark = pytest.mark.plugin

RATE_HZ = 44_100


def noise(seconds: float, channels: int = 2) -> Audio:
    samples = int(seconds * RATE_HZ)
    return (np.random.default_rng(1).standard_normal((channels, samples)) * 0.1).astype(np.float32)


def played(process: PluginProcess, path: Path, audio: Audio) -> Audio:
    hosted = process.open(PluginRef(path), audio.shape[0])
    out = np.concatenate(list(process.stream([hosted], [audio], RATE_HZ)), axis=1)
    hosted.close()
    return out


@pytest.mark.parametrize(
    ("name", "fault", "ends"),
    [
        ("crashes", Fault.CRASHED, True),
        ("aborts_at_load", Fault.CRASHED, True),
        ("hangs", Fault.HUNG, True),
        ("hangs_at_load", Fault.HUNG, True),
        ("gives_nan", Fault.NOT_FINITE, False),
        ("goes_silent", Fault.SILENT, False),
        ("runs_away", Fault.RUNAWAY, False),
    ],
)
def test_a_fault_is_named_and_the_next_plugin_is_not_hurt(
    name: str, fault: Fault, ends: bool, plugin: Callable[..., Path], process: PluginProcess
) -> None:
    audio = noise(2.5)
    with pytest.raises(PluginFault) as caught:
        played(process, plugin(name), audio)
    assert caught.value.fault is fault
    assert caught.value.plugin == name
    assert np.array_equal(played(process, plugin("good"), audio), audio)
    assert process.restarts == int(ends)


SURVIVOR = """
import sys
from multiprocessing import active_children
from pathlib import Path
import numpy as np
from bridge.host.faults import PluginFault
from bridge.host.process import PluginProcess
from bridge.host.values import PluginRef

if __name__ == "__main__":
    audio = np.full((2, 100_000), 0.1, np.float32)
    with PluginProcess() as process:
        for path in sys.argv[1:]:
            try:
                plugin = process.open(PluginRef(Path(path)), 2)
                list(process.stream([plugin], [audio], 44_100))
                print("played")
            except PluginFault as fault:
                print(fault.fault)
    print(len(active_children()), "left")
"""


def test_no_process_and_no_memory_stays_behind(plugin: Callable[..., Path], tmp_path: Path) -> None:
    script = tmp_path / "survivor.py"
    script.write_text(SURVIVOR, encoding="utf-8")
    paths = [str(plugin(name)) for name in ("crashes", "good", "gives_nan", "good")]
    root = str(Path(__file__).resolve().parents[2])
    done = subprocess.run(
        [sys.executable, str(script), *paths],
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.split() == ["crashed", "played", "not-finite", "played", "0", "left"]
    assert done.stderr == "", "Python's resource tracker tells of shared memory that nobody gave back"


@pytest.mark.parametrize("name", ["good", "hangs"])
def test_processes_end_with_a_parent_that_was_killed(
    name: str, plugin: Callable[..., Path], tmp_path: Path
) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        SURVIVOR.replace("list(process", "print(process._process.pid, flush=True); list(process")
    )
    root = str(Path(__file__).resolve().parents[2])
    with subprocess.Popen(
        [sys.executable, str(script), *[str(plugin(name))] * 200],
        env={**os.environ, "PYTHONPATH": root},
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    assert child.wait(10.0) in (0, 1, None)


def test_latency_that_is_told_is_compensated_to_the_sample(
    plugin: Callable[..., Path], process: PluginProcess
) -> None:
    audio = noise(1.0)
    assert np.array_equal(played(process, plugin("late"), audio), audio)


@pytest.mark.parametrize("sizes", [[1, 7, 500, 40_000], [100_000, 3]])
def test_blocks_of_any_size_give_the_same(
    sizes: list[int], plugin: Callable[..., Path], process: PluginProcess
) -> None:
    audio = noise(sum(sizes) / RATE_HZ + 1.0)[:, : sum(sizes)]
    hosted = process.open(PluginRef(plugin("late")), 2)
    edges = np.cumsum([0, *sizes])
    blocks = [audio[:, start:end] for start, end in pairwise(edges)]
    assert np.array_equal(np.concatenate(list(process.stream([hosted], blocks, RATE_HZ)), axis=1), audio)


@pytest.mark.parametrize(("takes", "gets"), [(1, 2), (2, 1), (1, 1), (2, 2)])
def test_mono_and_stereo_plugins_on_mono_and_stereo_strips(
    takes: int, gets: int, plugin: Callable[..., Path], process: PluginProcess
) -> None:
    path = plugin("good" if takes == 2 else "good_mono", channels=takes)
    audio = noise(0.5, gets)
    hosted = process.open(PluginRef(path), gets)
    assert hosted.facts.channels == (takes,)
    out = np.concatenate(list(process.stream([hosted], [audio], RATE_HZ)), axis=1)
    assert np.array_equal(out, audio)


def test_a_chain_is_one_stream_and_its_latencies_add_up(
    plugin: Callable[..., Path], process: PluginProcess
) -> None:
    audio = noise(1.0)
    chain = [process.open(PluginRef(plugin(name)), 2) for name in ("late", "good", "late")]
    assert np.array_equal(np.concatenate(list(process.stream(chain, [audio], RATE_HZ)), axis=1), audio)


def test_of_a_row_the_one_that_goes_silent_is_named(
    plugin: Callable[..., Path], process: PluginProcess
) -> None:
    chain = [process.open(PluginRef(plugin(name)), 2) for name in ("late", "goes_silent", "good")]
    with pytest.raises(PluginFault) as caught:
        list(process.stream(chain, [noise(1.0)], RATE_HZ))
    assert (caught.value.fault, caught.value.plugin) == (Fault.SILENT, "goes_silent")


def test_a_stream_that_is_given_up_leaves_nothing_for_the_next(
    plugin: Callable[..., Path], process: PluginProcess
) -> None:
    audio = noise(8.0)
    hosted = process.open(PluginRef(plugin("good")), 2)
    next(process.stream([hosted], [audio], RATE_HZ))
    out = np.concatenate(list(process.stream([hosted], [audio * np.float32(0.5)], RATE_HZ)), axis=1)
    assert np.array_equal(out, audio * np.float32(0.5))


def test_a_file_that_is_no_plugin_says_so(tmp_path: Path, process: PluginProcess) -> None:
    junk = tmp_path / "junk.vst3"
    junk.write_bytes(b"not a plugin" * 100)
    for path in (junk, tmp_path / "absent.vst3"):
        with pytest.raises(PluginFault) as caught:
            process.open(PluginRef(path), 2)
        assert caught.value.fault is Fault.CANNOT_LOAD
    assert process.restarts == 0
