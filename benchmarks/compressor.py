"""Times our compressor against Pedalboard's on the same audio: 3 min, 44.1 kHz stereo, float32 in and out."""

import time
from collections.abc import Callable
from functools import partial

import numpy as np
import pedalboard
from numpy.typing import NDArray

from console.dsp.chain import SUB_BLOCK_SAMPLES
from console.dsp.dynamics import CompressorProcessor
from console.mix import Compressor

RATE_HZ = 44100
SECONDS = 180
ROUNDS = 5

Audio = NDArray[np.float32]


def music_like(samples: int, seed: int = 0) -> Audio:
    """Decaying chords and drum hits over a noise floor, stereo, full scale: (2, samples)."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(RATE_HZ // 2) / RATE_HZ
    audio = rng.normal(0.0, 0.002, (2, samples))
    for start in range(0, samples - len(time_s), RATE_HZ // 4):
        pitches_hz = 110.0 * 2.0 ** (rng.integers(0, 36, 3) / 12.0)
        chord = np.sin(2.0 * np.pi * pitches_hz[:, None] * time_s).sum(axis=0) * np.exp(-6.0 * time_s)
        hit = rng.normal(0.0, 1.0, len(time_s)) * np.exp(-40.0 * time_s) * (start // (RATE_HZ // 4) % 2)
        pan = rng.uniform(0.3, 1.0, (2, 1))
        audio[:, start : start + len(time_s)] += pan * chord + hit
    scaled: Audio = (audio / np.abs(audio).max()).astype(np.float32)
    return scaled


def ours(audio: Audio, knobs: Compressor) -> Audio:
    """Our kernel from float32 to float32."""
    out = np.empty_like(audio)
    processor = CompressorProcessor(knobs, RATE_HZ)
    for start in range(0, audio.shape[1], SUB_BLOCK_SAMPLES):
        block = audio[:, start : start + SUB_BLOCK_SAMPLES].astype(np.float64)
        processor.process(block)
        out[:, start : start + SUB_BLOCK_SAMPLES] = block
    return out


def theirs(audio: Audio, knobs: Compressor) -> Audio:
    """Pedalboard's built-in compressor at the same settings."""
    effect = pedalboard.Compressor(knobs.threshold_db, knobs.ratio, knobs.attack_ms, knobs.release_ms)
    result: Audio = effect(audio, RATE_HZ, buffer_size=1024)
    return result


def best_of(run: Callable[[], Audio]) -> float:
    """Shortest of ROUNDS runs in seconds, after one that compiles and warms up."""
    run()
    times_s = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        run()
        times_s.append(time.perf_counter() - start)
    return min(times_s)


def main() -> None:
    """Print seconds and the ratio ours/Pedalboard for light, typical and constant compression."""
    audio = music_like(RATE_HZ * SECONDS)
    for threshold_db, knee_db in ((-6.0, 0.0), (-20.0, 6.0), (-50.0, 6.0)):
        knobs = Compressor(True, threshold_db, 4.0, 10.0, 100.0, knee_db, 0.0)
        ours_s, theirs_s = best_of(partial(ours, audio, knobs)), best_of(partial(theirs, audio, knobs))
        print(
            f"threshold {threshold_db:5.1f} dB, knee {knee_db:3.1f} dB: "
            f"ours {ours_s:.3f} s ({SECONDS / ours_s:.0f} x real time), "
            f"Pedalboard {theirs_s:.3f} s, ratio {ours_s / theirs_s:.2f}"
        )


if __name__ == "__main__":
    main()
