"""Lays out miniatures of the field's data sets: tiny sounds, and texts, by their paths."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

#: `lay({"train/Song/bass.wav": SOUND, "about.txt": "text"})` fills a folder and returns it.
Lay = Callable[..., Path]

RATE_HZ = 8_000
FRAMES = 800


def sound(path: Path, *, frames: int = FRAMES, channels: int = 1, rate_hz: int = RATE_HZ) -> None:
    """Quiet noise, other noise in every file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    seed = sum(str(path).encode("utf-8", "surrogateescape"))
    data = np.random.default_rng(seed).standard_normal((frames, channels)) * 0.05
    sf.write(str(path), data, rate_hz)


@pytest.fixture
def lay(tmp_path: Path) -> Lay:
    """Fill the folder `set` (or another): an int is a sound of so many channels, text and bytes are written."""

    def lay_out(files: dict[str, int | str | bytes], under: str = "set") -> Path:
        root = tmp_path / under
        root.mkdir(exist_ok=True)
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, int):
                sound(path, channels=content)
            else:
                path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        return root

    return lay_out
