"""Tempo and markers of a REAPER project."""

from exporters.project import Marker, Tempo
from exporters.reaper.fields import Rows, finite, numbers
from exporters.reaper.rpp import Node

_REGION = 1


def read_tempo(root: Node) -> tuple[Tempo, ...]:
    """The tempo at the start and every change of it.

    Raises:
        ExportError: a number is damaged.
    """
    bpm, beats, unit = Rows(root).numbers("TEMPO", 120.0, 4.0, 4.0)
    tempo = [Tempo(0.0, bpm, _count(beats), _count(unit))]
    envelope = root.node("TEMPOENVEX")
    if envelope is None or not Rows(envelope).flag("ACT"):
        return tuple(tempo)
    for words in envelope.rows("PT"):
        time_s, bpm, _, signature = numbers("PT", words, 0.0, 120.0, 0.0, 0.0)
        code = int(min(max(signature, 0.0), 2.0**32))
        beats, unit = (code & 0xFFFF, code >> 16) if code else (tempo[-1].beats, tempo[-1].beat_unit)
        change = Tempo(time_s, bpm, _count(beats), _count(unit))
        if time_s <= tempo[-1].position_s:
            tempo[-1] = change
        else:
            tempo.append(change)
    return tuple(tempo)


def read_markers(root: Node) -> tuple[Marker, ...]:
    """Markers and regions in the file's order; a region's end stands on a line of its own.

    Raises:
        ExportError: a number is damaged.
    """
    markers: list[Marker] = []
    open_regions: dict[str, int] = {}
    for words in root.rows("MARKER"):
        if len(words) < 2:
            continue
        position_s = finite("MARKER", words[1])
        name = words[2] if len(words) > 2 else ""
        (flags,) = numbers("MARKER", words[3:4], 0.0)
        if not int(min(max(flags, 0.0), 255.0)) & _REGION:
            markers.append(Marker(position_s, name))
        elif words[0] in open_regions:
            place = open_regions.pop(words[0])
            markers[place] = Marker(markers[place].position_s, markers[place].name, position_s)
        else:
            open_regions[words[0]] = len(markers)
            markers.append(Marker(position_s, name))
    return tuple(markers)


def _count(value: float) -> int:
    return int(min(max(value, 1.0), 999.0))
