"""The tracks and channels of a project in their order, with what each of them is and where it sounds."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree

from console.errors import ExportError
from exporters.dawproject.units import Element
from exporters.project import TrackKind

MASTER_NAME = "master"


@dataclass(frozen=True, slots=True, eq=False)
class Strip:
    """A track with its channel, or a channel that stands alone.

    `key` is the id of the element, or its place in the file where it has none. `parent` is the key of the track
    that it is nested in, "" at the top. `kind` is None for the master. `track` is None for a lone channel.
    """

    key: str
    name: str
    kind: TrackKind | None
    track: Element | None
    channel: Element | None
    parent: str
    vca: bool = False


@dataclass(frozen=True, slots=True)
class Structure:
    """All strips of a project by their keys, in order; `outputs` gives where each sounds, None for the master.

    `channels` gives the key behind a channel's id; `master` is the first master, None where the project has none.
    """

    strips: dict[str, Strip]
    outputs: dict[str, str | None]
    channels: dict[str, str]
    master: Strip | None

    def devices(self, strip: Strip) -> list[Element]:
        """The devices of a strip in order."""
        chain = None if strip.channel is None else strip.channel.find("Devices")
        return [] if chain is None else [one for one in chain if isinstance(one.tag, str)]


def project_root(tree: "etree._ElementTree[Any]", source: str) -> Element:
    """The root of a project.xml.

    Raises:
        ExportError: it is another document.
    """
    root = tree.getroot()
    if root.tag != "Project":
        raise ExportError(f"{source} is a <{root.tag}> document; give a .dawproject file")
    return root


def read_structure(root: Element, source: str) -> Structure:
    """Every track and channel of a project.

    Raises:
        ExportError: two of them have one id, or their outputs go round in a circle.
    """
    strips: dict[str, Strip] = {}
    channels: dict[str, str] = {}
    for strip in _walk(root):
        if strip.key in strips:
            raise ExportError(
                f"{source}: two tracks have the identity {strip.key!r}; save the project again in its DAW"
            )
        strips[strip.key] = strip
        if strip.channel is not None and (name := strip.channel.get("id")) is not None:
            if name in channels:
                raise ExportError(
                    f"{source}: two channels have the identity {name!r}; save the project again in its DAW"
                )
            channels[name] = strip.key
    if not any(strip.kind is None for strip in strips.values()):
        _name_master(strips)
    outputs = {key: _output(strip, strips, channels) for key, strip in strips.items()}
    _refuse_circles(outputs, source)
    master = next((strip for strip in strips.values() if strip.kind is None), None)
    return Structure(strips, outputs, channels, master)


def _walk(root: Element) -> Iterator[Strip]:
    """Depth first, without recursion: a file may nest as deep as it likes."""
    structure = root.find("Structure")
    waiting = [] if structure is None else [(one, "") for one in reversed(structure)]
    count = 0
    while waiting:
        item, parent = waiting.pop()
        if item.tag not in ("Track", "Channel"):
            continue
        count += 1
        track = item if item.tag == "Track" else None
        channel = item.find("Channel") if item.tag == "Track" else item
        key = item.get("id") or f"#{count}"
        inner = [] if track is None else track.findall("Track")
        role = "" if channel is None else channel.get("role", "")
        yield Strip(
            key,
            item.get("name") or (channel.get("name", "") if channel is not None else ""),
            _kind(track, role, bool(inner)),
            track,
            channel,
            parent,
            role == "vca",
        )
        waiting += [(one, key) for one in reversed(inner)]


def _kind(track: Element | None, role: str, nests: bool) -> TrackKind | None:
    if role == "master":
        return None
    if role == "effect":
        return TrackKind.RETURN
    content = "" if track is None else track.get("contentType", "")
    if role in ("submix", "vca") or nests or "tracks" in content.split():
        return TrackKind.GROUP
    return TrackKind.AUDIO


def _name_master(strips: dict[str, Strip]) -> None:
    """Some writers give the master no role, but its name."""
    for key, strip in strips.items():
        lone = strip.track is not None and strip.track.get("contentType") is None
        if strip.name.casefold() == MASTER_NAME and lone and strip.kind is TrackKind.AUDIO:
            strips[key] = Strip(key, strip.name, None, strip.track, strip.channel, strip.parent)
            return


def _output(strip: Strip, strips: dict[str, Strip], channels: dict[str, str]) -> str | None:
    """Where a strip sounds: where its channel says, else in the nearest group around it that has a channel."""
    wanted = None if strip.channel is None else strip.channel.get("destination")
    key = strip.parent if wanted is None else channels.get(wanted, "")
    while key and strips[key].channel is None:
        key = strips[key].parent
    if strip.kind is None or not key or key == strip.key or strips[key].kind is None:
        return None
    return key


def _refuse_circles(outputs: dict[str, str | None], source: str) -> None:
    settled: set[str] = set()
    for start in outputs:
        path: list[str] = []
        on_path: set[str] = set()
        at: str | None = start
        while at is not None and at not in settled:
            if at in on_path:
                raise ExportError(
                    f"{source}: the outputs of the tracks go round in a circle through {at!r}; "
                    "send one of them to the master"
                )
            path.append(at)
            on_path.add(at)
            at = outputs[at]
        settled.update(path)
