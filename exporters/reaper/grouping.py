"""Which folders and buses of a user's project sum just the tracks that a group of the mix sums."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence

from exporters.reaper.tracks import TOP, FileTrack


def find_homes(
    members: Mapping[str, Sequence[int]], tracks: Sequence[FileTrack], sums: Sequence[int]
) -> dict[str, int]:
    """The index of the project's own track that sums a group's members and no other track of the mix.

    Args:
        members: by the group's id, the indices of its tracks in rising order; tracks of no group under "".
        tracks: the project's tracks.
        sums: for every track the index of the one that sums it.
    """
    known = sorted(index for indices in members.values() for index in indices)
    depths, reaches = _reaches(tracks)
    folders: dict[int, list[int]] = {}
    for track in tracks:
        if track.folder:
            inside = bisect_left(known, track.end) - bisect_left(known, track.index + 1)
            folders.setdefault(inside, []).append(track.index)
    fed = Counter(sums[index] for index in known if not tracks[index].main_send)
    homes: dict[str, int] = {}
    for bus, indices in members.items():
        if not bus or not indices:
            continue
        found = [
            index
            for index in folders.get(len(indices), ())
            if index < indices[0]
            and indices[-1] < tracks[index].end
            and all(reaches[member] <= depths[index] for member in indices)
        ]
        target = sums[indices[0]]
        if target != TOP and not tracks[target].folder and fed[target] == len(indices):
            found += [target] if all(sums[index] == target for index in indices) else []
        free = [index for index in found if index not in homes.values()]
        named = [index for index in free if tracks[index].name.casefold() == bus.casefold()]
        if free:
            homes[bus] = (named or free)[-1]
    return homes


def _reaches(tracks: Sequence[FileTrack]) -> tuple[list[int], list[int]]:
    """How deep each track lies, and the depth of the outermost folder that its sound gets to by parent sends."""
    depths: list[int] = []
    reaches: list[int] = []
    for track in tracks:
        inside = track.parent != TOP
        depths.append(depths[track.parent] + 1 if inside else 0)
        reaches.append(reaches[track.parent] if inside and track.main_send else depths[-1])
    return depths, reaches
