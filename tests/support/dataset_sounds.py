"""Rewrites single sounds of a miniature data set."""

from pathlib import Path

import numpy as np
import soundfile as sf


def resound(path: Path, *, frames: int = 800, channels: int = 1, rate_hz: int = 8_000) -> None:
    """Replace a file by noise of another length, width or rate."""
    data = np.random.default_rng(7).standard_normal((frames, channels)) * 0.05
    with path.open("wb") as handle:
        sf.write(handle, data, rate_hz, format=path.suffix[1:].upper())
