"""The tracks of any REAPER project as they stand in the file: identities, folders and where their sound goes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from console.errors import ExportError
from exporters.reaper.fields import Rows, numbers
from exporters.reaper.rpp import Node

#: No folder holds the track.
TOP = -1


@dataclass(frozen=True, slots=True)
class Receive:
    """What a track gets by a send: the sending track's index, linear gain, and whether its first channels hear it."""

    source: int
    gain: float
    heard: bool


@dataclass(slots=True, eq=False)
class FileTrack:
    """A track of the file.

    `key` is its GUID, or its place in a file without. `parent` is the index of the folder that holds it, TOP for
    none; `end` the index after the last track inside it (its own index plus one for a track that is no folder).
    `feeds` are the indices of the tracks that hear its sends, `unity_feeds` of those
    that hear them at 0 dB.
    """

    node: Node
    index: int
    key: str
    name: str
    rows: Rows
    parent: int = TOP
    end: int = 0
    folder: bool = False
    main_send: bool = True
    receives: tuple[Receive, ...] = ()
    feeds: list[int] = field(default_factory=list)
    unity_feeds: list[int] = field(default_factory=list)


def list_tracks(root: Node) -> list[FileTrack]:
    """Every track of a project in order.

    Raises:
        ExportError: two tracks have one GUID, or a number is damaged.
    """
    tracks = [_track(node, index) for index, node in enumerate(root.nodes("TRACK"))]
    _check_keys(tracks)
    _nest(tracks)
    for track in tracks:
        for receive in track.receives:
            if receive.heard and 0 <= receive.source < len(tracks):
                source = tracks[receive.source]
                source.feeds.append(track.index)
                if abs(receive.gain - 1.0) < 1e-6:
                    source.unity_feeds.append(track.index)
    return tracks


def sum_of(track: FileTrack, tracks: Sequence[FileTrack], buses: Collection[str] = ()) -> int:
    """The index of the track that sums this one, else TOP: its folder, or a send in place of the parent send.

    Of several sends that is the one to a track whose key is among `buses`, else the only one at 0 dB.
    """
    if track.main_send:
        return track.parent
    feeds = [index for index in track.feeds if index != track.index]
    if len(feeds) > 1:
        known = [index for index in feeds if tracks[index].key in buses]
        feeds = known or [index for index in track.unity_feeds if index != track.index]
    return feeds[0] if len(feeds) == 1 else TOP


def _track(node: Node, index: int) -> FileTrack:
    rows = Rows(node)
    head = node.words[1:2]
    key = head[0] if head and head[0].startswith("{") else rows.text("TRACKID")
    return FileTrack(
        node=node,
        index=index,
        key=key or f"track {index + 1}",
        name=rows.text("NAME"),
        rows=rows,
        main_send=rows.flag("MAINSEND", True),
        receives=tuple(_receive(words) for words in node.rows("AUXRECV")) if "AUXRECV" in rows else (),
    )


def _receive(words: list[str]) -> Receive:
    source, _, gain, _, muted, *_, channel = numbers("AUXRECV", words, -1.0, 0.0, 1.0, *[0.0] * 6)
    # A send to channels 3 and up is a side-chain, not a way of the sound.
    return Receive(_index(source), gain, muted == 0.0 and _index(channel) & 1023 == 0)


def _index(value: float) -> int:
    return int(value) if abs(value) < 2**31 else -1


def _check_keys(tracks: Sequence[FileTrack]) -> None:
    seen: dict[str, FileTrack] = {}
    for track in tracks:
        other = seen.setdefault(track.key, track)
        if other is not track:
            raise ExportError(
                f"the tracks {other.name!r} and {track.name!r} have the same GUID {track.key}; "
                "duplicate one of them in REAPER, delete the old one, and save"
            )


def _nest(tracks: Sequence[FileTrack]) -> None:
    folders: list[int] = []
    for track in tracks:
        track.parent = folders[-1] if folders else TOP
        track.end = track.index + 1
        mode, change = track.rows.numbers("ISBUS", 0.0, 0.0)
        if mode == 1.0:
            track.folder = True
            folders.append(track.index)
        elif change < 0.0:
            for _ in range(min(_depth(change), len(folders))):
                tracks[folders.pop()].end = track.index + 1
    for index in folders:
        tracks[index].end = len(tracks)


def _depth(change: float) -> int:
    return int(min(-change, 2.0**31))


def open_folders(tracks: Sequence[FileTrack]) -> int:
    """How many folders the last track leaves open: a track behind it would lie inside them."""
    depth = 0
    for track in tracks:
        mode, change = track.rows.numbers("ISBUS", 0.0, 0.0)
        if mode == 1.0:
            depth += 1
        elif change < 0.0:
            depth -= min(_depth(change), depth)
    return depth


def resolve_sums(
    tracks: Sequence[FileTrack], buses: Collection[str] = ()
) -> tuple[list[int], frozenset[int]]:
    """For every track the index of the one that sums it, without circles, and the tracks that were in one."""
    sums = [sum_of(track, tracks, buses) for track in tracks]
    done = [False] * len(tracks)
    circular: set[int] = set()
    for start in range(len(tracks)):
        way: dict[int, int] = {}
        at = start
        while at != TOP and not done[at] and at not in way:
            way[at] = len(way)
            at = sums[at]
        if at in way:
            circular.update(list(way)[way[at] :])
        for index in way:
            done[index] = True
    for index in circular:
        sums[index] = TOP
    return sums, frozenset(circular)
