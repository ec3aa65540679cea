"""How a project names the audio files that it plays."""

import os
from pathlib import Path

from console.session import AudioFile, Session


def reference(file: AudioFile, folder: Path) -> str:
    """How a project in `folder` names a file: relative with forward slashes, absolute from another drive."""
    path = file.path.absolute()
    path = path.parent.resolve() / path.name
    try:
        return Path(os.path.relpath(path, folder.absolute().resolve())).as_posix()
    except ValueError:
        return path.as_posix()


def is_of_session(path: Path, session: Session) -> bool:
    """Whether a path is a file of the session: its audio or its project, under this name or another."""
    files = [file.path for track in session.tracks for file in track.files]
    files += [] if session.project is None else [session.project]
    if path.absolute() in {file.absolute() for file in files}:
        return True
    if not path.exists():
        return False
    return any(_same(path, file) for file in files)


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False
