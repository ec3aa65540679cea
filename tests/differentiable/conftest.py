"""Mixes, audio and measures for the differentiable console."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
from numpy.typing import NDArray

from console.mix import Mix
from console.session.values import AudioFile, Session, SessionTrack


@pytest.fixture(scope="session")
def null_db() -> Callable[[NDArray[Any], NDArray[Any]], float]:
    """Level of a difference over the level of what was expected, in dB; -400 where there is none."""

    def measure(heard: NDArray[Any], expected: NDArray[Any]) -> float:
        assert heard.shape == expected.shape
        heard, expected = heard.astype(np.float64), expected.astype(np.float64)
        assert np.isfinite(heard).all()
        power = np.mean((heard - expected) ** 2)
        if power == 0.0:
            return -400.0
        return float(10.0 * np.log10(power / max(np.mean(expected**2), 1e-30)))

    return measure


@pytest.fixture(scope="session")
def make_session() -> Callable[..., Session]:
    """Write arrays (channels, samples) as files of 64-bit floats, the tracks of a session."""

    def make(folder: Path, mix: Mix, stems: list[NDArray[np.float64]]) -> Session:
        tracks = []
        for number, (strip, audio) in enumerate(zip(mix.tracks, stems, strict=True)):
            path = folder / f"{number}.wav"
            sf.write(path, audio.T, mix.sample_rate_hz, subtype="DOUBLE")
            channels, samples = audio.shape
            file = AudioFile(path, mix.sample_rate_hz, channels, samples, strip.id, "DOUBLE")
            tracks.append(SessionTrack(strip.id, (file,), channels, samples))
        return Session("test", folder, mix.sample_rate_hz, tuple(tracks))

    return make


def bursts(channels: int, samples: int, seed: int = 0) -> NDArray[np.float64]:
    """Noise in decaying bursts with silence between, (channels, samples)."""
    random = np.random.default_rng(seed)
    period = max(samples // 4, 1)
    envelope = np.exp(-6.0 * (np.arange(samples) % period) / period)
    envelope[(np.arange(samples) // period) % 4 == 3] = 0.0
    audio = random.normal(0.0, 0.3, (channels, samples)) * envelope
    return audio.astype(np.float32).astype(np.float64)


@pytest.fixture(scope="session")
def make_bursts() -> Callable[..., NDArray[np.float64]]:
    return bursts
