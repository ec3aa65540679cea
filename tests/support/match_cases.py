"""A small made-up session and references for the tests of match."""

from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy import signal

from console.losses.sound import Sound, measure_sound

RATE = 24_000
SECONDS = 4
Audio = NDArray[np.float64]


def noise(seed: int, low_hz: float, high_hz: float, seconds: float = SECONDS, rate: int = RATE) -> Audio:
    """Noise in a band, with hits twice a second."""
    random = np.random.default_rng(seed)
    count = int(seconds * rate)
    high_hz = min(high_hz, 0.45 * rate)
    sos = signal.butter(2, (low_hz, high_hz), "bandpass", fs=rate, output="sos")
    beat = rate // 2 + 37 * seed
    envelope = 0.15 + np.exp(-np.arange(count) % beat / (0.1 * rate))
    audio = signal.sosfilt(sos, random.standard_normal(count)) * envelope
    return np.asarray(0.3 * audio / np.abs(audio).max())


STEMS = {
    "Drums": lambda rate: noise(1, 60.0, 9000.0, rate=rate)[None],
    "Bass": lambda rate: noise(2, 50.0, 300.0, rate=rate)[None],
    "E Gtr 1": lambda rate: noise(3, 200.0, 5000.0, rate=rate)[None],
    "E Gtr 2": lambda rate: noise(4, 300.0, 4000.0, rate=rate)[None],
    "Lead Vox": lambda rate: noise(5, 200.0, 7000.0, rate=rate)[None],
    "Pad": lambda rate: np.stack((noise(6, 100.0, 6000.0, rate=rate), noise(7, 100.0, 6000.0, rate=rate))),
}


def write_stems(folder: Path, rate: int = RATE) -> list[Path]:
    """The stems as WAV files."""
    paths = []
    for name, make in STEMS.items():
        path = folder / f"{name}.wav"
        soundfile.write(path, make(rate).T, rate, "FLOAT")
        paths.append(path)
    return paths


def finished(tilt: float = 0.5, side: float = 0.6) -> Audio:
    """A finished song that has nothing in common with the stems, bright and wide, and limited, (2, samples)."""
    middle = sum(noise(seed, 40.0 * 2**seed, 90.0 * 2**seed) * (1.0 + tilt * seed) for seed in range(9))
    wide = sum(noise(seed + 20, 150.0 * 1.6**seed, 400.0 * 1.6**seed) for seed in range(8))
    audio = np.stack((middle + side * wide, middle - side * wide))
    return np.asarray(np.tanh(3.0 * audio / np.abs(audio).max()))


def reference(**settings: float) -> Sound:
    """The sound of `finished`."""
    return measure_sound(finished(**settings), RATE)
