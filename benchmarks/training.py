"""Times training steps through this project's console and through dasp-pytorch's, with the same network, in one run.

A step: one example of Diff-MST's method 2 (mono tracks of a song, a finished reference), the network's prediction, the
console, the audio features, the way back to every weight, and AdamW. Examples are drawn beforehand. The network is
Diff-MST's with the width that is asked for: the published one takes nearly all of the time, whatever the console; the
step of the network alone is told too, and the ratio without it. Processor times count all threads, and not what else
runs on the machine; those by the clock stand beside them.

Usage: python benchmarks/training.py [--tracks 16] [--seconds 6] [--width 2] [--layers 2] [--rounds 3] [--threads 2]
"""

import argparse
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from material import LOOP_S, RATE_HZ, loop

from console.dsp.differentiable.backends import BACKENDS
from console.models.published.network import parameter_count
from console.training.material import Material
from console.training.published.drawing import Example, at_loudness
from console.training.published.objective import PublishedObjective, make_objective


class _NoSong:
    """Stands for the material of an objective that is never asked to draw."""


def example_of(tracks: int, seconds: float) -> Example:
    """Mono tracks at −48 LUFS, and the sum of others as the reference."""
    samples = min(round(seconds * RATE_HZ), LOOP_S * RATE_HZ)
    stems = [at_loudness(loop(number)[:samples, :1].T.astype(np.float32), -48.0) for number in range(tracks)]
    others = sum(loop(number + 16)[:samples].T for number in range(8)).astype(np.float32)
    return Example(np.concatenate(stems), reference=at_loudness(others, -16.0))


def step(objective: PublishedObjective, optimiser: torch.optim.Optimizer, example: Example) -> None:
    """One step of training."""
    optimiser.zero_grad()
    objective.losses(example, 0)["total"].backward()
    optimiser.step()


def network_step(objective: PublishedObjective, optimiser: torch.optim.Optimizer, example: Example) -> None:
    """The same without console and loss."""
    optimiser.zero_grad()
    found = objective.network(
        torch.from_numpy(example.tracks)[None], torch.from_numpy(example.reference)[None]
    )
    (found.strips.mean() + found.master.mean()).backward()
    optimiser.step()


def best_of(runs: dict[str, Callable[[], object]], rounds: int) -> dict[str, tuple[float, float]]:
    """Least processor seconds and least seconds of each; in turns, after one of each that compiles and warms up."""
    for run in runs.values():
        run()
    found = dict.fromkeys(runs, (float("inf"), float("inf")))
    for _ in range(rounds):
        for name, run in runs.items():
            began, start = time.process_time(), time.perf_counter()
            run()
            taken = time.process_time() - began, time.perf_counter() - start
            found[name] = min(found[name][0], taken[0]), min(found[name][1], taken[1])
    return found


def main() -> None:
    """Print steps per second and ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tracks", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--width", type=int, default=2)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    example = example_of(options.tracks, options.seconds)
    material = Material((_NoSong(),), references_train=(_NoSong(),))
    runs: dict[str, Callable[[], object]] = {}
    for name in BACKENDS:
        network = {"width": options.width, "layers": options.layers}
        objective = make_objective({"console": name, "network": network}, material, 0)
        optimiser = torch.optim.AdamW(objective.module.parameters(), lr=1e-4)
        runs[name] = partial(step, objective, optimiser, example)
        runs["network alone"] = partial(network_step, objective, optimiser, example)
    times_s = best_of(runs, options.rounds)
    size = parameter_count(objective.network) / 1e6
    print(f"{options.tracks} tracks of {options.seconds:g} s, {size:.2f} M parameters")
    for name, (processor_s, clock_s) in times_s.items():
        print(f"{name:>14}: {processor_s:.2f} s of the processor a step, {clock_s:.2f} s by the clock")
    taken_s = {name: processor_s for name, (processor_s, _) in times_s.items()}
    for name in ("exact", "fast"):
        alone = taken_s["network alone"]
        without = (taken_s["dasp"] - alone) / max(taken_s[name] - alone, 1e-3)
        print(
            f"steps a second, {name} over dasp: {taken_s['dasp'] / taken_s[name]:.1f} "
            f"(by the clock {times_s['dasp'][1] / times_s[name][1]:.1f}; without the network {without:.1f})"
        )


if __name__ == "__main__":
    main()
