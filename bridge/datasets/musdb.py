"""MUSDB18-HQ: train and test, a folder a song, the mix and four wet stems as WAV. MUSDB18's MP4 is told apart."""

from pathlib import Path

from bridge.datasets.folders import child, is_folder, listed, subfolders, text_of
from bridge.datasets.gather import Gathering
from bridge.datasets.instruments import BROAD, STATED, Told
from bridge.datasets.licences import Licence
from bridge.datasets.places import Place
from bridge.datasets.values import MixKind, Processing, Song, Split
from console.errors import SessionError
from console.session import Role

LICENCE = Licence(
    "educational and non-commercial",
    url="https://sigsep.github.io/datasets/musdb.html",
    note="each song has its own terms, most of them CC BY-NC-SA or for academic use only",
)

#: The stems, and what they are. "vocals" holds every voice, "other" the rest of the band.
STEMS: dict[str, Told] = {
    "bass": Told(Role.BASS, STATED, "bass"),
    "drums": Told(Role.DRUMS, STATED, "drums"),
    "other": Told(Role.OTHER, STATED, "other"),
    "vocals": Told(Role.LEAD_VOCAL, BROAD, "vocals"),
}
_SPLITS = {
    "train": Split.TRAIN,
    "valid": Split.VALIDATION,
    "validation": Split.VALIDATION,
    "test": Split.TEST,
}

#: The songs of `train` that the field keeps for validation.
_VALIDATION = frozenset(
    {
        "Actions - One Minute Smile",
        "Alexander Ross - Goodbye Bolero",
        "ANiMAL - Rockshow",
        "Clara Berry And Wooldog - Waltz For My Victims",
        "Fergessen - Nos Palpitants",
        "James May - On The Line",
        "Johnny Lokke - Promises & Lies",
        "Leaf - Summerghost",
        "Meaxic - Take A Step",
        "Patrick Talbot - A Reason To Leave",
        "Skelpolu - Human Mistakes",
        "Traffic Experiment - Sirens",
        "Triviul - Angelsaint",
        "Young Griffo - Pennies",
    }
)
_NATIVE = ".stem.mp4"


def find_hq(root: Path) -> tuple[Place, ...]:
    """The songs: of a root with train and test, of one of these folders, or one song."""
    if child(root, "mixture.wav", "mixture.flac") and _has_stem(root):
        return (_place(root, root, root.parent.name),)
    if root.name.casefold() in _SPLITS:
        return tuple(_place(song, root, root.name) for song in subfolders(root) if _is_song(song))
    return tuple(
        _place(song, root, folder.name)
        for name in _SPLITS
        if (folder := child(root, name)) is not None and is_folder(folder)
        for song in subfolders(folder)
        if _is_song(song)
    )


def read_hq(place: Place) -> Song:
    """One song. A stem that is missing or broken is told, and the song has the others."""
    found = Gathering()
    read_stems(found, place.folder)
    mix = child(place.folder, "mixture.wav", "mixture.flac")
    found.mix(mix, MixKind.HUMAN, aligned=True, missing=place.folder / "mixture.wav")
    artist, title = artist_and_title(text_of(place.folder.name))
    return found.song(place, "musdb18hq", title=title, artist=artist, licence=LICENCE)


def read_stems(found: Gathering, folder: Path) -> None:
    """The four wet stems that MUSDB18-HQ and DSD100 have."""
    for name, told in STEMS.items():
        file = child(folder, f"{name}.wav", f"{name}.flac") or folder / f"{name}.wav"
        found.track(name, [file], told, processing=Processing.WET)


def artist_and_title(name: str) -> tuple[str, str]:
    """What "Artist - Title" says; all is the title where there is no dash."""
    artist, dash, title = name.partition(" - ")
    return (artist.strip(), title.strip()) if dash else ("", name)


def find_native(root: Path) -> tuple[Place, ...]:
    """The files of MUSDB18 in the STEMS format."""
    folders = [root, *subfolders(root)]
    return tuple(
        Place(text_of(file.name[: -len(_NATIVE)]), file, root)
        for folder in folders
        for file in listed(folder)
        if file.name.casefold().endswith(_NATIVE) and not is_folder(file)
    )


def read_native(place: Place) -> Song:
    """Never a song.

    Raises:
        SessionError: always, with the remedy.
    """
    raise SessionError(
        f"{str(place.folder)!r} is in the STEMS format (AAC in MP4), which cannot be read here without ffmpeg; "
        "get MUSDB18-HQ, the same songs as WAV, or convert the folder with `musdbconvert` of the package musdb"
    )


def _is_song(folder: Path) -> bool:
    return _has_stem(folder) or child(folder, "mixture.wav", "mixture.flac") is not None


def _has_stem(folder: Path) -> bool:
    return any(child(folder, f"{name}.wav", f"{name}.flac") for name in STEMS)


def _place(song: Path, root: Path, split: str) -> Place:
    name = text_of(song.name)
    published = Split.VALIDATION if name in _VALIDATION else _SPLITS.get(split.casefold(), Split.NONE)
    if published is Split.VALIDATION and split.casefold() == "test":
        published = Split.TEST
    return Place(name, song, root, published)
