"""Mixes, audio and measures for the differentiable console."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
from numpy.typing import NDArray

from console.mix import (
    Automation,
    Band,
    BandType,
    Bus,
    BusKind,
    Compressor,
    Delay,
    Equalizer,
    FrozenMap,
    Gate,
    Highpass,
    Input,
    Limiter,
    Lowpass,
    Master,
    Mix,
    Reverb,
    TrackStrip,
)
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


@pytest.fixture(scope="session")
def full_mix() -> Mix:
    """Three tracks (mono, stereo, stereo), a group, both effects and a master, with everything switched on."""
    equalizer = Equalizer(
        True,
        (
            Band(BandType.LOW_SHELF, 100.0, 4.0, 0.7),
            Band(BandType.BELL, 30.0, -9.0, 5.0),
            Band(BandType.HIGH_SHELF, 8000.0, -6.0, 0.5),
        ),
    )
    compressor = Compressor(True, -30.0, 4.0, 3.0, 80.0, 6.0, 3.0)
    tracks = (
        TrackStrip(
            "a",
            equalizer=equalizer,
            compressor=compressor,
            pan=0.3,
            fader_db=-3.0,
            sends=FrozenMap({"reverb": -12.0, "delay": -8.0}),
            input=Input(4.0, True, 1.234),
        ),
        TrackStrip(
            "b",
            highpass=Highpass(True, 120.0, 24),
            lowpass=Lowpass(True, 9000.0, 12),
            gate=Gate(True, -20.0, -30.0, 4.0, 1.0, 5.0, 50.0),
            width=1.4,
            pan=-0.4,
            output="g",
        ),
        TrackStrip(
            "c",
            equalizer=equalizer,
            automation=Automation(((0.05, -6.0), (0.3, 0.0))),
            pan=1.0,
            output="g",
            sends=FrozenMap({"reverb": -3.0}),
        ),
    )
    buses = (
        Bus("g", BusKind.GROUP, equalizer=equalizer, compressor=compressor, fader_db=-2.0),
        Bus("reverb", BusKind.FX, reverb=Reverb(0.8), fader_db=-4.0, equalizer=equalizer),
        Bus("delay", BusKind.FX, delay=Delay(120.0, 0.5, ping_pong=True), compressor=compressor),
    )
    master = Master(
        equalizer=equalizer, compressor=compressor, limiter=Limiter(True, -6.0, 50.0), fader_db=-2.0
    )
    return Mix(44_100, tracks, buses, master)
