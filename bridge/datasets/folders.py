"""Looks into the folders of a data set: natural order, any case, no hidden files, nothing decoded."""

import os
import unicodedata
from pathlib import Path

from bridge.sessions.collect import AUDIO_SUFFIXES, natural_key
from console.errors import SessionError


def listed(folder: Path) -> list[Path]:
    """What a folder holds, in natural order, without hidden files and macOS resource forks.

    Raises:
        SessionError: it does not exist, is none, or may not be read.
    """
    try:
        found = [entry for entry in folder.iterdir() if not entry.name.startswith(".")]
    except FileNotFoundError:
        raise SessionError(f"{str(folder)!r} does not exist; give the folder of a data set") from None
    except NotADirectoryError:
        raise SessionError(f"{str(folder)!r} is a file; give the folder of a data set") from None
    except OSError as error:
        raise SessionError(f"{str(folder)!r} may not be read ({error.strerror}); allow reading") from error
    return sorted(found, key=lambda entry: natural_key(entry.name))


def subfolders(folder: Path) -> list[Path]:
    """The folders in a folder; links to folders count, dead links do not."""
    return [entry for entry in listed(folder) if is_folder(entry)]


def audio_files(folder: Path) -> list[Path]:
    """The files in a folder that have the suffix of audio; dead links too, so that they are told."""
    return [
        entry for entry in listed(folder) if entry.suffix.lower() in AUDIO_SUFFIXES and not is_folder(entry)
    ]


def is_folder(path: Path) -> bool:
    """Whether a path is a folder or a link to one; a link in a circle, or what may not be looked at, is none."""
    try:
        return path.is_dir()
    except OSError:
        return False


def child(folder: Path, *names: str) -> Path | None:
    """The first of these names that a folder holds, whatever the case and Unicode form of its letters; else None."""
    if not is_folder(folder):
        return None
    for name in names:
        if (folder / name).exists():
            return folder / name
    there = {_folded(entry.name): entry for entry in reversed(listed(folder))}
    return next((there[_folded(name)] for name in names if _folded(name) in there), None)


def sound_named(folder: Path, name: str) -> Path | None:
    """The audio file of this stem, whatever its suffix; None when there is none."""
    for entry in audio_files(folder) if is_folder(folder) else ():
        if _folded(entry.stem) == _folded(name):
            return entry
    return None


def inside(folder: Path, name: str) -> Path | None:
    """The path of a file that metadata names, where it stays inside the folder; None where it would lead out of it."""
    parts = Path(name.replace("\\", "/")).parts
    if not parts or Path(name).is_absolute() or ".." in parts or "\0" in name or ":" in parts[0]:
        return None
    return folder.joinpath(*parts)


def text_of(name: str) -> str:
    """A file name as text that can be written as UTF-8: composed, with U+FFFD for bytes that are none."""
    return unicodedata.normalize("NFC", os.fsencode(name).decode("utf-8", "replace"))


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
