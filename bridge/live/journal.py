"""What was done to a desk, line by line, written before it is done: what is left after a crash."""

import json
import os
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Self

from bridge.files import whole_file
from bridge.live.values import Control
from console.errors import LinkError

#: What the operating system holds reaches the disk itself at least this often, in s.
_SYNC_S = 1.0
#: A journal larger than this is put aside before the next push; the new one begins with so many pushes.
_LARGE_BYTES = 8_000_000
_KEPT_PUSHES = 50


class Journal:
    """A file of JSON lines. Every line is with the operating system before `write` returns, so that kill -9 loses none.

    Lines have "at" (UTC) and "event": begin (push, snapshot, what), sent (values by channel and parameter), held
    (knobs that a hand has taken), end (push, outcome, snapshot), note.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._synced_s = 0.0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            torn = path.exists() and path.read_bytes()[-1:] not in (b"", b"\n")
            self._file: IO[str] = path.open("a", encoding="utf-8")
            if torn:
                self._file.write("\n")
        except OSError as error:
            raise LinkError(
                f"the journal {str(path)!r} cannot be written: {error.strerror}; nothing is moved without one"
            ) from None

    def write(self, event: str, *, sync: bool = False, **details: Any) -> None:
        """Add a line; with `sync` it is on the disk itself when this returns.

        Raises:
            LinkError: it cannot be written: the caller must stop moving.
        """
        line = {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event, **details}
        try:
            self._file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
            self._file.flush()
            now_s = time.monotonic()
            if sync or now_s - self._synced_s > _SYNC_S:
                os.fsync(self._file.fileno())
                self._synced_s = now_s
        except (OSError, ValueError) as error:
            raise LinkError(f"the journal {str(self._path)!r} cannot be written: {error}") from None

    def sent(self, values: Mapping[Control, float]) -> None:
        """Note values that are about to be sent."""
        self.write("sent", values=[[c.channel, c.parameter, round(v, 7)] for c, v in values.items()])

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass
class Push:
    """One push as the journal tells it. `outcome` is "" when it never came to an end: the process died."""

    number: int
    what: str
    snapshot: int
    outcome: str = ""
    after: int = 0
    undone: bool = False
    #: Whether it was a way back: an undo, a restore, a switch between A and B.
    back: bool = False
    #: What was sent, last values only.
    sent: dict[Control, float] = field(default_factory=dict)


def read_pushes(path: Path) -> list[Push]:
    """The pushes that a journal tells of, oldest first; a torn or damaged line is passed over."""
    pushes: dict[int, Push] = {}
    current: Push | None = None
    for line in _lines(path):
        event = line.get("event")
        if event == "begin":
            current = Push(int(line["push"]), str(line["what"]), int(line["snapshot"]))
            current.back = bool(line.get("back", False))
            pushes[current.number] = current
        elif event == "sent" and current is not None:
            for channel, parameter, value in line["values"]:
                current.sent[Control(str(channel), str(parameter))] = float(value)
        elif event == "end":
            ended = pushes.get(int(line["push"]))
            if ended is not None:
                ended.outcome, ended.after = str(line["outcome"]), int(line.get("after", 0))
                current = None
        elif event == "undone" and int(line["push"]) in pushes:
            pushes[int(line["push"])].undone = True
    return list(pushes.values())


def compact(path: Path) -> None:
    """Put a journal that has grown large aside, and begin a new one with what its last pushes came to.

    The old file stays beside it under its time; the new one appears whole or not at all. What cannot be done is left.
    """
    with suppress(OSError):
        if not path.exists() or path.stat().st_size < _LARGE_BYTES:
            return
        pushes = read_pushes(path)[-_KEPT_PUSHES:]
        aside = path.with_name(f"journal {datetime.now(UTC):%Y-%m-%d %H%M%S}.jsonl")
        with whole_file(path.with_suffix(".new")) as temporary:
            with Journal(temporary) as journal:
                for push in pushes:
                    _retell(journal, push)
        path.replace(aside)
        path.with_suffix(".new").replace(path)


def _retell(journal: Journal, push: Push) -> None:
    journal.write("begin", push=push.number, what=push.what, snapshot=push.snapshot, back=push.back)
    journal.sent(push.sent)
    if push.outcome:
        journal.write("end", push=push.number, outcome=push.outcome, after=push.after)
    if push.undone:
        journal.write("undone", push=push.number)


def _lines(path: Path) -> Iterable[dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return
    for line in text.splitlines():
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict) and isinstance(found.get("event"), str):
            yield found
