"""A song's own folder while it is made: stems as plain samples, then FLAC files at one common gain."""

import hashlib
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from console.errors import RenderError

Samples = NDArray[np.float32]

#: A sample at full scale would wrap around in a FLAC of integers; a little room is left.
_CEILING = 0.99
#: Both channels carry one signal when what is left of the other is this far below it.
_ONE_SIGNAL_DB = -60.0
_BLOCK = 1 << 18


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A FLAC file of the store: name in the song's folder, hash, channels, bytes."""

    file: str
    sha256: str
    channels: int
    bytes: int


class Workbench:
    """Stems on disk rather than in memory; counts what it writes.

    Args:
        folder: a folder of its own.
        most_bytes: the most that may lie in it at once.
    """

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self.folder = folder
        self.song = folder / "song"
        self.song.mkdir(parents=True)
        self._most_bytes = most_bytes
        self._used = 0

    def put(self, key: str, audio: Samples) -> None:
        """Keep the samples (channels, samples) of a stem.

        Raises:
            RenderError: they are not finite, or there is no room left.
        """
        if not np.isfinite(audio).all():
            raise RenderError(f"stem {key!r} holds samples that are not finite; the renderer failed on it")
        self.claim(audio.nbytes)
        np.save(self._place(key), np.ascontiguousarray(audio, dtype=np.float32))

    def get(self, key: str) -> Samples:
        """The samples of a stem, read from disk as they are used."""
        stored: Samples = np.load(self._place(key), mmap_mode="r")
        return stored

    def claim(self, size: int) -> None:
        """Count bytes that are about to be written.

        Raises:
            RenderError: they would be too many.
        """
        self._used += size
        if self._used > self._most_bytes:
            raise RenderError(
                f"needs more than the {self._most_bytes / 1e6:.0f} MB that are left for it; give more by --max-gb"
            )

    def write(
        self, name: str, audio: Samples, gain: float, length: int, rate_hz: int, subtype: str
    ) -> WrittenFile:
        """Write samples times `gain` as FLAC, with silence up to `length`."""
        import soundfile

        path = self.song / name
        channels = audio.shape[0]
        with soundfile.SoundFile(path, "w", rate_hz, channels, subtype, format="FLAC") as file:
            for start in range(0, length, _BLOCK):
                stop = min(start + _BLOCK, length)
                block = np.zeros((stop - start, channels), np.float32)
                piece = audio[:, start:stop]
                block[: piece.shape[1]] = piece.T * np.float32(gain)
                file.write(block)
        size = path.stat().st_size
        self.claim(size)
        return WrittenFile(name, file_hash(path), channels, size)

    def _place(self, key: str) -> Path:
        return self.folder / f"{key}.npy"


def common_gain(peaks: list[float]) -> float:
    """The gain that keeps the loudest of these peaks below full scale; 1 when all are."""
    peak = max(peaks, default=0.0)
    return 1.0 if peak <= _CEILING else _CEILING / peak


def peak_of(audio: Samples) -> float:
    """The largest magnitude; 0 of nothing."""
    return float(max(audio.max(initial=0.0), -audio.min(initial=0.0)))


def one_signal(audio: Samples) -> tuple[Samples, float] | None:
    """A stereo signal as one mono signal and a pan, where both channels carry the same but for their level.

    The mono signal is such that the sine/cosine law at that pan gives the stereo signal back: it is the first
    principal component of the two channels, the pan its angle. None where the rest is above −60 dB, where the
    channels are of opposite polarity, or where there is silence.

    Args:
        audio: (2, samples).
    """
    left, right = audio[0].astype(np.float64), audio[1].astype(np.float64)
    ll, rr, lr = float(left @ left), float(right @ right), float(left @ right)
    if ll + rr <= 0.0 or lr < 0.0:
        return None
    angle = 0.5 * math.atan2(2.0 * lr, ll - rr)
    rest = (
        ll * math.sin(angle) ** 2 + rr * math.cos(angle) ** 2 - 2.0 * lr * math.sin(angle) * math.cos(angle)
    )
    if rest > (ll + rr) * 10.0 ** (_ONE_SIGNAL_DB / 10.0):
        return None
    mono = (math.cos(angle) * left + math.sin(angle) * right).astype(np.float32)
    return mono[np.newaxis], min(max(4.0 * angle / math.pi - 1.0, -1.0), 1.0)


def file_hash(path: Path) -> str:
    """The SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sum_of(arrays: list[Samples]) -> Samples:
    """The sum of signals of one or two channels and of any lengths, as (2, samples).

    A mono signal goes to both sides by the console's −3 dB.
    """
    length = max(array.shape[1] for array in arrays)
    total = np.zeros((2, length), np.float32)
    for array in arrays:
        scale: Any = np.float32(math.sqrt(0.5)) if array.shape[0] == 1 else np.float32(1.0)
        total[:, : array.shape[1]] += array * scale
    return total
