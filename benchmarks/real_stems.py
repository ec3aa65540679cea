"""Mix folders of real stems by rule, and tabulate levels and audibility before and after, as Markdown.

Usage: python benchmarks/real_stems.py FOLDER…
"""

import argparse
import sys
import tempfile
from pathlib import Path

from bridge.jobs import MixOutcome, MixRequest, mix_session
from console.errors import MixbridgeError

HEADER = (
    "| stems | tracks | LUFS before | after | dBTP before | after | LRA before | after "
    "| quietest before | after | loudest less quietest before | after |"
)


def main() -> int:
    """Mix every folder; exit status 1 if one failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    arguments = parser.parse_args()
    print(HEADER)
    print("|---" * HEADER.count(" |") + "|")
    failed = 0
    for folder in arguments.folders:
        with tempfile.TemporaryDirectory() as scratch:
            request = MixRequest((folder,), Path(scratch) / "out", to=(), cache=False)
            try:
                print(row(folder.name, mix_session(request)), flush=True)
            except MixbridgeError as error:
                failed += 1
                print(f"| {folder.name} | {error} |", flush=True)
    return 1 if failed else 0


def row(name: str, outcome: MixOutcome) -> str:
    """One row of the table."""
    before, after = outcome.levels_before, outcome.levels_after
    cells = [name, str(len(outcome.audibility_after))]
    for old, new in (
        (before.integrated_lufs, after.integrated_lufs),
        (before.true_peak_dbtp, after.true_peak_dbtp),
        (before.loudness_range_lu, after.loudness_range_lu),
        (quietest(outcome.audibility_before), quietest(outcome.audibility_after)),
        (spread(outcome.audibility_before), spread(outcome.audibility_after)),
    ):
        cells += [f"{old:.1f}", f"{new:.1f}"]
    return "| " + " | ".join(cells) + " |"


def quietest(audibility: dict[str, float]) -> float:
    """Audibility in dB of the track that is hidden most."""
    return min(audibility.values())


def spread(audibility: dict[str, float]) -> float:
    """From the track that stands out most to the one that is hidden most, in dB."""
    return max(audibility.values()) - min(audibility.values())


if __name__ == "__main__":
    sys.exit(main())
