"""Reads a store that `mixbridge data build` made: songs by split, and audio as it is asked for."""

import json
import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bridge.datasets.build.licences import SPLITS
from bridge.datasets.build.record import SONG_FILE, SONG_SCHEMA, STORE_FILE, STORE_SCHEMA
from bridge.datasets.build.workbench import file_hash
from console.codec import did_you_mean
from console.errors import ParamError, SessionError
from console.mix import Mix, load_mix
from console.session import Role

Samples = NDArray[np.float32]

KINDS = ("multitrack", "reference", "impulse")


@dataclass(frozen=True, slots=True)
class StoredTrack:
    """One track of a stored song, `channels` those of its dry stem; `wet` is None where only the dry one is there."""

    id: str
    name: str
    role: Role
    role_confidence: float
    dry: Path
    wet: Path | None
    channels: int
    labels: dict[str, float]


@dataclass(frozen=True, slots=True)
class StoredSong:
    """A song of the store. Audio comes at the song's own rate, as float32, silent beyond the song's end.

    `group`: the music itself; songs of one group are renderings of it, and in one split. `origin_kind`: what rang, of
    an impulse response ("cabinet", "room"). `gain_db`: what all its files were turned down by.
    """

    id: str
    kind: str
    source: str
    title: str
    split: str
    group: str
    folder: Path
    sample_rate_hz: int
    samples: int
    tracks: tuple[StoredTrack, ...]
    mix_file: Path
    mix_channels: int
    licence: str
    credit: str
    origin_kind: str
    gain_db: float
    deterministic: bool
    approximate: tuple[str, ...]
    files: tuple[tuple[Path, str], ...]
    strips_text: str | None

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.samples / self.sample_rate_hz

    def strips(self) -> Mix | None:
        """The author's settings as a Mix, its tracks in the order of `tracks`; None where nobody knows them.

        Raises:
            ParamError: they do not read as a Mix.
        """
        return None if self.strips_text is None else load_mix(self.strips_text, source=str(self.folder))

    def read(self, start: int = 0, samples: int | None = None, *, wet: bool = False) -> Samples:
        """A segment of all tracks, (tracks, 2, samples).

        A mono stem stands in both channels at full level, so that `x[:, 0]` is the stem itself.

        Args:
            start: the first sample, 0 or more.
            samples: how many; to the end by default.
            wet: the wet stems, where a track has one, instead of the dry ones.

        Raises:
            ParamError: a negative start or length.
            SessionError: a file is gone or damaged.
        """
        length = self._length(start, samples)
        out = np.zeros((len(self.tracks), 2, length), np.float32)
        for row, track in zip(out, self.tracks, strict=True):
            _read_into(row, track.wet if wet and track.wet is not None else track.dry, start)
        return out

    def read_mix(self, start: int = 0, samples: int | None = None) -> Samples:
        """A segment of the mix (a master, an impulse response), (channels, samples).

        Raises:
            ParamError: a negative start or length.
            SessionError: the file is gone or damaged.
        """
        out = np.zeros((self.mix_channels, self._length(start, samples)), np.float32)
        _read_into(out, self.mix_file, start)
        return out

    def damaged(self) -> tuple[Path, ...]:
        """The files that are gone, or no longer what they were when they were written."""
        return tuple(path for path, digest in self.files if not path.is_file() or file_hash(path) != digest)

    def _length(self, start: int, samples: int | None) -> int:
        length = max(self.samples - start, 0) if samples is None else samples
        if start < 0 or length < 0:
            raise ParamError(
                f"the segment begins at {start} and has {length} samples; give both as 0 or more"
            )
        return length


@dataclass(frozen=True, slots=True)
class Store:
    """A store of songs; cheap to send to another process, as it holds no audio."""

    folder: Path
    entries: tuple[dict[str, Any], ...]

    def songs(
        self, split: str | None = None, *, kind: str | None = "multitrack", source: str | None = None
    ) -> tuple[StoredSong, ...]:
        """The songs of a split (all when None), sorted by id.

        Raises:
            ParamError: no such split or kind.
            SessionError: a song's record is gone or damaged.
        """
        _check(split, SPLITS, "split")
        _check(kind, KINDS, "kind")
        return tuple(
            read_song(self.folder / "songs" / entry["id"])
            for entry in self.entries
            if split in (None, entry["split"])
            and kind in (None, entry["kind"])
            and source in (None, entry["source"])
        )

    def references(self, split: str | None = None) -> tuple[StoredSong, ...]:
        """The finished masters of a split; `read_mix` gives their sound."""
        return self.songs(split, kind="reference")

    def impulses(self, what: str | None = None) -> tuple[StoredSong, ...]:
        """The impulse responses, all or those of one kind ("cabinet", "room")."""
        found = self.songs(kind="impulse")
        return tuple(song for song in found if what in (None, song.origin_kind))

    def credits(self) -> tuple[str, ...]:
        """Whom weights that were trained on this store are to credit, and under what, sorted."""
        return tuple(sorted({f"{entry['credit']} ({entry['licence']})" for entry in self.entries}))


