"""What a new project says of its tracks, so that it can be read and taken in again: in its extended state."""

import base64
import binascii
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from console.errors import ExportError
from exporters.reaper.rpp import Node

#: Section of the project's extended state, which REAPER keeps when it saves.
STATE_SECTION = "MIXBRIDGE"
_STATE_VERSION = "VERSION 2"

_EXTSTATE = "EXTSTATE"
_ITEMS = "-items"


@dataclass(frozen=True, slots=True)
class Note:
    """What a track is, and what of its items' places and gains is the mix's.

    kind: "track", "side" (the left or right file of a pair), "group" or "fx"; id: its strip or bus. The items lie
    `delay_samples` after their audio's start, and play it `gain` times as loud. `marked`: its plugins have our GUIDs.
    """

    kind: str
    channels: int
    start_samples: int
    id: str
    delay_samples: int = 0
    gain: float = 1.0
    marked: bool = True


#: By the tracks' GUIDs.
Notes = Mapping[str, Note]


def read_notes(root: Node) -> dict[str, Note]:
    """What a writer noted of its tracks.

    Raises:
        ExportError: a note is damaged.
    """
    section = _section(root)
    rows = [item for item in section.items if isinstance(item, str)] if section is not None else []
    marked = any(item.split() == _STATE_VERSION.split() for item in rows)
    notes: dict[str, Note] = {}
    moved: dict[str, tuple[int, float]] = {}
    for item in rows:
        words = item.split()
        parts = words[1].strip("\"'`").split(":") if len(words) == 2 else []
        try:
            if len(parts) == 4:
                kind, channels, start, who = parts
                track_id = base64.urlsafe_b64decode(who).decode("utf-8", "surrogatepass")
                notes[words[0]] = Note(kind, int(channels), int(start), track_id, marked=marked)
            elif len(parts) == 2 and words[0].endswith(_ITEMS):
                moved[words[0].removesuffix(_ITEMS)] = (int(parts[0]), float(parts[1]))
        except (binascii.Error, ValueError) as error:
            raise _damaged(item) from error
    found = {}
    for key, note in notes.items():
        delay, gain = moved.get(key, (0, 1.0))
        if not 0.0 < gain < math.inf or max(abs(delay), abs(note.start_samples)) > 2**53:
            raise _damaged(f"{key} {delay} {gain}")
        found[f"{{{key}}}"] = replace(note, delay_samples=delay, gain=gain)
    return found


def write_notes(root: Node, notes: Notes) -> None:
    """Put the notes into the project's extended state, in the place of those that stand there."""
    state = root.node(_EXTSTATE)
    if state is None:
        state = Node(_EXTSTATE)
        root.items.append(state)
    section = _section(root)
    if section is None:
        section = Node(STATE_SECTION)
        state.items.append(section)
    section.items[:] = [_STATE_VERSION]
    for key, note in notes.items():
        who = base64.urlsafe_b64encode(note.id.encode("utf-8", "surrogatepass")).decode("ascii")
        section.items.append(f'{key[1:-1]} "{note.kind}:{note.channels}:{note.start_samples}:{who}"')
        if (note.delay_samples, note.gain) != (0, 1.0):
            section.items.append(f"{key[1:-1]}{_ITEMS} {note.delay_samples}:{note.gain!r}")


def _section(root: Node) -> Node | None:
    return next((found for state in root.nodes(_EXTSTATE) for found in state.nodes(STATE_SECTION)), None)


def _damaged(text: str) -> ExportError:
    return ExportError(f"the note {text!r} in <{STATE_SECTION} is damaged; export again")
