"""Write the example's audio: 24-bit FLAC, each file whole or not at all, nothing overwritten unasked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from composition.audio import SAMPLE_RATE_HZ, Audio


def quantise(audio: Audio, bits: int) -> NDArray[np.int32]:
    """Round to `bits` of 24, left-aligned in int32 as libsndfile wants it; (samples,) or (channels, samples).

    Raises ValueError when a sample does not fit: the example must not clip.
    """
    peak = float(np.max(np.abs(audio)))
    if not peak < 1.0:
        raise ValueError(f"peak {peak:.3f} is outside 0 to 1 full scale; lower the track's level")
    steps = np.rint(audio * 2.0 ** (bits - 1)).clip(-(2.0 ** (bits - 1)), 2.0 ** (bits - 1) - 1)
    return steps.astype(np.int32) << (32 - bits)


def write_flac(path: Path, audio: Audio, bits: int) -> None:
    """Write one 48 kHz 24-bit FLAC through a temporary neighbour, which does not outlive a failure."""
    partial = path.with_name(path.name + ".partial")
    samples = quantise(audio, bits).T
    try:
        soundfile.write(partial, samples, SAMPLE_RATE_HZ, "PCM_24", format="FLAC", compression_level=1.0)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
