"""Times plugins in their own process over the same in process, the cost of a crash, and the scan.

Usage: python benchmarks/plugins.py [--seconds 180] [--rounds 5]

Needs Debian's zam-plugins, for the crash dpf-source and g++ too. Rounds alternate between what is compared; the least
times count, as the least is what the machine's other work has disturbed least. Bare Pedalboard runs in a process of
its own, since a plugin that was loaded leaves its mark on the processor's state. Two workers need two idle cores.
"""

import argparse
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bridge.host.faults import PluginFault
from bridge.host.process import HostedPlugin, PluginProcess
from bridge.host.values import PluginRef

RATE_HZ = 44_100
TRACKS = 16
PLUGIN = Path("/usr/lib/vst3/ZamCompX2.vst3")
CRASH_S = 2.0
SUPPORT = Path(__file__).resolve().parents[1] / "tests" / "support"
Audio = NDArray[np.float32]


def music(seconds: float) -> Audio:
    """Noise with a beat, float32 (2, samples)."""
    samples = int(seconds * RATE_HZ)
    beat = 0.05 + 0.3 * np.exp(-6.0 * (np.arange(samples) / RATE_HZ % 0.5))
    return (np.random.default_rng(0).standard_normal((2, samples)) * beat).astype(np.float32)


def bare(pipe: Connection, path: Path, seconds: float) -> None:
    """Answer each message by the time in s that Pedalboard alone takes for the audio."""
    import pedalboard

    plugin = pedalboard.load_plugin(str(path))  # type: ignore[attr-defined,unused-ignore]
    audio = music(seconds)
    while pipe.recv():
        begun = time.perf_counter()
        plugin.process(audio, RATE_HZ, buffer_size=1024, reset=True)
        pipe.send(time.perf_counter() - begun)


def played(process: PluginProcess, plugin: HostedPlugin, audio: Audio) -> int:
    """Play audio through a plugin in its process; returns the samples that came out."""
    return sum(block.shape[1] for block in process.stream([plugin], [audio], RATE_HZ))


def timed(work: Callable[[], object]) -> float:
    """How long something takes, in s."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def worker_over_bare(seconds: float, rounds: int) -> tuple[float, float]:
    """The least times in s of the worker and of bare Pedalboard for one stereo track."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    child = context.Process(target=bare, args=(theirs, PLUGIN, seconds))
    child.start()
    audio = music(seconds)
    worker, alone = [], []
    with PluginProcess() as process:
        plugin = process.open(PluginRef(PLUGIN), 2)
        played(process, plugin, audio[:, :RATE_HZ])
        for _ in range(rounds):
            ours.send(True)
            alone.append(float(ours.recv()))
            worker.append(timed(lambda: played(process, plugin, audio)))
    ours.send(False)
    child.join()
    return min(worker), min(alone)


def two_over_one(seconds: float, rounds: int) -> tuple[float, float]:
    """The least times in s for 16 tracks through two processes, and through one."""
    audio = music(seconds)
    both, one = [], []
    with ExitStack() as stack:
        hosts = [stack.enter_context(PluginProcess()) for _ in range(2)]
        plugins = [(host, host.open(PluginRef(PLUGIN), 2)) for host in hosts]

        def share(index: int, count: int) -> None:
            for _ in range(count):
                played(*plugins[index], audio)

        with ThreadPoolExecutor(2) as pool:
            for _ in range(rounds):
                one.append(timed(lambda: share(0, TRACKS)))
                both.append(timed(lambda: list(pool.map(share, (0, 1), (TRACKS // 2, TRACKS // 2)))))
    return min(both), min(one)


def crash_cost(folder: Path, rounds: int) -> float:
    """By how much in s a crash delays what comes after it, the time for the audio that was lost left out."""
    from dpf_plugins import (
        build,
    )  # Here and below, since every process that is spawned imports this module anew.

    good, bad = (PluginRef(build(folder, name)) for name in ("good", "crashes"))
    audio = music(CRASH_S)

    def run(process: PluginProcess, first: PluginRef) -> None:
        try:
            played(process, process.open(first, 2), audio)
        except PluginFault:
            pass
        played(process, process.open(good, 2), audio)

    with PluginProcess() as process:
        run(process, good)
        pairs = [(timed(lambda: run(process, bad)), timed(lambda: run(process, good))) for _ in range(rounds)]
    return min(broken for broken, _ in pairs) - min(sound for _, sound in pairs)


def main() -> int:
    """Measure and print; exit status 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=180.0)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    from bridge.host.catalogue import scan

    missed = 0

    def tell(text: str, figure: float, target: float) -> None:
        nonlocal missed
        missed += figure > target
        print(f"{text}: {figure:.2f} (target: at most {target:g})", flush=True)

    worker_s, bare_s = worker_over_bare(options.seconds, options.rounds)
    print(f"one stereo track of {options.seconds:g} s: worker {worker_s:.3f} s, in process {bare_s:.3f} s")
    tell("worker over in process", worker_s / bare_s, 1.3)
    both_s, one_s = two_over_one(options.seconds / 3.0, max(options.rounds // 2, 2))
    print(f"{TRACKS} tracks of {options.seconds / 3.0:g} s: 2 workers {both_s:.2f} s, 1 worker {one_s:.2f} s")
    tell("2 workers over 1", both_s / one_s, 0.6)
    sys.path.insert(0, str(SUPPORT))
    with tempfile.TemporaryDirectory() as scratch:
        tell("a crash beyond the work lost, s", crash_cost(Path(scratch), options.rounds), 0.5)
        os.environ["MIXBRIDGE_CACHE"] = scratch
        places = [PLUGIN.parent]
        tell(f"scan of {len(list(places[0].iterdir()))} plugins, cold, s", timed(lambda: scan(places)), 15.0)
        tell("scan, warm, s", timed(lambda: scan(places)), 0.5)
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
