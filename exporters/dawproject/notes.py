"""What mixbridge keeps of a project that it wrote: which track stands for which strip, and the sample rate."""

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from console.errors import ExportError
from console.mix.values import MASTER, SAMPLE_RATES_HZ
from exporters.unpack import read_entry

PROJECT_ENTRY = "project.xml"
NOTES_ENTRY = "mixbridge.json"
NOTES_SCHEMA = "mixbridge.dawproject/1"

_NOTES_BYTES = 64 << 20
_KINDS = ("track", "side", "group", "fx")
_MOST_SAMPLES = 2**53


@dataclass(frozen=True, slots=True)
class Note:
    """What stands in our notes about a track. Its clips of `file` lie `delay_samples` after where they belong."""

    kind: str
    id: str
    channels: int = 2
    start_samples: int | None = None
    delay_samples: int = 0
    file: str = ""


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
    kind, name, channels = note.get("kind"), note.get("id"), note.get("channels")
    start, delay, file = note.get("start_samples"), note.get("delay_samples"), note.get("file")
    if kind not in _KINDS or not isinstance(name, str):
        raise ExportError(f"{NOTES_ENTRY} has a note {note!r} that is none of ours; export again")
    return Note(
        kind,
        name,
        1 if channels == 1 else 2,
        start if isinstance(start, int) else None,
        delay if isinstance(delay, int) and abs(delay) < _MOST_SAMPLES else 0,
        file if isinstance(file, str) else "",
    )


def noted_tracks(notes: Mapping[str, Any]) -> dict[str, Note]:
    """The notes about all tracks but the master's, by the tracks' ids.

    Raises:
        ExportError: one is none of ours.
    """
    tracks = notes.get("tracks", {}).items()
    return {key: noted(note) for key, note in tracks if isinstance(note, dict) and note.get("kind") != MASTER}


def sample_rate_of(notes: Mapping[str, Any]) -> int | None:
    """The sample rate in the notes."""
    rate_hz = notes.get("sample_rate_hz")
    low_hz, high_hz = SAMPLE_RATES_HZ
    return int(rate_hz) if isinstance(rate_hz, int | float) and low_hz <= rate_hz <= high_hz else None


def to_bytes(notes: Mapping[str, Any]) -> bytes:
    """The notes as the project's zip holds them."""
    # In ASCII: half characters, as of file names that are no text, are no UTF-8.
    return (json.dumps(notes, indent=1) + "\n").encode("ascii")
