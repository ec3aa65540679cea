"""What we leave in a set so that the next patch finds it: what stood there before, and what is ours.

A new set has it as a patched one does, of what it has set beyond the mixer. It stands behind the user's own info text
of each track, as `[mixbridge was volume=0.5&pan=0]`.
"""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

from lxml import etree

from exporters.ableton.device import OUR_NAME
from exporters.ableton.edits import remove
from exporters.ableton.load import Set, devices_of, value
from exporters.ableton.notes import Note, read_note
from exporters.ableton.tempo import envelope_of

_TRACE = re.compile(r" ?\[mixbridge was ([^\]]*)\]$")

#: The values that a patch sets on a track, by their name in a trace.
PLACES = {
    "volume": "DeviceChain/Mixer/Volume/Manual",
    "pan": "DeviceChain/Mixer/Pan/Manual",
    "panmode": "DeviceChain/Mixer/PanMode",
    "speaker": "DeviceChain/Mixer/Speaker/Manual",
    "delay": "TrackDelay/Value",
    "out": "DeviceChain/AudioOutputRouting/Target",
    "upper": "DeviceChain/AudioOutputRouting/UpperDisplayString",
    "lower": "DeviceChain/AudioOutputRouting/LowerDisplayString",
}

_NOTE = "Name/Annotation"

#: In the trace of a bus of ours that the mix has no use for: it sums and plays nothing.
IDLE = "idle"

#: The elements whose Id envelopes point to.
_POINTEES = (
    "AutomationTarget",
    "ModulationTarget",
    "Pointee",
    *(f"ControllerTargets.{index}" for index in range(131)),
    *(
        f"{name}ModulationTarget"
        for name in (
            "Volume",
            "Transposition",
            "TransientEnvelope",
            "GrainSize",
            "Flux",
            "SampleOffset",
            "ComplexProFormants",
            "ComplexProEnvelope",
        )
    ),
)


def read_trace(track: etree._Element) -> dict[str, str]:
    """What a patch has left on a track; empty where none has been."""
    match = _TRACE.search(value(track, _NOTE))
    return dict(parse_qsl(match[1], keep_blank_values=True)) if match else {}


def trace_text(trace: Mapping[str, str]) -> str:
    """A trace as it stands in an info text."""
    return f"[{OUR_NAME} was {urlencode(trace)}]"


def leave_trace(track: etree._Element, trace: dict[str, str]) -> None:
    """Leave a trace on a track, behind its own info text."""
    note = track.find(_NOTE)
    if note is not None and trace:
        text = note.get("Value", "")
        note.set("Value", f"{text}{' ' if text else ''}{trace_text(trace)}")


def rename_note(track: etree._Element, note: Note) -> None:
    """Say of a track that we wrote that it stands for another strip or bus."""
    element, old = track.find(_NOTE), read_note(value(track, _NOTE))
    if element is not None and old is not None:
        element.set("Value", element.get("Value", "").replace(old.text(), note.text(), 1))


def set_value(track: etree._Element, name: str, text: str, trace: dict[str, str]) -> str:
    """Set one of PLACES and note what stood there; returns that. An element that is missing stays so."""
    element = track.find(PLACES[name])
    if element is None:
        return ""
    before = str(element.get("Value", ""))
    trace.setdefault(name, before)
    element.set("Value", text)
    return before


def undo(loaded: Set) -> None:
    """Take back everything that patches have left in a set, to the last sign."""
    added = [key for key, track in loaded.tracks.items() if "added" in read_trace(track)]
    _remove_returns(loaded, set(added))
    for key in added:
        remove(loaded.tracks.pop(key))
    for track in [*loaded.tracks.values(), loaded.main]:
        trace = read_trace(track)
        if not trace:
            continue
        remove_devices(track)
        if "moves" in trace:
            envelope = envelope_of(track, track.find("DeviceChain/Mixer/Volume"))
            if envelope is not None:
                remove(envelope)
        for name, before in trace.items():
            element = track.find(PLACES[name]) if name in PLACES else None
            if element is not None:
                element.set("Value", before)
        _clean_note(track)
        if track is loaded.main:
            _restore_next(loaded, trace)


def remove_devices(track: etree._Element) -> None:
    """Take our devices off a track."""
    devices = devices_of(track)
    ours = [
        device
        for device in (devices if devices is not None else ())
        if value(device, "UserName").startswith(f"{OUR_NAME} ")
    ]
    for device in ours:
        remove(device)


def _clean_note(track: etree._Element) -> None:
    note = track.find(_NOTE)
    if note is not None:
        note.set("Value", _TRACE.sub("", note.get("Value", "")))


def _remove_returns(loaded: Set, added: set[str]) -> None:
    """Take the sends to our returns off every track."""
    returns = [key for key, track in loaded.tracks.items() if track.tag == "ReturnTrack"]
    # Counted from the end, where both lists grow.
    ours = [index - len(returns) for index, key in enumerate(returns) if key in added]
    if not ours:
        return
    lists = [track.find("DeviceChain/Mixer/Sends") for track in loaded.tracks.values()]
    for sends in [*lists, loaded.live_set.find("SendsPre")]:
        if sends is None:
            continue
        for child in [sends[index] for index in ours if -index <= len(sends)]:
            remove(child)


def highest_pointee(loaded: Set) -> int:
    """The highest identifier of the space that envelopes point into; 0 in an empty set."""
    taken = [
        int(number)
        for pointee in loaded.root.iter(*_POINTEES)
        if (number := pointee.get("Id", "")).isdecimal() and len(number) < 10
    ]
    return max(taken, default=0)


def _restore_next(loaded: Set, trace: dict[str, str]) -> None:
    """Take NextPointeeId back to where it was, unless something has been added since."""
    element = loaded.live_set.find("NextPointeeId")
    text, first = trace.get("next", ""), trace.get("first", "")
    if element is None or not (text.isdecimal() and first.isdecimal() and len(first) < 10):
        return
    if highest_pointee(loaded) < int(first):
        element.set("Value", text)
