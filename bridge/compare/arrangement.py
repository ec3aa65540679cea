"""What changed in the arrangement of a project: tracks, items, groups, tempo and markers."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from pathlib import PureWindowsPath
from typing import TypeVar

from console.mix.values import MASTER
from console.words import number, signed
from exporters.project import Item, Marker, Project, ProjectTrack, Tempo

T = TypeVar("T")

#: What is told apart: times to a tenth of a millisecond, levels to a thousandth of a decibel.
_TIME_DIGITS = 4


def arrangement_changes(was: Project, now: Project) -> tuple[str, ...]:
    """What changed from one project to another, one sentence each; strips are not looked at.

    Tracks are the same by their identity in projects of one format, else by name; a track that has either is the same.
    """
    pairs, gone, new = _paired_tracks(was, now)
    found = [f"{track.name}: track removed ({_count(track)})" for track in gone]
    found += [f"{track.name}: track added ({_count(track)})" for track in new]
    before, after = ({track.key: track.name for track in project.tracks} for project in (was, now))
    for old, track in pairs:
        head = track.name
        if old.name != track.name:
            found.append(f"{old.name}: renamed to {track.name}")
        groups = before.get(old.output, MASTER), after.get(track.output, MASTER)
        if groups[0] != groups[1]:
            found.append(f"{head}: goes to {groups[1]}, was {groups[0]}")
        if old.plugins != track.plugins:
            found.append(f"{head}: plugins {_names(old.plugins)} → {_names(track.plugins)}")
        found += [f"{head}: {text}" for text in _items(old.items, track.items)]
    order = {track.key: place for place, track in enumerate(was.tracks)}
    places = [order[old.key] for old, _ in pairs]
    if places != sorted(places):
        found.append("the tracks stand in another order")
    found += _tempo(was.tempo, now.tempo)
    found += _markers(was.markers, now.markers)
    return tuple(found)


def _paired_tracks(
    was: Project, now: Project
) -> tuple[list[tuple[ProjectTrack, ProjectTrack]], list[ProjectTrack], list[ProjectTrack]]:
    """Tracks that are the same, in the order of now; those that only was has, and only now."""
    rules: list[Callable[[ProjectTrack], Hashable]] = [lambda track: (track.kind, track.name)]
    if was.format == now.format:
        rules.insert(0, lambda track: track.key)
    pairs, gone, new = _paired(was.tracks, now.tracks, rules)
    place = {track.key: index for index, track in enumerate(now.tracks)}
    return sorted(pairs, key=lambda pair: place[pair[1].key]), gone, new


def _paired(
    was: Sequence[T], now: Sequence[T], rules: Sequence[Callable[[T], Hashable]]
) -> tuple[list[tuple[T, T]], list[T], list[T]]:
    """What is the same by the first rule that finds a partner; of several partners the first one."""
    pairs: list[tuple[T, T]] = []
    left, open_ = list(was), list(now)
    for rule in rules:
        partners: dict[Hashable, list[T]] = defaultdict(list)
        for one in reversed(left):
            partners[rule(one)].append(one)
        rest = []
        taken: set[int] = set()
        for one in open_:
            found = partners.get(rule(one))
            if found:
                pairs.append((found.pop(), one))
                taken.add(id(pairs[-1][0]))
            else:
                rest.append(one)
        left = [one for one in left if id(one) not in taken]
        open_ = rest
    return pairs, left, open_


def _items(was: Sequence[Item], now: Sequence[Item]) -> Iterator[str]:
    """Items are the same when all of it is, or what they play, or what they play from, or their name."""
    rules: list[Callable[[Item], Hashable]] = [
        lambda item: (_content(item), _time(item.position_s)),
        _content,
        lambda item: (_file(item), _time(item.position_s)),
        lambda item: (_file(item), item.name),
    ]
    pairs, gone, new = _paired(was, now, rules)
    yield from (f"item {_item(item)} removed" for item in gone)
    yield from (f"item {_item(item)} added" for item in new)
    for old, item in pairs:
        told = ", ".join(_item_changes(old, item))
        if told:
            yield f"item {_item(old)} {told}"


def _item_changes(old: Item, item: Item) -> Iterator[str]:
    if _time(old.position_s) != _time(item.position_s):
        yield f"moved to {_seconds(item.position_s)}"
    if (_time(old.length_s), _time(old.offset_s)) != (_time(item.length_s), _time(item.offset_s)):
        yield (
            f"trimmed: {_seconds(old.length_s)} from {_seconds(old.offset_s)} of its file → "
            f"{_seconds(item.length_s)} from {_seconds(item.offset_s)}"
        )
    if abs(old.gain_db - item.gain_db) > 1e-3:
        yield f"gain {signed(old.gain_db)} → {signed(item.gain_db)} dB"
    if (old.fade_in, old.fade_out) != (item.fade_in, item.fade_out):
        yield "has other fades"
    if old.muted != item.muted:
        yield "muted" if item.muted else "no longer muted"
    if (old.inverted, old.channels, old.loops) != (item.inverted, item.channels, item.loops):
        yield "plays other channels, polarity or loop"


def _content(item: Item) -> Hashable:
    return _file(item), _time(item.offset_s), _time(item.length_s)


def _file(item: Item) -> str:
    return "" if item.file is None else PureWindowsPath(str(item.file)).name.casefold()


def _item(item: Item) -> str:
    name = item.name or _file(item) or "without a name"
    return f"{name!r} at {_seconds(item.position_s)}"


def _tempo(was: Sequence[Tempo], now: Sequence[Tempo]) -> Iterator[str]:
    if _speeds(was) != _speeds(now):
        yield f"tempo {_tempo_text(was)} → {_tempo_text(now)}"


def _speeds(tempo: Sequence[Tempo]) -> list[tuple[float, float, int, int]]:
    return [(_time(one.position_s), round(one.bpm, 3), one.beats, one.beat_unit) for one in tempo]


def _tempo_text(tempo: Sequence[Tempo]) -> str:
    if not tempo:
        return "none"
    first = f"{tempo[0].bpm:g} bpm {tempo[0].beats}/{tempo[0].beat_unit}"
    return first if len(tempo) == 1 else f"{first} and {len(tempo) - 1} changes"


def _markers(was: Sequence[Marker], now: Sequence[Marker]) -> Iterator[str]:
    rules: list[Callable[[Marker], Hashable]] = [
        lambda mark: (mark.name, _time(mark.position_s), mark.end_s is None),
        lambda mark: (mark.name, mark.end_s is None),
        lambda mark: (_time(mark.position_s), mark.end_s is None),
    ]
    pairs, gone, new = _paired(was, now, rules)
    yield from (f"{_marker(mark)} removed" for mark in gone)
    yield from (f"{_marker(mark)} added" for mark in new)
    for old, mark in pairs:
        if old.name != mark.name:
            yield f"{_marker(old)} renamed to {mark.name!r}"
        if _time(old.position_s) != _time(mark.position_s):
            yield f"{_marker(old)} moved to {_seconds(mark.position_s)}"
        elif mark.end_s is not None and old.end_s is not None and _time(old.end_s) != _time(mark.end_s):
            yield f"{_marker(old)} now ends at {_seconds(mark.end_s)}"


def _marker(mark: Marker) -> str:
    kind = "marker" if mark.end_s is None else "region"
    return f"{kind} {mark.name!r} at {_seconds(mark.position_s)}"


def _count(track: ProjectTrack) -> str:
    count = len(track.items)
    return "1 item" if count == 1 else f"{count} items"


def _names(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"


def _time(seconds: float) -> float:
    return round(seconds, _TIME_DIGITS)


def _seconds(seconds: float) -> str:
    return f"{number(seconds, 3)} s"
