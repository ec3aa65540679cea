"""MoisesDB: a folder a song, data.json with stems and their tracks, files called by their ids in folders of stems."""

from pathlib import Path

from bridge.datasets.documents import flag, read_json, rows_in, text
from bridge.datasets.folders import child, inside, subfolders, text_of
from bridge.datasets.gather import Gathering
from bridge.datasets.instruments import GUESSED, STATED, Told, told_by
from bridge.datasets.licences import licence_of
from bridge.datasets.places import Place
from bridge.datasets.values import Processing, Song
from console.errors import SessionError
from console.session import Role

LICENCE = licence_of("CC BY-NC-SA 4.0 https://creativecommons.org/licenses/by-nc-sa/4.0/")

_ABOUT = "data.json"

#: What a track's type can only mean in its stem.
_IN_STEM: dict[str, dict[str, tuple[Role, float]]] = {
    "drums": {
        "drum machine": (Role.DRUMS, STATED),
        "overheads": (Role.OVERHEAD, STATED),
        "cymbals": (Role.CYMBALS, STATED),
    },
    "piano": {"grand piano": (Role.KEYS, STATED), "electric piano": (Role.KEYS, STATED)},
    "bass": {"bass guitar": (Role.BASS, STATED)},
    "vocals": {"other": (Role.BACKING_VOCAL, GUESSED)},
    "other_plucked": {"banjo, mandolin, ukulele, harp etc": (Role.ACOUSTIC_GUITAR, GUESSED)},
}


def find(root: Path) -> tuple[Place, ...]:
    """The songs of a set of several providers, of one provider's folder, or one song."""
    if child(root, _ABOUT):
        songs = [root]
    else:
        songs = [folder for folder in subfolders(root) if child(folder, _ABOUT)]
    if not songs:
        songs = [song for folder in subfolders(root) for song in subfolders(folder) if child(song, _ABOUT)]
    if not any(map(_speaks_of_stems, songs)):
        return ()
    return tuple(Place(text_of(song.name), song, root) for song in songs)


def read(place: Place) -> Song:
    """One song.

    Raises:
        SessionError: data.json is broken, names no stems, or has a file outside the song's folder.
    """
    about_file = child(place.folder, _ABOUT) or place.folder / _ABOUT
    about = read_json(about_file)
    found = Gathering()
    for stem in rows_in(about_file, about, "stems"):
        stem_name = text(stem.get("stemName"))
        for track in rows_in(about_file, stem, "tracks"):
            kind = text(track.get("trackType"))
            found.track(
                f"{stem_name} - {kind.replace('_', ' ')}".strip(" -") or "track",
                [_file_of(about_file, stem_name, text(track.get("id")), text(track.get("extension")))],
                _told(stem_name, kind),
                processing=Processing.WET,
                group=stem_name,
                bleed=flag(track.get("has_bleed")),
            )
    artist = text(about.get("artist"))
    return found.song(
        place,
        "moisesdb",
        title=text(about.get("song")),
        artist=artist,
        genre=text(about.get("genre")),
        licence=LICENCE.crediting(artist),
    )


def _file_of(about: Path, stem: str, name: str, extension: str) -> Path:
    file = inside(about.parent, f"{stem}/{name}.{extension or 'wav'}") if stem and name else None
    if file is None:
        raise SessionError(
            f"{str(about)!r} has a track with stem {stem!r} and id {name!r}, which is no file in the song's folder; "
            "take the file from the data set's publisher again"
        )
    folder = child(about.parent, stem)
    return (folder and child(folder, file.name)) or file


def _told(stem: str, kind: str) -> Told:
    by_type = told_by(kind, _IN_STEM.get(stem, {}))
    if by_type.role is Role.OTHER and by_type.confidence < 0.5:
        by_stem = told_by(stem)
        return Told(by_stem.role, min(by_stem.confidence, 0.7), by_type.text or by_stem.text)
    return by_type


def _speaks_of_stems(folder: Path) -> bool:
    file = child(folder, _ABOUT)
    try:
        return file is not None and isinstance(read_json(file).get("stems"), list)
    except SessionError:
        return False
