"""Times the controller's predictions for songs of 3 minutes: hearing tracks and reference, the network, the strips.

    python benchmarks/prediction.py [--tracks 1,4,16,64] [--threads 2] [--rounds 3] [--files FOLDER] [--analysis]

Stems are stereo, 180 s at 44.1 kHz, and lie in memory; with --files they are read from WAV files (24 bit), which are
made in FOLDER where they are not there yet (0.8 GB). More tracks than 16 share those files or sounds. The weights are
those that are installed, else untrained ones of the same size. Strips are made from files only, as compressors are
measured on the loudest passages; how many tracks have one is told. --analysis times what the commands measure of a
session before any estimator is asked (console.analysis), without its cache. Prints a table, the growth from track to
track and peak memory.
"""

import argparse
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
from material import LOOP_S, RATE_HZ, loop, write_stems
from numpy.typing import NDArray

from bridge.estimators import CONTROLLER, has_weights
from bridge.networks import OnnxNetwork
from bridge.sessions import load_session
from console.analysis import SessionAnalysis, analyze
from console.estimators.controller import make_controller
from console.estimators.controller.listening import listen
from console.estimators.controller.network import ask
from console.frozen import FrozenMap
from console.losses.sound import measure_sound
from console.models.controller.hearing import Reader, hear
from console.session import Role, Session, SessionTrack, neutral_mix
from presets.targets import load_target
from presets.weights import find_weights

Audio = NDArray[np.float32]
T = TypeVar("T")
#: By the clock, and of the processor.
Seconds = tuple[float, float]
SECONDS = 180
FILES = 16


@dataclass(frozen=True)
class Song:
    """Tracks, and what reads their audio from memory, or the session and its analysis where they are files."""

    tracks: tuple[SessionTrack, ...]
    readers: tuple[Reader, ...]
    reference: Audio
    session: Session | None = None
    analysis: SessionAnalysis | None = None

    def first(self, count: int) -> "Song":
        """So many tracks of it, the same ones again where there are no more."""
        places = [number % len(self.tracks) for number in range(count)]
        tracks = tuple(
            replace(self.tracks[place], id=f"{self.tracks[place].id} {number}")
            for number, place in enumerate(places)
        )
        if self.session is None or self.analysis is None:
            return Song(tracks, tuple(self.readers[place] for place in places), self.reference)
        measured = {
            track.id: self.analysis.tracks[self.tracks[place].id]
            for track, place in zip(tracks, places, strict=True)
        }
        session, analysis = (
            replace(self.session, tracks=tracks),
            replace(self.analysis, tracks=FrozenMap(measured)),
        )
        return Song(tracks, (), self.reference, session, analysis)


