"""Items of a project of ours: what the mix has put into their places and gains, taken out and put in again."""

import math
from collections.abc import Iterator, Mapping, Sequence

from exporters.reaper.edit import set_line
from exporters.reaper.fields import Rows, within_reason
from exporters.reaper.identity import item_guid
from exporters.reaper.notes import Note
from exporters.reaper.rpp import Node, line, split_words
from exporters.reaper.tracks import FileTrack

#: Closer than this, in samples, a time is one of ours.
_ON_GRID = 1e-3


def sides_of(
    tracks: Sequence[FileTrack], notes: Mapping[str, Note]
) -> dict[str, tuple[FileTrack, FileTrack]]:
    """The left and the right track of every pair that still stands as we wrote it, by the key of their folder."""
    inside: dict[int, list[FileTrack]] = {}
    for track in tracks:
        inside.setdefault(track.parent, []).append(track)
    found = {}
    for track in tracks:
        note, sides = notes.get(track.key), inside.get(track.index, [])
        if note is None or note.kind != "track" or not track.folder or len(sides) != 2:
            continue
        if all((own := notes.get(side.key)) and (own.kind, own.id) == ("side", note.id) for side in sides):
            left, right = sorted(sides, key=lambda side: side.rows.numbers("VOLPAN", 1.0, 0.0)[1])
            found[track.key] = (left, right)
    return found


def take_back_items(root: Node, tracks: Sequence[FileTrack], notes: Mapping[str, Note]) -> None:
    """Let all items of ours stand and sound as the audio does before any mix."""
    rate_hz = project_rate_hz(root)
    for track in tracks:
        note = notes.get(track.key)
        if note is not None:
            move_items(track, note, 0, 1.0, rate_hz)


def project_rate_hz(root: Node) -> float:
    """The sample rate that a project's samples count at."""
    return max(Rows(root).numbers("SAMPLERATE", 44100.0)[0], 1.0)


def move_items(track: FileTrack, was: Note, delay_samples: int, gain: float, rate_hz: float) -> None:
    """Give our items of a track another delay and gain than they have; what the user did to them stays."""
    if (was.delay_samples, was.gain) == (delay_samples, gain):
        return
    for item in own_items(track):
        rows = Rows(item)
        volume, *rest = rows.numbers("VOLPAN", 1.0, 0.0, 1.0, -1.0)
        # What we wrote ourselves is known to the last digit.
        own = gain if math.isclose(volume, was.gain, rel_tol=1e-12) else volume / was.gain * gain
        if own != volume:
            set_line(item, line("VOLPAN", own, *rest))
        _shift(item, rows, was, delay_samples, rate_hz)


def own_items(track: FileTrack) -> Iterator[Node]:
    """The items of a track that are ours, and what has been cut off them: they play the same file."""
    items = list(track.node.nodes("ITEM"))
    files = {
        _file(item)
        for item in items
        if (item.row("IGUID") or [""])[0] == item_guid(track.key) and _file(item)
    }
    return (item for item in items if _file(item) in files)


def _shift(item: Node, rows: Rows, was: Note, delay_samples: int, rate_hz: float) -> None:
    if was.delay_samples == delay_samples:
        return
    position, offset, length = (
        within_reason(rows.numbers(key, 0.0)[0]) * rate_hz for key in ("POSITION", "SOFFS", "LENGTH")
    )
    # Of what would begin before the project does the head is cut off, as by the writer; and put back.
    cut = max(-(was.start_samples + was.delay_samples), 0)
    if cut and abs(position) < _ON_GRID and offset > cut - _ON_GRID:
        position, offset, length = position - cut, offset - cut, length + cut
    position += delay_samples - was.delay_samples
    if position < -_ON_GRID:
        position, offset, length = 0.0, offset - position, max(length + position, 0.0)
    for key, samples in (("POSITION", position), ("SOFFS", offset), ("LENGTH", length)):
        nearest = round(samples)
        on_grid = abs(samples - nearest) < _ON_GRID
        text = line(key, (nearest if on_grid else samples) / rate_hz)
        if split_words(text)[1:] != rows.words(key):
            set_line(item, text)


def _file(item: Node) -> str:
    source = item.node("SOURCE")
    return Rows(source).text("FILE") if source is not None else ""
