"""What mixbridge keeps of a project that it wrote: which track stands for which strip, and the sample rate."""

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from console.errors import ExportError
from exporters.unpack import read_entry

PROJECT_ENTRY = "project.xml"
NOTES_ENTRY = "mixbridge.json"
NOTES_SCHEMA = "mixbridge.dawproject/1"

_NOTES_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Note:
    """What stands in our notes about a track."""

    kind: str
    id: str
    channels: int = 2
    start_samples: int | None = None


def read_notes(archive: zipfile.ZipFile, path: Path) -> dict[str, Any]:
    """The notes in a project, nothing where there are none.

    Raises:
        ExportError: they are damaged.
    """
    if NOTES_ENTRY not in archive.namelist():
        return {}
    data = read_entry(archive, NOTES_ENTRY, _NOTES_BYTES)
    try:
        notes = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ExportError(f"{path}: {NOTES_ENTRY} is damaged ({error}); export again") from error
    if not isinstance(notes, dict) or notes.get("schema") != NOTES_SCHEMA:
        raise ExportError(f"{path}: {NOTES_ENTRY} is not of the schema {NOTES_SCHEMA!r}; export again")
    if not isinstance(notes.get("tracks"), dict):
        raise ExportError(f"{path}: {NOTES_ENTRY} has no tracks; export again")
    return notes


def noted(note: dict[str, Any]) -> Note:
    """The note about one track.

    Raises:
        ExportError: it is none of ours.
    """
    values = (note.get("kind"), note.get("id"), note.get("channels"), note.get("start_samples"))
    kind, name, channels, start = values
    if kind not in ("track", "side", "group", "fx") or not isinstance(name, str):
        raise ExportError(f"{NOTES_ENTRY} has a note {note!r} that is none of ours; export again")
    return Note(kind, name, 1 if channels == 1 else 2, start if isinstance(start, int) else None)
