"""Writes audio files for the tests of sessions."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

WriteSound = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> WriteSound:
    """Write quiet noise to `name` in the session's folder; other noise for another `seed`."""

    def write_sound(
        name: str, frames: int = 4_800, rate_hz: int = 48_000, channels: int = 1, **how: object
    ) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        seed = sum(name.encode("utf-8", "surrogateescape"))
        data = np.random.default_rng(seed).standard_normal((frames, channels)) * 0.05
        with path.open("wb") as handle:
            how.setdefault(
                "format", {"opus": "OGG", "aif": "AIFF"}.get(path.suffix[1:], path.suffix[1:].upper())
            )
            sf.write(handle, data, rate_hz, **how)
        return path

    return write_sound
