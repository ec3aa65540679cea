"""MTG-Jamendo: tables of ids, paths and tags, MP3 files, a licence a song. Finished songs, to be references."""

import re
from collections.abc import Iterator
from pathlib import Path

from bridge.datasets.documents import read_rows, read_text
from bridge.datasets.folders import child, inside, is_folder, listed
from bridge.datasets.gather import Gathering
from bridge.datasets.licences import Licence, licence_of
from bridge.datasets.places import Place
from bridge.datasets.values import MixKind, Song, Split
from console.errors import SessionError
from console.frozen import FrozenMap

LICENCE = Licence("Creative Commons, a licence a song", note="audio_licenses.txt has each song's licence")

#: The columns that every table begins with; tags follow, as many cells as there are.
COLUMNS = ("TRACK_ID", "ARTIST_ID", "ALBUM_ID", "PATH", "DURATION", "TAGS")

_TABLES = ("autotagging.tsv", "raw_30s_cleantags_50artists.tsv", "raw_30s.tsv", "raw.tsv")
_SPLIT_TABLES = {
    "autotagging-train.tsv": Split.TRAIN,
    "autotagging-validation.tsv": Split.VALIDATION,
    "autotagging-test.tsv": Split.TEST,
}
_AUDIO_FOLDERS = (
    "",
    "audio",
    "raw_30s/audio",
    "raw_30s/audio-low",
    "audio-low",
    "autotagging_moodtheme/audio",
)
_FROM = re.compile(r"(?P<title>.*) by (?P<artist>.*?) from Jamendo\b")


def find(root: Path) -> tuple[Place, ...]:
    """The songs of the tables of the root or of `data` in it; the first split is the split."""
    data = child(root, "data") or root
    table = _table(data)
    if table is None:
        return ()
    splits = _splits(data)
    facts = _licences(root)
    names = _names(data)
    return tuple(_place(root, row, splits, facts, names) for row in _rows(table))


def read(place: Place) -> Song:
    """One song: a finished mix without tracks."""
    found = Gathering()
    told = place.about
    file = _audio(place.set_root, told["path"])
    found.mix(
        file, MixKind.MASTER, aligned=None, missing=inside(place.set_root, told["path"]) or place.set_root
    )
    artist = told["artist"]
    licence = licence_of(told["licence"]).crediting(artist) if told["licence"] else LICENCE
    tags = tuple(filter(None, told["tags"].split("\t")))
    genres = [tag.partition("---")[2] for tag in tags if tag.startswith("genre---")]
    return found.song(
        place,
        "mtg-jamendo",
        title=told["title"],
        artist=artist,
        genre=", ".join(genres),
        licence=licence,
        tags=tags,
    )


def _place(
    root: Path,
    row: list[str],
    splits: dict[str, Split],
    facts: dict[str, tuple[str, str, str]],
    names: dict[str, tuple[str, str]],
) -> Place:
    song, path = row[0], row[3]
    title, artist, licence = facts.get(path, ("", "", ""))
    title, artist = names.get(song, (title, artist))
    about = {
        "path": path,
        "tags": "\t".join(row[5:]),
        "title": title,
        "artist": artist or row[1],
        "licence": licence,
    }
    folder = (inside(root, path) or root / "-").parent
    return Place(song, folder, root, splits.get(song, Split.NONE), FrozenMap(about))


def _table(data: Path) -> Path | None:
    """The fullest table that is there: the one for auto-tagging, else any with the right columns."""
    known = child(data, *_TABLES)
    if known:
        return known
    tables = [file for file in listed(data) if file.suffix.lower() == ".tsv" and not is_folder(file)]
    return next((file for file in tables if _has_columns(file)), None)


def _has_columns(table: Path) -> bool:
    try:
        with table.open("rb") as handle:
            head = handle.readline(256).decode("utf-8", "replace")
    except OSError:
        return False
    return tuple(head.strip().lstrip("\ufeff").split("\t"))[: len(COLUMNS)] == COLUMNS


def _rows(table: Path) -> Iterator[list[str]]:
    rows = read_rows(table)
    head = next(rows, [])
    if tuple(head[: len(COLUMNS)]) != COLUMNS:
        raise SessionError(
            f"{str(table)!r} does not begin with the columns {', '.join(COLUMNS)}; take it from the data set's "
            "publisher again"
        )
    for number, row in enumerate(rows, start=2):
        if len(row) < len(COLUMNS) - 1:
            raise SessionError(
                f"{str(table)!r} has {len(row)} cells in row {number}; a song has at least {len(COLUMNS) - 1}"
            )
        yield row


def _splits(data: Path) -> dict[str, Split]:
    folder = child(data, "splits")
    folder = child(folder, "split-0") if folder else None
    found: dict[str, Split] = {}
    for name, split in _SPLIT_TABLES.items():
        table = child(folder, name) if folder else None
        found |= {row[0]: split for row in _rows(table)} if table else {}
    return found


def _names(data: Path) -> dict[str, tuple[str, str]]:
    """Title and artist by the song's id, from raw.meta.tsv where that is there."""
    table = child(data, "raw.meta.tsv")
    if table is None:
        return {}
    rows = read_rows(table)
    head = next(rows, [])
    try:
        title, artist = head.index("TRACK_NAME"), head.index("ARTIST_NAME")
    except ValueError:
        return {}
    return {row[0]: (row[title], row[artist]) for row in rows if len(row) > max(title, artist)}


def _licences(root: Path) -> dict[str, tuple[str, str, str]]:
    """Title, artist and licence by path: in audio_licenses.txt a path, a credit, a licence, and an empty line each."""
    file = child(root, "audio_licenses.txt") or child(root.parent, "audio_licenses.txt")
    if file is None:
        return {}
    found = {}
    for block in read_text(file, limit_bytes=100_000_000).replace("\r\n", "\n").split("\n\n"):
        lines = [line.strip() for line in block.splitlines() if line.strip()]
        if len(lines) >= 3:
            credit = _FROM.match(lines[1])
            title, artist = (credit["title"], credit["artist"]) if credit else ("", "")
            found[lines[0]] = (title, artist, " ".join(lines[2:]))
    return found


def _audio(root: Path, path: str) -> Path | None:
    """The file of a path in the table; the smaller edition calls it .low.mp3."""
    for place in _AUDIO_FOLDERS:
        file = inside(root / place, path)
        for candidate in (file, file.with_suffix(".low.mp3")) if file else ():
            if candidate.is_file():
                return candidate
    return None
