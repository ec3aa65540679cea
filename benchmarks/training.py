"""Times training steps through this project's console and through dasp-pytorch's, with the same network, in one run.

With the controller: one rendered song of mono tracks towards a reference, the network's answer, the console, the six
terms of the sound, the way back to every weight, and AdamW. This console does more: high-pass, reverb and limiter too.

With Diff-MST's network: one example of its method 2 (mono tracks of a song, a finished reference), the prediction, the
console, the audio features, the way back, and AdamW. The published network takes nearly all of the time, whatever the
console; the step of the network alone is told too, and the ratio without it.

Examples are drawn beforehand. Processor times count all threads, and not what else runs on the machine; those by the
clock stand beside them.

Usage: python benchmarks/training.py [--network controller|diff-mst] [--tracks 16] [--seconds 6] [--width 2]
    [--layers 2] [--rounds 3] [--threads 2]
"""

import argparse
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from material import LOOP_S, RATE_HZ, loop

from console.dsp.differentiable.backends import BACKENDS
from console.losses.sound import measure_sound
from console.models.controller.conditions import condition
from console.models.controller.hearing import hear
from console.models.controller.network import ROLES, Controller
from console.training.controller.audio import audio_terms, render
from console.training.controller.examples import collate, song_of
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


def controller_runs(tracks: int, seconds: float) -> dict[str, Callable[[], object]]:
    """A step of the controller on audio, by the name of its console."""
    torch.manual_seed(0)
    samples = min(round(seconds * RATE_HZ), LOOP_S * RATE_HZ)
    stems = [
        np.ascontiguousarray(loop(number)[:samples, :1].T.astype(np.float32)) for number in range(tracks)
    ]
    readers = [lambda start, count, stem=stem: stem[:, start : start + count] for stem in stems]
    heard = hear(readers, [1] * tracks, samples, RATE_HZ)
    keep = np.arange(tracks)
    example = song_of(heard, keep, np.zeros((tracks, len(ROLES)), np.float32))
    others = sum(loop(number + 16)[:samples].T for number in range(8)).astype(np.float32)
    example.condition = condition(measure_sound(others, RATE_HZ))
    gains = 10.0 ** (heard.gain_db / 20.0)
    audio = torch.from_numpy(np.stack(stems) * gains[:, None, None].astype(np.float32))

    def run(backend: str) -> Callable[[], object]:
        network = Controller()
        batch = collate([example], network.sizes.candidates)
        optimiser = torch.optim.AdamW(network.parameters(), lr=1e-5)

        def once() -> None:
            optimiser.zero_grad()
            answer = network(batch.inputs)[-1]
            mix = render(
                audio, (1,) * tracks, answer.tracks[0], answer.master[0], batch.inputs.levels[0], RATE_HZ,
                backend=backend,
            )  # fmt: skip
            terms = audio_terms(mix, batch.inputs.condition[0], RATE_HZ)
            torch.stack(list(terms.values())).sum().backward()
            optimiser.step()

        return once

    return {name: run(name) for name in BACKENDS}


def published_runs(tracks: int, seconds: float, width: int, layers: int) -> dict[str, Callable[[], object]]:
    """A step of Diff-MST's network, by the name of its console, and one of the network alone."""
    example = example_of(tracks, seconds)
    material = Material((_NoSong(),), references_train=(_NoSong(),))
    runs: dict[str, Callable[[], object]] = {}
    for name in BACKENDS:
        objective = make_objective(
            {"console": name, "network": {"width": width, "layers": layers}}, material, 0
        )
        optimiser = torch.optim.AdamW(objective.module.parameters(), lr=1e-4)
        runs[name] = partial(step, objective, optimiser, example)
        runs["network alone"] = partial(network_step, objective, optimiser, example)
    return runs


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
    parser.add_argument("--network", choices=("controller", "diff-mst"), default="controller")
    parser.add_argument("--tracks", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--width", type=int, default=2)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if options.network == "controller":
        runs = controller_runs(options.tracks, options.seconds)
    else:
        runs = published_runs(options.tracks, options.seconds, options.width, options.layers)
    times_s = best_of(runs, options.rounds)
    print(f"{options.network}, {options.tracks} tracks of {options.seconds:g} s")
    for name, (processor_s, clock_s) in times_s.items():
        print(f"{name:>14}: {processor_s:.2f} s of the processor a step, {clock_s:.2f} s by the clock")
    taken_s = {name: processor_s for name, (processor_s, _) in times_s.items()}
    for name in ("exact", "fast"):
        alone = taken_s.get("network alone", 0.0)
        without = (taken_s["dasp"] - alone) / max(taken_s[name] - alone, 1e-3)
        print(
            f"steps a second, {name} over dasp: {taken_s['dasp'] / taken_s[name]:.1f} "
            f"(by the clock {times_s['dasp'][1] / times_s[name][1]:.1f}"
            + (f"; without the network {without:.1f})" if alone else ")")
        )


if __name__ == "__main__":
    main()
