"""Sessions, findings and moves in the engineer's words, for the terminal."""

import math
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from console.units import SILENCE_DB
from console.words import number

if TYPE_CHECKING:
    from bridge.render.played import PlayedPlugins
    from console.mix import Mix
    from console.session import Finding, Session


def session_line(session: "Session") -> str:
    """A session in one line."""
    tracks, included = len(session.tracks), len(session.included)
    left_out = f", {tracks - included} left out" if included < tracks else ""
    count = "1 track" if tracks == 1 else f"{tracks} tracks"
    return f"{session.name}: {count}{left_out}, {session.seconds:.1f} s, {session.sample_rate_hz} Hz"


def level(value: float, unit: str) -> str:
    """A level with its unit; silence has none."""
    return f"{number(value if value > SILENCE_DB + 20.0 else -math.inf)} {unit}"


def file_lines(files: Sequence[Path]) -> Iterator[str]:
    """The files of an output folder, what lies in folders of it as one line each."""
    top = Path(os.path.commonpath([path.parent for path in files])) if files else Path()
    folders = Counter(path.relative_to(top).parts[0] for path in files if path.parent != top)
    yield from (str(path) for path in files if path.parent == top)
    yield from (f"{top / name}{os.sep} ({count} files)" for name, count in folders.items())


def candidate_lines(mixes: Sequence["Mix"]) -> Iterator[str]:
    """How far each further mix of a session is from the first, a line each."""
    from bridge.jobs.candidates import how_far

    for count, mix in enumerate(mixes[1:], 2):
        apart = how_far(mixes[0], mix)
        yield (
            f"candidate {count}: {apart.parameters} parameters other than in candidate 1; on average faders "
            f"{apart.fader_db:.1f} dB and pans {100.0 * apart.pan:.0f} % apart"
        )


def findings_rows(findings: Iterable["Finding"]) -> list[Sequence[str]]:
    """What the import found, one row a fact; warnings first."""
    ordered = sorted(findings, key=lambda finding: finding.severity != "warning")
    return [(str(finding.severity), finding.code, finding.text) for finding in ordered]


def moves(mix: "Mix") -> Iterator[str]:
    """Every move with its reason, strip by strip."""
    strips = [
        *((track.id, track.reasons) for track in mix.tracks),
        *((bus.id, bus.reasons) for bus in mix.buses),
    ]
    for name, reasons in [*strips, ("master", mix.master.reasons)]:
        if reasons:
            yield ""
            yield name
            for reason in reasons:
                yield f"  {reason.parameter}: {reason.text}"


def plugin_rows(plugins: "PlayedPlugins") -> list[tuple[str, ...]]:
    """How far plugins are from the prediction, strip by strip, the whole mix last; for `table`."""
    rows: list[tuple[str, ...]] = [
        ("strip", "plugins", "difference", "level", "third octave", "movement 95 %")
    ]
    strips = [(strip.key, ", ".join(strip.plugins), strip.fidelity) for strip in plugins.strips]
    for name, names, found in (*strips, ("the whole mix", "", plugins.mix)):
        if found is None:
            rows.append((name, names, "silent", "", "", ""))
            continue
        figures = (found.null_db, found.level_db, found.third_octave_db, found.gain_95_db)
        rows.append((name, names, *(f"{number(figure, 2)} dB" for figure in figures)))
    return rows