def default_store() -> Path:
    """Where the store lies unless told otherwise: MIXBRIDGE_DATA, or the user's data folder."""
    import platformdirs

    told = os.environ.get("MIXBRIDGE_DATA")
    return Path(told) if told else Path(platformdirs.user_data_path("mixbridge")) / "dataset"


def open_store(folder: Path) -> Store:
    """Open a store.

    Raises:
        SessionError: there is none, or its manifest is damaged or of another version.
    """
    place = folder / STORE_FILE
    data = _json(place, f"{str(folder)!r} is no store of songs; make one by mixbridge data build --store")
    if data.get("schema") != STORE_SCHEMA or not isinstance(data.get("songs"), list):
        raise SessionError(
            f"{str(place)!r} has the schema {data.get('schema')!r}; this version reads {STORE_SCHEMA!r}"
        )
    return Store(folder, tuple(data["songs"]))


def read_song(folder: Path) -> StoredSong:
    """A song by its folder.

    Raises:
        SessionError: its record is gone, damaged, of another version, or names files outside its folder.
    """
    place = folder / SONG_FILE
    data = _json(place, f"{str(place)!r} is gone or damaged; run mixbridge data build again")
    if data.get("schema") != SONG_SCHEMA:
        raise SessionError(
            f"{str(place)!r} has the schema {data.get('schema')!r}; this version reads {SONG_SCHEMA!r}"
        )
    try:
        return _song(folder, data)
    except (KeyError, TypeError, ValueError) as error:
        raise SessionError(
            f"{str(place)!r} is damaged at {error}; delete the folder and build again"
        ) from error


def _song(folder: Path, data: dict[str, Any]) -> StoredSong:
    tracks = tuple(
        StoredTrack(
            row["id"],
            row["name"],
            Role(row["role"]),
            float(row["role_confidence"]),
            _inside(folder, row["dry"]["file"]),
            _inside(folder, row["wet"]["file"]) if row["wet"] else None,
            int(row["dry"]["channels"]),
            dict(row["labels"]),
        )
        for row in data["tracks"]
    )
    files = [data["mix"], *(row[form] for row in data["tracks"] for form in ("dry", "wet") if row[form])]
    return StoredSong(
        id=data["id"],
        kind=data["kind"],
        source=data["source"],
        title=data["title"],
        split=data["split"],
        group=data["group"],
        folder=folder,
        sample_rate_hz=int(data["sample_rate_hz"]),
        samples=int(data["samples"]),
        tracks=tracks,
        mix_file=_inside(folder, data["mix"]["file"]),
        mix_channels=int(data["mix"]["channels"]),
        licence=data["origin"]["licence"],
        credit=data["origin"]["credit"],
        origin_kind=data["origin"]["kind"],
        gain_db=float(data["gain_db"]),
        deterministic=bool(data["deterministic"]),
        approximate=tuple(data["approximate"]),
        files=tuple((_inside(folder, file["file"]), file["sha256"]) for file in files),
        strips_text=None if data["strips"] is None else json.dumps(data["strips"]),
    )


def _inside(folder: Path, name: str) -> Path:
    if PurePosixPath(name).name != name or "\\" in name or name in ("", ".", ".."):
        raise ValueError(f"the file name {name!r}")
    return folder / name


def _read_into(out: Samples, path: Path, start: int) -> None:
    import soundfile

    try:
        with soundfile.SoundFile(path) as file:
            if start >= file.frames:
                return
            file.seek(start)
            block = file.read(out.shape[1], dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, OSError) as error:
        raise SessionError(
            f"{str(path)!r} cannot be read ({error}); run mixbridge data build again"
        ) from error
    out[:, : len(block)] = block.T


def _json(place: Path, remedy: str) -> dict[str, Any]:
    try:
        data: Any = json.loads(place.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise SessionError(remedy) from error
    if not isinstance(data, dict):
        raise SessionError(remedy)
    return data


def _check(value: str | None, known: tuple[str, ...], word: str) -> None:
    if value is not None and value not in known:
        raise ParamError(f"{value!r} is no {word}{did_you_mean(value, list(known))}")
