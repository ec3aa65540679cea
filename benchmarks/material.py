"""Writes a folder of made-up stems, the same bytes every time: drums, bass, chords and voices as WAV.

Usage: python benchmarks/material.py FOLDER --tracks 16 --seconds 180 [--mono-every 0]
"""

import argparse
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

RATE_HZ = 44_100
LOOP_S = 8
NAMES = (
    "Kick", "Snare Top", "HiHat", "Overheads", "Tom 1", "Bass DI", "E Gtr L", "E Gtr R",
    "Piano", "Pad", "Organ", "Strings", "Lead Vox", "Backing Vox 1", "Backing Vox 2", "Synth Lead",
)  # fmt: skip
DRUMS = 5
SUBTYPE = "PCM_24"


def loop(number: int) -> NDArray[np.float64]:
    """Eight seconds of stem `number`, stereo (samples, 2): hits of noise, or plucked chords."""
    random = np.random.default_rng(number)
    t = np.arange(RATE_HZ) / RATE_HZ
    out = np.zeros((LOOP_S * RATE_HZ + RATE_HZ, 2))
    every = (RATE_HZ // 2, RATE_HZ, RATE_HZ // 4, RATE_HZ)[number % 4]
    root_hz = 40.0 * 2.0 ** ((number * 5 % 37) / 12.0)
    for start in range(0, LOOP_S * RATE_HZ, every):
        if number % len(NAMES) < DRUMS:
            sound = np.exp(-t[:, None] * (8.0 + 4.0 * number % 30)) * random.standard_normal((RATE_HZ, 2))
        else:
            note_hz = root_hz * 2.0 ** (random.choice([0, 3, 5, 7, 10]) / 12.0)
            phases = random.uniform(0.0, 2.0 * np.pi, (12, 2))
            sound = sum(
                np.sin(2.0 * np.pi * note_hz * k * t[:, None] + phases[k - 1]) / k for k in range(1, 13)
            ) * np.exp(-t[:, None] * 3.0)
        out[start : start + RATE_HZ] += sound * random.uniform(0.5, 1.0)
    out = out[: LOOP_S * RATE_HZ]
    return np.asarray(out * (10.0 ** (-(6.0 + number % 7) / 20.0) / np.abs(out).max()))


def write_stems(folder: Path, tracks: int, seconds: int, mono_every: int = 0) -> None:
    """Write `tracks` stems of `seconds`; with `mono_every` n, each nth is mono."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(tracks):
        once = loop(number)
        if mono_every and number % mono_every == 0:
            once = once[:, :1]
        name = f"{number + 1:02d}_{NAMES[number % len(NAMES)]} {number // len(NAMES) + 1}.wav"
        with soundfile.SoundFile(folder / name, "w", RATE_HZ, once.shape[1], SUBTYPE) as file:
            for second in range(0, seconds, LOOP_S):
                level = 0.6 + 0.4 * np.cos(second * (number + 1) / 30.0)
                file.write(once[: min(LOOP_S, seconds - second) * RATE_HZ] * level)


def main() -> int:
    """Write what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tracks", type=int, default=16)
    parser.add_argument("--seconds", type=int, default=180)
    parser.add_argument("--mono-every", type=int, default=0)
    options = parser.parse_args()
    write_stems(options.folder, options.tracks, options.seconds, options.mono_every)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
