"""How a project names the audio files that it plays."""

import os
from pathlib import Path

from console.session import AudioFile


def reference(file: AudioFile, folder: Path) -> str:
    """How a project in `folder` names a file: relative with forward slashes, absolute from another drive."""
    path = file.path.absolute()
    path = path.parent.resolve() / path.name
    try:
        return Path(os.path.relpath(path, folder.absolute().resolve())).as_posix()
    except ValueError:
        return path.as_posix()
