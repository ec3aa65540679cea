"""Small made-up songs, references and human mixes for the tests of evaluations."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile
from match_cases import finished, noise, write_stems

RATE = 24_000
SECONDS = 4


@dataclass(frozen=True)
class Shelf:
    """Folders of songs and the files of references."""

    songs: tuple[Path, ...]
    references: tuple[Path, ...]


def write_song(folder: Path, *, human: bool, seed: int = 0) -> Path:
    """A folder of stems, with a finished mix where asked."""
    folder.mkdir(parents=True)
    paths = write_stems(folder, RATE)
    if human:
        stems = [soundfile.read(path, always_2d=True)[0] for path in paths]
        total = sum(0.4 * np.broadcast_to(stem, (len(stem), 2)) for stem in stems)
        width = np.array([1.0, 0.8]) * (1.0 + 0.1 * seed)
        soundfile.write(folder / "_HUMAN_MIX.wav", np.tanh(total * width), RATE, "FLOAT")
    return folder


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """Two songs, one of them with a human mix, and two references at other rates than the songs."""
    root = tmp_path_factory.mktemp("shelf")
    songs = (write_song(root / "with human", human=True), write_song(root / "without", human=False))
    references = []
    for name, rate, audio in (("bright.wav", RATE, finished()), ("dull.flac", 48_000, finished(tilt=-0.05))):
        path = root / "references" / name
        path.parent.mkdir(exist_ok=True)
        repeated = np.repeat(audio, rate // RATE, axis=1)
        soundfile.write(path, 0.9 * repeated.T / np.abs(repeated).max(), rate)
        references.append(path)
    return Shelf(songs, tuple(references))


@pytest.fixture
def make_song(tmp_path: Path) -> Callable[[str, dict[str, np.ndarray]], Path]:
    """Writes a folder of the given stems, (channels, samples) each."""

    def make(name: str, stems: dict[str, np.ndarray], rate: int = RATE) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        for stem, audio in stems.items():
            soundfile.write(folder / f"{stem}.wav", audio.T, rate, "FLOAT")
        return folder

    return make


def band(seed: int, low_hz: float, high_hz: float) -> np.ndarray:
    """A mono stem."""
    return noise(seed, low_hz, high_hz, rate=RATE)[None]
