"""Reads a set of Live's, ours or not, back into a Mix as far as it holds one."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from lxml import etree

from console.mix import Automation, Bus, BusKind, FrozenMap, Input, Master, Mix, TrackStrip
from console.mix.values import MASTER, SAMPLE_RATES_HZ
from console.units import gain_to_db
from exporters.ableton.levels import LEAST_GAIN, Events, moves_of
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
from exporters.ableton.notes import Note, read_set_note
from exporters.ableton.panlaw import from_live
from exporters.ableton.readchain import Modules, finite, read_chain, seen
from exporters.ableton.samples import file_name
from exporters.ableton.schema import schema_of
from exporters.ableton.tempo import TempoMap, envelope_events, tempo_map
from exporters.ableton.traces import IDLE, read_trace
from exporters.ableton.values import neat_value
from exporters.neat import held, neat_single_db

_FALLBACK_RATE_HZ = 48_000


def read_project(path: Path) -> Mix:
    """The Mix that a set holds: strips, buses and master, each number as Live stores it.

    What mixbridge wrote comes back by its notes. In any other set audio tracks are taken for stereo, groups for
    group buses (the innermost counts), returns with Live's Reverb or Delay for FX buses, and of the devices those
    are read that the console has modules for. What Live has no place for (roles, reasons, locks, gates) is at its
    default. The order is the set's.

    Raises:
        ExportError: the file cannot be read, is damaged or is no set of Live 10, 11 or 12.
    """
    loaded = load_set(path)
    schema_of(loaded.root, str(path))
    clock = tempo_map(loaded.main, str(path))
    to = outputs(loaded)
    kinds = _kinds(loaded, to)
    chains = {key: _chain(track) for key, track in loaded.tracks.items() if kinds[key].kind != "side"}
    buses = {
        key: note
        for key, note in kinds.items()
        if note.kind == "group" or (note.kind == "fx" and _has_effect(chains[key]))
    }
    names = _unique([note.id for note in buses.values()], taken=(MASTER,))
    bus_ids = dict(zip(buses, names, strict=True))
    strips = [key for key, note in kinds.items() if note.kind == "track"]
    strip_ids = dict(zip(strips, _unique([kinds[key].id for key in strips]), strict=True))
    sends_to = [bus_ids.get(key, "") for key, track in loaded.tracks.items() if track.tag == "ReturnTrack"]
    files = _files(loaded, kinds, to)
    return Mix(
        sample_rate_hz=_rate(loaded),
        tracks=tuple(
            _strip(
                loaded.tracks[key],
                strip_ids[key],
                kinds[key].channels,
                chains[key],
                sends_to,
                _output(key, to, bus_ids),
                files[key],
                clock,
            )
            for key in strips
        ),
        buses=tuple(_bus(loaded.tracks[key], bus_ids[key], buses[key].kind, chains[key]) for key in buses),
        master=_master(loaded.main),
    )


def _kinds(loaded: Set, to: dict[str, str]) -> dict[str, Note]:
    """What every track is. The sides of a pair that stands no more as we wrote it are tracks, their pair a group."""
    kinds = {key: _note(key, track) for key, track in loaded.tracks.items()}
    whole = {side for pair in pairs_of(loaded).values() for side in pair}
    for key, track in loaded.tracks.items():
        if IDLE in read_trace(track):
            kinds[key] = Note(IDLE, 2, kinds[key].id)
        elif kinds[key].kind == "side" and key not in whole:
            kinds[key] = Note("track", kinds[key].channels, track_name(track) or key)
            if to[key]:
                kinds[to[key]] = Note("group", 2, kinds[to[key]].id)
    return kinds


def _note(key: str, track: etree._Element) -> Note:
    """What a track is: by our note, else by its element."""
    note = track_note(track)
    if note is not None:
        return note
    name = track_name(track) or key
    kind = {"GroupTrack": "group", "ReturnTrack": "fx"}.get(str(track.tag), "track")
    return Note(kind, 2, name)


def _chain(track: etree._Element) -> Modules:
    devices = devices_of(track)
    known = (seen(device) for device in (devices if devices is not None else ()))
    return read_chain(device for device in known if device is not None)


def _has_effect(modules: Modules) -> bool:
    return modules.reverb is not None or modules.delay is not None


def _unique(names: Iterable[str], taken: Iterable[str] = ()) -> list[str]:
    """The names, those that stand more than once numbered."""
    used = set(taken)
    counts: Counter[str] = Counter()
    result = []
    for name in names:
        candidate = name
        while candidate in used:
            counts[name] += 1
            candidate = f"{name} ({counts[name] + 1})"
        used.add(candidate)
        result.append(candidate)
    return result


def _files(loaded: Set, kinds: dict[str, Note], to: dict[str, str]) -> dict[str, list[etree._Element]]:
    """The clips of every strip; those of a side are its pair's."""
    clips: dict[str, list[etree._Element]] = {key: [] for key in loaded.tracks}
    for key, track in loaded.tracks.items():
        home = to[key] if kinds[key].kind == "side" and to[key] else key
        clips[home] += arranged(track, "AudioClip")
    return clips


def _output(key: str, to: dict[str, str], bus_ids: dict[str, str]) -> str:
    """The nearest group bus around a track."""
    key = to[key]
    while key and key not in bus_ids:
        key = to[key]
    return bus_ids[key] if key else MASTER


