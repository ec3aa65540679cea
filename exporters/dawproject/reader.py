"""Reads a DAWproject, our own or any DAW's, back into a Mix."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from console.errors import ExportError
from console.mix import Automation, Bus, BusKind, Delay, FrozenMap, Input, Master, Mix, Reverb, TrackStrip
from console.mix.values import MASTER, SAMPLE_RATES_HZ
from exporters.dawproject.marks import is_idle
from exporters.dawproject.moves import Moves, read_moves
from exporters.dawproject.notes import NOTES_ENTRY, PROJECT_ENTRY, Note, noted, read_notes
from exporters.dawproject.readdevices import Modules, read_devices
from exporters.dawproject.structure import Strip, Structure, project_root, read_structure
from exporters.dawproject.units import FADER, PAN, Element, as_number, switch_of, value_of
from exporters.moves import Points
from exporters.neat import held, neat_db
from exporters.project import TrackKind
from exporters.unpack import open_zip, parse_xml, read_entry

_DEFAULT_RATE_HZ = 48_000


_KINDS = {TrackKind.AUDIO: "track", TrackKind.GROUP: "group", TrackKind.RETURN: "fx"}


def read_project(path: Path) -> Mix:
    """The Mix that a project holds: strips, groups, returns, master, and the standard's own devices.

    Of a foreign project names are the ids (a number behind one that comes twice), a group in a group sounds
    through the master, and a return has a reverb at its defaults, or a delay where its devices speak of one:
    what makes its sound is a plugin that only the DAW knows. Plugins are left out.

    Raises:
        ExportError: the file cannot be read, is damaged or is no DAWproject.
    """
    with open_zip(path) as archive:
        root = project_root(parse_xml(read_entry(archive, PROJECT_ENTRY), str(path)), str(path))
        notes = read_notes(archive, path)
    structure = read_structure(root, str(path))
    rate_hz = _sample_rate(notes, root)
    who = _who(structure, notes.get("tracks", {}))
    moves = read_moves(root)
    clips = _first_clips(root)
    for key, note in who.items():
        if note.kind == "side":
            clips.setdefault(structure.strips[key].parent, []).extend(clips.get(key, []))
    buses = {key: note for key, note in who.items() if note.kind in ("group", "fx")}
    return Mix(
        sample_rate_hz=rate_hz,
        tracks=tuple(
            _track(structure, key, who, moves, clips, rate_hz)
            for key, note in who.items()
            if note.kind == "track"
        ),
        buses=tuple(_bus(structure, structure.strips[key], note) for key, note in buses.items()),
        master=_master(structure),
    )


def _sample_rate(notes: Mapping[str, Any], root: Element) -> int:
    low_hz, high_hz = SAMPLE_RATES_HZ
    audio = next(root.iter("Audio"), None)
    said = [notes.get("sample_rate_hz"), None if audio is None else as_number(audio.get("sampleRate"))]
    for rate_hz in said:
        if isinstance(rate_hz, int | float) and low_hz <= rate_hz <= high_hz:
            return int(rate_hz)
    return _DEFAULT_RATE_HZ


def _who(structure: Structure, notes: Mapping[str, Any]) -> dict[str, Note]:
    """What each strip but the master stands for: by our notes, else by its name."""
    taken, numbers = {MASTER}, dict[str, int]()
    found: dict[str, Note] = {}
    ours: set[tuple[bool, str]] = set()
    for key, strip in structure.strips.items():
        note = notes.get(key)
        if strip.kind is None or strip.vca or is_idle(strip.track):
            continue
        if isinstance(note, dict):
            found[key] = noted(note)
            known = (found[key].kind in ("group", "fx"), found[key].id)
            if found[key].kind != "side" and known in ours:
                raise ExportError(f"{NOTES_ENTRY} speaks of {note['id']!r} twice; export again")
            ours |= {known} if found[key].kind != "side" else set()
            taken.add(found[key].id)
    for key, strip in structure.strips.items():
        if strip.kind is not None and not strip.vca and key not in found and not is_idle(strip.track):
            base = name = strip.name or key
            while name in taken:
                numbers[base] = numbers.get(base, 1) + 1
                name = f"{base} {numbers[base]}"
            taken.add(name)
            found[key] = Note(_KINDS[strip.kind], name)
    return {key: found[key] for key in structure.strips if key in found}


@dataclass(frozen=True, slots=True)
class _FirstClip:
    """The first clip of a track: where its file's start lies on the line in seconds, and the file's name."""

    start_s: float
    file: str


def _first_clips(root: Element) -> dict[str, list[_FirstClip]]:
    """The clips that stand right on a track's line in seconds, as ours do, by the track's id."""
    found: dict[str, list[_FirstClip]] = {}
    for lanes in root.iterfind("Arrangement/Lanes/Lanes"):
        for one in lanes.iterfind("Clips/Clip"):
            at, play = as_number(one.get("time")), as_number(one.get("playStart"))
            file = one.find("Audio/File")
            if at is not None and file is not None:
                name = PurePosixPath(file.get("path", "").replace("\\", "/")).name
                found.setdefault(lanes.get("track"), []).append(_FirstClip(at - (play or 0.0), name))
    return found


def _modules(structure: Structure, strip: Strip) -> Modules:
    return read_devices(structure.devices(strip))


def _level_db(strip: Strip, modules: Modules) -> float:
    fader = None if strip.channel is None else strip.channel.find("Volume")
    level_db = value_of(fader, FADER)
    return held("strip.fader_db", neat_db((0.0 if level_db is None else level_db) + modules.output_db))


def _track(
    structure: Structure,
    key: str,
    who: Mapping[str, Note],
    moves: Moves,
    clips: Mapping[str, list[_FirstClip]],
    rate_hz: int,
) -> TrackStrip:
    strip, note = structure.strips[key], who[key]
    modules = _modules(structure, strip)
    channel = strip.channel
    place = value_of(None if channel is None else channel.find("Pan"), PAN)
    own = clips.get(key, [])
    points = _lifted(moves.of(None if channel is None else channel.find("Volume")), modules.output_db)
    delay_ms = 0.0
    if own and note.start_samples is not None:
        delay_ms = (round(own[0].start_s * rate_hz) - note.start_samples) * 1000.0 / rate_hz
    return TrackStrip(
        id=note.id,
        files=tuple(clip.file for clip in own),
        muted=switch_of(None if channel is None else channel.find("Mute"), False),
        input=Input(
            gain_db=held("input.gain_db", modules.input_db),
            invert_polarity=modules.inverted,
            delay_ms=held("input.delay_ms", neat_db(delay_ms)),
        ),
        highpass=modules.highpass,
        lowpass=modules.lowpass,
        gate=modules.gate,
        equalizer=modules.equalizer,
        compressor=modules.compressor,
        width=modules.width,
        pan=0.0 if place is None else held("strip.pan", place),
        fader_db=points[0][1] if points else _level_db(strip, modules),
        sends=_sends(structure, strip, who),
        output=_output(structure, key, who),
        automation=Automation(points),
    )


def _lifted(points: Points, over_db: float) -> Points:
    return tuple((time_s, held("strip.fader_db", neat_db(level_db + over_db))) for time_s, level_db in points)


def _output(structure: Structure, key: str, who: Mapping[str, Note]) -> str:
    note = who.get(structure.outputs[key] or "")
    return note.id if note is not None and note.kind == "group" else MASTER


def _sends(structure: Structure, strip: Strip, who: Mapping[str, Note]) -> FrozenMap[float]:
    sends: dict[str, float] = {}
    for send in () if strip.channel is None else strip.channel.iterfind("Sends/Send"):
        note = who.get(structure.channels.get(send.get("destination"), ""))
        level_db = value_of(send.find("Volume"), FADER)
        if (
            note is not None
            and note.kind == "fx"
            and level_db is not None
            and switch_of(send.find("Enable"), True)
        ):
            sends[note.id] = held("strip.send_db", level_db)
    return FrozenMap(sends)


def _bus(structure: Structure, strip: Strip, note: Note) -> Bus:
    modules = _modules(structure, strip)
    reverb, delay = modules.reverb, modules.delay
    if note.kind == "fx" and reverb is None and delay is None:
        text = " ".join(
            [strip.name, *(str(one.get("deviceName", "")) for one in structure.devices(strip))]
        ).casefold()
        if "delay" in text or "echo" in text:
            delay = Delay()
        else:
            reverb = Reverb()
    return Bus(
        id=note.id,
        kind=BusKind(note.kind),
        reverb=reverb if note.kind == "fx" and delay is None else None,
        delay=delay if note.kind == "fx" else None,
        equalizer=modules.equalizer,
        compressor=modules.compressor,
        fader_db=_level_db(strip, modules),
    )


def _master(structure: Structure) -> Master:
    strip = structure.master
    if strip is None:
        return Master()
    modules = _modules(structure, strip)
    return Master(
        equalizer=modules.equalizer,
        compressor=modules.compressor,
        limiter=modules.limiter,
        fader_db=_level_db(strip, modules),
    )
