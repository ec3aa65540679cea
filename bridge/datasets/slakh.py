"""Slakh2100: folders of splits with TrackNNNNN, metadata.yaml with the instruments, stems as FLAC or WAV, one mix."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bridge.datasets.documents import flag, mapping_in, read_yaml, text, whole
from bridge.datasets.folders import child, inside, is_folder, sound_named, subfolders, text_of
from bridge.datasets.gather import Gathering
from bridge.datasets.instruments import Told, told_by_program
from bridge.datasets.licences import licence_of
from bridge.datasets.places import Place
from bridge.datasets.values import MixKind, Processing, Song, Split
from console.errors import SessionError

LICENCE = licence_of("CC BY 4.0 https://creativecommons.org/licenses/by/4.0/").crediting(
    "Slakh2100, E. Manilow, G. Wichern, P. Seetharaman and J. Le Roux, 2019"
)

_ABOUT = "metadata.yaml"
_SONG = re.compile(r"Track\d{5}", re.IGNORECASE)
_SPLITS = {
    "train": Split.TRAIN,
    "validation": Split.VALIDATION,
    "test": Split.TEST,
    "omitted": Split.OMITTED,
}


def find(root: Path) -> tuple[Place, ...]:
    """The songs of a root with splits, of a split, of a folder of songs, or one song."""
    if _SONG.fullmatch(root.name):
        return (_place(root, root, root.parent.name),)
    found = [_place(song, root, root.name) for song in subfolders(root) if _SONG.fullmatch(song.name)]
    for name in _SPLITS:
        folder = child(root, name)
        if folder is not None and is_folder(folder):
            songs = (song for song in subfolders(folder) if _SONG.fullmatch(song.name))
            found += [_place(song, root, folder.name) for song in songs]
    return tuple(found)


def read(place: Place) -> Song:
    """One song. Sources that were not rendered are no tracks, and not missing either.

    Raises:
        SessionError: metadata.yaml is missing or broken.
    """
    about_file = child(place.folder, _ABOUT) or place.folder / _ABOUT
    about = read_yaml(about_file)
    folder = child(place.folder, text(about.get("audio_dir")) or "stems") or place.folder / "stems"
    found = Gathering()
    silent = 0
    for name, source in mapping_in(about_file, about, "stems").items():
        source = source if isinstance(source, Mapping) else {}
        file = sound_named(folder, str(name))
        if file is None and flag(source.get("audio_rendered")) is False:
            silent += 1
            continue
        told = _told(source)
        found.track(
            f"{text(name)} {told.text}".strip(),
            [file or _expected(about_file, folder, str(name))],
            told,
            processing=Processing.DRY,
            group=text(source.get("inst_class")),
            bleed=False,
        )
    # every stem at one loudness, summed: no engineer's balance
    mix = sound_named(place.folder, "mix")
    found.mix(mix, MixKind.AUTOMATIC, aligned=True, missing=place.folder / "mix.flac")
    tags = (f"{silent} sources not rendered",) if silent else ()
    return found.song(place, "slakh2100", title=text_of(place.folder.name), licence=LICENCE, tags=tags)


def _expected(about_file: Path, folder: Path, name: str) -> Path:
    file = inside(folder, f"{name}.flac")
    if file is None:
        raise SessionError(
            f"{str(about_file)!r} names the source {name!r}, which is no file among the song's stems; take the file "
            "from the data set's publisher again"
        )
    return file


def _told(source: Mapping[str, Any]) -> Told:
    name = text(source.get("midi_program_name")) or text(source.get("inst_class"))
    return told_by_program(whole(source.get("program_num")), name, drums=flag(source.get("is_drum")) is True)


def _place(song: Path, root: Path, split: str) -> Place:
    return Place(text_of(song.name), song, root, _SPLITS.get(split.casefold(), Split.NONE))
