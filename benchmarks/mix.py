"""Times the main job over bare Pedalboard: 16 stereo tracks of 3 min at 44.1 kHz, cold and warm cache.

Usage: python benchmarks/mix.py [--seconds 180] [--rounds 3]

`mixbridge mix` runs as its user runs it, start of the interpreter included, with `rules` and without report.
Pedalboard renders 16 equal strips (high-pass, 6 bands, compressor, gain) from memory to memory in two threads.
Rounds alternate between the two; the medians are compared. The kernels are compiled before the first round.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import material
import numpy as np
import pedalboard
import soundfile
from numpy.typing import NDArray

TRACKS = 16
THREADS = 2
TARGETS = {"cold cache": 4.0, "warm cache": 2.0}
ROOT = Path(__file__).resolve().parents[1]


def board() -> pedalboard.Pedalboard:
    """The strip that is compared with, of Pedalboard's own parts."""
    return pedalboard.Pedalboard(
        [
            pedalboard.HighpassFilter(80.0),
            pedalboard.LowShelfFilter(120.0, -2.0, 0.71),
            *(pedalboard.PeakFilter(hz, -2.0, 1.0) for hz in (250.0, 700.0, 1_500.0, 3_500.0)),
            pedalboard.HighShelfFilter(9_000.0, 2.0, 0.71),
            pedalboard.Compressor(-20.0, 3.0, 10.0, 120.0),
            pedalboard.Gain(-3.0),
        ]
    )


def pedalboard_s(audio: NDArray[np.float32]) -> float:
    """Time in s for 16 strips over the same stereo audio, (2, samples), in two threads."""
    boards = [board() for _ in range(TRACKS)]
    begun = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda strip: strip(audio, material.RATE_HZ, buffer_size=1024), boards))
    return time.perf_counter() - begun


def mix_s(stems: Path, output: Path, cache: Path) -> float:
    """Time in s of one `mixbridge mix`."""
    command = [sys.executable, "-m", "bridge", "mix", str(stems), "-o", str(output), "--no-report", "--force"]
    environment = {**os.environ, "MIXBRIDGE_CACHE": str(cache), "PYTHONPATH": str(ROOT)}
    begun = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    elapsed = time.perf_counter() - begun
    if done.returncode not in (0, 4):  # 4: the hand-over is partial, which is no matter here
        raise SystemExit(f"mixbridge mix failed with {done.returncode}:\n{done.stderr}")
    return elapsed


def main() -> int:
    """Measure and print; exit status 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=180)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    times: dict[str, list[float]] = {"Pedalboard": [], "cold cache": [], "warm cache": []}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        stems = folder / "stems"
        material.write_stems(stems, TRACKS, options.seconds)
        audio, _ = soundfile.read(next(iter(sorted(stems.iterdir()))), dtype="float32")
        audio = np.ascontiguousarray(audio.T)
        material.write_stems(folder / "short", TRACKS, material.LOOP_S)
        mix_s(folder / "short", folder / "out short", folder / "cache short")
        for number in range(options.rounds):
            times["Pedalboard"].append(pedalboard_s(audio))
            times["cold cache"].append(mix_s(stems, folder / "out", folder / f"cache {number}"))
            times["warm cache"].append(mix_s(stems, folder / "out", folder / f"cache {number}"))
    medians = {name: statistics.median(values) for name, values in times.items()}
    print(
        f"{TRACKS} stereo tracks of {options.seconds} s at {material.RATE_HZ} Hz, median of {options.rounds}"
    )
    print(f"  bare Pedalboard, {THREADS} threads: {medians['Pedalboard']:.2f} s")
    missed = 0
    for name, target in TARGETS.items():
        ratio = medians[name] / medians["Pedalboard"]
        missed += ratio > target
        print(
            f"  mix, {name}: {medians[name]:.2f} s = {ratio:.2f} times Pedalboard (target: at most {target:g})"
        )
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
