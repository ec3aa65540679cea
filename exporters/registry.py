"""The hand-overs that mixbridge can write, by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any

from console.errors import ExportError
from console.mix import Mix
from exporters.project import Project
from exporters.report import ExportReport


@dataclass(frozen=True, slots=True)
class Exporter:
    """One format: what it is for, and its functions as "module:function", loaded when used.

    `suffixes` are those of its project files, lower case. `opener` and `patcher` are "" for a format whose projects
    cannot be a session, as a settings sheet's. `options` names the keywords beyond the common ones that its writer
    and patcher understand; `start` is the mix that was set out from, `tempo` and `markers` (the writer's alone) are
    those of the session's project. `packs_audio`: projects may hold their audio inside; the opener takes the keyword
    `audio_folder`, where to take it out to.
    """

    name: str
    summary: str
    writer: str
    reader: str
    suffixes: tuple[str, ...] = ()
    opener: str = ""
    patcher: str = ""
    options: tuple[str, ...] = ()
    packs_audio: bool = False

    @property
    def write(self) -> Callable[..., ExportReport]:
        """The writer: (mix, session, destination, *, force, …) -> ExportReport."""
        function: Callable[..., ExportReport] = _load(self.writer)
        return function

    @property
    def read(self) -> Callable[[Path], Mix]:
        """The reader: (path) -> Mix."""
        function: Callable[[Path], Mix] = _load(self.reader)
        return function

    @property
    def open(self) -> Callable[..., Project]:
        """The reader of any project of the DAW's, ours or not: (path) -> Project."""
        function: Callable[..., Project] = _load(self.opener)
        return function

    @property
    def patch(self) -> Callable[..., ExportReport]:
        """Sets the strips in a copy of the session's own project, all else left as it is.

        (mix, session, destination, *, home=None, force=False) -> ExportReport; `session.project` is the project,
        `destination` the file to write, never the project itself; `home` the file's later place, if another: paths
        to the audio count from there.
        """
        function: Callable[..., ExportReport] = _load(self.patcher)
        return function


def _load(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)


def make_registry(*exporters: Exporter) -> Mapping[str, Exporter]:
    """The exporters by name.

    Raises:
        ExportError: two of them have the same name.
    """
    table: dict[str, Exporter] = {}
    for exporter in exporters:
        if exporter.name in table:
            raise ExportError(f"two exporters are called {exporter.name!r}; give each a name of its own")
        table[exporter.name] = exporter
    return MappingProxyType(table)


EXPORTERS = make_registry(
    Exporter(
        "reaper",
        "REAPER project, FX chains and track template with REAPER's own plugins",
        "exporters.reaper.writer:write_project",
        "exporters.reaper.reader:read_project",
        (".rpp", ".rpp-bak"),
        "exporters.reaper.opening:open_project",
        "exporters.reaper.patching:patch_project",
        options=("platform", "strip", "fx", "plugins"),
    ),
    Exporter(
        "ableton",
        "Ableton Live set, racks and presets with Live's own devices",
        "exporters.ableton.writer:write_project",
        "exporters.ableton.reader:read_project",
        (".als",),
        "exporters.ableton.opening:open_project",
        "exporters.ableton.patching:patch_project",
        options=("live_version",),
    ),
    Exporter(
        "dawproject",
        "DAWproject for Bitwig Studio, Studio One, Cubase and others, with the standard's own devices",
        "exporters.dawproject.writer:write_project",
        "exporters.dawproject.reader:read_project",
        (".dawproject",),
        "exporters.dawproject.opening:open_project",
        "exporters.dawproject.patching:patch_project",
        options=("audio", "tempo", "markers"),
        packs_audio=True,
    ),
    Exporter(
        "ardour",
        "Ardour session on the stems, with its ACE plugins, LSP's or x42's equalizer and our gate",
        "exporters.ardour.writer:write_project",
        "exporters.ardour.reader:read_project",
        (".ardour",),
        "exporters.ardour.opening:open_project",
        "exporters.ardour.patching:patch_project",
        options=("equalizer", "gate", "limiter", "audio"),
    ),
    Exporter(
        "sheet",
        "Recall sheet of every setting as HTML, Markdown and CSV, for any desk or plugin",
        "exporters.sheet.writer:write_project",
        "exporters.sheet.reader:read_project",
        options=("start",),
    ),
)


def exporter(name: str) -> Exporter:
    """The exporter of a format.

    Raises:
        ExportError: there is none of that name.
    """
    try:
        return EXPORTERS[name]
    except KeyError:
        raise ExportError(f"{name!r} is no format; give one of {', '.join(EXPORTERS)}") from None
