"""The XML of a set from a plan."""

from collections.abc import Mapping
from pathlib import Path

from exporters.ableton.device import Device, device_xml
from exporters.ableton.levels import BEATS_PER_SECOND, BEGINNING_BEATS, LEAST_GAIN, TEMPO_BPM, Events
from exporters.ableton.notes import Note, set_note
from exporters.ableton.outline import Ids, Value, outline, render
from exporters.ableton.plan import Clip, Plan, Track
from exporters.ableton.samples import file_values
from exporters.ableton.schema import Schema
from exporters.ableton.traces import trace_text
from exporters.ableton.values import attribute, beats, number

#: Depth of the tracks and of the master in a set.
_TRACK_DEPTH, _MAIN_DEPTH = 3, 2

#: Live's number for a time signature of 4/4.
_FOUR_FOUR = 201

_LETTERS = "ABCDEFGHIJKL"


def set_document(plan: Plan, sample_rate_hz: int, folder: Path, schema: Schema) -> bytes:
    """The whole set, for a file in `folder`."""
    ids = Ids(1)
    numbers = [ids.take() for _ in plan.tracks]
    tracks = list(plan.tracks)
    texts = [
        track_xml(track, numbers[index], numbers, plan.returns, folder, schema, ids)
        for index, track in enumerate(tracks)
    ]
    if not any(track.kind in ("track", "side") and not track.opens for track in tracks):
        # Live opens no set without a track that plays.
        spare = Track("spare", "", "Audio")
        texts.insert(0, track_xml(spare, ids.take(), numbers, plan.returns, folder, schema, ids))
    main = _main_xml(plan, schema, ids)
    prehear = _prehear_xml(schema, ids)
    sends_pre = "".join(
        f'\t\t\t<SendPreBool Id="{index}" Value="false" />\n' for index in range(len(plan.returns))
    )
    body = render(
        outline("set", schema, 1),
        {"next_id": ids.next, "note": set_note(sample_rate_hz)},
        ids,
        {"tracks": "".join(texts), "main": main, "prehear": prehear, "sends_pre": sends_pre},
    )
    return f"{schema.header}{body}</Ableton>\n".encode()


def track_xml(
    track: Track,
    number_: int,
    numbers: list[int],
    returns: tuple[Track, ...],
    folder: Path,
    schema: Schema,
    ids: Ids,
) -> str:
    """A track's element. `numbers` are the Ids of the plan's tracks, by index."""
    section = _section(track)
    form = outline(section, schema, _TRACK_DEPTH)
    values: dict[str, Value] = {
        "id": number_,
        "effective_name": _shown_name(track, returns),
        "name": track.name,
        "note": _note(track),
        "delay_ms": track.delay_ms,
        "DeviceChain/Mixer/Speaker": not track.muted,
        "DeviceChain/Mixer/Pan": track.pan,
        "DeviceChain/Mixer/Volume": track.volume,
        "monitoring": 2,
    }
    values |= _routing(section, schema, grouped=track.group is not None)
    if track.group is not None:
        values["group"] = numbers[track.group]
    levels = dict(track.sends)
    sends = "".join(
        render(
            outline("send", schema, form.depths["sends"]),
            {"id": index, "Send": levels.get(bus.id, LEAST_GAIN), "active": section != "return"},
            ids,
        )
        for index, bus in enumerate(returns)
    )
    targets: dict[str, int] = {}
    inserts = {
        "sends": sends,
        "devices": devices_xml(track.devices, schema, form.depths["devices"], ids),
        "envelopes": _PLACE,
    }
    if "clips" in form.depths:
        depth = form.depths["clips"]
        inserts["clips"] = "".join(
            clip_xml(clip, index, folder, schema, depth, ids) for index, clip in enumerate(track.clips)
        )
    if not track.events:
        del inserts["envelopes"]
    text = render(form, values, ids, inserts, targets)
    if track.events:
        envelope = envelope_xml(0, targets["Volume"], track.events, schema, form.depths["envelopes"], ids)
        text = text.replace(_PLACE, envelope, 1)
    return text


def _note(track: Track) -> str:
    """What the track is, and what of it is to be taken back where the set is mixed again."""
    text = Note(track.kind, track.channels, track.id).text()
    trace = {"delay": "0"} if track.delay_ms else {}
    trace |= {"moves": "1"} if track.events else {}
    return f"{text} {trace_text(trace)}" if trace else text


#: Stands where an envelope comes once the identifier that it names is known.
_PLACE = "\x00"


