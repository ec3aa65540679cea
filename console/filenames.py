"""File names that every system accepts, each its own, from whatever a track is called."""

import re
import unicodedata
from collections.abc import Iterable

#: Longest name in UTF-8 bytes; leaves room for a number and the suffix in 255.
LONGEST_BYTES = 200

_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
_RESERVED = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$"}
    | {f"{port}{digit}" for port in ("com", "lpt") for digit in "0123456789¹²³"}
)


def safe_name(name: str, fallback: str = "track") -> str:
    """The name with everything replaced that Windows, macOS or Linux refuses in a file name.

    Windows also reserves device names (CON, COM1, …, with any suffix) and drops trailing dots and blanks.
    `fallback` stands in when nothing is left.
    """
    text = unicodedata.normalize("NFC", name).encode("utf-8", "replace").decode("utf-8")
    text = "".join("_" if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") else c for c in text)
    text = _FORBIDDEN.sub("_", text).strip(" ").rstrip(". ").lstrip(".")
    text = text.encode("utf-8")[:LONGEST_BYTES].decode("utf-8", "ignore").rstrip(". ")
    if text.split(".")[0].rstrip(" ").casefold() in _RESERVED:
        text = f"_{text}"
    return text or fallback


def distinct_names(names: Iterable[str]) -> list[str]:
    """A safe file name for each, all different also where case does not count."""
    taken: set[str] = set()
    result: list[str] = []
    for name in names:
        base = candidate = safe_name(name)
        number = 2
        while candidate.casefold() in taken:
            candidate = f"{base} ({number})"
            number += 1
        taken.add(candidate.casefold())
        result.append(candidate)
    return result
