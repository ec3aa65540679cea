"""Items that are the left and the right file of one track: such a pair is used as it is, and nothing is joined."""

from collections.abc import Sequence
from dataclasses import replace

from bridge.sessions.pieces import is_whole
from console.session import AudioFile
from exporters.project import Channels, Item


def whole_pair(parts: Sequence[tuple[Item, AudioFile]]) -> tuple[AudioFile, AudioFile] | None:
    """The two mono files of a pair that stands on a track from front to back, nothing changed; None of all else."""
    if len(parts) != 2:
        return None
    (left, left_file), (right, right_file) = sorted(
        parts, key=lambda part: part[0].channels is Channels.TO_RIGHT
    )
    alike = (
        (left.channels, right.channels) == (Channels.TO_LEFT, Channels.TO_RIGHT)
        and left.position_s == right.position_s
        and all(file.channels == 1 for file in (left_file, right_file))
        and (left_file.sample_rate_hz, left_file.frames) == (right_file.sample_rate_hz, right_file.frames)
        and all(is_whole(replace(item, channels=Channels.ALL), file) for item, file in parts)
    )
    return (left_file, right_file) if alike else None
