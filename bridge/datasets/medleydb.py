"""MedleyDB 1 and 2: a folder a song with MIX, STEMS and RAW; YAML with instruments, components and bleed."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.datasets.documents import flag, mapping_in, read_text, read_yaml, text, whole
from bridge.datasets.folders import child, inside, is_folder, subfolders, text_of
from bridge.datasets.gather import Gathering
from bridge.datasets.instruments import Told, settle_leads, told_by
from bridge.datasets.licences import licence_of
from bridge.datasets.places import Place
from bridge.datasets.values import MixKind, Processing, Song
from console.errors import SessionError

LICENCE = licence_of("CC BY-NC-SA 4.0 https://creativecommons.org/licenses/by-nc-sa/4.0/")

#: Where metadata and annotations lie, beside the songs or above them, as the publishers' archives unpack.
_METADATA_FOLDERS = ("Metadata", "medleydb/data/Metadata", "data/Metadata")
_ANNOTATION_FOLDERS = ("Annotations", "medleydb/data/Annotations", "data/Annotations")
_LEVELS_ABOVE = 3
_MELODY = "melody"


@dataclass(frozen=True, slots=True)
class _Stem:
    """One stem of the metadata: its number, instrument, file and raw files."""

    number: str
    instrument: str
    component: str
    file: str
    raw: tuple[tuple[str, str, str], ...]


def find(root: Path) -> tuple[Place, ...]:
    """The songs of a root, of Audio, V1 or V2 in it, or one song: folders with STEMS, RAW or a MIX of their name."""
    if _is_song(root):
        return (Place(text_of(root.name), root, root),)
    inner = subfolders(root)
    songs = [folder for folder in inner if _is_song(folder)]
    for folder in inner:
        if folder not in songs:
            songs += [song for song in subfolders(folder) if _is_song(song)]
    return tuple(Place(text_of(song.name), song, root) for song in songs)


def read(place: Place) -> Song:
    """One song: raw tracks (dry) in the groups of their stems, and the stems (wet).

    Raises:
        SessionError: the metadata is missing or broken, or names a file outside the song's folder.
    """
    name = place.folder.name
    about_file = _metadata_file(place.folder)
    about = read_yaml(about_file)
    stems = list(_stems(about_file, about))
    annotations = _annotations(place.folder)
    ranks = _ranks(annotations / f"{name}_RANKING.txt") if annotations else {}
    told = settle_leads([told_by(stem.instrument) for stem in stems], _leads(stems, ranks))
    bleed = flag(about.get("has_bleed"))
    found = Gathering()
    raw_folder = _folder(place.folder, text(about.get("raw_dir")), f"{name}_RAW")
    stem_folder = _folder(place.folder, text(about.get("stem_dir")), f"{name}_STEMS")
    for stem, by_stem in zip(stems, told, strict=True):
        group = f"{stem.number} {stem.instrument}".strip()
        about_track = {"group": group, "bleed": bleed, "melody_rank": ranks.get(stem.number)}
        for number, instrument, file in stem.raw:
            found.track(
                f"{stem.number}_{number} {instrument}".strip(),
                [_file(about_file, raw_folder, file)],
                _of_raw(by_stem, stem, instrument),
                processing=Processing.DRY,
                **about_track,
            )
        found.track(
            group,
            [_file(about_file, stem_folder, stem.file)],
            by_stem,
            processing=Processing.WET,
            **about_track,
        )
    mix_name = text(about.get("mix_filename")) or f"{name}_MIX.wav"
    mix = _file(about_file, place.folder, mix_name)
    found.mix(mix if mix.exists() else None, MixKind.HUMAN, aligned=True, missing=mix)
    artist = text(about.get("artist"))
    return found.song(
        place,
        "medleydb",
        title=text(about.get("title")) or text_of(name.partition("_")[2]),
        artist=artist,
        genre=text(about.get("genre")),
        licence=LICENCE.crediting(artist),
        excerpt=flag(about.get("excerpt")) is True,
        tags=("instrumental",) if flag(about.get("instrumental")) else (),
        activity=_activity(place.folder, annotations),
    )


def _stems(about_file: Path, about: Mapping[str, Any]) -> Iterator[_Stem]:
    for key, row in mapping_in(about_file, about, "stems").items():
        if not isinstance(row, Mapping):
            raise SessionError(f"{str(about_file)!r} has nothing under the stem {key!r}; take the file anew")
        raw = row.get("raw")
        pieces = [
            (str(name).lstrip("Rr"), text(piece.get("instrument")), text(piece.get("filename")))
            for name, piece in (raw.items() if isinstance(raw, Mapping) else ())
            if isinstance(piece, Mapping)
        ]
        yield _Stem(
            number=str(key).lstrip("Ss"),
            instrument=text(row.get("instrument")),
            component=text(row.get("component")).casefold(),
            file=text(row.get("filename")),
            raw=tuple(pieces),
        )


def _leads(stems: list[_Stem], ranks: Mapping[str, int]) -> list[bool | None]:
    """Which stems lead: the melody by its component, or by its rank; None where neither says."""
    if not ranks and not any(stem.component == _MELODY for stem in stems):
        return [None] * len(stems)
    return [stem.component == _MELODY or ranks.get(stem.number) == 1 for stem in stems]


def _of_raw(by_stem: Told, stem: _Stem, instrument: str) -> Told:
    """A raw track is what its own label says; where that is the stem's, it is what the stem was found to be."""
    return by_stem if instrument == stem.instrument else told_by(instrument)


