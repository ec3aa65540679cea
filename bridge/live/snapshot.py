"""Where a desk stood: every knob that can be read, on disk before anything is moved."""

import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bridge.files import remove, temporary_beside
from bridge.live.values import Channel, Control
from bridge.version import tool_version
from console.errors import LinkError

SNAPSHOT_SCHEMA = "mixbridge.snapshot/1"
_NAME = re.compile(r"(\d{6})\.json")


@dataclass(frozen=True, slots=True)
class Place:
    """A channel as a snapshot knows it."""

    key: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The knobs of a desk at one moment, and why it was taken."""

    desk: str
    reason: str
    places: tuple[Place, ...]
    values: dict[Control, float]
    taken: str = ""
    number: int = 0

    def on(self, channels: Iterable[Channel]) -> tuple[dict[Control, float], tuple[str, ...]]:
        """The values for a desk as it is now, and what has no place there any more.

        A channel is found by name and kind, so that a song whose tracks were reordered is restored track by track; of
        several of one name the n-th is the n-th.
        """
        here: dict[tuple[str, str], list[Channel]] = {}
        for channel in channels:
            here.setdefault((channel.name, channel.kind), []).append(channel)
        keys: dict[str, Channel] = {}
        missing: list[str] = []
        for place in self.places:
            found = here.get((place.name, place.kind), [])
            if found:
                keys[place.key] = found.pop(0)
            else:
                missing.append(f"{place.name}: the desk has no such {place.kind} any more")
        values: dict[Control, float] = {}
        for control, value in self.values.items():
            found_channel = keys.get(control.channel)
            if found_channel is None:
                continue
            if control.parameter in found_channel.knobs:
                values[found_channel.control(control.parameter)] = value
            else:
                missing.append(f"{found_channel.name}: {control.parameter} is not there any more")
        return values, tuple(missing)


def taken_now(
    desk: str, reason: str, channels: Iterable[Channel], values: Mapping[Control, float]
) -> Snapshot:
    """A snapshot of these values."""
    places = tuple(Place(channel.key, channel.name, channel.kind) for channel in channels)
    return Snapshot(desk, reason, places, dict(values), datetime.now(UTC).isoformat(timespec="milliseconds"))


@dataclass(frozen=True, slots=True)
class SnapshotStore:
    """The snapshots of one desk in a folder, numbered from 1. Nothing is ever overwritten or deleted."""

    folder: Path

    def numbers(self) -> list[int]:
        """The numbers of the snapshots, oldest first."""
        if not self.folder.is_dir():
            return []
        found = (_NAME.fullmatch(path.name) for path in self.folder.iterdir())
        return sorted(int(match[1]) for match in found if match)

    def save(self, snapshot: Snapshot) -> int:
        """Write a snapshot so that a power cut a moment later does not lose it; returns its number.

        Raises:
            LinkError: it cannot be written, so that nothing may be moved.
        """
        number = max(self.numbers(), default=0) + 1
        path = self.folder / f"{number:06d}.json"
        temporary = temporary_beside(path)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with temporary.open("w", encoding="utf-8") as file:
                json.dump(_encoded(snapshot), file, indent=1, ensure_ascii=False)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except OSError as error:
            remove([temporary])
            raise LinkError(
                f"the snapshot {str(path)!r} cannot be written: {error.strerror}; nothing was moved"
            ) from None
        return number

    def load(self, number: int) -> Snapshot:
        """A snapshot by its number.

        Raises:
            LinkError: there is none of this number, or its file is damaged.
        """
        path = self.folder / f"{number:06d}.json"
        try:
            return _decoded(json.loads(path.read_text(encoding="utf-8")), number)
        except FileNotFoundError:
            known = self.numbers()
            there = f"there are {known[0]} to {known[-1]}" if known else "there is none yet"
            raise LinkError(f"there is no snapshot {number} of this desk; {there}") from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise LinkError(f"the snapshot {str(path)!r} is damaged ({error}); give another") from None


def _encoded(snapshot: Snapshot) -> dict[str, Any]:
    strips: dict[str, dict[str, float]] = {place.key: {} for place in snapshot.places}
    for control, value in snapshot.values.items():
        strips[control.channel][control.parameter] = value
    return {
        "schema": SNAPSHOT_SCHEMA,
        "tool": tool_version(),
        "desk": snapshot.desk,
        "taken": snapshot.taken,
        "reason": snapshot.reason,
        "channels": [
            {"key": place.key, "name": place.name, "kind": place.kind, "values": strips[place.key]}
            for place in snapshot.places
        ],
    }


def _decoded(data: Any, number: int) -> Snapshot:
    if data["schema"] != SNAPSHOT_SCHEMA:
        raise ValueError(f"its schema is {data['schema']!r}, not {SNAPSHOT_SCHEMA!r}")
    places = tuple(Place(str(one["key"]), str(one["name"]), str(one["kind"])) for one in data["channels"])
    values = {
        Control(str(one["key"]), str(name)): float(value)
        for one in data["channels"]
        for name, value in one["values"].items()
    }
    return Snapshot(str(data["desk"]), str(data["reason"]), places, values, str(data["taken"]), number)
