"""Where the parts of a mix lie: in a folder, or beside the copy of the project that the session was read from."""

from dataclasses import dataclass
from pathlib import Path

from bridge.jobs.handing import HandOver
from bridge.jobs.request import MixRequest
from bridge.sessions import exporter_of
from console.errors import ParamError
from console.frozen import FrozenMap
from exporters import registry
from exporters.registry import Exporter

MIX_WAV, MIX_JSON, REPORT_HTML, REAPER, STEMS = "mix.wav", "mix.json", "report.html", "reaper", "stems"
#: The folder of the plugins' presets.
PLUGINS = "plugins"
#: What ends the name of the folder beside a project that holds the rest.
BESIDE = ".mixbridge"


@dataclass(frozen=True, slots=True)
class Layout:
    """`root` is the folder that is filled; `inner`, relative to it, holds all but the copy of the project."""

    root: Path
    inner: Path
    handover: HandOver
    parts: tuple[str, ...]

    @property
    def goals(self) -> tuple[str, ...]:
        """The files and folders that the job writes, relative to the root."""
        inside = self.parts if self.inner == Path() else (str(self.inner),)
        return inside if self.handover.copy is None else (str(self.handover.copy), *inside)


def layout_of(request: MixRequest) -> Layout:
    """Where everything goes.

    A session that is a project is handed back as a copy of that project: into the output folder under its own name,
    or, where the output is itself a file of that format, under that.

    Raises:
        ParamError: the output is a project file of a format that the session does not have.
    """
    own = exporter_of(request.inputs[0]) if len(request.inputs) == 1 else None
    patches = own is not None and bool(own.patcher)
    as_file = exporter_of(request.output)
    if as_file is not None and (not patches or as_file != own):
        wanted = "a folder" if own is None else f"a folder, or a file of {', '.join(own.suffixes)}"
        raise ParamError(
            f"the output {request.output.name!r} is a {as_file.name} project, which the session is not; give {wanted}"
        )
    formats = request.to
    if formats is None:
        formats = () if patches else (REAPER,)
        copies = patches
    else:
        copies = patches and own is not None and (as_file is not None or own.name in formats)
        formats = tuple(name for name in formats if own is None or not patches or name != own.name)
    if as_file is not None:
        root, inner = request.output.parent, Path(f"{request.output.stem}{BESIDE}")
        copy: Path | None = Path(request.output.name)
    else:
        root, inner = request.output, Path()
        copy = Path(request.inputs[0].name) if copies else None
    handover = HandOver(
        formats=formats,
        copy=copy,
        folders={name: inner / name for name in formats},
        audio=inner / "audio",
        options=FrozenMap(request.options),
    )
    parts = {
        MIX_WAV: True,
        MIX_JSON: True,
        REPORT_HTML: request.report,
        STEMS: request.stems,
        PLUGINS: request.plugins is not None,
        **dict.fromkeys(formats, True),
    }
    return Layout(root, inner, handover, tuple(name for name, on in parts.items() if on))


def exporters_of(request: MixRequest) -> tuple[Exporter, ...]:
    """The formats that a request writes, the session's own among them.

    Raises:
        ParamError: as `layout_of`.
    """
    wanted = layout_of(request).handover
    own = exporter_of(request.inputs[0]) if wanted.copy is not None else None
    return tuple(filter(None, (own, *map(registry.exporter, wanted.formats))))
