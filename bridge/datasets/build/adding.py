"""Adds the songs of data sets on disk to a store, so that they can be trained on beside those that were built."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bridge.datasets.build.engine import BUSY, Building, BuildResult
from bridge.datasets.build.items import DATASET, Item, Origin, Refusal, item_id
from bridge.datasets.build.licences import Rule
from bridge.datasets.layouts import LAYOUTS, find_songs, read_places
from bridge.datasets.places import Place
from bridge.datasets.values import Song, Split
from bridge.files import alone
from console.errors import SessionError
from console.progress import Progress, no_progress

#: So much of each file's beginning tells it from others of its name and size.
_HEAD_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class AddRequest:
    """Which songs to add, and where.

    - `folders`: data sets as they lie on disk, each by its own layout, or all of the one that `kind` names;
    - `private`: take songs too whose licence does not let weights be given away; what is trained on them says so;
    - `recover`: find out the strips behind the mixes that line up with their tracks, to learn from them;
    - `limit`: at most so many songs of each folder; the rest as in BuildRequest.
    """

    store: Path
    folders: tuple[Path, ...]
    kind: str = ""
    private: bool = False
    recover: bool = False
    limit: int | None = None
    workers: int = 1
    most_gb: float | None = None
    bits: int = 16


def add_songs(request: AddRequest, progress: Progress = no_progress) -> BuildResult:
    """Add what is not in the store yet. A song that fails does not stop the rest; Ctrl-C leaves what is finished.

    Raises:
        ParamError: a setting is out of its range.
        SessionError: a folder has the layout of no data set.
        RenderError: another build works on the store, or the disk is full.
    """
    building = Building(request.store, request.workers, request.most_gb, request.bits, progress)
    places = [find_songs(folder, request.kind) for folder in request.folders]
    with alone(request.store, BUSY.format(store=str(request.store))):
        refused: list[Refusal] = []

        def find() -> list[Item]:
            items: list[Item] = []
            for number, (layout, found) in enumerate(places):
                progress("reading data sets", number / len(places))

                def broken(place: Place, error: SessionError, name: str = layout.kind) -> None:
                    refused.append(Refusal(name, place.id, str(error)))

                items.extend(_taken(read_places(layout, found, broken), request, refused))
            return items

        return building.run(find, refused, [])


def judge(song: Song, *, private: bool) -> str:
    """Why a song is not taken; "" where it is."""
    if song.split is Split.OMITTED:
        return "its publishers have left it out"
    if not song.usable:
        return f"it has neither tracks nor a mix that can be used{_first_trouble(song)}"
    if not song.licence.may_train_weights and not private:
        note = f" ({song.licence.note})" if song.licence.note else ""
        return (
            f"licence {song.licence.name}{note}: weights trained on it are not to be given away; for weights that you "
            "keep to yourself give --private"
        )
    return ""


def _taken(songs: Iterator[Song], request: AddRequest, refused: list[Refusal]) -> Iterator[Item]:
    count = 0
    for song in songs:
        reason = judge(song, private=request.private)
        if reason:
            refused.append(Refusal(song.dataset, song.id, reason))
            continue
        try:
            item = _item(song, request.recover)
        except SessionError as error:
            refused.append(Refusal(song.dataset, song.id, str(error)))
            continue
        yield item
        count += 1
        if count == request.limit:
            return


def _item(song: Song, recover: bool) -> Item:
    group = f"{song.dataset}:{song.id}"
    licence = song.licence
    credit = licence.credit or " – ".join(filter(None, (song.artist, song.title))) or song.id
    split = "" if song.split is Split.NONE else str(song.split)
    rule = Rule(
        "*", licence.name, f"{credit}, {LAYOUTS[song.dataset].name}", licence.may_train_weights, split
    )
    recover = recover and song.human_mix is not None
    origin = Origin(song.dataset, "", song.id, song.root, _fingerprint(song, recover), rule)
    name = item_id(DATASET, song.id, group)
    return Item(name, DATASET, group, song.title or song.id, origin, song=song, recover=recover)


def _fingerprint(song: Song, recover: bool) -> str:
    """A hash over what the song's files are called, how large they are, and how they begin."""
    digest = hashlib.sha256(f"recover {recover}".encode())
    files = [*(file for track in song.tracks for file in track.files), *(mix.file for mix in song.mixes)]
    for path in files:
        digest.update(os.fsencode(path.name))
        try:
            digest.update(str(path.stat().st_size).encode())
            with path.open("rb") as file:
                digest.update(file.read(_HEAD_BYTES))
        except OSError as error:
            raise SessionError(
                f"{str(path)!r} cannot be read ({error}); unpack the data set again"
            ) from error
    return digest.hexdigest()


def _first_trouble(song: Song) -> str:
    return f": {song.troubles[0]}" if song.troubles else ""
