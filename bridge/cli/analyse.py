"""`mixbridge analyse`: read and measure a session."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bridge.cli.group import COMMANDS
from bridge.cli.options import (
    PATH,
    json_option,
    read_session_options,
    session_options,
    talk_options,
    threads_option,
)
from bridge.cli.output import emit, say, table, to_json
from bridge.cli.state import State
from bridge.cli.words import findings_rows, session_line
from console.words import number

if TYPE_CHECKING:
    from console.analysis import SessionAnalysis, TrackAnalysis
    from console.session import Session

ANALYSIS_SCHEMA = "mixbridge.session-analysis/1"


@click.command(short_help=COMMANDS["analyse"][1])
@click.argument("inputs", nargs=-1, required=True, type=PATH, metavar="SESSION…")
@session_options
@threads_option
@json_option
@talk_options
@click.pass_obj
def analyse(
    state: State,
    /,
    inputs: tuple[Path, ...],
    no_cache: bool,
    threads: int | None,
    as_json: bool,
    **words: Any,
) -> None:
    """Measure every track of a session, tell its role, and name what is wrong with the recording."""
    options = read_session_options(**words)
    from bridge.jobs import read_session

    session, analysis = read_session(
        inputs, options, cache=not no_cache, threads=threads, progress=state.progress()
    )
    state.close()
    if as_json:
        emit(to_json(_as_data(session, analysis)), None)
        return
    say(session_line(session))
    say()
    table([("track", "role", "sure", "LUFS", "dBTP", "crest", "plays"), *_rows(session, analysis)])
    if session.findings:
        say()
        table(findings_rows(session.findings))


def _rows(session: "Session", analysis: "SessionAnalysis") -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for track in session.tracks:
        measured = analysis.tracks.get(track.id)
        levels = ("-", "-", "-", "-")
        if measured is not None and not measured.silent:
            levels = (
                number(measured.integrated_lufs),
                number(measured.true_peak_dbtp),
                number(measured.crest_db),
                f"{measured.activity:.0%}",
            )
        role = str(track.role) if track.included else f"({track.role}: left out)"
        rows.append((track.id, role, f"{track.role_confidence:.0%}", *levels))
    return rows


def _as_data(session: "Session", analysis: "SessionAnalysis") -> dict[str, Any]:
    from bridge.version import tool_version
    from console.codec import encode

    return {
        "schema": ANALYSIS_SCHEMA,
        "tool": tool_version(),
        "session": session.name,
        "sample_rate_hz": session.sample_rate_hz,
        "seconds": session.seconds,
        "tracks": [
            {
                "id": track.id,
                "files": [file.path.name for file in track.files],
                "role": str(track.role),
                "role_confidence": track.role_confidence,
                "detail": track.detail,
                "group": track.group,
                "included": track.included,
                "channels": track.channels,
                "start_s": track.start_samples / session.sample_rate_hz,
                "seconds": track.samples / session.sample_rate_hz,
                "measured": _figures(analysis.tracks[track.id]) if track.id in analysis.tracks else None,
            }
            for track in session.tracks
        ],
        "sum": _figures(analysis.sum),
        "pairs": [encode(pair) for pair in analysis.pairs],
        "duplicates": [list(pair) for pair in analysis.duplicates],
        "findings": [encode(finding) for finding in session.findings],
    }


def _figures(measured: "TrackAnalysis") -> dict[str, Any]:
    """The single figures of a track, and its spectrum; what runs over time stays inside."""
    from dataclasses import fields

    figures = {
        item.name: getattr(measured, item.name)
        for item in fields(measured)
        if isinstance(getattr(measured, item.name), bool | int | float | tuple)
    }
    spectrum = {
        f"{frequency_hz:.1f}": round(float(level_db), 2)
        for frequency_hz, level_db in zip(measured.spectrum_hz, measured.spectrum_db, strict=True)
    }
    return {
        **figures,
        "dc_offset": list(measured.dc_offset),
        "activity": measured.activity,
        "spectrum_db": spectrum,
    }
