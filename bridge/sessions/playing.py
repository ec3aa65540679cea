"""What of a project can be mixed: its tracks under ids of their own, with groups, audio, and what is in the way."""

import os
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PureWindowsPath

from bridge.sessions.media import Media
from bridge.sessions.pieces import LATEST_S, oddity
from console.errors import SessionError
from console.mix.values import MASTER
from console.progress import Progress
from console.session import AudioFile
from exporters.project import Item, Project, ProjectTrack, TrackKind

#: More than that is no session, but a file that wants to keep us busy.
MOST_TRACKS = 4_096


@dataclass(frozen=True, slots=True)
class Standing:
    """A track as it stands in the project.

    `parts` are the items that can be read, each with its file; `lost` says of each other file what is wrong with it.
    `problem` says why the track cannot be read as it sounds, "" where it can; such a track has no parts.
    `found` names files that were not where the project says. `silent`: muted, or inside a group that is.
    """

    id: str
    track: ProjectTrack
    group: str = ""
    parts: tuple[tuple[Item, AudioFile], ...] = ()
    lost: tuple[str, ...] = ()
    found: tuple[str, ...] = ()
    problem: str = ""
    silent: bool = False


def track_ids(project: Project) -> dict[str, str]:
    """The id of every track that plays items, by its key: its name, with " (2)", " (3)" … where that comes again.

    Raises:
        SessionError: there are more than a session can have.
    """
    tracks = [track for track in project.tracks if _plays_items(track)]
    if len(tracks) > MOST_TRACKS:
        raise SessionError(
            f"{project.path} has {len(tracks)} tracks with audio; give a project of at most {MOST_TRACKS}"
        )
    return _distinct(tracks, {MASTER})


def group_names(project: Project, taken: Iterable[str]) -> dict[str, str]:
    """The name of every group by its key, none of them also a track's."""
    groups = [track for track in project.tracks if track.kind is TrackKind.GROUP]
    return _distinct(groups, {MASTER, *taken})


def setting_names(project: Project, ids: Mapping[str, str]) -> dict[str, str]:
    """Every name that settings may use for a track, and its id: ids first, then names of files on one track only."""
    names = {name: name for name in ids.values()}
    by_file: dict[str, set[str]] = {}
    for track in project.tracks:
        for item in track.items if track.key in ids else ():
            if item.file is not None:
                by_file.setdefault(_file_name(item), set()).add(ids[track.key])
    for name, tracks in by_file.items():
        if len(tracks) == 1:
            names.setdefault(name, *tracks)
    return names


def standings(
    project: Project, ids: Mapping[str, str], media: Media, progress: Progress, stage: str
) -> tuple[Standing, ...]:
    """Every track that plays items, in the project's order; the files of those that can be read are looked at."""
    groups = group_names(project, ids.values())
    by_key = {track.key: track for track in project.tracks}
    tracks = [by_key[key] for key in ids]
    problems = {track.key: _problem(track) for track in tracks}
    readable = [track for track in tracks if not problems[track.key]]
    wanted = (item.file for track in readable for item in _heard(track) if item.file is not None)
    media.look(wanted, progress, stage)
    found = []
    for track in tracks:
        problem = problems[track.key]
        parts, lost, moved = ((), (), ()) if problem else _parts(track, media)
        group, silent = groups.get(track.output, ""), _is_silent(track, by_key)
        found.append(Standing(ids[track.key], track, group, parts, lost, moved, problem, silent))
    return tuple(found)


def _plays_items(track: ProjectTrack) -> bool:
    return not track.disabled and (
        bool(_heard(track)) or bool(track.problem and track.kind is TrackKind.AUDIO)
    )


def _heard(track: ProjectTrack) -> tuple[Item, ...]:
    return tuple(item for item in track.items if not item.muted and item.length_s != 0.0)


def _problem(track: ProjectTrack) -> str:
    """Why a track cannot be read as it sounds: by itself, by its kind, or by its first item that cannot."""
    if track.problem:
        return track.problem
    if track.kind is not TrackKind.AUDIO:
        return f"is a {track.kind} that plays items of its own"
    for item in _heard(track):
        wrong = item.problem or oddity(item) or ("" if item.file is not None else "plays no file")
        if wrong:
            return f"its item {item.name!r} {wrong}" if item.name else f"one of its items {wrong}"
    hours = sum(max(item.length_s, 0.0) for item in _heard(track)) / 3600.0
    if hours > LATEST_S / 3600.0:
        return f"has items of {hours:.0f} hours in all; up to {LATEST_S / 3600.0:.0f} can be"
    return ""


def _parts(
    track: ProjectTrack, media: Media
) -> tuple[tuple[tuple[Item, AudioFile], ...], tuple[str, ...], tuple[str, ...]]:
    parts = []
    lost: dict[str, None] = {}
    moved: dict[str, None] = {}
    for item in _heard(track):
        if item.file is None:
            continue
        look = media.probed(item.file)
        if look is None:
            lost[f"{str(item.file)!r} is not there"] = None
        elif look.file is None:
            lost[f"{str(look.path)!r} {look.text}"] = None
        else:
            parts.append((item, look.file))
            if look.path != item.file:
                moved[str(look.path)] = None
    return tuple(parts), tuple(lost), tuple(moved)


def _is_silent(track: ProjectTrack, by_key: Mapping[str, ProjectTrack]) -> bool:
    """Whether a track, or a group that it sounds through, is muted."""
    seen: set[str] = set()
    step: ProjectTrack | None = track
    while step is not None and step.key not in seen:
        if step.muted or step.disabled:
            return True
        seen.add(step.key)
        step = by_key.get(step.output)
    return False


def _file_name(item: Item) -> str:
    return PureWindowsPath(str(item.file)).name


def _distinct(tracks: Iterable[ProjectTrack], taken: set[str]) -> dict[str, str]:
    """An id per key; bytes of a name that are no text become U+FFFD, so that every id can be written as UTF-8."""
    used = set(taken)
    count: dict[str, int] = {}
    names = {}
    for track in tracks:
        text = os.fsencode(track.name.strip()).decode("utf-8", "replace") if track.name.strip() else "Track"
        wanted = name = unicodedata.normalize("NFC", text)
        while name in used:
            count[wanted] = count.get(wanted, 1) + 1
            name = f"{wanted} ({count[wanted]})"
        used.add(name)
        names[track.key] = name
    return names
