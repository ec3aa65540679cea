"""What `recover` and `prune` reach: known truth over seeds, and the finished mixes of real multitracks.

    python benchmarks/recover.py truth --song FOLDER --seeds 10 --start 13 --seconds 12
    python benchmarks/recover.py real FOLDER…

A FOLDER holds stems as FLAC; `_HUMAN_MIX.flac` in it is the finished mix. Prints rows of tables in Markdown.
"""

import argparse
import resource
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

from mixed_stems import only_buses, random_mix, rendered, write_session  # noqa: E402
from recovered_strips import Judged, judge  # noqa: E402

from bridge.sessions import load_session  # noqa: E402
from console.estimators.prune import prune  # noqa: E402
from console.estimators.recover import RecoverSettings, recover  # noqa: E402
from console.estimators.recover.target import read_target  # noqa: E402


def _stems(
    folder: Path, tracks: int, seconds: float, start_s: float = 0.0
) -> tuple[list[NDArray[np.float32]], int]:
    found, rate_hz = [], 0
    for path in sorted(p for p in folder.glob("*.flac") if not p.name.startswith("_"))[:tracks]:
        audio, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
        found.append(np.ascontiguousarray(audio[round(start_s * rate_hz) :][: round(seconds * rate_hz)].T))
    return found, rate_hz


def _memory_gb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def truth(song: Path, seeds: list[int], tracks: int, start_s: float, seconds: float) -> None:
    """Random plausible mixes of real stems, found again; the worst of all tracks that sound.

    `renders` is the processor time over that of rendering the mix once.
    """
    print(
        "| seed | wall s | CPU s | renders | residual dB | fader dB | pan | response dB | reduction dB | bare faders |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    stems, rate_hz = _stems(song, tracks, seconds, start_s)
    rendered(random_mix(0, tracks=len(stems)), stems)  # compiles what is measured below
    for seed in seeds:
        mix = replace(random_mix(seed, tracks=len(stems)), sample_rate_hz=rate_hz)
        before = time.process_time()
        target = rendered(mix, stems)
        once = time.process_time() - before
        with tempfile.TemporaryDirectory() as folder:
            session = write_session(Path(folder), stems, rate_hz)
            began, before = time.perf_counter(), time.process_time()
            found = recover(session, target, start=only_buses(mix), settings=RecoverSettings(moves=False))
            wall, spent = time.perf_counter() - began, time.process_time() - before
        rows = [
            judge(a, b, stem, target, rate_hz)
            for a, b, stem in zip(mix.tracks, found.mix.tracks, stems, strict=True)
            if stem.any()
        ]
        times = f"{wall:.0f} | {spent:.0f} | {spent / once:.0f}"
        print(f"| {seed} | {times} | {found.residual.total_db:.1f} | {_truth_row(rows)} |", flush=True)


def _truth_row(rows: list[Judged]) -> str:
    worst = [
        max(getattr(row, name) for row in rows) for name in ("fader_db", "pan", "tone_db", "reduction_db")
    ]
    bare = sum(row.bare_fader_db <= 0.5 for row in rows)
    return " | ".join([*(f"{x:.3f}" for x in worst), f"{bare} of {len(rows)}"])


def real(folders: list[Path]) -> None:
    """Finished mixes by people: the residual after each step, and what pruning leaves."""
    print("| song | step | residual dB | whitened dB | spectral distance |")
    print("|---|---|---|---|---|")
    for folder in folders:
        stems = sorted(p for p in folder.glob("*.flac") if not p.name.startswith("_"))
        session = load_session(stems)
        began = time.perf_counter()
        found = recover(session, folder / "_HUMAN_MIX.flac")
        name = folder.name.split("_CC")[0]
        for step in found.steps:
            print(
                f"| {name} | {step.name} | {step.residual_db:.1f} | {step.whitened_db:.1f} | {step.spectrum:.3f} |"
            )
        print(f"| {name} | ({time.perf_counter() - began:.0f} s, {_memory_gb():.1f} GB) | | | |", flush=True)
        for track in found.mix.tracks:
            bands = ", ".join(
                f"{b.gain_db:+.1f} dB at {b.frequency_hz:.0f} Hz" for b in track.equalizer.bands
            )
            reduced = f"{track.compressor.threshold_db:.0f} dB {track.compressor.ratio:.1f}:1"
            print(
                f"  {track.id}: fader {track.fader_db:.1f} dB, pan {track.pan:+.2f}, {bands or 'flat'}"
                f"{', compressor ' + reduced if track.compressor.enabled else ''}"
            )
        audio, _ = read_target(folder / "_HUMAN_MIX.flac", session.sample_rate_hz)
        began = time.perf_counter()
        less = prune(found.mix, session, target=audio)
        print(
            f"  pruned: {less.before} processors to {less.after}, distance {less.loss_before:.4f} to {less.loss:.4f} "
            f"({time.perf_counter() - began:.0f} s)",
            flush=True,
        )


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parts = parser.add_subparsers(dest="part", required=True)
    known = parts.add_parser("truth")
    known.add_argument("--song", type=Path, required=True)
    known.add_argument("--seeds", type=int, default=10)
    known.add_argument("--first", type=int, default=0)
    known.add_argument("--tracks", type=int, default=8)
    known.add_argument("--start", type=float, default=0.0, metavar="S", help="where in the song")
    known.add_argument("--seconds", type=float, default=30.0)
    people = parts.add_parser("real")
    people.add_argument("folders", type=Path, nargs="+")
    asked = parser.parse_args()
    if asked.part == "truth":
        seeds = list(range(asked.first, asked.first + asked.seeds))
        truth(asked.song, seeds, asked.tracks, asked.start, asked.seconds)
    else:
        real(asked.folders)


if __name__ == "__main__":
    main()
