"""Opens any DAWproject: its tracks with their items, routing, tempo and markers."""

from collections.abc import Mapping
from pathlib import Path

from console.mix.values import MASTER
from exporters.dawproject.clips import NOTES_PROBLEM, Arrangement
from exporters.dawproject.marks import is_ours
from exporters.dawproject.notes import PROJECT_ENTRY, Note, noted_tracks, read_notes, sample_rate_of
from exporters.dawproject.ownclips import move_clips, pairs_of
from exporters.dawproject.sources import entry_name, extract_audio, extracted_path, outside_path
from exporters.dawproject.structure import Strip, Structure, project_root, read_structure
from exporters.dawproject.tempo import TempoMap, read_tempo
from exporters.dawproject.units import Element, as_number, switch_of
from exporters.project import Item, Marker, Project, ProjectTrack, TrackKind
from exporters.sides import is_pair, with_pairs
from exporters.unpack import open_zip, parse_xml, read_entry

FORMAT = "dawproject"


def open_project(path: Path, *, audio_folder: Path | None = None) -> Project:
    """Any DAWproject: tracks, groups and returns with their items in seconds; nothing of it is changed.

    Args:
        path: the .dawproject.
        audio_folder: where to take out the audio that lies inside the zip, as far as the arrangement plays it; its
            items then name files there. Without it they name `path / entry`, which is no file: hand the project's
            path to `extract_audio`, or open it again with a folder.

    Raises:
        ExportError: the file cannot be read, is damaged or hostile, or its routing goes round in a circle.
    """
    with open_zip(path) as archive:
        root = project_root(parse_xml(read_entry(archive, PROJECT_ENTRY), str(path)), str(path))
        entries = {entry.filename: entry for entry in archive.infolist()}
        told = read_notes(archive, path)
    notes, rate_hz = noted_tracks(told), sample_rate_of(told)
    if rate_hz is not None:
        for key, note in notes.items():
            move_clips(root, key, note, 0, rate_hz)
    structure = read_structure(root, str(path))
    tempo_map, tempo = read_tempo(root)
    wanted: set[str] = set()

    def locate(file: Element) -> Path:
        name = entry_name(file)
        # Some writers forget to say that a file lies outside.
        if name is None or name not in entries:
            return outside_path(file, path.parent)
        wanted.add(name)
        return extracted_path(entries[name], audio_folder) if audio_folder else path / name

    ids = {one.track.get("id"): key for key, one in structure.strips.items() if one.track is not None}
    ids |= structure.channels
    items = Arrangement(root, tempo_map, ids, locate, str(path)).items()
    if audio_folder is not None and wanted:
        extract_audio(path, audio_folder, wanted)
    launched = _launched(root, ids)
    found = {
        key: _track(strip, structure, tuple(items.get(key, ())), notes.get(key), key in launched)
        for key, strip in structure.strips.items()
        if strip.kind is not None
    }
    pairs = {
        key: sides
        for key, sides in pairs_of(structure, notes).items()
        if is_pair([found[side] for side in sides])
    }
    tracks = with_pairs(tuple(found.values()), pairs)
    return Project(path, FORMAT, tracks, rate_hz, tempo, _markers(root, tempo_map))


def _track(
    strip: Strip, structure: Structure, items: tuple[Item, ...], note: Note | None, launched: bool
) -> ProjectTrack:
    channel = strip.channel
    problem = "is a VCA fader, which moves others: set their faders instead" if strip.vca else ""
    if not problem and items and all(item.problem == NOTES_PROBLEM for item in items):
        problem = NOTES_PROBLEM
    if not problem and launched and not items:
        problem = "plays clips of the launcher alone: record them into the arrangement first"
    return ProjectTrack(
        key=strip.key,
        name=strip.name,
        kind=strip.kind or TrackKind.GROUP,
        items=items,
        output=structure.outputs[strip.key] or MASTER,
        muted=switch_of(None if channel is None else channel.find("Mute"), False),
        soloed=channel is not None and channel.get("solo") == "true",
        disabled=strip.track is not None and strip.track.get("loaded") == "false",
        plugins=tuple(plugin_names(structure, strip)),
        problem=problem,
        # The standard has no pan law: a strip's numbers are the same for mono and stereo tracks.
        channels=2 if note is None else note.channels,
        ours=is_bus_of_ours(strip, note),
    )


def is_bus_of_ours(strip: Strip, note: Note | None) -> bool:
    """Whether mixbridge made a group or a return, by its notes or its name."""
    own = note is not None and note.kind in ("group", "fx")
    return own or (strip.track is not None and is_ours(strip.track))


def _launched(root: Element, ids: Mapping[str, str]) -> set[str]:
    """The keys of tracks that have clips in the launcher."""
    found: set[str] = set()
    for slot in root.iterfind("Scenes//ClipSlot"):
        around = (one.get("track") for one in (slot, *slot.iterancestors()))
        owner = next((name for name in around if name is not None), "")
        if slot.find("Clip") is not None and owner in ids:
            found.add(ids[owner])
    return found


def plugin_names(structure: Structure, strip: Strip) -> list[str]:
    """The devices of a strip that are on and not ours, by name."""
    return [
        device.get("deviceName") or device.get("name") or device.tag
        for device in structure.devices(strip)
        if not is_ours(device) and device.get("loaded") != "false" and switch_of(device.find("Enabled"), True)
    ]


def _markers(root: Element, tempo: TempoMap) -> tuple[Marker, ...]:
    found: list[Marker] = []
    line = root.find("Arrangement/Markers")
    arrangement = root.find("Arrangement")
    for marker in () if line is None else line.findall("Marker"):
        place = as_number(marker.get("time"))
        if place is not None:
            unit = line.get("timeUnit") or arrangement.get("timeUnit") or "beats"
            second = place if unit == "seconds" else tempo.to_seconds(place)
            found.append(Marker(second, marker.get("name", "")))
    return tuple(sorted(found, key=lambda marker: marker.position_s))
