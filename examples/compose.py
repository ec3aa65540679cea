"""Compose and render the example session and its reference song: `python examples/compose.py --force`."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from composition import reference_song, song
from composition.audio import SAMPLE_RATE_HZ, Audio
from composition.files import write_flac
from composition.reference import record_reference
from composition.score import Part
from composition.soundfont import play
from composition.tracks import TRACKS, record

SESSION_S = 30.0
REFERENCE_S = 20.0
REFERENCE_BITS = 16
SOUNDFONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")
PACKAGES = {"fluidsynth": "fluidsynth", "espeak-ng": "espeak-ng"}


class ComposeError(Exception):
    """The example cannot be rendered; the message says what to do."""


def _check_tools(soundfont: Path) -> None:
    for program, package in PACKAGES.items():
        if shutil.which(program) is None:
            raise ComposeError(f"{program} is not on the PATH; on Debian: apt-get install {package}")
    if not soundfont.is_file():
        remedy = "on Debian: apt-get install fluid-soundfont-gm, or name one with --soundfont"
        raise ComposeError(f"no soundfont at {soundfont}; {remedy}")


def _check_free(paths: Sequence[Path], force: bool) -> None:
    taken = [path for path in paths if path.exists()]
    if taken and not force:
        raise ComposeError(f"{taken[0]} exists, and {len(taken) - 1} more; --force replaces them")


def _session(output: Path, soundfont: Path) -> None:
    def player(part: Part) -> Audio:
        return play(part, soundfont, song.TEMPO_BPM, SESSION_S)

    recorded = record(player, round(SESSION_S * SAMPLE_RATE_HZ))
    for track in TRACKS:
        write_flac(output / "session" / f"{track.name}.flac", recorded[track.name], track.bits)


def _reference(output: Path, soundfont: Path) -> None:
    def player(part: Part) -> Audio:
        return play(part, soundfont, reference_song.TEMPO_BPM, REFERENCE_S)

    mixed = record_reference(player, round(REFERENCE_S * SAMPLE_RATE_HZ))
    write_flac(output / "reference" / "reference.flac", mixed, REFERENCE_BITS)


def main(arguments: Sequence[str] | None = None) -> int:
    """Render into --output; returns 0, or 1 with a message on stderr."""
    parser = argparse.ArgumentParser(description="Compose and render the example session and its reference.")
    here = Path(__file__).parent
    parser.add_argument("--output", type=Path, default=here, help="folder for session/ and reference/")
    parser.add_argument("--soundfont", type=Path, default=SOUNDFONT, help=f"default: {SOUNDFONT}")
    parser.add_argument("--force", action="store_true", help="replace files that exist")
    options = parser.parse_args(arguments)
    session, reference = options.output / "session", options.output / "reference"
    try:
        written = [session / f"{track.name}.flac" for track in TRACKS]
        _check_free([*written, reference / "reference.flac"], options.force)
        _check_tools(options.soundfont)
        session.mkdir(parents=True, exist_ok=True)
        reference.mkdir(parents=True, exist_ok=True)
        _session(options.output, options.soundfont)
        _reference(options.output, options.soundfont)
    except (ComposeError, OSError, RuntimeError, ValueError) as error:
        sys.stderr.write(f"compose: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
