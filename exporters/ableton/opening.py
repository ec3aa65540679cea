"""Opens any set of Live's as a project: tracks, clips, groups, returns, tempo, locators."""

from pathlib import Path

from lxml import etree

from console.mix.values import MASTER
from console.units import gain_to_db
from exporters.ableton.device import OUR_NAME, TITLES
from exporters.ableton.load import (
    Set,
    arranged,
    devices_of,
    load_set,
    outputs,
    pairs_of,
    track_name,
    track_note,
    value,
)
from exporters.ableton.notes import read_set_note
from exporters.ableton.readchain import finite
from exporters.ableton.samples import file_path
from exporters.ableton.schema import schema_of
from exporters.ableton.tempo import TempoMap, tempo_map, tempos
from exporters.project import Fade, Item, Marker, Project, ProjectTrack, TrackKind
from exporters.sides import is_pair, with_pairs

#: A fade up to this long only keeps a clip from clicking, whichever unit it counts in.
_DECLICK = 0.02

_KINDS = {"GroupTrack": TrackKind.GROUP, "ReturnTrack": TrackKind.RETURN}


def open_project(path: Path) -> Project:
    """A set of Live 10, 11 or 12 as tracks and items; a track's key is its Id.

    Only the arrangement counts. Clips that are warped, transposed or enveloped, tracks with MIDI, frozen ones, and
    those with clips in the session view alone have a `problem`.

    Raises:
        ExportError: the file cannot be read, is damaged, or is no set of these.
    """
    loaded = load_set(path)
    schema_of(loaded.root, str(path))
    clock = tempo_map(loaded.main, str(path))
    to = outputs(loaded)
    found = [_track(loaded, key, element, to[key] or MASTER, clock) for key, element in loaded.tracks.items()]
    by_key = {track.key: track for track in found}
    pairs = {
        key: sides for key, sides in pairs_of(loaded).items() if is_pair([by_key[side] for side in sides])
    }
    return Project(
        path=path,
        format="ableton",
        tracks=with_pairs(found, pairs),
        sample_rate_hz=read_set_note(value(loaded.live_set, "Annotation")),
        tempo=tempos(clock, loaded.main),
        markers=_markers(loaded, clock),
    )


def _markers(loaded: Set, clock: TempoMap) -> tuple[Marker, ...]:
    """The locators in order of time."""
    markers = [
        Marker(
            clock.seconds_at(finite(value(locator, "Time"), f"{loaded.path}: a locator")),
            value(locator, "Name"),
        )
        for locator in loaded.live_set.iterfind("Locators/Locators/Locator")
    ]
    return tuple(sorted(markers, key=lambda marker: marker.position_s))


def _track(loaded: Set, key: str, element: etree._Element, output: str, clock: TempoMap) -> ProjectTrack:
    note = track_note(element)
    return ProjectTrack(
        key=key,
        name=track_name(element),
        kind=_kind(element),
        items=tuple(_item(loaded.path, clip, clock) for clip in arranged(element, "AudioClip")),
        output=output,
        muted=value(element, "DeviceChain/Mixer/Speaker/Manual") == "false",
        soloed=value(element, "DeviceChain/Mixer/SoloSink") == "true",
        plugins=_plugins(element),
        problem=_problem(element),
        channels=note.channels if note is not None else 0,
        ours=note is not None and note.kind in ("group", "fx"),
    )


def _kind(track: etree._Element) -> TrackKind:
    """A group track, a return, or a bus track that a patch has added; all else plays clips."""
    note = track_note(track)
    if track.tag == "AudioTrack" and note is not None and note.kind == "group":
        return TrackKind.GROUP
    return _KINDS.get(str(track.tag), TrackKind.AUDIO)


def _plugins(track: etree._Element) -> tuple[str, ...]:
    """The names of the user's devices, ours left out."""
    devices = devices_of(track)
    names = []
    for device in devices if devices is not None else ():
        if not isinstance(device.tag, str):
            continue
        given = value(device, "UserName")
        if given.startswith(f"{OUR_NAME} "):
            continue
        plugin = next(device.iterfind("PluginDesc/*/PlugName"), None)
        plugin = plugin if plugin is not None else next(device.iterfind("PluginDesc/*/Name"), None)
        title = plugin.get("Value", "") if plugin is not None else TITLES.get(device.tag, device.tag)
        names.append(given or title or device.tag)
    return tuple(names)


def _problem(track: etree._Element) -> str:
    if value(track, "Freeze") == "true":
        return "is frozen: unfreeze it, or flatten it in Live first"
    if track.tag == "MidiTrack":
        session = track.find("DeviceChain/MainSequencer/ClipSlotList//MidiClip")
        played = next(arranged(track, "MidiClip"), session)
        return "holds MIDI: render it first" if played is not None else ""
    if track.tag == "AudioTrack" and next(arranged(track, "AudioClip"), None) is None:
        if track.find("DeviceChain/MainSequencer/ClipSlotList//AudioClip") is not None:
            return "has clips in the session view only: record them into the arrangement first"
    return ""


def _item(path: Path, clip: etree._Element, clock: TempoMap) -> Item:
    def number(name: str, default: str = "0") -> float:
        return finite(value(clip, name, default), f"{path}: {name} of a clip")

    start = clock.seconds_at(number("CurrentStart", clip.get("Time", "0")))
    end = clock.seconds_at(number("CurrentEnd"))
    warped = value(clip, "IsWarped") != "false"
    offset_s, length_s = 0.0, max(end - start, 0.0)
    if not warped:
        # What is not warped counts its content in seconds of the file.
        offset_s = number("Loop/LoopStart") + number("Loop/StartRelative")
        content_s = number("Loop/LoopEnd") - offset_s
        length_s = min(length_s, content_s) if content_s > 0.0 else length_s
    reference = clip.find("SampleRef/FileRef")
    fades = [number("Fades/FadeInLength"), number("Fades/FadeOutLength")]
    if value(clip, "Fade") == "false":
        fades = [0.0, 0.0]
    return Item(
        name=value(clip, "Name"),
        file=file_path(reference, path.parent) if reference is not None else None,
        position_s=start,
        length_s=length_s,
        offset_s=max(offset_s, 0.0),
        gain_db=gain_to_db(number("SampleVolume", "1")),
        fade_in=Fade(max(fades[0], 0.0)),
        fade_out=Fade(max(fades[1], 0.0)),
        muted=value(clip, "Disabled") == "true",
        problem=_clip_problem(clip, warped, max(fades), number("PitchCoarse") or number("PitchFine")),
    )


def _clip_problem(clip: etree._Element, warped: bool, fade: float, pitch: float) -> str:
    if warped:
        return "is warped: switch Warp off, or render it first"
    if pitch:
        return "is transposed: render it first"
    if clip.find("Envelopes/Envelopes/ClipEnvelope") is not None:
        return "has clip envelopes: render it first"
    if fade > _DECLICK:
        return "has fades, whose unit in Live's format is not known: render it first"
    return ""
