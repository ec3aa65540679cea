"""The data sets that can be read: which layout a folder has, and its songs one after another."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bridge.datasets import (
    cambridge,
    dsd,
    enst,
    jamendo,
    medleydb,
    moisesdb,
    musdb,
    slakh,
    testbed,
)
from bridge.datasets.folders import is_folder, listed
from bridge.datasets.licences import Licence
from bridge.datasets.places import Place
from bridge.datasets.values import Song
from console.codec import did_you_mean
from console.errors import SessionError


@dataclass(frozen=True, slots=True)
class Layout:
    """One data set's way of lying on disk.

    `find` gives the songs' places in a folder, none when the folder has another layout; `read` gives one song, or
    raises SessionError naming the file that is broken. `looks_like` is for the message when nothing fits.
    """

    kind: str
    name: str
    licence: Licence
    find: Callable[[Path], tuple[Place, ...]]
    read: Callable[[Place], Song]
    looks_like: str


#: By kind; those with the plainest marks first, since the first that fits is taken.
LAYOUTS: dict[str, Layout] = {
    layout.kind: layout
    for layout in (
        Layout(
            "musdb18",
            "MUSDB18",
            musdb.LICENCE,
            musdb.find_native,
            musdb.read_native,
            "train/Artist - Title.stem.mp4",
        ),
        Layout(
            "dsd100", "DSD100", dsd.LICENCE, dsd.find, dsd.read, "Sources/Dev/001 - Artist - Title/bass.wav"
        ),
        Layout(
            "musdb18hq",
            "MUSDB18-HQ",
            musdb.LICENCE,
            musdb.find_hq,
            musdb.read_hq,
            "train/Artist - Title/bass.wav",
        ),
        Layout(
            "medleydb",
            "MedleyDB",
            medleydb.LICENCE,
            medleydb.find,
            medleydb.read,
            "Audio/Artist_Title/Artist_Title_MIX.wav",
        ),
        Layout(
            "slakh2100",
            "Slakh2100",
            slakh.LICENCE,
            slakh.find,
            slakh.read,
            "train/Track00001/metadata.yaml",
        ),
        Layout(
            "enst-drums",
            "ENST-Drums",
            enst.LICENCE,
            enst.find,
            enst.read,
            "drummer_1/audio/wet_mix/001_take.wav",
        ),
        Layout(
            "moisesdb",
            "MoisesDB",
            moisesdb.LICENCE,
            moisesdb.find,
            moisesdb.read,
            "provider/song/data.json",
        ),
        Layout(
            "mtg-jamendo",
            "MTG-Jamendo",
            jamendo.LICENCE,
            jamendo.find,
            jamendo.read,
            "data/autotagging.tsv",
        ),
        Layout(
            "open-multitrack-testbed",
            "Open Multitrack Testbed",
            testbed.LICENCE,
            testbed.find,
            testbed.read,
            "Song/Raw/kick.wav and Song/Mixes/mix.wav",
        ),
        Layout(
            "mixing-secrets",
            "Mixing Secrets (Cambridge-MT)",
            cambridge.LICENCE,
            cambridge.find,
            cambridge.read,
            "Artist_Title_Full/01_Kick.wav",
        ),
    )
}


def find_songs(root: Path, kind: str = "") -> tuple[Layout, tuple[Place, ...]]:
    """The layout of a folder and the places of its songs, by names alone; no song is read.

    Where the folder itself fits none, and holds one folder and nothing else that fits, that one is meant.

    Raises:
        SessionError: the folder cannot be read, fits no layout, or not the one that was named.
    """
    root = Path(root)
    if kind and kind not in LAYOUTS:
        raise SessionError(f"{kind!r} is no data set that can be read{did_you_mean(kind, list(LAYOUTS))}")
    inner = [entry for entry in listed(root) if is_folder(entry)]
    for folder in (root, *(inner if len(inner) == 1 else ())):
        for layout in [LAYOUTS[kind]] if kind else LAYOUTS.values():
            places = layout.find(folder)
            if places:
                return layout, places
    if kind:
        wanted = LAYOUTS[kind]
        raise SessionError(
            f"{str(root)!r} holds no songs of {wanted.name}, which look like {wanted.looks_like}; give the folder "
            "that the data set was unpacked into"
        )
    known = "; ".join(f"{layout.name}: {layout.looks_like}" for layout in LAYOUTS.values())
    raise SessionError(
        f"{str(root)!r} has the layout of no data set that can be read ({known}); give the folder that the data set "
        "was unpacked into"
    )


def read_songs(
    root: Path, kind: str = "", *, on_broken: Callable[[Place, SessionError], None] | None = None
) -> Iterator[Song]:
    """The songs of a data set, each read when it is asked for: names, metadata and headers, no audio decoded.

    Args:
        root: the folder that the data set was unpacked into.
        kind: which data set it is, a key of `LAYOUTS`; by its layout otherwise.
        on_broken: told of a song whose metadata is broken, which is then passed over.

    Raises:
        SessionError: as `find_songs`; a song's metadata is broken and nobody wants to be told.
    """
    layout, places = find_songs(root, kind)
    return read_places(layout, places, on_broken)


def read_places(
    layout: Layout,
    places: tuple[Place, ...],
    on_broken: Callable[[Place, SessionError], None] | None = None,
) -> Iterator[Song]:
    """The songs at places that `find_songs` found, as `read_songs` gives them."""
    for place in places:
        try:
            song = layout.read(place)
        except SessionError as error:
            if on_broken is None:
                raise
            on_broken(place, error)
            continue
        yield song
