"""Times predictions: what every strip of a song is to be, from its stems and a reference.

Diff-MST as published (190.9 million random weights) predicts from one window of 6 s that lies in memory, spectrograms
included; reading and resampling are not counted. The controller hears all of a song of 3 minutes and of a reference as
long (benchmarks/prediction.py, in a process of its own, so that its memory is its own). The last line has the ratio.

Usage: python benchmarks/controller.py [--tracks 16] [--seconds 6] [--rounds 2] [--threads 2] [--files FOLDER]
"""

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from material import RATE_HZ, loop

from console.models.published.network import PublishedNetwork, parameter_count
from console.models.published.sizes import PublishedSizes


def best_s(run: Callable[[], object], rounds: int) -> tuple[float, float]:
    """The shortest time of a call in seconds, by the clock and of the processor."""
    found = float("inf"), float("inf")
    for _ in range(rounds):
        start, began = time.perf_counter(), time.process_time()
        run()
        found = min(found[0], time.perf_counter() - start), min(found[1], time.process_time() - began)
    return found


def published_s(tracks: int, seconds: float, rounds: int) -> tuple[float, float]:
    """A prediction of Diff-MST as published for mono tracks and a stereo reference, in seconds as `best_s`."""
    network = PublishedNetwork(PublishedSizes()).eval()
    samples = round(seconds * RATE_HZ)
    heard = np.stack([loop(number)[:samples, 0] for number in range(tracks)]).astype(np.float32)
    stems, reference = torch.from_numpy(heard)[None], torch.from_numpy(heard[:2])[None]
    with torch.no_grad():
        network(stems[:, :1], reference)  # the first call sets up what later ones find
        taken_s = best_s(lambda: network(stems, reference), rounds)
    size, memory = parameter_count(network) / 1e6, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"Diff-MST as published, {size:.1f} M parameters, {tracks} tracks of {seconds:g} s: {taken_s[0]:.2f} s by the "
        f"clock, {taken_s[1]:.2f} s of the processor, peak memory {memory:.1f} GB"
    )
    return taken_s


def ours_s(tracks: int, rounds: int, threads: int, files: Path | None) -> tuple[float, float]:
    """A prediction of the controller, in seconds as `best_s`; prints the table of prediction.py."""
    script = Path(__file__).with_name("prediction.py")
    words = ["--tracks", str(tracks), "--rounds", str(rounds + 1), "--threads", str(threads)]
    words += ["--files", str(files)] if files else []
    table = subprocess.run(
        [sys.executable, str(script), *words], check=True, capture_output=True, encoding="utf-8"
    ).stdout
    print(table)
    row = next(line for line in table.splitlines() if line.startswith(f"| {tracks} |"))
    cells = row.split("|")
    return float(cells[6]), float(cells[7])


def main() -> None:
    """Print seconds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tracks", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--files", type=Path, help="where WAV files are, or are made, to predict from them")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    ours = ours_s(options.tracks, options.rounds, options.threads, options.files)
    theirs = published_s(options.tracks, options.seconds, options.rounds)
    clock, processor = (slow / fast for slow, fast in zip(theirs, ours, strict=True))
    print(f"Diff-MST over the controller: {clock:.1f} by the clock, {processor:.1f} of the processor")


if __name__ == "__main__":
    main()
