"""Which files belong to a session, in which order, and under which ids."""

import os
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from console.errors import SessionError

#: What libsndfile decodes, by suffix.
AUDIO_SUFFIXES = frozenset(
    {
        ".wav",
        ".wave",
        ".bwf",
        ".rf64",
        ".w64",
        ".flac",
        ".aif",
        ".aiff",
        ".aifc",
        ".caf",
        ".ogg",
        ".oga",
        ".opus",
        ".mp3",
    }
)

#: Audio that cannot be decoded here: passing over it in silence would lose a track.
FOREIGN_SUFFIXES = frozenset({".m4a", ".aac", ".wma", ".ape", ".wv", ".tta", ".dsf", ".dff", ".ac3", ".mka"})


def natural_key(name: str) -> tuple[tuple[tuple[int, int, str], ...], str]:
    """A key that sorts "2_Snare" before "10_Bass", whatever the case of the letters."""
    parts = re.split(r"([0-9]+)", unicodedata.normalize("NFC", name).casefold())
    key = tuple((0, int(part), "") if part[:1].isdecimal() else (1, 0, part) for part in parts if part)
    return key, name


def find_files(paths: Sequence[Path], *, recursive: bool = False) -> tuple[Path, tuple[Path, ...]]:
    """The session's root folder and its files, each once, in natural order.

    Hidden files, macOS resource forks (`._*`) and whatever has no audio suffix are passed over in a folder;
    a file that is named on its own is always taken.

    Raises:
        SessionError: nothing given, a path that does not exist or may not be read, or no audio in it.
    """
    if not paths:
        raise SessionError("no session was given; name a folder of audio files, or the files")
    files: dict[str, Path] = {}
    for path in (Path(path).absolute() for path in paths):
        for file in _files_of(path, recursive):
            files.setdefault(os.path.normcase(_resolved(file)), file)
    ordered = tuple(sorted(files.values(), key=lambda file: (natural_key(file.name), natural_key(str(file)))))
    root = _root_of([Path(path).absolute() for path in paths])
    if not ordered:
        raise SessionError(_nothing_in(root, recursive))
    return root, ordered


def unique_ids(files: Iterable[Path]) -> tuple[str, ...]:
    """One id per file: its stem, with " (2)", " (3)" … where a stem comes again.

    Bytes of a name that are no text become U+FFFD, so that every id can be written as UTF-8.
    """
    taken: set[str] = set()
    ids = []
    for file in files:
        stem = unicodedata.normalize("NFC", os.fsencode(file.stem).decode("utf-8", "replace"))
        ids.append(free_id(stem, taken))
        taken.add(ids[-1])
    return tuple(ids)


def free_id(wanted: str, taken: Iterable[str]) -> str:
    """The wanted id, or the first "wanted (n)" that nobody has."""
    used = set(taken)
    count = 1
    candidate = wanted
    while candidate in used:
        count += 1
        candidate = f"{wanted} ({count})"
    return candidate


def _files_of(path: Path, recursive: bool) -> Iterator[Path]:
    try:
        if not path.is_dir():
            path.lstat()
            yield path
            return
        entries = sorted(path.iterdir())
    except FileNotFoundError:
        raise SessionError(f"{str(path)!r} does not exist; give the folder of a session, or files") from None
    except OSError as error:
        raise SessionError(
            f"{str(path)!r} may not be read ({error.strerror}); allow reading, or copy the files elsewhere"
        ) from error
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.suffix.lower() in AUDIO_SUFFIXES | FOREIGN_SUFFIXES and not entry.is_dir():
            yield entry
        elif recursive and entry.is_dir():
            yield from _files_of(entry, recursive)


def _resolved(file: Path) -> str:
    try:
        return str(file.resolve())
    except (OSError, RuntimeError):
        return str(file)


def _root_of(paths: list[Path]) -> Path:
    if len(paths) == 1 and paths[0].is_dir():
        return paths[0]
    try:
        return Path(os.path.commonpath([path if path.is_dir() else path.parent for path in paths]))
    except ValueError:
        return paths[0].parent


def _nothing_in(root: Path, recursive: bool) -> str:
    known = ", ".join(sorted(AUDIO_SUFFIXES))
    inner = [] if recursive else [entry for entry in sorted(root.iterdir()) if entry.is_dir()]
    if any(file.suffix.lower() in AUDIO_SUFFIXES for folder in inner for file in folder.glob("*")):
        return f"{str(root)!r} holds no audio itself, only folders with audio; name one of these folders"
    return f"{str(root)!r} holds no audio; it must hold files of {known}"
