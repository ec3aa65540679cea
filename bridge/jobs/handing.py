"""Hands a mix to DAWs: new projects, and a copy of the session's own project with our strips set in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bridge.sessions import exporter_of, open_project
from console.errors import ExportError
from console.frozen import FrozenMap
from console.mix import Mix
from console.progress import Progress, no_progress
from console.session import Session
from exporters import registry
from exporters.plugins import HeardPlugins
from exporters.registry import Exporter
from exporters.report import ExportReport

STAGE = "hand over"
AUDIO = "audio"


@dataclass(frozen=True, slots=True)
class HandOver:
    """What is to be written into an output folder; all paths are relative to it.

    `formats` are written as new projects, each into its own of `folders` (called like the format by default); `copy`
    is the file that gets the session's own project with our strips set. `options` go to whatever knows them; `audio`
    is the folder for audio that exists only in the cache.
    """

    formats: tuple[str, ...] = ()
    copy: Path | None = None
    folders: Mapping[str, Path] = field(default_factory=dict)
    audio: Path = Path(AUDIO)
    options: FrozenMap[Any] = field(default_factory=FrozenMap)

    @property
    def needs_audio(self) -> bool:
        """Whether any of the formats refers to audio: all that are projects do, a settings sheet does not."""
        return any(registry.exporter(name).suffixes for name in self.formats)

    def with_plugins(self, heard: HeardPlugins | None) -> "HandOver":
        """The same, for a mix that was heard through plugins."""
        return self if heard is None else replace(self, options=FrozenMap({**self.options, "plugins": heard}))

    def folder(self, name: str) -> Path:
        """The folder of a format."""
        return self.folders.get(name, Path(name))


def hand_over(
    wanted: HandOver,
    mix: Mix,
    session: Session,
    abroad: Session,
    start: Mix,
    stage: Path,
    home: Path,
    progress: Progress = no_progress,
) -> tuple[ExportReport, ...]:
    """Write all that is wanted into `stage`, as it is to stand once that has become `home`.

    Args:
        wanted: what to write.
        mix: what to set.
        session: what it was made of.
        abroad: the same with audio that new projects may refer to.
        start: the mix that the session set out from, for formats that show it.
        stage: an empty folder.
        home: where its content will lie.
        progress: told how many are written.

    Returns:
        One report for the copy, then one a format, in order; files are named by where they will lie.

    Raises:
        ExportError: something cannot be written.
    """
    count = len(wanted.formats) + (wanted.copy is not None)
    reports: list[ExportReport] = []
    if wanted.copy is not None:
        exporter = own_exporter(session)
        keywords = _keywords(exporter, {**wanted.options, "start": start})
        (stage / wanted.copy).parent.mkdir(parents=True, exist_ok=True)
        reports.append(exporter.patch(mix, session, stage / wanted.copy, home=home / wanted.copy, **keywords))
        progress(STAGE, len(reports) / count)
    for name in wanted.formats:
        exporter, folder = registry.exporter(name), wanted.folder(name)
        keywords = _keywords(exporter, {**_time_line(session, exporter), **wanted.options, "start": start})
        reports.append(exporter.write(mix, abroad, stage / folder, home=home / folder, **keywords))
        progress(STAGE, len(reports) / count)
    return tuple(_at_home(report, stage, home) for report in reports)


def own_exporter(session: Session) -> Exporter:
    """The format of the project that a session was read from.

    Raises:
        ExportError: it was read from files, or its format cannot set strips in a copy.
    """
    exporter = None if session.project is None else exporter_of(session.project)
    if exporter is None or not exporter.patcher:
        what = "files" if session.project is None else repr(session.project.name)
        known = ", ".join(item.name for item in registry.EXPORTERS.values() if item.patcher)
        raise ExportError(
            f"the session was read from {what}, so there is no project to set strips in; give a project of {known}"
        )
    return exporter


def unknown_options(exporters: Sequence[Exporter], options: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The options that none of the formats knows, each with the formats that do."""
    known = {name for exporter in exporters for name in exporter.options}
    return {
        option: tuple(item.name for item in registry.EXPORTERS.values() if option in item.options)
        for option in options
        if option not in known
    }


def _keywords(exporter: Exporter, given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: given[name] for name in exporter.options if name in given}


def _time_line(session: Session, exporter: Exporter) -> dict[str, Any]:
    """Tempo and markers of the session's project, for a format that has a place for them."""
    if session.project is None or not {"tempo", "markers"} & set(exporter.options):
        return {}
    project = open_project(session.project)
    return {"tempo": project.tempo, "markers": project.markers}


def _at_home(report: ExportReport, stage: Path, home: Path) -> ExportReport:
    return replace(report, files=tuple(home / path.relative_to(stage) for path in report.files))
