"""What a start by the controller is worth to match: how near it comes in how many steps, from there and from the rules.

    python benchmarks/head_start.py --stems FOLDER… --references FILE… [--every 1] [--skip 0] [--share 3] [--seconds 30]

For each pair match runs from the rules as usual; its distance (the sum of the terms in dB, played) and the steps of
descent up to its best mix are the mark. Then it runs from the controller's mix, as usual and with a third of those
steps at most, and from the rules with that third as well. A run has reached the mark in the steps after which the best
mix that it has played is as near; they are counted by turns, so that is the most they can have been. --seconds takes so
much of each song from its middle.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soundfile

from bridge.estimators import find_estimator
from bridge.jobs.reading import read_session
from console.analysis import SessionAnalysis
from console.errors import MixbridgeError
from console.estimators.match import Match, match
from console.estimators.match.result import STEPS
from console.estimators.reference import read_reference
from console.losses.sound import Sound
from console.mix import Mix
from console.session import Session, neutral_mix
from presets.targets import load_target

AUDIO_FILES = (".flac", ".wav", ".ogg", ".aiff", ".mp3")
SEND = "| song | reference | start: rules | controller | mark | its steps | controller, end | steps to the mark | "
HEAD = SEND + "controller in a third | rules in a third |"


@dataclass(frozen=True)
class Row:
    """A pair: distances in dB, and steps."""

    rules_start: float
    controller_start: float
    mark: float
    mark_steps: int
    controller_end: float
    reached: int | None
    controller_third: float
    rules_third: float

    def text(self) -> str:
        """As cells."""
        reached = (
            "never" if self.reached is None else f"{self.reached} ({self.reached / self.mark_steps:.2f})"
        )
        return (
            f"{self.rules_start:.2f} | {self.controller_start:.2f} | {self.mark:.2f} | {self.mark_steps} | "
            f"{self.controller_end:.2f} | {reached} | {self.controller_third:.2f} | {self.rules_third:.2f}"
        )


def main() -> int:
    """Print a row a pair, and the means."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--stems", nargs="+", type=Path, required=True)
    parser.add_argument("--references", nargs="+", type=Path, required=True)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--skip", type=int, default=0)
    parser.add_argument("--share", type=float, default=3.0)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    pairs = [(folder, path) for folder in options.stems for path in options.references]
    rows: list[Row] = []
    print(f"{HEAD}\n{'|---' * 10}|")
    for folder, path in pairs[options.skip :: options.every]:
        try:
            with tempfile.TemporaryDirectory() as scratch:
                shorten(folder, Path(scratch), options.seconds)
                session, analysis = read_session([Path(scratch)], cache=False, threads=options.threads)
                row = measure(session, analysis, read_reference(path), options.share, options.threads)
        except MixbridgeError as error:
            print(f"| {folder.name} | {path.stem} | {error} |", flush=True)
            continue
        rows.append(row)
        print(f"| {folder.name} | {path.stem} | {row.text()} |", flush=True)
    if rows:
        tell(rows, options.share)
    return 0


def tell(rows: Sequence[Row], share: float) -> None:
    """Print what all pairs say together."""
    third = np.array([row.controller_third for row in rows])
    mark = np.array([row.mark for row in rows])
    reached = [row.reached / row.mark_steps for row in rows if row.reached is not None]
    print(
        f"\nmean mark {mark.mean():.2f} dB; the controller's match in 1/{share:g} of its steps: {third.mean():.2f} dB, "
        f"{third.mean() / mark.mean():.2f} of it, as near in {int((third <= mark).sum())} of {len(rows)} pairs; "
        f"the rules' in as many: {np.mean([row.rules_third for row in rows]):.2f} dB"
    )
    words = f"median share of steps {np.median(reached):.2f}" if reached else "never"
    print(f"the mark is reached from the controller's mix in {len(reached)} of {len(rows)} pairs; {words}")


def measure(session: Session, analysis: SessionAnalysis, reference: Sound, share: float, threads: int) -> Row:
    """All runs of a pair."""
    target = replace(load_target(), reference=reference)
    neutral = neutral_mix(session)

    def run(start: Mix, steps: Sequence[int] = STEPS) -> Match:
        return match(session, analysis, target, start, reference, workers=threads, steps=steps)

    usual = run(neutral)
    mark, mark_steps = usual.history[-1].distance, best_steps(usual)
    start = find_estimator("controller")(session, analysis, target, neutral)
    ours = run(start)
    few = third_of(mark_steps, share)
    reached = next((passed.steps for passed in ours.history if passed.distance <= mark), None)
    return Row(
        usual.before.total,
        ours.before.total,
        mark,
        mark_steps,
        ours.history[-1].distance,
        reached,
        run(start, few).history[-1].distance,
        run(neutral, few).history[-1].distance,
    )


def best_steps(found: Match) -> int:
    """Steps after which the best mix of all turns was played; 1 at least."""
    turns = found.history[:-1] if len(found.history) > 1 else found.history
    best = min(passed.distance for passed in turns)
    return max(1, next(passed.steps for passed in turns if passed.distance <= best))


def third_of(steps: int, share: float) -> tuple[int, ...]:
    """Turns of as many steps in all; a first turn may be tried from two starts, so half of it counts."""
    whole = max(2, int(steps / share))
    first = max(1, whole // 4)
    rest = whole - 2 * first
    return tuple(count for count in (first, rest - rest // 2, rest // 2) if count > 0)


def shorten(folder: Path, scratch: Path, seconds: float) -> None:
    """Write the middle of all stems."""
    for path in stems_of(folder):
        audio, rate = soundfile.read(path, dtype="float32", always_2d=True)
        spare = max(len(audio) - round(seconds * rate), 0)
        soundfile.write(
            scratch / f"{path.stem}.wav", audio[spare // 2 : len(audio) - (spare - spare // 2)], rate, "FLOAT"
        )


def stems_of(folder: Path) -> Iterator[Path]:
    """The stems in a folder; a finished mix is none."""
    for path in sorted(folder.iterdir()):
        if path.suffix in AUDIO_FILES and not path.name.startswith("_"):
            yield path


if __name__ == "__main__":
    sys.exit(main())
