"""Times one step of an optimiser through the differentiable console against dasp-pytorch, in one run.

A step: gain, six-band equalizer, compressor and pan of 16 mono tracks of 6 s at 44.1 kHz, their sum, its loss
(mean square error and multi-resolution STFT), and the way back to every knob. Beside the time stands the error
of each console's mix against its own laws by recursion in float64.

With --match a small task instead: from one neutral start every console descends on the audio features of Diff-MST
(console.losses.features) from a folder of mono stems towards a reference, by the same optimiser and number of steps.
What each reaches is told in the terms of console.losses.sound, after its own console.

Usage: python benchmarks/differentiable.py [--tracks 16] [--seconds 6] [--rounds 3] [--device cpu|cuda]
       python benchmarks/differentiable.py --match FOLDER REFERENCE [--seconds 6] [--steps 40]
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import fields
from functools import partial
from pathlib import Path

import numpy as np
import scipy.signal
import soundfile
import soxr
import torch
from material import LOOP_S, RATE_HZ, loop
from numpy.typing import NDArray
from torch import Tensor

from console.dsp import design
from console.dsp.differentiable.backends import BACKENDS, Console, console_by_name
from console.dsp.differentiable.free import free_parameters
from console.dsp.differentiable.layout import ConsoleLayout
from console.dsp.differentiable.parameters import ConsoleParameters, from_mix
from console.dsp.differentiable.variables import Variables
from console.dsp.strip import StripProcessor
from console.losses.features import feature_loss
from console.losses.sound import distance, measure_sound
from console.mix import Band, BandType, Compressor, Equalizer, Master, Mix, TrackStrip

Floats = NDArray[np.float64]

FREQUENCIES_HZ = (60.0, 180.0, 500.0, 1400.0, 4000.0, 9000.0)
MOVED = (
    "tracks.strip.fader_db", "tracks.equalizer.frequency_hz", "tracks.equalizer.gain_db", "tracks.equalizer.q",
    "tracks.compressor.threshold_db", "tracks.compressor.ratio", "tracks.compressor.attack_ms",
    "tracks.compressor.release_ms", "tracks.compressor.knee_db", "tracks.compressor.makeup_db",
    "tracks.strip.pan",
)  # fmt: skip


def make_mix(tracks: int) -> Mix:
    """A plausible mix whose settings all lie in the ranges of both consoles."""
    random = np.random.default_rng(0)
    types = (BandType.LOW_SHELF, *[BandType.BELL] * 4, BandType.HIGH_SHELF)
    strips = []
    for number in range(tracks):
        bands = tuple(
            Band(kind, hz * random.uniform(0.8, 1.25), random.uniform(-6.0, 6.0), random.uniform(0.5, 2.0))
            for kind, hz in zip(types, FREQUENCIES_HZ, strict=True)
        )
        compressor = Compressor(
            True, random.uniform(-36.0, -20.0), random.uniform(1.5, 6.0), random.uniform(5.0, 40.0),
            random.uniform(60.0, 240.0), random.uniform(3.0, 9.0), random.uniform(0.0, 4.0),
        )  # fmt: skip
        strips.append(
            TrackStrip(
                f"t{number}",
                equalizer=Equalizer(True, bands),
                compressor=compressor,
                pan=random.uniform(-0.9, 0.9),
                fader_db=random.uniform(-12.0, 0.0),
            )
        )
    return Mix(RATE_HZ, tuple(strips))


def loss_of(mix: Tensor, target: Tensor) -> Tensor:
    """Mean square error, and L1 of linear and logarithmic magnitudes at three resolutions."""
    total = torch.mean((mix - target) ** 2)
    for size in (512, 2048, 8192):
        window = torch.hann_window(size, dtype=mix.dtype, device=mix.device)
        ours, theirs = (
            torch.stft(audio, size, size // 2, window=window, return_complex=True).abs() + 1e-7
            for audio in (mix, target)
        )
        total = total + (ours - theirs).abs().mean() + (torch.log(ours) - torch.log(theirs)).abs().mean()
    return total


def dasp_reference(stems: Floats, mix: Mix) -> Floats:
    """What dasp-pytorch's laws say, by recursion in float64, (2, samples)."""
    out = np.zeros((2, stems.shape[1]))
    for x, strip in zip(stems, mix.tracks, strict=True):
        x = x * 10.0 ** (strip.fader_db / 20.0)
        sos = design.stack_sections(
            design.BAND_DESIGNS[band.type](band.frequency_hz, band.gain_db, band.q, RATE_HZ)
            for band in strip.equalizer.bands
        )
        x = scipy.signal.sosfilt(sos, x)
        knobs = strip.compressor
        over = 20.0 * np.log10(np.maximum(np.abs(x), 1e-8)) - knobs.threshold_db
        bend = np.clip(over + knobs.knee_db / 2.0, 0.0, knobs.knee_db)
        target = (1.0 / knobs.ratio - 1.0) * (
            bend**2 / (2.0 * knobs.knee_db) + np.maximum(over - knobs.knee_db / 2.0, 0.0)
        )
        keep = np.exp(-np.log(9.0) / (RATE_HZ * knobs.attack_ms / 1000.0))
        smooth = scipy.signal.lfilter([1.0 - keep], [1.0, -keep], target)
        x = x * 10.0 ** ((smooth + knobs.makeup_db) / 20.0)
        angle = (strip.pan + 1.0) * np.pi / 4.0
        share = (strip.pan + 1.0) / 2.0
        out[0] += x * np.sqrt((1.0 - share) * np.cos(angle))
        out[1] += x * np.sqrt(share * np.sin(angle))
    return out


