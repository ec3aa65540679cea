"""What passes between a link and its desk as lines of JSON: the file that `live watch --record` writes."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bridge.live.link import LINKS, LinkOptions
from bridge.live.wires import Message
from bridge.version import tool_version
from console.codec import did_you_mean
from console.errors import LinkError

CAPTURE_SCHEMA: Final = "mixbridge.capture/1"
#: A file that is no capture is found out before all of it is read.
_LONGEST_LINE: Final = 1 << 20

_TYPES: Final[dict[str, type]] = {"f": float, "i": int, "s": str, "T": bool}


@dataclass(frozen=True, slots=True)
class Passed:
    """One message: when in s since the first wire was opened, on which wire, whether it came in, and what it was."""

    at_s: float
    incoming: bool
    what: Message | bytes
    wire: int = 0

    @property
    def text(self) -> str:
        """The message as people write it."""
        if isinstance(self.what, bytes):
            return self.what.hex(" ")
        return " ".join([self.what.address, *(_written(argument) for argument in self.what.args)])


@dataclass(frozen=True, slots=True)
class Capture:
    """What a file tells: the kind of desk, how it was reached, and everything that passed."""

    kind: str
    options: LinkOptions
    passed: tuple[Passed, ...]
    #: Whether the file ends in the middle of a line, as after a power cut, or was cut off at its largest size.
    torn: bool = False


def heading(kind: str, options: LinkOptions) -> str:
    """The first line of a capture."""
    head = {
        "schema": CAPTURE_SCHEMA,
        "tool": tool_version(),
        "taken": datetime.now(UTC).isoformat(timespec="seconds"),
        "kind": kind,
        "options": asdict(replace(options, settings=tuple(map(_without_password, options.settings)))),
    }
    return _line(head)


def _without_password(setting: tuple[str, str]) -> tuple[str, str]:
    """A setting that may be shown to others: `name:password@host` loses what is before the host."""
    name, value = setting
    return name, value.rpartition("@")[2]


def written(one: Passed) -> str:
    """A message as a line of a capture."""
    row: dict[str, Any] = {"t": round(one.at_s, 6), "dir": "in" if one.incoming else "out"}
    if one.wire:
        row["wire"] = one.wire
    if isinstance(one.what, bytes):
        row["bytes"] = one.what.hex(" ")
    else:
        row["address"] = one.what.address
        row["args"] = [_packed(argument) for argument in one.what.args]
        if one.incoming:
            row["from"] = list(one.what.sender)
    return _line(row)


def read_capture(path: Path) -> Capture:
    """The capture in a file; a torn last line is passed over.

    Raises:
        LinkError: it cannot be read, or is no capture.
    """
    try:
        with path.open(encoding="utf-8") as file:
            return _capture(
                path, file.readline(_LONGEST_LINE), iter(lambda: file.readline(_LONGEST_LINE), "")
            )
    except UnicodeDecodeError:
        raise _no_capture(path, "it is no text") from None
    except OSError as error:
        raise LinkError(
            f"cannot read {path}: {error.strerror}; give a file of `live watch --record`"
        ) from None


def _capture(path: Path, first: str, lines: Iterator[str]) -> Capture:
    try:
        head = json.loads(first)
        if head["schema"] != CAPTURE_SCHEMA:
            raise ValueError(f"its schema is {head['schema']!r}, not {CAPTURE_SCHEMA!r}")
        kind, options = str(head["kind"]), _options(head["options"])
    except (ValueError, KeyError, TypeError) as error:
        raise _no_capture(path, f"its first line is {first[:40]!r} ({error})") from None
    if kind not in LINKS:
        raise LinkError(
            f"{path} was taken of a {kind!r}, no desk that is known{did_you_mean(kind, list(LINKS))}"
        )
    passed: list[Passed] = []
    for number, line in enumerate(lines, 2):
        if not line.endswith("\n"):
            return Capture(kind, options, tuple(passed), torn=True)
        try:
            passed.append(_passed(json.loads(line)))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise _no_capture(path, f"line {number} is no message ({error})") from None
    return Capture(kind, options, tuple(passed))


def _options(data: Mapping[str, Any]) -> LinkOptions:
    known = {name: data[name] for name in LinkOptions.__dataclass_fields__ if name in data}
    known["settings"] = tuple((str(name), str(value)) for name, value in known.get("settings", ()))
    return LinkOptions(**known)


def _passed(row: Mapping[str, Any]) -> Passed:
    at_s, direction, wire = float(row["t"]), row["dir"], int(row.get("wire", 0))
    if not math.isfinite(at_s) or direction not in ("in", "out") or wire < 0:
        raise ValueError("time, direction or wire is none")
    if "bytes" in row:
        return Passed(at_s, direction == "in", bytes.fromhex(row["bytes"]), wire)
    host, port = row.get("from", ("", 0))
    args = tuple(_unpacked(argument) for argument in row["args"])
    return Passed(at_s, direction == "in", Message(str(row["address"]), args, (str(host), int(port))), wire)


def _packed(argument: object) -> list[Any]:
    """An argument with its type, which JSON alone would lose."""
    if isinstance(argument, bool):
        return ["T", argument]
    if isinstance(argument, int):
        return ["i", argument]
    if isinstance(argument, float):
        return ["f", argument if math.isfinite(argument) else repr(argument)]
    if isinstance(argument, str):
        return ["s", argument]
    if isinstance(argument, bytes):
        return ["b", argument.hex()]
    return ["?", repr(argument)]


def _unpacked(packed: Any) -> object:
    tag, value = packed
    if tag == "b":
        return bytes.fromhex(value)
    if tag == "?":
        return None
    return _TYPES[tag](value)


def _written(argument: object) -> str:
    if isinstance(argument, float):
        return f"{argument:.7g}" if not float(argument).is_integer() else f"{argument:.1f}"
    if isinstance(argument, bytes):
        return f"{len(argument)} bytes"
    return json.dumps(argument, ensure_ascii=False) if isinstance(argument, str) else str(argument)


def _line(row: Mapping[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=True, allow_nan=False, separators=(",", ":")) + "\n"


def _no_capture(path: Path, why: str) -> LinkError:
    return LinkError(f"{path} is no capture: {why}; give a file of `live watch --record`")
