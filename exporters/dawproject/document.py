"""The project.xml of a plan: structure, mixer, devices, arrangement, tempo and markers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import PurePosixPath

from lxml import etree

from console.mix import Mix, TrackStrip
from console.mix.values import MASTER
from exporters.dawproject.devices import bus_devices, master_devices, track_devices
from exporters.dawproject.elements import MARK, Ids, clip, element, pan, switch, volume
from exporters.dawproject.plan import Clip, Level, Line, Plan
from exporters.dawproject.units import FADER, FADER_END_DB, Element, number, seconds
from exporters.moves import to_points
from exporters.project import Marker, Tempo

DEFAULT_TEMPO = Tempo(0.0, 120.0)


@dataclass(slots=True)
class _Builder:
    """The ids that elements refer to each other by: channels by strip, and what stands for a track in the notes."""

    inside: bool
    ids: Ids = field(default_factory=Ids)
    channels: dict[str, str] = field(default_factory=dict)
    notes: dict[str, dict[str, object]] = field(default_factory=dict)


def project_document(
    plan: Plan, mix: Mix, tempo: Sequence[Tempo], markers: Sequence[Marker]
) -> tuple[bytes, dict[str, dict[str, object]]]:
    """The project.xml, and what it does not tell of each track by the track's id: kind, strip, channels, start."""
    build = _Builder(bool(plan.entries))
    root = element(None, "Project", version="1.0")
    element(root, "Application", name="mixbridge", version=_version())
    tempo = tuple(tempo) or (DEFAULT_TEMPO,)
    transport = element(root, "Transport")
    tempo_id = build.ids.next()
    element(transport, "Tempo", unit="bpm", value=number(tempo[0].bpm), id=tempo_id, name="Tempo")
    signature_id = build.ids.next()
    element(
        transport,
        "TimeSignature",
        denominator=tempo[0].beat_unit,
        numerator=tempo[0].beats,
        id=signature_id,
    )
    structure = element(root, "Structure")
    build.channels[MASTER] = build.ids.next()
    for line in plan.walk():
        if line.kind in ("group", "fx"):
            build.channels[line.id] = build.ids.next()
    arrangement = element(None, "Arrangement", id=build.ids.next())
    lanes = element(arrangement, "Lanes", timeUnit="seconds", id=build.ids.next())
    for line in plan.lines:
        _track(structure, lanes, line, build.channels[MASTER], build)
    _master(structure, plan, mix, build)
    _add_markers(arrangement, markers, build)
    _add_tempo(arrangement, tempo, tempo_id, signature_id, build)
    root.append(arrangement)
    element(root, "Scenes")
    etree.indent(root)
    return to_bytes(root), build.notes


def to_bytes(root: Element) -> bytes:
    """A document as bytes, with its declaration."""
    text: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return text + b"\n"


def _version() -> str:
    try:
        return metadata.version("mixbridge")
    except metadata.PackageNotFoundError:
        return "0"


def _track(parent: Element, lanes: Element, line: Line, destination: str, build: _Builder) -> None:
    """A track with its channel, and those nested in it."""
    track_id = build.ids.next()
    folder = bool(line.inside) or line.kind == "group"
    track = element(
        parent,
        "Track",
        contentType="tracks" if folder else "audio",
        loaded=True,
        id=track_id,
        name=line.name,
    )
    own = build.channels.get(line.id) if line.kind in ("group", "fx") else None
    channel = element(
        track,
        "Channel",
        audioChannels=1 if _channels(line) == 1 else 2,
        destination=destination,
        role={"fx": "effect", "group": "submix"}.get(line.kind, "submix" if folder else "regular"),
        solo=False,
        id=own or build.ids.next(),
    )
    volume_id = fill_channel(channel, line, build.ids, build.channels)
    build.notes[track_id] = {
        "kind": line.kind,
        "id": line.id,
        "channels": _channels(line),
        "start_samples": line.source.start_samples if line.source else 0,
    }
    if line.delay_samples:
        build.notes[track_id]["delay_samples"] = line.delay_samples
    if line.clips:
        build.notes[track_id]["file"] = PurePosixPath(line.clips[0].path).name
    _lanes(lanes, line, track_id, volume_id, build)
    for inner in line.inside:
        _track(track, lanes, inner, channel.get("id"), build)


def _channels(line: Line) -> int:
    if line.kind == "side":
        return 1
    return line.source.channels if line.source else 2


