"""Clips of a project of ours: what the mix has put into their places, taken out and put in again; and its pairs."""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from exporters.dawproject.notes import Note
from exporters.dawproject.structure import Structure
from exporters.dawproject.units import Element, as_number, seconds

#: Closer than this, in samples, a time is one of ours.
_ON_GRID = 1e-3


def pairs_of(structure: Structure, notes: Mapping[str, Note]) -> dict[str, tuple[str, str]]:
    """The keys of the left and the right side of every pair that stands as we wrote it, by that of their track."""
    inside: dict[str, list[str]] = {}
    for key, strip in structure.strips.items():
        inside.setdefault(strip.parent, []).append(key)
    pairs = {}
    for key, note in notes.items():
        sides = inside.get(key, [])
        if note.kind == "track" and len(sides) == 2 and key in structure.strips:
            if all((own := notes.get(side)) and (own.kind, own.id) == ("side", note.id) for side in sides):
                pairs[key] = (sides[0], sides[1])
    return pairs


def move_clips(root: Element, track_id: str, was: Note, delay_samples: int, rate_hz: int) -> None:
    """Give our clips of a track another delay than they have; what the user did to them stays."""
    if was.delay_samples == delay_samples:
        return
    for clip in own_clips(root, track_id, was):
        place, length, offset = (as_number(clip.get(key)) for key in ("time", "duration", "playStart"))
        if place is None:
            continue
        position, start = place * rate_hz, (offset or 0.0) * rate_hz
        # Of what would begin before the project does the head is cut off, as by the writer; and put back.
        cut = max(-((was.start_samples or 0) + was.delay_samples), 0)
        back = cut if abs(position) < _ON_GRID and start > cut - _ON_GRID else 0
        position += delay_samples - was.delay_samples - back
        gone = max(-position, 0.0) if position < -_ON_GRID else 0.0
        clip.set("time", _text(position + gone, rate_hz))
        if back or gone:
            clip.set("playStart", _text(start - back + gone, rate_hz))
            if length is not None:
                clip.set("duration", _text(max(length * rate_hz + back - gone, 0.0), rate_hz))


def own_clips(root: Element, track_id: str, note: Note) -> Iterator[Element]:
    """The clips of a track, on a line in seconds, that play the file that we put there."""
    top = root.find("Arrangement/Lanes")
    for lanes in () if top is None else top.iterfind("Lanes"):
        if lanes.get("track") != track_id:
            continue
        for clips in lanes.iterfind("Clips"):
            unit = clips.get("timeUnit") or lanes.get("timeUnit") or top.get("timeUnit")
            for clip in clips.iterfind("Clip") if unit == "seconds" else ():
                file = clip.find(".//Audio/File")
                name = "" if file is None else file.get("path", "").replace("\\", "/")
                if name and PurePosixPath(name).name == note.file:
                    yield clip


def _text(samples: float, rate_hz: int) -> str:
    nearest = round(samples)
    return seconds((nearest if abs(samples - nearest) < _ON_GRID else samples) / rate_hz)
