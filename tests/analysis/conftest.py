"""Signals, a shorthand for measuring them, and sessions of small files."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from console.analysis import TrackAnalysis, TrackAnalyzer
from console.session import AudioFile, Role, Session, SessionTrack

Audio = NDArray[np.floating]
Measure = Callable[..., TrackAnalysis]
MakeSession = Callable[..., Session]


@pytest.fixture(scope="session")
def measure() -> Measure:
    """measure(audio (channels, samples) or (samples,), rate_hz, block=None): the analysis of a signal."""

    def run(audio: Audio, rate_hz: int, block: int | None = None) -> TrackAnalysis:
        signal = np.atleast_2d(np.asarray(audio, dtype=np.float32))
        analyzer = TrackAnalyzer(rate_hz, len(signal))
        for start in range(0, signal.shape[1], block or max(1, signal.shape[1])):
            analyzer.push(signal[:, start : start + (block or signal.shape[1])])
        return analyzer.result()

    return run


@pytest.fixture
def make_session(tmp_path: Path) -> MakeSession:
    """make_session({id: audio}, rate_hz, roles={}, starts={}, excluded=()): a session of float WAV files."""

    def run(
        tracks: dict[str, Audio],
        rate_hz: int,
        *,
        roles: dict[str, Role] | None = None,
        starts: dict[str, int] | None = None,
        excluded: tuple[str, ...] = (),
    ) -> Session:
        made = []
        for name, audio in tracks.items():
            signal = np.atleast_2d(np.asarray(audio, dtype=np.float32))
            path = tmp_path / f"{name}.wav"
            soundfile.write(path, signal.T, rate_hz, subtype="FLOAT")
            digest = hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()
            file = AudioFile(path, rate_hz, len(signal), signal.shape[1], digest, "FLOAT")
            made.append(
                SessionTrack(
                    id=name,
                    files=(file,),
                    channels=len(signal),
                    samples=signal.shape[1],
                    start_samples=(starts or {}).get(name, 0),
                    role=(roles or {}).get(name, Role.OTHER),
                    included=name not in excluded,
                )
            )
        return Session("test", tmp_path, rate_hz, tuple(made))

    return run
