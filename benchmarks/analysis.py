"""Times the analysis of 16 stereo tracks of 3 min, cold and warm, over Pedalboard's render of 16 like strips."""

import hashlib
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pedalboard
import soundfile

from console.analysis import AnalysisCache, SessionAnalysis, analyze
from console.session import AudioFile, Role, Session, SessionTrack

RATE_HZ = 44100
THREADS = 2


def make_session(folder: Path, tracks: int, seconds: int, suffix: str) -> Session:
    """Write stems of decaying chords and hits, no two alike, and describe them."""
    found = []
    for number in range(tracks):
        path = folder / f"{number:02d}.{suffix}"
        rng = np.random.default_rng(number)
        beat = RATE_HZ // 4
        time_s = np.arange(beat) / RATE_HZ
        bar = rng.normal(0.0, 0.001, (8 * beat, 2))
        for index in range(8):
            pitch_hz = 55.0 * 2.0 ** (rng.integers(0, 48) / 12.0)
            note = np.sin(2.0 * np.pi * pitch_hz * time_s) * np.exp(-6.0 * time_s)
            note += 0.5 * rng.normal(0.0, 1.0, beat) * np.exp(-60.0 * time_s)
            bar[index * beat : (index + 1) * beat] += 0.3 * note[:, None] * rng.uniform(0.3, 1.0, 2)
        with soundfile.SoundFile(path, "w", RATE_HZ, 2, "PCM_16" if suffix == "wav" else "PCM_24") as file:
            for _ in range(0, seconds * RATE_HZ, len(bar)):
                file.write(bar * rng.uniform(0.4, 1.0))
        frames = soundfile.info(str(path)).frames
        digest = hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()
        audio = AudioFile(path, RATE_HZ, 2, frames, digest, "PCM_16")
        found.append(SessionTrack(path.stem, (audio,), 2, frames, role=list(Role)[number % 16]))
    return Session("benchmark", folder, RATE_HZ, tuple(found))


def strip(track: SessionTrack) -> None:
    """Decode a track and run it through high-pass, six bands, compressor and gain."""
    bands = [pedalboard.PeakFilter(100.0 * 2.0**k, 1.0, 1.0) for k in range(6)]
    board = pedalboard.Pedalboard(
        [pedalboard.HighpassFilter(40.0), *bands, pedalboard.Compressor(-20.0, 3.0), pedalboard.Gain(-3.0)]
    )
    with pedalboard.io.AudioFile(str(track.files[0].path)) as file:
        while file.tell() < file.frames:
            board(file.read(1 << 16), RATE_HZ, reset=False)


def timed_analysis(session: Session, cache: AnalysisCache) -> tuple[float, SessionAnalysis]:
    """Seconds and result."""
    start = time.perf_counter()
    found = analyze(session, cache=cache, threads=THREADS)
    return time.perf_counter() - start, found


def times(suffix: str) -> None:
    """Print cold, warm and Pedalboard's time, and their ratios."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        session = make_session(folder, 16, 180, suffix)
        timed_analysis(session, AnalysisCache(folder / "compiled"))
        cold_s = min(timed_analysis(session, AnalysisCache(folder / f"cold{k}"))[0] for k in range(3))
        warm_s = min(timed_analysis(session, AnalysisCache(folder / "cold0"))[0] for _ in range(3))
        start = time.perf_counter()
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(strip, session.tracks))
        bare_s = time.perf_counter() - start
        print(
            f"{suffix}: cold {cold_s:.2f} s, warm {warm_s:.3f} s, Pedalboard's strips {bare_s:.2f} s; "
            f"ratios {cold_s / bare_s:.2f} and {warm_s / bare_s:.3f}"
        )


def main() -> None:
    """Time uncompressed and compressed stems."""
    for suffix in ("wav", "flac"):
        times(suffix)


if __name__ == "__main__":
    main()
