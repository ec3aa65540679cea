"""Pairs of left and right files that a new project of ours holds as two tracks inside a third: one track again."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from exporters.project import Channels, ProjectTrack, TrackKind

#: Which side of its pair a track is, by its place.
_SIDES = (Channels.TO_LEFT, Channels.TO_RIGHT)


def with_pairs(
    tracks: Sequence[ProjectTrack], pairs: Mapping[str, tuple[str, str]]
) -> tuple[ProjectTrack, ...]:
    """The tracks of a project with every pair as one stereo track.

    It has the identity of the track around the sides, and their items. What stands on a side's own strip stays there
    and is not heard, as with all inserts of the user's.

    Args:
        tracks: the project's tracks.
        pairs: by the key of the track around them, the keys of the left and of the right side.
    """
    by_key = {track.key: track for track in tracks}
    sides = {key for pair in pairs.values() for key in pair}
    return tuple(
        _joined(track, [by_key[key] for key in pairs[track.key]]) if track.key in pairs else track
        for track in tracks
        if track.key not in sides
    )


def is_pair(sides: Sequence[ProjectTrack]) -> bool:
    """Whether these can be the sides of one track: two that play files, of one channel each as far as they tell."""
    return len(sides) == 2 and all(
        side.items
        and not side.problem
        and all(item.channels in (Channels.ALL, Channels.LEFT) for item in side.items)
        for side in sides
    )


def _joined(track: ProjectTrack, sides: Sequence[ProjectTrack]) -> ProjectTrack:
    items = tuple(
        replace(item, channels=channels, muted=item.muted or side.muted)
        for side, channels in zip(sides, _SIDES, strict=True)
        for item in side.items
    )
    return replace(
        track,
        kind=TrackKind.AUDIO,
        items=items,
        plugins=(*(name for side in sides for name in side.plugins), *track.plugins),
        soloed=track.soloed or any(side.soloed for side in sides),
        problem="",
        channels=2,
    )
