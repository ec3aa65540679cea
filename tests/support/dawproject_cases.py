"""Projects for the DAWproject tests: sessions, XML by hand, and the published schema."""

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from lxml import etree
from reaper_cases import audio

from console.mix import Mix
from console.session import Session, SessionTrack


@st.composite
def sessions_for(draw: st.DrawFn, mix: Mix) -> Session:
    """A session whose tracks are the mix's: mono, stereo, a pair or without audio, from any start."""
    root = Path("song")
    tracks = []
    for index, strip in enumerate(mix.tracks):
        shape = draw(st.sampled_from(("mono", "stereo", "pair", "empty")))
        names = {"pair": 2, "empty": 0}.get(shape, 1)
        channels = 1 if shape == "mono" else 2
        files = tuple(audio(root / f"{index} {side}.wav") for side in range(names))
        start = draw(st.integers(0, 10_000_000))
        tracks.append(SessionTrack(strip.id, files, channels, draw(st.integers(0, 10**8)), start))
    return Session(draw(st.text(max_size=8)), root, mix.sample_rate_hz, tuple(tracks))


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
