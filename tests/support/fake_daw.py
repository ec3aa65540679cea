"""A DAW of the tests: its projects are JSON, its audio is named by path; for what no real format need be in the way."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from console.errors import ExportError
from console.mix import Mix, dump_mix, load_mix
from console.session import Session
from exporters.project import Channels, Fade, FadeShape, Item, Marker, Project, ProjectTrack, Tempo, TrackKind
from exporters.registry import Exporter, make_registry
from exporters.report import ExportEntry, ExportReport, Outcome

FAKE = Exporter(
    "fake",
    "A format of the tests",
    "fake_daw:write_project",
    "fake_daw:read_project",
    (".fake",),
    "fake_daw:open_project",
    "fake_daw:patch_project",
    options=("colour", "start"),
)
OTHER = Exporter(
    "other", "Another", "fake_daw:write_other", "fake_daw:read_project", (".other",), options=("platform",)
)
REGISTRY = make_registry(FAKE, OTHER)


def save(path: Path, *tracks: dict[str, Any], **project: Any) -> Path:
    """Write a project: tracks and items as the fields of ProjectTrack and Item, a fade as (seconds, shape)."""
    path.write_text(json.dumps({"tracks": tracks, **project}), encoding="utf-8")
    return path


def track(key: str, *items: dict[str, Any], **about: Any) -> dict[str, Any]:
    return {"key": key, "name": key, "items": items, **about}


def item(file: Path | str | None, position_s: float, length_s: float, **about: Any) -> dict[str, Any]:
    return {
        "name": "take",
        "file": None if file is None else str(file),
        "position_s": position_s,
        "length_s": length_s,
        **about,
    }


def open_project(path: Path) -> Project:
    try:
        data = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ExportError(f"{path} cannot be read ({error}); give a project") from error
    return Project(
        path,
        "fake",
        tuple(_track(path, one) for one in data["tracks"]),
        data.get("sample_rate_hz"),
        tuple(Tempo(*one) for one in data.get("tempo", ())),
        tuple(Marker(*one) for one in data.get("markers", ())),
    )


def _track(path: Path, data: dict[str, Any]) -> ProjectTrack:
    data = {**data, "items": tuple(_item(path, one) for one in data.get("items", ()))}
    return ProjectTrack(
        **{
            **data,
            "kind": TrackKind(data.get("kind", "audio")),
            "plugins": tuple(data.get("plugins", ())),
        }
    )


def _item(path: Path, data: dict[str, Any]) -> Item:
    fades = {
        name: Fade(data[name][0], FadeShape(data[name][1]))
        for name in ("fade_in", "fade_out")
        if name in data
    }
    file = None if data["file"] is None else path.parent / data["file"]
    return Item(**{**data, **fades, "file": file, "channels": Channels(data.get("channels", "all"))})


def read_project(path: Path) -> Mix:
    data = json.loads(path.read_text("utf-8"))
    if "mix" not in data:
        raise ExportError(f"{path} has no mixer; give another")
    return load_mix(data["mix"])


def write_project(
    mix: Mix,
    session: Session,
    destination: Path,
    *,
    home: Path | None = None,
    force: bool = False,
    colour: str = "grey",
    start: Mix | None = None,
) -> ExportReport:
    destination.mkdir(parents=True, exist_ok=True)
    path = destination / f"{session.name}.fake"
    tracks = [
        track(one.id, item(one.files[0].path, one.start_samples / session.sample_rate_hz, 1.0))
        for one in session.tracks
    ]
    save(path, *tracks, mix=dump_mix(mix), colour=colour, was=None if start is None else dump_mix(start))
    return ExportReport("fake", (path,), _lost(mix))


def write_other(
    mix: Mix,
    session: Session,
    destination: Path,
    *,
    home: Path | None = None,
    force: bool = False,
    platform: str = "any",
) -> ExportReport:
    if platform == "none":
        raise ExportError("the platform is 'none'; give another")
    destination.mkdir(parents=True, exist_ok=True)
    path = destination / "other.txt"
    path.write_text(platform, encoding="utf-8")
    return ExportReport("other", (path,))


def patch_project(
    mix: Mix,
    session: Session,
    destination: Path,
    *,
    home: Path | None = None,
    force: bool = False,
    colour: str = "grey",
    start: Mix | None = None,
) -> ExportReport:
    if session.project is None or destination == session.project:
        raise ExportError(f"{destination} is no place for a copy of the session's project; give another")
    data = json.loads(session.project.read_text("utf-8"))
    known = {one["key"] for one in data["tracks"]}
    by_key = {one.key: mix.track(one.id) for one in session.tracks if one.key in known}
    data = {**data, "mix": dump_mix(replace(mix, tracks=tuple(by_key.values()))), "colour": colour}
    destination.write_text(json.dumps({**data, "home": str(home or destination)}), encoding="utf-8")
    return ExportReport("fake", (destination,), _lost(mix))


def _lost(mix: Mix) -> tuple[ExportEntry, ...]:
    wide = [one.id for one in mix.tracks if one.width != 1.0]
    return tuple(ExportEntry(name, "width", Outcome.DROPPED, "there is no width here") for name in wide)