def main() -> int:
    """Print a row for each number of tracks."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tracks", default="1,4,16,64")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--files", type=Path)
    parser.add_argument("--analysis", action="store_true")
    options = parser.parse_args()
    network = open_network()
    song = in_files(options.files, options.threads) if options.files is not None else in_memory()
    counts = sorted(int(word) for word in options.tracks.split(","))
    seconds = []
    print(
        "| tracks | listening s | reference s | network s | strips s | in all s | processor s | peak memory GB |"
    )
    print("|---" * 8 + "|")
    for count in counts:
        parts = predict(song.first(count), network, options.threads, options.rounds)
        total, processor = (sum(part[which] for part in parts) for which in (0, 1))
        seconds.append(processor)
        texts = " | ".join(f"{part:.3f}" for part in (*(part[0] for part in parts), total, processor))
        print(f"| {count} | {texts} | {memory_gb():.2f} |", flush=True)
    if len(counts) > 1:
        slope, base = np.polyfit(counts, seconds, 1)
        off = np.abs(np.polyval((slope, base), counts) / seconds - 1.0).max()
        print(
            f"{1e3 * base:.0f} ms and {1e3 * slope:.1f} ms a track; off that line by {100.0 * off:.0f} % at most"
        )
    session = song.session
    if options.analysis and session is not None:
        taken = best_s(lambda: analyze(session, cache=None, threads=options.threads), 1)
        print(
            f"console.analysis of {len(session.tracks)} tracks: {taken[0]:.2f} s, {taken[1]:.2f} of the processor"
        )
    return 0


def predict(song: Song, network: OnnxNetwork, threads: int, rounds: int) -> tuple[Seconds, ...]:
    """Seconds of listening to the tracks and to the reference, of the network, and of making the strips."""
    aiming, sound = timed(lambda: measure_sound(song.reference, RATE_HZ), rounds)
    session, analysis = song.session, song.analysis
    if session is None or analysis is None:
        channels = [track.channels for track in song.tracks]
        listening, hearing = timed(
            lambda: hear(song.readers, channels, SECONDS * RATE_HZ, RATE_HZ, threads=threads), rounds
        )
        asking, _ = timed(lambda: ask(network, hearing, song.tracks, sound, 0), rounds)
        return listening, aiming, asking, (0.0, 0.0)
    listening, (tracks, hearing) = timed(lambda: listen(song.tracks, RATE_HZ, threads=threads), rounds)
    asking, _ = timed(lambda: ask(network, hearing, tracks, sound, 0), rounds)
    target, start = replace(load_target(), reference=sound), neutral_mix(session)
    estimate = make_controller(network)
    whole, mix = timed(lambda: estimate(session, analysis, target, start, threads=threads), rounds)
    pressed = sum(strip.compressor.enabled for strip in mix.tracks)
    print(f"{pressed} of {len(mix.tracks)} tracks have a compressor", file=sys.stderr)
    making = (whole[0] - listening[0] - asking[0], whole[1] - listening[1] - asking[1])
    return listening, aiming, asking, making


def timed(run: Callable[[], T], rounds: int) -> tuple[Seconds, T]:
    """The shortest time of a call in seconds, after one that warms up, and what it returns."""
    result = run()
    return best_s(run, rounds), result


def best_s(run: Callable[[], object], rounds: int) -> Seconds:
    """The shortest time of a call in seconds, by the clock and of the processor."""
    found = float("inf"), float("inf")
    for _ in range(rounds):
        start, began = time.perf_counter(), time.process_time()
        run()
        found = min(found[0], time.perf_counter() - start), min(found[1], time.process_time() - began)
    return found


def open_network() -> OnnxNetwork:
    """The installed weights, else untrained ones."""
    if has_weights():
        return OnnxNetwork(find_weights(CONTROLLER))
    from console.models.controller.network import Controller
    from console.models.controller.onnx import to_onnx

    return OnnxNetwork.of_bytes("untrained", to_onnx(Controller()))


def in_memory() -> Song:
    """Loops of 8 s that go on and on, as in material.py."""
    loops = [loop(number).T.astype(np.float32) for number in range(FILES)]
    tracks = tuple(
        SessionTrack(f"track {number}", (), 2, SECONDS * RATE_HZ, role=Role.OTHER, role_confidence=0.3)
        for number in range(FILES)
    )
    reference = np.tile(np.tanh(3.0 * sum(loops)), (1, -(-SECONDS // LOOP_S)))[:, : SECONDS * RATE_HZ]
    return Song(tracks, tuple(reader(audio) for audio in loops), np.ascontiguousarray(reference))


def reader(audio: Audio) -> Reader:
    """Reads a loop that repeats, no longer than itself at once."""
    twice = np.tile(audio, (1, 2))

    def read(start: int, samples: int) -> Audio:
        first = start % audio.shape[1]
        return twice[:, first : first + samples]

    return read


def in_files(folder: Path, threads: int) -> Song:
    """A session of WAV files, analysed."""
    if not any(folder.glob("*.wav")):
        write_stems(folder, FILES, SECONDS)
    session = load_session(sorted(folder.glob("*.wav")))
    return Song(
        session.tracks, (), in_memory().reference, session, analyze(session, cache=None, threads=threads)
    )


def memory_gb() -> float:
    """The most memory that was held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e9 if sys.platform == "darwin" else 1e6)


if __name__ == "__main__":
    sys.exit(main())
