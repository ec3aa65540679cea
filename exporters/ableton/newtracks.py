"""Tracks that a patch adds to a set: returns for FX buses, and bus tracks for groups that the set lacks."""

from lxml import etree

from exporters.ableton.edits import append, depth_of, fragment, insert, next_id
from exporters.ableton.levels import LEAST_GAIN
from exporters.ableton.load import Set
from exporters.ableton.notes import Note
from exporters.ableton.outline import Ids, Value, outline, render
from exporters.ableton.schema import Schema

_LETTERS = "ABCDEFGHIJKL"
#: Live's number for monitoring what comes in, as a bus does.
_MONITOR_IN = 0


def returns_of(loaded: Set) -> list[str]:
    """The Ids of the returns in order, in which sends stand on every track."""
    return [key for key, track in loaded.tracks.items() if track.tag == "ReturnTrack"]


def add_return(loaded: Set, bus_id: str, schema: Schema, ids: Ids) -> etree._Element:
    """A new return at the end of the set, with a send to it on every track."""
    letter = _LETTERS[len(returns_of(loaded)) % len(_LETTERS)]
    values: dict[str, Value] = {
        "effective_name": f"{letter}-{bus_id}",
        "name": bus_id,
        "note": Note("fx", 2, bus_id).text(),
        "input": "AudioIn/External/S0",
        "input_upper": "Ext. In",
        "input_lower": "1/2",
        **_to_main(schema),
    }
    track = _add(loaded, "return", values, schema, ids, before_returns=False)
    own = track.find("DeviceChain/Mixer/Sends")
    others = returns_of(loaded)[:-1]
    for _ in others if own is not None else ():
        _add_send(own, schema, ids, active=False)
    for element in loaded.tracks.values():
        sends = element.find("DeviceChain/Mixer/Sends")
        if sends is not None:
            _add_send(sends, schema, ids, active=element.tag != "ReturnTrack")
    pre = loaded.live_set.find("SendsPre")
    if pre is not None:
        append(pre, fragment(f'<SendPreBool Id="{next_id(pre)}" Value="false" />'))
    return track


def add_bus(loaded: Set, bus_id: str, schema: Schema, ids: Ids) -> etree._Element:
    """A new audio track that plays what other tracks are routed to, before the returns."""
    values: dict[str, Value] = {
        "effective_name": bus_id,
        "name": bus_id,
        "note": Note("group", 2, bus_id).text(),
        "monitoring": _MONITOR_IN,
        "input": "AudioIn/None",
        "input_upper": "No Input",
        "input_lower": "",
        **_to_main(schema),
    }
    track = _add(loaded, "audio", values, schema, ids, before_returns=True)
    sends = track.find("DeviceChain/Mixer/Sends")
    if sends is not None:
        for _ in returns_of(loaded):
            _add_send(sends, schema, ids, active=True)
    slots = _scenes(loaded)
    for name in ("MainSequencer", "FreezeSequencer"):
        _fit_slots(track, name, slots)
    return track


def _to_main(schema: Schema) -> dict[str, Value]:
    return {
        "output": schema.main_target,
        "output_upper": "Master",
        "output_lower": "",
    }


def _add(
    loaded: Set, section: str, values: dict[str, Value], schema: Schema, ids: Ids, *, before_returns: bool
) -> etree._Element:
    tracks = loaded.live_set.find("Tracks")
    number = ids.take()
    while str(number) in loaded.tracks:
        number = ids.take()
    (track,) = fragment(render(outline(section, schema, depth_of(tracks) + 1), {**values, "id": number}, ids))
    places = [index for index, child in enumerate(tracks) if child.tag == "ReturnTrack"]
    insert(tracks, places[0] if places and before_returns else len(tracks), [track])
    loaded.tracks[str(number)] = track
    if section == "return":
        _fit_slots(track, "FreezeSequencer", _scenes(loaded))
    return track


def _add_send(sends: etree._Element, schema: Schema, ids: Ids, *, active: bool) -> None:
    values: dict[str, Value] = {"id": next_id(sends), "Send": LEAST_GAIN, "active": active}
    append(sends, fragment(render(outline("send", schema, depth_of(sends) + 1), values, ids)))


def _scenes(loaded: Set) -> int:
    for name in ("Scenes", "SceneNames"):
        scenes = loaded.live_set.find(name)
        if scenes is not None:
            return len(scenes)
    return 1


def _fit_slots(track: etree._Element, sequencer: str, scenes: int) -> None:
    """Give a new track a clip slot for every scene of the set."""
    slots = track.find(f"DeviceChain/{sequencer}/ClipSlotList")
    if slots is None or not len(slots):
        return
    model = etree.tostring(slots[0], with_tail=False).decode()
    for index in range(1, scenes):
        append(slots, fragment(model.replace('Id="0"', f'Id="{index}"', 1)))
