"""Mixing Secrets (Cambridge-MT): folders of WAV called NN_Name, no metadata; previews as MP3 or WAV beside them."""

import re
from pathlib import Path

from bridge.datasets.folders import audio_files, is_folder, subfolders, text_of
from bridge.datasets.gather import Gathering
from bridge.datasets.instruments import Told
from bridge.datasets.licences import Licence
from bridge.datasets.places import Place
from bridge.datasets.values import Header, MixKind, Processing, Song
from bridge.sessions.collect import unique_ids
from bridge.sessions.pairing import choose_pairs
from bridge.sessions.probe import Probed
from bridge.sessions.roles import GUIDE, MIXDOWN, name_roles
from bridge.sessions.settings import SessionSettings
from console.session import AudioFile, Role

LICENCE = Licence(
    "educational",
    url="https://cambridge-mt.com/ms/mtk/",
    note="for education and practice only, unless the artist says otherwise on the song's page",
)

_TRACK = re.compile(r"\d{2,3}[ _.\-].+", re.DOTALL)
_PREVIEW = re.compile(r"preview|unmastered[ _]?(?:wav|mix)", re.IGNORECASE)
_EXCERPT = re.compile(r"[ _](?:edited|excerpt)$", re.IGNORECASE)
_ENDING = re.compile(r"[ _](?:full|edited|excerpt|multitrack)$", re.IGNORECASE)
_FEWEST_TRACKS = 2


def find(root: Path) -> tuple[Place, ...]:
    """Folders where most of the audio is called by number and name: the root itself, in it, or one level deeper."""
    if _is_song(root):
        return (Place(text_of(root.name), root, root),)
    found = []
    for folder in subfolders(root):
        if _is_song(folder):
            found.append(Place(text_of(folder.name), folder, root))
            continue
        for inner in subfolders(folder):
            if _is_song(inner):
                found.append(Place(f"{text_of(folder.name)}/{text_of(inner.name)}", inner, root))
    return tuple(found)


def read(place: Place) -> Song:
    """One song. Roles are told by the names alone, and sides that are one source become one track."""
    files = [file for file in audio_files(place.folder) if not _PREVIEW.search(file.stem)]
    found = Gathering()
    headers = {
        name: (file, header)
        for name, file in zip(unique_ids(files), files, strict=True)
        if (header := found.header(file)) is not None
    }
    previews = _previews(place.folder)
    for name, paths, header, told in _tracks(headers):
        if told.detail == MIXDOWN:
            previews += paths
            continue
        heard = told.detail != GUIDE and told.role is not Role.CLICK
        found.add(name, paths, header, told, processing=Processing.DRY, in_mix=heard)
    for preview in previews:
        found.mix(preview, MixKind.PREVIEW, aligned=None, missing=preview)
    plain = place.folder.name
    excerpt = bool(_EXCERPT.search(plain))
    while _ENDING.search(plain):
        plain = _ENDING.sub("", plain)
    artist, _, title = text_of(plain).partition("_")
    return found.song(
        place,
        "mixing-secrets",
        title=title.replace("_", " ") or artist,
        artist=artist if title else "",
        licence=LICENCE.crediting(artist if title else ""),
        excerpt=excerpt,
    )


def _tracks(
    headers: dict[str, tuple[Path, Header]],
) -> list[tuple[str, tuple[Path, ...], Header, Told]]:
    """The tracks with their sides joined as an import of the folder would join them."""
    probed = {
        name: Probed(file, AudioFile(file, head.sample_rate_hz, head.channels, head.frames, ""))
        for name, (file, head) in headers.items()
    }
    joined = choose_pairs(probed, SessionSettings(), {}).joined
    by_left = {pair.left: pair for pair in joined}
    rights = {pair.right for pair in joined}
    rows: list[tuple[str, tuple[Path, ...], Header]] = []
    for name, (file, head) in headers.items():
        if name in by_left:
            right, _ = headers[by_left[name].right]
            stereo = Header(head.sample_rate_hz, 2, head.frames)
            rows.append((by_left[name].id, (file, right), stereo))
        elif name not in rights:
            rows.append((name, (file,), head))
    named = name_roles([name for name, _, _ in rows])
    return [
        (name, files, head, Told(by_name.role, by_name.confidence, name, by_name.detail))
        for (name, files, head), by_name in zip(rows, named, strict=True)
    ]


def _is_song(folder: Path) -> bool:
    if not is_folder(folder):
        return False
    files = [file for file in audio_files(folder) if not _PREVIEW.search(file.stem)]
    numbered = sum(1 for file in files if _TRACK.fullmatch(file.stem))
    return numbered >= _FEWEST_TRACKS and 2 * numbered > len(files)


def _previews(folder: Path) -> list[Path]:
    """Previews in the song's folder, and those beside it that bear its name."""
    inside = [file for file in audio_files(folder) if _PREVIEW.search(file.stem)]
    plain = folder.name
    while _ENDING.search(plain):
        plain = _ENDING.sub("", plain)
    beside = [
        file
        for file in audio_files(folder.parent)
        if _PREVIEW.search(file.stem) and file.stem.casefold().startswith(f"{plain.casefold()}_")
    ]
    return [*inside, *beside]