def _file(about_file: Path, folder: Path, name: str) -> Path:
    file = inside(folder, name)
    if file is None:
        raise SessionError(
            f"{str(about_file)!r} names the file {name!r}, which is none in the song's folder; take the metadata from "
            "the data set's publisher again"
        )
    return child(file.parent, file.name) or file


def _folder(song: Path, told: str, usual: str) -> Path:
    named = inside(song, told) if told else None
    return child(song, *((named.name,) if named else ()), usual) or song / usual


def _is_song(folder: Path) -> bool:
    name = folder.name
    return child(folder, f"{name}_STEMS", f"{name}_RAW", f"{name}_MIX.wav") is not None


def _above(song: Path) -> Iterator[Path]:
    """The folder of the song and those above it, so far as the publishers' archives nest."""
    yield from (song, *song.parents[:_LEVELS_ABOVE])


def _metadata_file(song: Path) -> Path:
    name = f"{song.name}_METADATA.yaml"
    beside = child(song, name)
    if beside is not None:
        return beside
    for folder in _above(song):
        for place in _METADATA_FOLDERS:
            if (folder / place / name).is_file():
                return folder / place / name
    raise SessionError(
        f"{str(song / name)!r} is missing, and no folder Metadata above has it; put the folder Metadata of the "
        "repository marl/medleydb beside the songs"
    )


def _annotations(song: Path) -> Path | None:
    for folder in _above(song):
        for place in ("", *_ANNOTATION_FOLDERS):
            found = folder / place / f"{song.name}_ANNOTATIONS"
            if is_folder(found):
                return found
    return None


def _activity(song: Path, annotations: Path | None) -> Path | None:
    name = f"{song.name}_ACTIVATION_CONF.lab"
    if annotations and (annotations / name).is_file():
        return annotations / name
    for folder in _above(song):
        for place in _ANNOTATION_FOLDERS:
            found = folder / place / "Activation_Confidence" / name
            if found.is_file():
                return found
    return None


def _ranks(file: Path) -> dict[str, int]:
    """The rank of stems by their number: lines of a stem's file and its rank."""
    if not file.is_file():
        return {}
    found = {}
    for row in csv.reader(read_text(file).splitlines()):
        rank = whole(row[1]) if len(row) > 1 else None
        if rank is not None:
            found[row[0].rpartition("_")[2].partition(".")[0].strip()] = rank
    return found
