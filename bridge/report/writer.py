"""Puts the report together from its template, style and script, and writes it as one file."""

import base64
import hashlib
from importlib import resources
from pathlib import Path

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from bridge.report import summary, words
from bridge.report.data import ReportData
from bridge.report.families import FAMILIES
from bridge.report.found import finding_views
from bridge.report.handover import export_views
from bridge.report.plugins import plugin_rows
from bridge.report.strips import bus_view, master_view, track_view
from console.errors import ExportError
from exporters.files import write_files


def write_report(path: Path, data: ReportData, *, force: bool = False) -> None:
    """Write the report as one HTML file that needs nothing else; whole or not at all.

    Raises:
        ExportError: the file is already there and `force` is not given, it is one of the session's own, or it
            cannot be written.
    """
    sources = {file.path.resolve() for track in data.session.tracks for file in track.files}
    if path.resolve() in sources:
        raise ExportError(f"{path} is a file of the session, which is never written; choose another place")
    write_files({path: render_report(data).encode("utf-8")}, force=force)


def render_report(data: ReportData) -> str:
    """The whole report as HTML text; the same data gives the same text."""
    # Both are files of this package and hold nothing of the user's.
    style = Markup(_environment().from_string(_page("style.css")).render(families=FAMILIES))  # noqa: S704
    script = Markup(_page("report.js"))  # noqa: S704
    tracks = [track_view(data, strip, f"t{index + 1}") for index, strip in enumerate(data.mix.tracks)]
    buses = [bus_view(data, bus, f"b{index + 1}") for index, bus in enumerate(data.mix.buses)]
    # A track goes before a bus of the same name.
    anchors = {"master": "m"} | {view.name: view.anchor for view in (*buses, *tracks)}
    return (
        _environment()
        .from_string(_page("report.html.j2"))
        .render(
            style=style,
            script=script,
            style_hash=_hash(style),
            script_hash=_hash(script),
            name=data.session.name or "Session",
            facts=summary.facts(data),
            headroom=summary.headroom(data),
            findings=finding_views(data.findings, data.mix),
            anchors=anchors,
            overview=[
                summary.overview_row(data, strip, view)
                for strip, view in zip(data.mix.tracks, tracks, strict=True)
            ],
            families=FAMILIES,
            field=summary.field_picture(data),
            loudness=summary.loudness_pictures(data),
            audibility=summary.audibility_pictures(data),
            masking=summary.masking_rows(data),
            tracks=tracks,
            buses=buses,
            master=master_view(data, "m"),
            exports=export_views(data.exports),
            plugins=plugin_rows(data.plugins),
        )
    )


def _environment() -> Environment:
    """Everything that a template prints is made visible first and escaped then."""
    return Environment(
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: value if isinstance(value, Markup) else words.visible(str(value)),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _page(name: str) -> str:
    return resources.files("bridge.report").joinpath("page", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """The source expression by which a content security policy allows exactly this style or script."""
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"
