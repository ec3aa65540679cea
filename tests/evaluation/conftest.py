"""Small made-up songs, references and human mixes for the tests of evaluations."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile
from match_cases import noise

RATE = 24_000
SECONDS = 2.0

#: The stems of a song: seed and band in Hz; two seeds make a stereo stem.
STEMS = {
    "Drums": ((1,), 60.0, 9000.0),
    "Bass": ((2,), 50.0, 300.0),
    "Lead Vox": ((5,), 200.0, 7000.0),
    "Pad": ((6, 7), 100.0, 6000.0),
}


@dataclass(frozen=True)
class Shelf:
    """Folders of songs and the files of references."""

    songs: tuple[Path, ...]
    references: tuple[Path, ...]


def write_song(folder: Path, *, human: bool) -> Path:
    """A folder of stems, with a finished mix where asked."""
    folder.mkdir(parents=True)
    stems = []
    for name, (seeds, low_hz, high_hz) in STEMS.items():
        stems.append(np.stack([noise(seed, low_hz, high_hz, SECONDS, RATE) for seed in seeds], axis=1))
        soundfile.write(folder / f"{name}.wav", stems[-1], RATE, "FLOAT")
    if human:
        total = sum(0.4 * np.broadcast_to(stem, (len(stem), 2)) for stem in stems)
        soundfile.write(folder / "_HUMAN_MIX.wav", np.tanh(total * np.array([1.0, 0.8])), RATE, "FLOAT")
    return folder


def master(tilt: float) -> np.ndarray:
    """A finished song that has nothing in common with the stems, wide and limited, (2, samples)."""
    middle = sum(noise(n, 40.0 * 2**n, 90.0 * 2**n, SECONDS, RATE) * (1.0 + tilt * n) for n in range(8))
    wide = sum(noise(n + 20, 150.0 * 2**n, 400.0 * 2**n, SECONDS, RATE) for n in range(5))
    audio = np.stack((middle + 0.6 * wide, middle - 0.6 * wide))
    return np.asarray(np.tanh(3.0 * audio / np.abs(audio).max()))


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """Two songs, one of them with a human mix, and two references at other rates than the songs."""
    root = tmp_path_factory.mktemp("shelf")
    songs = (write_song(root / "with human", human=True), write_song(root / "without", human=False))
    references = []
    for name, rate, audio in (("bright.wav", RATE, master(0.5)), ("dull.flac", 48_000, master(-0.05))):
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