def fill_channel(channel: Element, line: Line, ids: Ids, channels: Mapping[str, str]) -> str:
    """Give a channel its devices, mute, pan, sends and fader; the id of the fader."""
    strip = line.strip
    if isinstance(strip, TrackStrip):
        devices = track_devices(strip, _channels(line), line.level.over_db, ids)
    else:
        devices = bus_devices(strip, line.level.over_db, ids) if strip is not None else []
    element(channel, "Devices").extend(devices)
    # A return whose effect no DAW loads would pass its sends on dry.
    switch(channel, "Mute", line.kind == "fx" or (isinstance(strip, TrackStrip) and strip.muted), ids)
    pan(channel, strip.pan if isinstance(strip, TrackStrip) else line.pan, ids)
    if isinstance(strip, TrackStrip) and strip.sends:
        add_sends(element(channel, "Sends"), strip, ids, channels)
    return str(volume(channel, line.level.fader_db, ids).get("id"))


def add_sends(sends: Element, strip: TrackStrip, ids: Ids, channels: Mapping[str, str]) -> None:
    """The sends of a track after its fader, to the channels of the buses, marked as ours."""
    for bus, level_db in sorted(strip.sends.items()):
        send = element(
            sends, "Send", destination=channels[bus], type="post", id=ids.next(), name=f"{MARK} {bus}"
        )
        switch(send, "Enable", True, ids)
        volume(send, min(level_db, FADER_END_DB), ids)


def _lanes(parent: Element, line: Line, track_id: str, volume_id: str, build: _Builder) -> None:
    lanes = element(parent, "Lanes", track=track_id, id=build.ids.next())
    if line.clips:
        clips = element(lanes, "Clips", id=build.ids.next())
        for one in line.clips:
            _clip(clips, one, build)
    add_moves(lanes, line.level, volume_id, build.ids)


def add_moves(lanes: Element, level: Level, volume_id: str, ids: Ids) -> None:
    """The moves of a fader, a point every half decibel, joined by lines in amplitude."""
    if not level.moves:
        return
    points = element(lanes, "Points", unit=FADER.unit, id=ids.next(), name=f"{MARK} fader")
    element(points, "Target", parameter=volume_id)
    for time_s, gain in to_points(level.moves):
        element(points, "RealPoint", time=seconds(time_s), value=number(gain), interpolation="linear")


def _clip(parent: Element, one: Clip, build: _Builder) -> None:
    inner = clip(
        parent,
        build.ids,
        name=one.file.path.name,
        time_s=one.position_s,
        duration_s=one.length_s,
        play_start_s=one.offset_s,
    )
    audio = element(
        inner,
        "Audio",
        channels=one.file.channels,
        duration=seconds(one.file.frames / one.file.sample_rate_hz),
        sampleRate=one.file.sample_rate_hz,
        timeUnit="seconds",
        id=build.ids.next(),
    )
    element(audio, "File", path=one.path, external=None if build.inside else True)


def _master(structure: Element, plan: Plan, mix: Mix, build: _Builder) -> None:
    track_id = build.ids.next()
    track = element(structure, "Track", contentType="audio notes", loaded=True, id=track_id, name="Master")
    channel = element(track, "Channel", audioChannels=2, role="master", solo=False, id=build.channels[MASTER])
    element(channel, "Devices").extend(master_devices(mix.master, plan.master.over_db, build.ids))
    switch(channel, "Mute", False, build.ids)
    pan(channel, 0.0, build.ids)
    volume(channel, plan.master.fader_db, build.ids)
    build.notes[track_id] = {"kind": MASTER, "id": MASTER, "channels": 2, "start_samples": 0}


def _add_markers(arrangement: Element, markers: Sequence[Marker], build: _Builder) -> None:
    if markers:
        line = element(arrangement, "Markers", timeUnit="seconds", id=build.ids.next())
        for marker in markers:
            element(line, "Marker", time=seconds(marker.position_s), name=marker.name)


def _add_tempo(
    arrangement: Element, tempo: Sequence[Tempo], tempo_id: str, signature_id: str, build: _Builder
) -> None:
    """Changes of tempo and signature; the first of each is the transport's."""
    if len(tempo) < 2:
        return
    line = element(arrangement, "TempoAutomation", timeUnit="seconds", unit="bpm", id=build.ids.next())
    element(line, "Target", parameter=tempo_id)
    for one in tempo:
        element(line, "RealPoint", time=seconds(one.position_s), value=number(one.bpm), interpolation="hold")
    line = element(arrangement, "TimeSignatureAutomation", timeUnit="seconds", id=build.ids.next())
    element(line, "Target", parameter=signature_id)
    for one in tempo:
        element(
            line,
            "TimeSignaturePoint",
            time=seconds(one.position_s),
            numerator=one.beats,
            denominator=one.beat_unit,
        )