def our_reference(stems: Floats, mix: Mix) -> Floats:
    """What the renderer makes of it, (2, samples)."""
    return sum(
        (
            StripProcessor(strip, RATE_HZ, 1).process(x[None])
            for x, strip in zip(stems, mix.tracks, strict=True)
        ),
        start=np.zeros((2, stems.shape[1])),
    )


def neutral(names: list[str]) -> Mix:
    """A mix in which every module that both consoles have is there and does next to nothing."""
    types = (BandType.LOW_SHELF, *[BandType.BELL] * 4, BandType.HIGH_SHELF)
    bands = tuple(Band(kind, hz, 0.0, 1.0) for kind, hz in zip(types, FREQUENCIES_HZ, strict=True))
    compressor = Compressor(True, -20.0, 1.5, 20.0, 150.0, 6.0, 0.0)
    modules = {"equalizer": Equalizer(True, bands), "compressor": compressor}
    tracks = tuple(TrackStrip(name, **modules) for name in names)
    return Mix(RATE_HZ, tracks, master=Master(**modules))


def loudest_s(audio: Floats, seconds: float) -> Floats:
    """The loudest stretch of (channels, samples)."""
    samples = int(seconds * RATE_HZ)
    starts = range(0, max(1, audio.shape[1] - samples), RATE_HZ // 2)
    best = max(starts, key=lambda start: float(np.square(audio[:, start : start + samples]).sum()))
    return audio[:, best : best + samples]


def read(path: Path) -> Floats:
    """A file at RATE_HZ, (channels, samples)."""
    audio, rate = soundfile.read(path, always_2d=True)
    return np.asarray(soxr.resample(audio, rate, RATE_HZ).T)


def match_small(folder: Path, reference: Path, seconds: float, steps: int) -> None:
    """Print what each console reaches, and in what time."""
    paths = [path for path in sorted(folder.iterdir()) if path.is_file() and not path.stem.startswith("_")]
    paths = [
        path for path in paths if path.suffix in (".flac", ".wav") and soundfile.info(path).channels == 1
    ]
    audio = loudest_s(np.concatenate([read(path) for path in paths]), seconds)
    stems = torch.from_numpy(audio.astype(np.float32)).unsqueeze(1)
    wanted_audio = loudest_s(read(reference), seconds)
    wanted_audio = wanted_audio * np.sqrt(np.mean(audio**2) * len(audio) / np.mean(wanted_audio**2))
    wanted, sound = torch.from_numpy(wanted_audio.astype(np.float32)), measure_sound(wanted_audio, RATE_HZ)
    mix = neutral([path.stem for path in paths])
    print(f"{len(paths)} tracks of {audio.shape[1] / RATE_HZ:g} s towards {reference.stem}, {steps} steps")
    for name in BACKENDS:
        console = console_by_name(name, ConsoleLayout(mix, (1,) * len(paths)))
        variables = Variables(from_mix(mix), free_parameters(mix))
        optimiser = torch.optim.Adam(variables.tensors(), lr=0.02)
        losses, began = [], time.process_time()
        for _ in range(steps):
            optimiser.zero_grad()
            loss = feature_loss(console.render(stems, variables.parameters()), wanted, RATE_HZ)
            loss.backward()
            optimiser.step()
            variables.settle()
            losses.append(float(loss.detach()))
        seconds_taken = time.process_time() - began
        with torch.no_grad():
            made = console.render(stems, variables.parameters()).double().numpy()
        terms = distance(measure_sound(made, RATE_HZ), sound)
        apart = ", ".join(f"{item.name[:-3]} {getattr(terms, item.name):.1f}" for item in fields(terms))
        print(
            f"{name:>5}: loss {losses[0]:.3f} to {min(losses):.3f}, sum of terms {terms.total:.1f} dB ({apart}), "
            f"{seconds_taken:.1f} s of processor time",
            flush=True,
        )


def step(console: Console, stems: Tensor, parameters: ConsoleParameters, target: Tensor) -> None:
    """Forward and backward, to the end also where work is only queued."""
    loss_of(console.render(stems, parameters), target).backward()
    if stems.is_cuda:
        torch.cuda.synchronize()


def best_of(runs: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Shortest time of each in seconds; in turns, after one of each that compiles and warms up."""
    for run in runs.values():
        run()
    best_s = dict.fromkeys(runs, float("inf"))
    for _ in range(rounds):
        for name, run in runs.items():
            for _ in range(1 if name == "dasp" else 4):
                start = time.perf_counter()
                run()
                best_s[name] = min(best_s[name], time.perf_counter() - start)
    return best_s


def main() -> None:
    """Print milliseconds, ratios and errors."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tracks", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--match", nargs=2, type=Path, metavar=("FOLDER", "REFERENCE"))
    parser.add_argument("--steps", type=int, default=40)
    options = parser.parse_args()
    if options.match:
        folder, reference = options.match
        match_small(folder, reference, options.seconds, options.steps)
        return
    device = torch.device(options.device)
    samples = min(int(options.seconds * RATE_HZ), LOOP_S * RATE_HZ)
    mix = make_mix(options.tracks)
    audio = np.stack([loop(number)[:samples, 0] for number in range(options.tracks)])
    stems = torch.from_numpy(audio.astype(np.float32)).unsqueeze(1)
    audio = stems[:, 0].double().numpy()
    stems = stems.to(device)
    layout = ConsoleLayout(mix, (1,) * options.tracks)
    start = from_mix(mix, device=device)
    target = (
        torch.from_numpy(our_reference(audio, make_mix(options.tracks)).astype(np.float32)).to(device) * 0.7
    )
    references = {"exact": our_reference(audio, mix), "dasp": dasp_reference(audio, mix)}
    references["fast"] = references["exact"]
    moved = {name: start[name].clone().requires_grad_() for name in MOVED}
    parameters: ConsoleParameters = start.with_values(moved)
    leaf = target.clone().requires_grad_()
    consoles = {name: console_by_name(name, layout) for name in BACKENDS}
    runs: dict[str, Callable[[], object]] = {"loss": lambda: loss_of(leaf * 1.0, target).backward()}
    for name, console in consoles.items():
        runs[name] = partial(step, console, stems, parameters, target)
    times_s = best_of(runs, options.rounds)
    loss_s = times_s["loss"]
    name_of = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    print(
        f"{options.tracks} tracks of {samples / RATE_HZ:g} s on {name_of}; the loss alone takes {loss_s * 1e3:.0f} ms"
    )
    for name, console in consoles.items():
        with torch.no_grad():
            made = console.render(stems, parameters).double().cpu().numpy()
        error = np.sqrt(np.mean((made - references[name]) ** 2) / np.mean(references[name] ** 2))
        print(
            f"{name:>5}: {times_s[name] * 1e3:6.0f} ms a step ({1.0 / times_s[name]:.2f} a second), "
            f"error {20.0 * np.log10(error):6.1f} dB against its laws by recursion in float64"
        )
    for name in ("exact", "fast"):
        print(
            f"dasp / {name}: {times_s['dasp'] / times_s[name]:.1f} "
            f"(without the loss {(times_s['dasp'] - loss_s) / (times_s[name] - loss_s):.1f})"
        )


if __name__ == "__main__":
    main()
