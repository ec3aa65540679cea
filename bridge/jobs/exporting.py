"""Hands a mix file to DAWs: every format that is asked for, and a copy of the session's project, or nothing."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.jobs.audio import audio_beside
from bridge.jobs.handing import HandOver, hand_over, own_exporter
from bridge.jobs.output import files_below, staged
from bridge.jobs.starting import start_mix
from bridge.sessions import exporter_of
from console.errors import ExportError, ParamError
from console.frozen import FrozenMap
from console.mix import Mix
from console.progress import Progress, no_progress
from console.session import Session
from exporters.report import ExportReport

JOB = "export"


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """A mix that is to be handed over.

    `formats` go into the folder `output`, a single one into the folder itself, several each into a folder in it. `into`
    is the file of a copy of the session's project. `options` go to the formats that know them.
    """

    mix: Mix
    session: Session
    formats: tuple[str, ...] = ()
    output: Path = Path()
    into: Path | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    force: bool = False


def export_mix(request: ExportRequest, progress: Progress = no_progress) -> tuple[ExportReport, ...]:
    """Write all that is asked for; every format is written before any file takes its place.

    Returns:
        One report for the copy of the project, then one a format, in order.

    Raises:
        ExportError: a file is there already (and no force), or something cannot be written.
        ParamError: nothing is asked for, or the copy has the name of another format's project.
        RenderError: a place cannot be written to.
    """
    if not request.formats and request.into is None:
        raise ParamError(
            "no format is given; give one of them, or a file for a copy of the session's project"
        )
    if request.into is not None:
        _check_copy(request.session, request.into)
    single = len(request.formats) == 1
    options = FrozenMap(request.options)
    made = HandOver(
        formats=request.formats,
        folders={name: Path() if single else Path(name) for name in request.formats},
        options=options,
    )
    start, _ = start_mix(request.session)
    mix, session = request.mix, request.session
    reports: tuple[ExportReport, ...] = ()
    with ExitStack() as stack:
        if request.into is not None:
            copy = HandOver(copy=Path(request.into.name), options=options)
            home = request.into.parent
            stage = stack.enter_context(staged(home, session))
            reports += hand_over(copy, mix, session, session, start, stage, home, progress)
            _refuse_taken(stage, home, force=request.force)
        if request.formats:
            home, abroad = request.output, session
            if made.needs_audio:
                abroad = stack.enter_context(audio_beside(session, home / made.audio, force=request.force))
            stage = stack.enter_context(staged(home, session, job=JOB, sweep=request.force))
            reports += hand_over(made, mix, session, abroad, start, stage, home, progress)
            _refuse_taken(stage, home, force=request.force)
    return reports


def _check_copy(session: Session, into: Path) -> None:
    own = own_exporter(session)
    if exporter_of(into) != own:
        raise ParamError(f"{into.name!r} is no name for a {own.name} project; end it in {own.suffixes[0]}")


def _refuse_taken(stage: Path, home: Path, *, force: bool) -> None:
    for path in files_below(stage):
        place = home / path.relative_to(stage)
        if place.exists() and not force:
            raise ExportError(f"{place} exists already; give another place, or --force to replace it")
