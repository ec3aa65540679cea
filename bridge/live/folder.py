"""What mixbridge keeps of one desk on this computer: snapshots, journal, what was said of its tracks, who is at it."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.files import whole_file
from bridge.live.journal import Journal, Push, compact, read_pushes
from bridge.live.snapshot import SnapshotStore
from console.errors import LinkError

#: Where everything is kept instead of the user's folder of state.
ENVIRONMENT_VARIABLE = "MIXBRIDGE_STATE"
_SCHEMA = "mixbridge.desk/1"


def live_folder() -> Path:
    """The folder of all desks: $MIXBRIDGE_STATE/live, or in the user's folder of state on this system."""
    override = os.environ.get(ENVIRONMENT_VARIABLE)
    if override:
        return Path(override) / "live"
    import platformdirs

    return Path(platformdirs.user_state_path("mixbridge")) / "live"


@dataclass(frozen=True, slots=True)
class Running:
    """The mixbridge that is at the desk at this moment: its process, and the port of its remote control."""

    process: int
    port: int
    what: str


@dataclass(frozen=True, slots=True)
class Remembered:
    """What was said of a desk: strip → channel's name ("" for none), and the channels left to the engineer."""

    pairs: Mapping[str, str]
    held: Mapping[str, str]


def remember_desk(kind: str, options: Mapping[str, Any], root: Path | None = None) -> None:
    """Keep which desk was connected last: the one that is meant where none is named."""
    folder = root or live_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with whole_file(folder / "last.json") as temporary:
            text = json.dumps({"schema": _SCHEMA, "kind": kind, "options": dict(options)}, indent=1)
            temporary.write_text(text, encoding="utf-8")
    except OSError as error:
        raise LinkError(f"the folder {str(folder)!r} cannot be written: {error.strerror}") from None


def last_desk(root: Path | None = None) -> tuple[str, dict[str, Any]]:
    """The desk that was connected last: its kind and its options; "" where none was."""
    try:
        data = json.loads(((root or live_folder()) / "last.json").read_text(encoding="utf-8"))
        return str(data["kind"]), dict(data["options"])
    except (OSError, ValueError, KeyError, TypeError):
        return "", {}


class DeskFolder:
    """The folder of one desk.

    Args:
        identity: which desk, as its link says.
        root: the folder of all desks.
    """

    def __init__(self, identity: str, root: Path | None = None) -> None:
        name = re.sub(r"[^\w.-]+", "_", identity).strip("._")[:100] or "desk"
        self.identity = identity
        self.path = (root or live_folder()) / name
        self.store = SnapshotStore(self.path / "snapshots")

    def journal(self) -> Journal:
        """The journal, to be written; one that has grown large is put aside first."""
        compact(self.path / "journal.jsonl")
        return Journal(self.path / "journal.jsonl")

    def pushes(self) -> list[Push]:
        """The pushes that the journal tells of, oldest first."""
        return read_pushes(self.path / "journal.jsonl")

    @contextmanager
    def at_the_desk(self, what: str, port: int = 0) -> Iterator[None]:
        """Be the only mixbridge that moves this desk.

        Args:
            what: what is being done, for the one who comes second.
            port: where this process listens for panic and the rest; 0: nowhere.

        Raises:
            LinkError: another one is at it.
        """
        from filelock import FileLock, Timeout

        with self._writable():
            self.path.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.path / "desk.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            other = self.running()
            who = f"process {other.process}: {other.what}" if other else "another process"
            raise LinkError(
                f"{self.identity} is being moved by another mixbridge ({who}); wait for it, or stop it by "
                "`mixbridge live panic`"
            ) from None
        try:
            self._write("running.json", {"process": os.getpid(), "port": port, "what": what})
            yield
        finally:
            (self.path / "running.json").unlink(missing_ok=True)
            lock.release()

    def running(self) -> Running | None:
        """The mixbridge that is at the desk; None where there is none."""
        from filelock import FileLock, Timeout

        data = self._read("running.json")
        if not data:
            return None
        try:
            with FileLock(self.path / "desk.lock", timeout=0):
                return None  # whoever wrote the file has died
        except Timeout:
            return Running(int(data.get("process", 0)), int(data.get("port", 0)), str(data.get("what", "")))

    def remembered(self) -> Remembered:
        """What was said of this desk before."""
        data = self._read("desk.json")
        if data.get("schema") != _SCHEMA:
            return Remembered({}, {})
        return Remembered(_texts(data.get("pairs")), _texts(data.get("held")))

    def remember(self, remembered: Remembered) -> None:
        """Keep what was said of this desk."""
        self._write(
            "desk.json",
            {
                "schema": _SCHEMA,
                "desk": self.identity,
                "pairs": dict(remembered.pairs),
                "held": dict(remembered.held),
            },
        )

    def _read(self, name: str) -> dict[str, Any]:
        try:
            data = json.loads((self.path / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return data if isinstance(data, dict) else {}

    def _write(self, name: str, data: Mapping[str, Any]) -> None:
        with self._writable():
            self.path.mkdir(parents=True, exist_ok=True)
            with whole_file(self.path / name) as temporary:
                temporary.write_text(json.dumps(data, indent=1, ensure_ascii=False), encoding="utf-8")

    @contextmanager
    def _writable(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise LinkError(
                f"the folder {str(self.path)!r} cannot be written: {error.strerror}; nothing is moved without it"
            ) from None


def _texts(data: object) -> dict[str, str]:
    if not isinstance(data, dict):
        return {}
    return {str(key): str(value) for key, value in data.items()}
