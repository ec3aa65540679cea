"""Projects for the DAWproject tests: sessions, XML by hand, and the published schema."""

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lxml import etree


def write_zip(path: Path, entries: Mapping[str, bytes | str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


def project_xml(structure: str, arrangement: str = "", transport: str = "") -> str:
    """A project.xml around the inside of its structure, arrangement and transport."""
    return (
        "<?xml version='1.0' encoding='UTF-8'?>\n<Project version='1.0'>"
        "<Application name='A DAW' version='1'/>"
        f"<Transport>{transport}</Transport><Structure>{structure}</Structure>"
        f"<Arrangement id='arrangement'>{arrangement}</Arrangement><Scenes/></Project>"
    )


def make_project(
    path: Path,
    structure: str,
    arrangement: str = "",
    transport: str = "",
    **entries: bytes | str,
) -> Path:
    """A .dawproject of these parts and of other entries."""
    return write_zip(path, {"project.xml": project_xml(structure, arrangement, transport), **entries})


def audio_clip(time: float, duration: float, path: str = "a.wav", length: float = 100.0, **more: Any) -> str:
    """A clip on a file outside; `more` are its attributes."""
    attributes = "".join(f' {key}="{value}"' for key, value in more.items())
    return (
        f'<Clip time="{time}" duration="{duration}"{attributes}>'
        f'<Audio channels="2" sampleRate="48000" duration="{length}" timeUnit="seconds">'
        f'<File path="{path}" external="true"/></Audio></Clip>'
    )


def schema(shared: Path, name: str) -> etree.XMLSchema:
    """One of the two published schemas."""
    return etree.XMLSchema(etree.parse(shared / "dawproject-xsd" / name))


def documents(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def project_root(path: Path) -> Any:
    """The tree of a project by lxml alone."""
    return etree.fromstring(documents(path)["project.xml"])


def named_track(root: Any, name: str) -> Any:
    (track,) = root.xpath("//Structure//Track[@name=$name]", name=name)
    return track
