"""ENST-Drums: a folder a drummer, in `audio` a folder a microphone with every take, dry and wet mixes, annotations."""

from pathlib import Path

from bridge.datasets.folders import audio_files, child, subfolders, text_of
from bridge.datasets.gather import Gathering, other
from bridge.datasets.instruments import STATED, Told, told_by
from bridge.datasets.licences import Licence
from bridge.datasets.places import Place
from bridge.datasets.values import MixKind, Processing, Song
from console.session import Role

LICENCE = Licence(
    "research",
    url="https://perso.telecom-paristech.fr/grichard/ENST-drums/",
    note="for research only, by agreement with the publishers",
)

_MIXES = {"wet_mix": "with equalizer, compressor and reverb", "dry_mix": "balance and pan alone"}
_ACCOMPANIMENT = "accompaniment"
_LEFT, _RIGHT = "_l", "_r"

#: Folders of microphones whose names say more than the general table knows.
_MICROPHONES: dict[str, tuple[Role, float]] = {
    "hi-hat": (Role.HIHAT, STATED),
    "overhead": (Role.OVERHEAD, STATED),
    "cowbell": (Role.PERCUSSION, STATED),
}


def find(root: Path) -> tuple[Place, ...]:
    """Every take of every drummer: takes are named by the files of all microphones and of both mixes."""
    drummers = [root] if _is_drummer(root) else [folder for folder in subfolders(root) if _is_drummer(folder)]
    return tuple(
        Place(f"{text_of(drummer.name)}/{take}", drummer, root)
        for drummer in drummers
        for take in _takes(child(drummer, "audio") or drummer)
    )


def read(place: Place) -> Song:
    """One take. What plays along to it is a track that the mixes do not hold."""
    take = place.id.partition("/")[2]
    audio = child(place.folder, "audio") or place.folder / "audio"
    folders = {folder.name.casefold(): folder for folder in subfolders(audio)}
    found = Gathering()
    for name, folder in folders.items():
        if name in _MIXES or name == _ACCOMPANIMENT or (name.endswith(_RIGHT) and _partner(name) in folders):
            continue
        pair = folders.get(name[:-2] + _RIGHT) if name.endswith(_LEFT) else None
        files = [file for side in (folder, pair) if side and (file := _take_in(side, take))]
        microphone = name[:-2] if len(files) == 2 else name
        if files:  # not every kit has every drum, and not every take every microphone
            found.track(
                microphone,
                files,
                _told(microphone),
                processing=Processing.DRY,
                group="drums",
                bleed=True,
            )
    along = _take_in(folders[_ACCOMPANIMENT], take) if _ACCOMPANIMENT in folders else None
    if along:
        found.track(
            _ACCOMPANIMENT,
            [along],
            other(_ACCOMPANIMENT),
            processing=Processing.DRY,
            group=_ACCOMPANIMENT,
            bleed=False,
            in_mix=False,
        )
    for name in _MIXES:
        folder = folders.get(name, audio / name)
        file = _take_in(folder, take) if name in folders else None
        found.mix(file, MixKind.HUMAN, aligned=True, missing=folder / f"{take}.wav")
    annotation = child(place.folder, "annotation", "annotations")
    activity = child(annotation, f"{take}.txt") if annotation else None
    words = take.split("_")
    kind = (words[1] if len(words) > 1 else take).casefold()
    return found.song(
        place,
        "enst-drums",
        title=take,
        licence=LICENCE,
        excerpt=kind == "hits",
        tags=(kind,),
        activity=activity,
    )


def _is_drummer(folder: Path) -> bool:
    audio = child(folder, "audio")
    return audio is not None and child(audio, *_MIXES) is not None


def _takes(audio: Path) -> list[str]:
    names: dict[str, None] = {}
    for folder in subfolders(audio):
        names.update(dict.fromkeys(text_of(file.stem) for file in audio_files(folder)))
    return sorted(names)


def _take_in(folder: Path, take: str) -> Path | None:
    return child(folder, f"{take}.wav", f"{take}.flac")


def _partner(name: str) -> str:
    return name[:-2] + _LEFT


def _told(microphone: str) -> Told:
    return told_by(microphone, _MICROPHONES)
