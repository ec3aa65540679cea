"""What a data set holds, counted: songs, tracks, hours, roles, splits, licences, and what cannot be used and why."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.datasets.layouts import Layout, find_songs, read_places
from bridge.datasets.licences import Licence
from bridge.datasets.places import Place
from bridge.datasets.values import Song, Split
from bridge.version import tool_version
from console.errors import SessionError
from console.progress import Progress, no_progress

SURVEY_SCHEMA = "mixbridge.data-list/1"
_STAGE = "reading the data set"


@dataclass(frozen=True, slots=True)
class Survey:
    """All songs of a data set, and those that could not be read, by their id, with why."""

    layout: Layout
    root: Path
    songs: tuple[Song, ...]
    broken: tuple[tuple[str, str], ...]

    @property
    def usable(self) -> tuple[Song, ...]:
        """The songs that there is something to learn from in."""
        return tuple(song for song in self.songs if song.usable)

    @property
    def song_hours(self) -> float:
        """How long all usable songs are together."""
        return sum(song.seconds for song in self.usable) / 3600.0

    @property
    def track_hours(self) -> float:
        """How long all tracks of usable songs are together."""
        return sum(track.header.seconds for song in self.usable for track in song.tracks) / 3600.0

    @property
    def roles(self) -> dict[str, int]:
        """How many tracks of usable songs have each role, the most frequent first."""
        return dict(Counter(str(track.role) for song in self.usable for track in song.tracks).most_common())

    @property
    def splits(self) -> dict[str, int]:
        """How many songs each published split has; nothing where none is published."""
        found = Counter(str(song.split) for song in self.songs if song.split is not Split.NONE)
        return dict(found)

    @property
    def licences(self) -> dict[Licence, int]:
        """How many usable songs are under each licence, credits aside, the most frequent first."""
        return dict(Counter(song.licence.crediting("") for song in self.usable).most_common())

    @property
    def missing(self) -> int:
        """How many files should be there and are not."""
        return sum(trouble.missing for song in self.songs for trouble in song.troubles)


def survey(root: Path, kind: str = "", *, progress: Progress = no_progress) -> Survey:
    """Read every song of a data set, headers only.

    Raises:
        SessionError: the folder has no layout that can be read; no song at all can be (then with the first reason).
    """
    layout, places = find_songs(root, kind)
    broken: list[tuple[Place, SessionError]] = []
    songs = []
    for song in read_places(layout, places, lambda place, error: broken.append((place, error))):
        songs.append(song)
        progress(_STAGE, (len(songs) + len(broken)) / len(places))
    if broken and not songs:
        more = f" (and {len(broken) - 1} more songs like it)" if len(broken) > 1 else ""
        raise SessionError(f"{broken[0][1]}{more}")
    progress(_STAGE, 1.0)
    return Survey(layout, Path(root), tuple(songs), tuple((place.id, str(error)) for place, error in broken))


def as_data(found: Survey) -> dict[str, Any]:
    """A survey as plain values for JSON."""
    return {
        "schema": SURVEY_SCHEMA,
        "tool": tool_version(),
        "dataset": found.layout.kind,
        "name": found.layout.name,
        "root": str(found.root),
        "song_hours": found.song_hours,
        "track_hours": found.track_hours,
        "roles": found.roles,
        "splits": found.splits,
        "missing_files": found.missing,
        "songs": [_song(song) for song in found.songs],
        "broken": [{"id": name, "why": why} for name, why in found.broken],
    }


def _song(song: Song) -> dict[str, Any]:
    return {
        "id": song.id,
        "title": song.title,
        "artist": song.artist,
        "genre": song.genre,
        "split": str(song.split),
        "usable": song.usable,
        "excerpt": song.excerpt,
        "seconds": song.seconds,
        "tags": list(song.tags),
        "licence": _licence(song.licence),
        "groups": {name: list(tracks) for name, tracks in song.groups.items()},
        "tracks": [
            {
                "id": track.id,
                "files": [str(file) for file in track.files],
                "role": str(track.role),
                "role_confidence": track.role_confidence,
                "instrument": track.instrument,
                "detail": track.detail,
                "group": track.group,
                "processing": str(track.processing),
                "bleed": track.bleed,
                "melody_rank": track.melody_rank,
                "in_mix": track.in_mix,
                "channels": track.header.channels,
                "sample_rate_hz": track.header.sample_rate_hz,
                "seconds": track.header.seconds,
            }
            for track in song.tracks
        ],
        "mixes": [
            {
                "file": str(mix.file),
                "kind": str(mix.kind),
                "aligned": mix.aligned,
                "sample_rate_hz": mix.header.sample_rate_hz,
                "seconds": mix.header.seconds,
            }
            for mix in song.mixes
        ],
        "troubles": [
            {"file": str(trouble.file), "text": trouble.text, "missing": trouble.missing}
            for trouble in song.troubles
        ],
    }


def _licence(licence: Licence) -> dict[str, Any]:
    return {
        "name": licence.name,
        "may_train_weights": licence.may_train_weights,
        "url": licence.url,
        "credit": licence.credit,
        "note": licence.note,
    }
