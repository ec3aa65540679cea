"""DSD100 and MSD100: Mixtures and Sources, each with Dev and Test, a folder a song in both."""

from pathlib import Path

from bridge.datasets.folders import child, sound_named, subfolders, text_of
from bridge.datasets.gather import Gathering
from bridge.datasets.licences import Licence
from bridge.datasets.musdb import artist_and_title, read_stems
from bridge.datasets.places import Place
from bridge.datasets.values import MixKind, Song, Split
from console.frozen import FrozenMap

LICENCE = Licence(
    "educational and research",
    url="https://sigsep.github.io/datasets/dsd100.html",
    note="songs of the Mixing Secrets library, for education and research only",
)

_SPLITS = {"Dev": Split.TRAIN, "Test": Split.TEST}


def find(root: Path) -> tuple[Place, ...]:
    """The songs that have sources, in the order of their numbers."""
    sources, mixtures = child(root, "Sources"), child(root, "Mixtures")
    if sources is None or mixtures is None:
        return ()
    return tuple(
        Place(
            text_of(song.name),
            song,
            root,
            split,
            FrozenMap({"mixture": str(_twin(mixtures, name, song.name))}),
        )
        for name, split in _SPLITS.items()
        if (folder := child(sources, name)) is not None
        for song in subfolders(folder)
    )


def read(place: Place) -> Song:
    """One song: the stems from Sources, the mix from Mixtures."""
    found = Gathering()
    read_stems(found, place.folder)
    folder = Path(place.about["mixture"])
    missing = folder / "mixture.wav"
    found.mix(sound_named(folder, "mixture"), MixKind.HUMAN, aligned=True, missing=missing)
    number, dash, name = text_of(place.folder.name).partition(" - ")
    artist, title = artist_and_title(name if dash and number.isdecimal() else text_of(place.folder.name))
    return found.song(place, "dsd100", title=title, artist=artist, licence=LICENCE)


def _twin(mixtures: Path, split: str, song: str) -> Path:
    folder = child(mixtures, split) or mixtures / split
    return child(folder, song) or folder / song