def devices_xml(devices: tuple[Device, ...], schema: Schema, depth: int, ids: Ids, first: int = 0) -> str:
    """The devices of a chain."""
    return "".join(
        device_xml(device, schema, depth, ids, number) for number, device in enumerate(devices, first)
    )


def envelope_xml(
    number_: int, target: int, events: Events, schema: Schema, depth: int, ids: Ids, kind: str = "FloatEvent"
) -> str:
    """An automation envelope; its first event is repeated for the time before the song."""
    form = outline("envelope", schema, depth)
    tabs = "\t" * form.depths["events"]
    lines = [f'{tabs}<{kind} Id="0" Time="{BEGINNING_BEATS}" Value="{number(events[0][1])}" />\n']
    lines += [
        f'{tabs}<{kind} Id="{index}" Time="{beats(place)}" Value="{number(value)}" />\n'
        for index, (place, value) in enumerate(events, 1)
    ]
    return render(form, {"id": number_, "target": target}, ids, {"events": "".join(lines)})


def clip_xml(clip: Clip, number_: int, folder: Path, schema: Schema, depth: int, ids: Ids) -> str:
    """A clip that plays a whole file, not warped: its content counts in seconds, its place in beats."""
    form = outline("clip", schema, depth)
    values: dict[str, Value] = {
        "id": number_,
        "time": beats(clip.start_s * BEATS_PER_SECOND),
        "end": beats((clip.start_s + clip.length_s) * BEATS_PER_SECOND),
        "seconds": beats(clip.length_s),
        "name": clip.file.path.stem,
        "frames": clip.file.frames,
        "rate_hz": clip.file.sample_rate_hz,
    }
    file, lists = file_values(clip.file, folder, form.depths)
    return render(form, values | file, ids, lists)


def routing_values(schema: Schema, *, grouped: bool) -> dict[str, Value]:
    """Where a track's audio goes: to the group it lies in, or to the master."""
    return {
        "output": "AudioOut/GroupTrack" if grouped else schema.main_target,
        "output_upper": "Group" if grouped else "Master",
        "output_lower": "",
    }


def _routing(section: str, schema: Schema, *, grouped: bool) -> dict[str, Value]:
    values = routing_values(schema, grouped=grouped)
    values |= {"input": "AudioIn/External/S0", "input_upper": "Ext. In", "input_lower": "1/2"}
    if section in ("main", "prehear"):
        values |= {"output": "AudioOut/External/S0", "output_upper": "Ext. Out", "output_lower": "1/2"}
    return values


def _section(track: Track) -> str:
    if track.kind == "fx":
        return "return"
    return "group" if track.opens else "audio"


def _shown_name(track: Track, returns: tuple[Track, ...]) -> str:
    if track.kind != "fx":
        return track.name
    index = [bus.id for bus in returns].index(track.id)
    return f"{_LETTERS[index]}-{track.name}" if index < len(_LETTERS) else track.name


def _main_xml(plan: Plan, schema: Schema, ids: Ids) -> str:
    form = outline("main", schema, _MAIN_DEPTH)
    values: dict[str, Value] = {
        "effective_name": "Main" if "12+" in schema.marks else "Master",
        "DeviceChain/Mixer/Volume": plan.master_volume,
        "DeviceChain/Mixer/Tempo": TEMPO_BPM,
        **_routing("main", schema, grouped=False),
    }
    targets: dict[str, int] = {}
    devices = devices_xml(plan.master_devices, schema, form.depths["devices"], ids)
    text = render(form, values, ids, {"devices": devices, "envelopes": _PLACE}, targets)
    depth = form.depths["envelopes"]
    signature = _constant(0, targets["TimeSignature"], "EnumEvent", str(_FOUR_FOUR), schema, depth, ids)
    tempo = _constant(1, targets["Tempo"], "FloatEvent", number(TEMPO_BPM), schema, depth, ids)
    return text.replace(_PLACE, signature + tempo, 1)


def _constant(number_: int, target: int, kind: str, value: str, schema: Schema, depth: int, ids: Ids) -> str:
    form = outline("envelope", schema, depth)
    tabs = "\t" * form.depths["events"]
    event = f'{tabs}<{kind} Id="0" Time="{BEGINNING_BEATS}" Value="{attribute(value)}" />\n'
    return render(form, {"id": number_, "target": target}, ids, {"events": event})


def _prehear_xml(schema: Schema, ids: Ids) -> str:
    values: Mapping[str, Value] = _routing("prehear", schema, grouped=False)
    return render(outline("prehear", schema, _MAIN_DEPTH), values, ids)
