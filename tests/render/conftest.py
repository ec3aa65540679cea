"""A small studio: sessions of arrays, rendered back to arrays."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
from numpy.typing import NDArray

from bridge.render import RenderSettings, render
from console.mix import Mix
from console.session.values import AudioFile, Session, SessionTrack


@dataclass
class Studio:
    """Makes WAV files (64-bit float unless told) and renders them."""

    folder: Path
    rate_hz: int = 48_000
    tracks: list[SessionTrack] = field(default_factory=list)

    @property
    def source_folder(self) -> Path:
        return self.folder / "source"

    @property
    def work_folder(self) -> Path:
        return self.folder / "work"

    def add(
        self,
        track_id: str,
        audio: NDArray[Any],
        *,
        start: int = 0,
        rate_hz: int | None = None,
        subtype: str = "FLOAT",
    ) -> SessionTrack:
        """Add a track, audio (channels, samples)."""
        audio = np.atleast_2d(audio)
        rate_hz = rate_hz or self.rate_hz
        self.source_folder.mkdir(exist_ok=True)
        path = self.source_folder / f"{len(self.tracks):03d}.wav"
        sf.write(path, audio.T, rate_hz, subtype=subtype)
        file = AudioFile(path, rate_hz, audio.shape[0], audio.shape[1], track_id, subtype)
        samples = round(audio.shape[1] * self.rate_hz / rate_hz)
        track = SessionTrack(track_id, (file,), audio.shape[0], samples, start_samples=start)
        self.tracks.append(track)
        return track

    def session(self) -> Session:
        return Session("test", self.source_folder, self.rate_hz, tuple(self.tracks))

    def render(self, mix: Mix, **settings: Any) -> NDArray[np.float64]:
        """The mix before the master's fader, (2, samples)."""
        with self.rendered(mix, **settings) as rendered:
            return np.concatenate([part.T for part in rendered.work.blocks()], axis=1).astype(np.float64)

    def rendered(
        self, mix: Mix, *, taps: Mapping[str, Any] | None = None, stems: Path | None = None, **settings: Any
    ) -> Any:
        return render(
            self.session(),
            mix,
            work_folder=self.work_folder,
            stems_folder=stems,
            taps=taps or {},
            settings=RenderSettings(**settings),
        )

    def leftovers(self) -> list[Path]:
        """Every file that is no source."""
        return sorted(
            path for path in self.folder.rglob("*") if path.is_file() and path.parent != self.source_folder
        )


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(tmp_path)


class Recorder:
    """A tap that keeps what it hears."""

    def __init__(self) -> None:
        self.blocks: list[NDArray[np.float32]] = []

    def push(self, block: NDArray[np.float32]) -> None:
        self.blocks.append(block.copy())

    @property
    def audio(self) -> NDArray[np.float32]:
        return np.concatenate(self.blocks, axis=1)


@pytest.fixture
def recorder() -> type[Recorder]:
    return Recorder


@pytest.fixture
def null_db() -> Any:
    """Level of a difference over the level of what was expected, in dB."""

    def measure(heard: NDArray[Any], expected: NDArray[Any]) -> float:
        assert heard.shape == expected.shape
        difference = np.sqrt(np.mean((np.asarray(heard, float) - expected) ** 2))
        return float(20.0 * np.log10(difference / np.sqrt(np.mean(np.square(expected))) + 1e-20))

    return measure
