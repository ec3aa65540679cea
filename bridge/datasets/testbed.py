"""Open Multitrack Testbed: a folder a song with raw tracks, stems and mixes in folders of their own, and metadata.

The Testbed hands out songs one by one, and describes them on its pages rather than in files: read are the folders,
under any of the names that are in use, and a file of metadata (JSON, YAML, or lines `key: value`) where there is one.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bridge.datasets.documents import read_json, read_text, read_yaml, text
from bridge.datasets.folders import audio_files, child, is_folder, subfolders, text_of
from bridge.datasets.gather import Gathering
from bridge.datasets.instruments import Told, told_by
from bridge.datasets.licences import UNKNOWN, Licence, licence_of
from bridge.datasets.places import Place
from bridge.datasets.values import MixKind, Processing, Song
from bridge.sessions.roles import name_roles

LICENCE = Licence("a licence a song", note="the metadata, or the song's page, has each song's licence")

#: The folders of a song, and whether what they hold is dry or wet.
_TRACK_FOLDERS: dict[Processing, tuple[str, ...]] = {
    Processing.DRY: ("Raw", "Raw tracks", "Raw audio", "Multitracks", "Multitrack", "Tracks"),
    Processing.WET: ("Stems", "Processed", "Wet"),
}
_MIX_FOLDERS = ("Mixes", "Mix", "Mixdowns")

#: Files that hold the metadata, by their readers.
_ABOUT = ("metadata.json", "metadata.yaml", "metadata.yml", "metadata.txt", "info.txt", "readme.txt")

_TITLE, _ARTIST, _GENRE = ("title", "song", "song_name"), ("artist", "artist_name"), ("genre",)
_LICENCE = ("licence", "license", "rights")
_FILE, _INSTRUMENT = (
    ("file", "filename", "track_name", "name"),
    ("instrument", "track_instrument_type", "role"),
)


def find(root: Path) -> tuple[Place, ...]:
    """The songs: folders with a folder of mixes or metadata beside one of raw tracks or stems."""
    if _is_song(root):
        return (Place(text_of(root.name), root, root),)
    return tuple(Place(text_of(folder.name), folder, root) for folder in subfolders(root) if _is_song(folder))


def read(place: Place) -> Song:
    """One song. Roles are told by the metadata, where it speaks of the file, else by the names.

    Raises:
        SessionError: the metadata is broken.
    """
    about = _about(place.folder)
    instruments = _instruments(about)
    found = Gathering()
    for processing, names in _TRACK_FOLDERS.items():
        folder = child(place.folder, *names)
        files = audio_files(folder) if folder else []
        named = name_roles([text_of(file.stem) for file in files])
        for file, by_name in zip(files, named, strict=True):
            stated = instruments.get(file.name.casefold()) or instruments.get(file.stem.casefold(), "")
            guess = Told(by_name.role, by_name.confidence, text_of(file.stem), by_name.detail)
            told = told_by(stated) if stated else guess
            found.track(text_of(file.stem), [file], told, processing=processing)
    mixes = child(place.folder, *_MIX_FOLDERS)
    for mix in audio_files(mixes) if mixes else ():
        found.mix(mix, MixKind.HUMAN, aligned=True, missing=mix)
    artist = _first(about, _ARTIST)
    stated = _first(about, _LICENCE)
    return found.song(
        place,
        "open-multitrack-testbed",
        title=_first(about, _TITLE) or text_of(place.folder.name),
        artist=artist,
        genre=_first(about, _GENRE),
        licence=(licence_of(stated) if stated else UNKNOWN).crediting(artist),
    )


def _is_song(folder: Path) -> bool:
    tracks = [name for names in _TRACK_FOLDERS.values() for name in names]
    holds_tracks = (inner := child(folder, *tracks)) is not None and is_folder(inner)
    return holds_tracks and child(folder, *_MIX_FOLDERS, *_ABOUT) is not None


def _about(folder: Path) -> Mapping[str, Any]:
    file = child(folder, *_ABOUT)
    if file is None:
        return {}
    suffix = file.suffix.lower()
    if suffix == ".json":
        return read_json(file)
    if suffix in {".yaml", ".yml"}:
        return read_yaml(file)
    pairs = (line.partition(":") for line in read_text(file).splitlines())
    return {key.strip().lower().replace(" ", "_"): value.strip() for key, colon, value in pairs if colon}


def _instruments(about: Mapping[str, Any]) -> dict[str, str]:
    """What the metadata says of files, by their names in lower case."""
    rows = about.get("tracks")
    if isinstance(rows, Mapping):
        rows = [{"file": name, **(row if isinstance(row, Mapping) else {})} for name, row in rows.items()]
    pairs = [
        (_first(row, _FILE), _first(row, _INSTRUMENT))
        for row in (rows if isinstance(rows, list) else ())
        if isinstance(row, Mapping)
    ]
    return {Path(name).name.casefold(): instrument for name, instrument in pairs if name and instrument}


def _first(about: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    """The first of these keys that holds text, whatever the case of its letters."""
    plain = {str(key).lower(): value for key, value in about.items()}
    return next((found for key in keys if (found := text(plain.get(key)))), "")
