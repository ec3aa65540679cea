"""What a patch leaves in the project about itself: what it set, what stood there before, which tracks are ours.

It stands in the project's extended state, which REAPER keeps. A second patch undoes the first by it.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from console.errors import ExportError
from exporters.reaper.fields import Rows, finite, within_reason
from exporters.reaper.rpp import Node, split_words
from exporters.reaper.tracks import FileTrack

SECTION = "MIXBRIDGE_PATCH"
EXTSTATE = "EXTSTATE"
MASTER_ROW, PROJECT_ROW = "MASTER", "PROJECT"

#: The kind of a folder of ours that the mix has no group for: a patch lets its tracks out, and it sums nothing.
IDLE = "idle"

#: The lines that a patch may set, and so the only ones that it may put back.
LINES = (
    "VOLPAN",
    "PANMODE",
    "PANLAWFLAGS",
    "IPHASE",
    "MUTESOLO",
    "PLAYOFFS",
    "MAINSEND",
    "ISBUS",
    "MASTER_VOLUME",
)


@dataclass(slots=True)
class Record:
    """What a patch did to one track.

    kind: "strip", "group" or "fx" for a track that stands for a strip or bus of the mix, "idle", else "".
    lines: by key, the line that stood there (None: none) and the one that was set. made_chain: the track had no
    FX chain.
    """

    kind: str = ""
    id: str = ""
    channels: int = 2
    lines: dict[str, tuple[str | None, str]] = field(default_factory=dict)
    made_chain: bool = False


@dataclass(slots=True)
class Records:
    """All that a patch did, by the tracks' keys; `added` are the GUIDs of the tracks that it added."""

    tracks: dict[str, Record] = field(default_factory=dict)
    master: Record = field(default_factory=Record)
    added: list[str] = field(default_factory=list)
    made_state: bool = False

    @property
    def groups(self) -> frozenset[str]:
        """The keys of the tracks that stand for groups."""
        return frozenset(key for key, record in self.tracks.items() if record.kind == "group")


def read_records(root: Node) -> Records | None:
    """What an earlier patch left, or None.

    Raises:
        ExportError: the notes are damaged.
    """
    section = next((found for state in root.nodes(EXTSTATE) for found in state.nodes(SECTION)), None)
    if section is None:
        return None
    records = Records()
    for item in section.items:
        words = split_words(item) if isinstance(item, str) else []
        if len(words) != 2:
            raise _damaged(str(words))
        row = _decode(words[1])
        if words[0] == PROJECT_ROW:
            records.added = [str(key) for key in _typed(row, "added", list)]
            records.made_state = bool(row.get("made_state"))
        elif words[0] == MASTER_ROW:
            records.master = _record(row)
        else:
            records.tracks[str(row.get("key"))] = _record(row)
    return records


def write_records(root: Node, records: Records) -> None:
    """Put the notes into the project's extended state."""
    state = root.node(EXTSTATE)
    if state is None:
        state = Node(EXTSTATE)
        root.items.append(state)
        records.made_state = True
    rows = [_row(PROJECT_ROW, {"added": records.added, "made_state": records.made_state})]
    rows.append(_row(MASTER_ROW, asdict(records.master)))
    for place, (key, record) in enumerate(records.tracks.items()):
        rows.append(_row(f"TRACK{place}", {"key": key, **asdict(record)}))
    state.items.append(Node(SECTION, [*rows]))


def remove_records(root: Node, records: Records) -> None:
    """Take the notes away, and the extended state with them if it was made for them."""
    for state in list(root.nodes(EXTSTATE)):
        for section in list(state.nodes(SECTION)):
            _remove(state, section)
        if records.made_state and not state.items:
            _remove(root, state)


def read_offset(root: Node, track: FileTrack, records: Records | None) -> float:
    """The media offset in seconds that the user gave a track: what a patch made of it does not count.

    Raises:
        ExportError: the line is damaged.
    """
    words = track.rows.words("PLAYOFFS")
    record = records.tracks.get(track.key) if records else None
    if record is not None and "PLAYOFFS" in record.lines:
        was, now = record.lines["PLAYOFFS"]
        if words == split_words(now)[1:]:
            words = split_words(was)[1:] if was else []
    if len(words) < 2:
        return 0.0
    offset, flags = (
        within_reason(finite("PLAYOFFS", words[0])),
        int(min(max(finite("PLAYOFFS", words[1]), 0.0), 255.0)),
    )
    if flags & 1:
        return 0.0
    rate_hz = Rows(root).numbers("SAMPLERATE", 44100.0)[0]
    return offset / max(rate_hz, 1.0) if flags & 2 else offset


def _remove(parent: Node, child: Node) -> None:
    parent.items[:] = [item for item in parent.items if item is not child]


def _row(key: str, values: Mapping[str, Any]) -> str:
    text = json.dumps(values, ensure_ascii=True, separators=(",", ":"))
    return f"{key} {base64.urlsafe_b64encode(text.encode('ascii')).decode('ascii')}"


def _decode(text: str) -> dict[str, Any]:
    try:
        row = json.loads(base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise _damaged(text) from error
    if not isinstance(row, dict):
        raise _damaged(text)
    return row


def _record(row: dict[str, Any]) -> Record:
    lines: dict[str, tuple[str | None, str]] = {}
    for key, pair in _typed(row, "lines", dict).items():
        if not (isinstance(pair, list) and len(pair) == 2):
            raise _damaged(str(pair))
        was, now = pair
        if key not in LINES or not _is_line(now, key) or not (was is None or _is_line(was, key)):
            raise _damaged(f"{key} {pair}")
        lines[key] = (was, now)
    channels = row.get("channels")
    return Record(
        kind=_typed(row, "kind", str),
        id=_typed(row, "id", str),
        channels=1 if channels == 1 else 2,
        lines=lines,
        made_chain=bool(row.get("made_chain")),
    )


def _is_line(text: object, key: str) -> bool:
    return isinstance(text, str) and text.split(maxsplit=1)[:1] == [key] and "\n" not in text


def _typed(row: Mapping[str, Any], name: str, kind: type[Any]) -> Any:
    value = row.get(name)
    if not isinstance(value, kind):
        raise _damaged(f"{name} {value!r}")
    return value


def _damaged(text: str) -> ExportError:
    return ExportError(
        f"the notes of an earlier patch in <{SECTION} are damaged ({text[:60]}); "
        "give the project as it was before that patch"
    )
