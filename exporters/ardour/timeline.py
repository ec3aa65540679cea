"""Tempo, meters and markers of an Ardour session, of any version."""

from exporters.ardour.nodes import Node, children
from exporters.ardour.sessionfile import SessionFile, number
from exporters.ardour.times import SUPERCLOCK_PER_SECOND, TICKS_PER_QUARTER, Beat, Times
from exporters.project import Marker, Tempo

_BPM = (1.0, 10_000.0)
_NO_MARKERS = ("IsSessionRange", "IsAutoLoop", "IsAutoPunch", "IsSkip", "IsHidden")


def read_beats(session: SessionFile) -> tuple[Beat, ...]:
    """Where the quarter notes lie; a ramp counts as its first tempo."""
    beats: list[Beat] = []
    for item in _tempos(session.root):
        bpm = _bpm(item)
        position_s = _position_s(session, item)
        if bpm is None or position_s is None or (beats and position_s <= beats[-1].position_s):
            continue
        quarters = _quarters(str(item.get("quarters", "")))
        if quarters is None:
            last = beats[-1] if beats else Beat(0.0, 0.0, bpm)
            quarters = last.quarters + (position_s - last.position_s) * last.bpm / 60.0
        beats.append(Beat(quarters, position_s, bpm))
    return tuple(beats) or (Beat(0.0, 0.0, 120.0),)


def read_tempo(session: SessionFile) -> tuple[Tempo, ...]:
    """Every tempo with the meter that holds there."""
    meters = []
    for item in _meters(session.root):
        position_s = _position_s(session, item)
        if position_s is not None:
            beats = number(item.get("divisions-per-bar"), 4.0)
            unit = number(item.get("note-value") or item.get("note-type"), 4.0)
            meters.append((position_s, _whole(beats), _whole(unit)))
    tempos = []
    for item in _tempos(session.root):
        bpm, position_s = _bpm(item), _position_s(session, item)
        if bpm is not None and position_s is not None:
            _, beats, unit = max((one for one in meters if one[0] <= position_s + 1e-6), default=(0.0, 4, 4))
            tempos.append(Tempo(position_s, bpm, beats, unit))
    return tuple(tempos)


def read_markers(session: SessionFile, times: Times) -> tuple[Marker, ...]:
    """Marks and ranges that the user set, in order.

    Raises:
        ExportError: a time is none.
    """
    markers = []
    for item in children(session.root.find("Locations"), "Location"):
        said = str(item.get("flags", ""))
        if any(word in said for word in _NO_MARKERS):
            continue
        start_s = times.seconds(str(item.get("start", "0")), "a marker")
        end_s = times.seconds(str(item.get("end", item.get("start", "0"))), "a marker's end")
        is_range = "IsMark" not in said and "IsCueMarker" not in said and end_s > start_s
        markers.append(Marker(start_s, str(item.get("name", "")), end_s if is_range else None))
    return tuple(sorted(markers, key=lambda marker: marker.position_s))


def _tempos(root: Node) -> list[Node]:
    tempo_map = root.find("TempoMap")
    if tempo_map is None:
        return []
    inner = tempo_map.find("Tempos")
    return list(children(tempo_map if inner is None else inner, "Tempo"))


def _meters(root: Node) -> list[Node]:
    tempo_map = root.find("TempoMap")
    if tempo_map is None:
        return []
    inner = tempo_map.find("Meters")
    return list(children(tempo_map if inner is None else inner, "Meter"))


def _bpm(item: Node) -> float | None:
    """Quarter notes a minute."""
    notes = number(item.get("npm") or item.get("beats-per-minute"), 0.0)
    unit = number(item.get("note-type"), 4.0)
    bpm = notes * 4.0 / unit if unit > 0.0 else 0.0
    return bpm if _BPM[0] <= bpm <= _BPM[1] else None


def _position_s(session: SessionFile, item: Node) -> float | None:
    """Where a tempo or a meter begins; None where only its bar is known, and it is not the first."""
    clock = item.get("sclock")
    if clock is not None:
        return number(clock, 0.0) / SUPERCLOCK_PER_SECOND
    frame = item.get("frame")
    if frame is not None:
        return number(frame, 0.0) / session.sample_rate_hz
    return 0.0 if str(item.get("start", "1|1|0")) == "1|1|0" else None


def _quarters(text: str) -> float | None:
    """Quarter notes from "quarters:ticks"."""
    whole, _, ticks = text.partition(":")
    if not whole:
        return None
    return number(whole, 0.0) + number(ticks, 0.0) / TICKS_PER_QUARTER


def _whole(value: float) -> int:
    return int(min(max(value, 1.0), 64.0))
