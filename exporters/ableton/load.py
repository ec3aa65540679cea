"""Opens Live's sets within bounds, and finds its way in them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from console.errors import ExportError
from exporters.ableton.notes import Note, read_note
from exporters.unpack import gunzip, parse_xml, read_bytes

#: A set's tracks are counted in hundreds; what has more is no set that anyone mixes.
MAX_TRACKS = 200_000

#: Where a track is routed that goes to the master, in sets of any version.
MAIN_TARGETS = ("AudioOut/Main", "AudioOut/Master")

TRACK_TAGS = ("AudioTrack", "MidiTrack", "GroupTrack", "ReturnTrack")


@dataclass(frozen=True, slots=True)
class Set:
    """A set as it was read: its document, its tracks by their Ids in order, and its master."""

    path: Path
    root: etree._Element
    live_set: etree._Element
    tracks: dict[str, etree._Element]
    main: etree._Element


def load_set(path: Path) -> Set:
    """A set of Live's.

    Raises:
        ExportError: it cannot be read, is damaged, or is no set of Live 10, 11 or 12.
    """
    source = str(path)
    tree = parse_xml(gunzip(read_bytes(path), source), source)
    root = tree.getroot()
    live_set = root.find("LiveSet")
    if root.tag != "Ableton" or live_set is None or live_set.find("Tracks") is None:
        raise ExportError(f"{source} holds no Live set; give an .als file")
    main = live_set.find("MainTrack")
    main = main if main is not None else live_set.find("MasterTrack")
    if main is None:
        raise ExportError(f"{source} has no master track; save it again in Live")
    tracks: dict[str, etree._Element] = {}
    for element in live_set.iterfind("Tracks/*"):
        if element.tag not in TRACK_TAGS:
            continue
        key = element.get("Id", "")
        if key in tracks:
            raise ExportError(f"{source}: two tracks have the Id {key!r}; save the set again in Live")
        tracks[key] = element
        if len(tracks) > MAX_TRACKS:
            raise ExportError(f"{source} has more than {MAX_TRACKS} tracks; give a set with fewer")
    return Set(path, root, live_set, tracks, main)


def value(element: etree._Element, path: str, default: str = "") -> str:
    """The Value of an element inside another."""
    found = element.find(path)
    return found.get("Value", default) if found is not None else default


def track_name(track: etree._Element) -> str:
    """What Live shows as the track's name."""
    return value(track, "Name/EffectiveName") or value(track, "Name/UserName")


def track_note(track: etree._Element) -> Note | None:
    """What mixbridge keeps of a track that it wrote, None for any other."""
    return read_note(value(track, "Name/Annotation"))


def devices_of(track: etree._Element) -> etree._Element | None:
    """The list of a track's devices."""
    return track.find("DeviceChain/DeviceChain/Devices")


def pairs_of(loaded: Set) -> dict[str, tuple[str, str]]:
    """The tracks of the left and the right file of every pair that stands as we wrote it, by the Id of their group."""
    inside: dict[str, list[str]] = {}
    for key, track in loaded.tracks.items():
        inside.setdefault(value(track, "TrackGroupId", "-1"), []).append(key)
    pairs = {}
    for key, track in loaded.tracks.items():
        note, sides = track_note(track), inside.get(key, [])
        if track.tag != "GroupTrack" or note is None or note.kind != "track" or len(sides) != 2:
            continue
        notes = [track_note(loaded.tracks[side]) for side in sides]
        if all(one is not None and (one.kind, one.id) == ("side", note.id) for one in notes):
            pairs[key] = (sides[0], sides[1])
    return pairs


def outputs(loaded: Set) -> dict[str, str]:
    """The group that each track sounds through by its Id, "" for the master; every chain of groups has an end.

    A track in a group may be routed past it.

    Raises:
        ExportError: groups lie inside each other in a circle.
    """
    groups = {key for key, track in loaded.tracks.items() if track.tag == "GroupTrack"}
    around, found = {}, {}
    for key, track in loaded.tracks.items():
        group = value(track, "TrackGroupId", "-1")
        around[key] = group if group in groups else ""
        target = value(track, "DeviceChain/AudioOutputRouting/Target")
        past = target in MAIN_TARGETS or target.startswith("AudioOut/Track.")
        found[key] = _bus(loaded, track) if past else around[key]
    for way in (around, found):
        _refuse_circles(way, loaded.path)
    return found


def _refuse_circles(way: dict[str, str], path: Path) -> None:
    settled: set[str] = set()
    for key in way:
        chain: dict[str, None] = {}
        while key and key not in settled:
            if key in chain:
                raise ExportError(f"{path}: the groups of track {key} lie in a circle; the set is damaged")
            chain[key] = None
            key = way.get(key, "")
        settled.update(chain)


def _bus(loaded: Set, track: etree._Element) -> str:
    """The bus of ours that a track is routed to, "" where there is none."""
    target = value(track, "DeviceChain/AudioOutputRouting/Target")
    key = target.removeprefix("AudioOut/Track.").removesuffix("/TrackIn")
    if key == target or key not in loaded.tracks:
        return ""
    note = track_note(loaded.tracks[key])
    return key if note is not None and note.kind == "group" else ""


def arranged(track: etree._Element, tag: str) -> Iterator[etree._Element]:
    """The clips of a track in the arrangement."""
    yield from track.iterfind(f"DeviceChain/MainSequencer/Sample/ArrangerAutomation/Events/{tag}")
    yield from track.iterfind(f"DeviceChain/MainSequencer/ClipTimeable/ArrangerAutomation/Events/{tag}")