def _rate(loaded: Set) -> int:
    rate = read_set_note(value(loaded.live_set, "Annotation"))
    if rate is None:
        clip = loaded.live_set.find(".//SampleRef/DefaultSampleRate")
        text = clip.get("Value", "") if clip is not None else ""
        rate = int(text) if text.isdecimal() and len(text) < 8 else _FALLBACK_RATE_HZ
    low, high = SAMPLE_RATES_HZ
    return rate if low <= rate <= high else _FALLBACK_RATE_HZ


def _strip(
    track: etree._Element,
    name: str,
    channels: int,
    modules: Modules,
    sends_to: list[str],
    output: str,
    clips: list[etree._Element],
    clock: TempoMap,
) -> TrackStrip:
    mixer = track.find("DeviceChain/Mixer")
    pan = _knob(mixer, "Pan", "0")
    events = tuple(
        (finite(event.get("Time", ""), "an event's time"), finite(event.get("Value", ""), "an event"))
        for event in envelope_events(track, mixer.find("Volume") if mixer is not None else None)
    )
    # A pair's delay is on the tracks of its sides: a group has none.
    sounding = _track_of(clips[0]) if clips and track.tag == "GroupTrack" else track
    delay = value(sounding, "TrackDelay/Value", "0")
    return read_strip(
        name,
        channels=channels,
        volume=_knob(mixer, "Volume", "1"),
        events=in_seconds(events, clock),
        pan=pan,
        delay_ms=finite(delay, "a track's delay"),
        muted=value(track, "DeviceChain/Mixer/Speaker/Manual") == "false",
        modules=modules,
        sends=_sends(mixer, sends_to),
        output=output,
        files=tuple(_clip_file(clip) for clip in clips),
    )


def read_strip(
    name: str,
    *,
    channels: int,
    volume: float,
    events: Events,
    pan: float,
    delay_ms: float,
    muted: bool,
    modules: Modules,
    sends: dict[str, float],
    output: str,
    files: tuple[str, ...],
) -> TrackStrip:
    """A strip from what Live stores; `events` are (seconds, gain), `sends` gains by the bus's id."""
    panning = from_live(min(max(pan, -1.0), 1.0), channels)
    moves = tuple(
        (time_s, held("strip.fader_db", level_db))
        for time_s, level_db in moves_of(events, panning.gain, modules.level_db)
        if time_s >= 0.0
    )
    level_db = neat_single_db(gain_to_db(volume) - gain_to_db(panning.gain) + modules.level_db)
    return TrackStrip(
        id=name,
        files=files,
        muted=muted,
        input=Input(modules.gain_db, modules.invert_polarity, held("input.delay_ms", neat_value(delay_ms))),
        highpass=modules.highpass,
        lowpass=modules.lowpass,
        equalizer=modules.equalizer,
        compressor=modules.compressor,
        width=modules.width if channels == 2 else 1.0,
        pan=held("strip.pan", round(panning.pan, 6) + 0.0),
        fader_db=moves[0][1] if moves else held("strip.fader_db", level_db),
        sends=FrozenMap(
            {bus: held("strip.send_db", neat_single_db(gain_to_db(gain))) for bus, gain in sends.items()}
        ),
        output=output,
        automation=Automation(moves),
    )


def read_bus(name: str, kind: str, volume: float, modules: Modules) -> Bus:
    """A bus from what Live stores."""
    return Bus(
        id=name,
        kind=BusKind(kind),
        reverb=modules.reverb if kind == "fx" else None,
        delay=modules.delay if kind == "fx" and modules.reverb is None else None,
        equalizer=modules.equalizer,
        compressor=modules.compressor,
        fader_db=held("strip.fader_db", neat_single_db(gain_to_db(volume) + modules.level_db)),
    )


def read_master(volume: float, modules: Modules) -> Master:
    """The master from what Live stores."""
    return Master(
        equalizer=modules.equalizer,
        compressor=modules.compressor,
        limiter=modules.limiter,
        fader_db=held("strip.fader_db", neat_single_db(gain_to_db(volume) + modules.level_db)),
    )


def in_seconds(events: Events, clock: TempoMap) -> Events:
    """Events of (beats, gain) as (seconds, gain); the one before the song gives way to the next at its beginning."""
    if len(events) > 1 and events[0][0] < 0.0:
        events = events[1:]
    return tuple((max(clock.seconds_at(place), 0.0), gain) for place, gain in events)


def _bus(track: etree._Element, name: str, kind: str, modules: Modules) -> Bus:
    return read_bus(name, kind, _knob(track.find("DeviceChain/Mixer"), "Volume", "1"), modules)


def _master(main: etree._Element) -> Master:
    return read_master(_knob(main.find("DeviceChain/Mixer"), "Volume", "1"), _chain(main))


def _sends(mixer: etree._Element | None, sends_to: list[str]) -> dict[str, float]:
    """The gains of the sends that are not at their end, by the receiving bus."""
    holders = mixer.findall("Sends/TrackSendHolder") if mixer is not None else []
    levels = {}
    for bus, holder in reversed(list(zip(reversed(sends_to), reversed(holders), strict=False))):
        gain = finite(value(holder, "Send/Manual", "0"), "a send")
        if bus and gain > LEAST_GAIN:
            levels[bus] = gain
    return levels


def _knob(mixer: etree._Element | None, name: str, default: str) -> float:
    text = value(mixer, f"{name}/Manual", default) if mixer is not None else default
    return finite(text, name)


def _clip_file(clip: etree._Element) -> str:
    reference = clip.find("SampleRef/FileRef")
    return file_name(reference) if reference is not None else ""


def _track_of(clip: etree._Element) -> etree._Element:
    """The track that a clip lies on."""
    for above in clip.iterancestors("AudioTrack"):
        return above
    return clip
