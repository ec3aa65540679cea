"""What mixbridge keeps of a track in the track's info text, for the reader: what it is, its channels, its id."""

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes

_NOTE = re.compile(r"mixbridge:1 (\w+) (\d{1,2}) (\S*)")
_SET = re.compile(r"mixbridge:1 set (\d{1,7})")


@dataclass(frozen=True, slots=True)
class Note:
    """Kind ("track", "side", "group", "fx" or "spare"), channels and id of a track that mixbridge wrote."""

    kind: str
    channels: int
    id: str

    def text(self) -> str:
        """The note as it stands in the set."""
        return f"mixbridge:1 {self.kind} {self.channels} {quote(self.id.encode('utf-8', 'surrogatepass'), safe='')}"


def read_note(text: str) -> Note | None:
    """The note in a track's info text, None where there is none."""
    match = _NOTE.search(text)
    if match is None or match[1] not in ("track", "side", "group", "fx", "spare"):
        return None
    try:
        name = unquote_to_bytes(match[3]).decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return None
    return Note(match[1], int(match[2]), name)


def set_note(sample_rate_hz: int) -> str:
    """The note of a whole set: its sample rate, which Live's format has no place for."""
    return f"mixbridge:1 set {sample_rate_hz}"


def read_set_note(text: str) -> int | None:
    """The sample rate in a set's note, None where there is none."""
    match = _SET.search(text)
    return int(match[1]) if match else None
