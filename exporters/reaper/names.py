"""File names from track names: safe on Windows, macOS and Linux, and no two alike."""

import re
import unicodedata

_FORBIDDEN = re.compile('[<>:"/\\\\|?*\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)

#: Longest stem in bytes: a name of 255 bytes, its number and its ending still fit every file system.
_STEM_BYTES = 120


def safe_stem(name: str, fallback: str = "track") -> str:
    """A file name without ending that every file system takes; `fallback` when nothing is left of it."""
    text = _FORBIDDEN.sub("_", unicodedata.normalize("NFC", name))
    text = text.encode("utf-8")[:_STEM_BYTES].decode("utf-8", "ignore").strip().rstrip(". ")
    if not text.strip("._ "):
        return fallback
    return f"_{text}" if _RESERVED.fullmatch(text) else text


def unique_stems(names: list[str]) -> list[str]:
    """A safe stem for every name, in order; alike ones (whatever their case) get a number."""
    taken: set[str] = set()
    stems = []
    for name in names:
        stem = base = safe_stem(name)
        number = 2
        while stem.casefold() in taken:
            stem = f"{base} ({number})"
            number += 1
        taken.add(stem.casefold())
        stems.append(stem)
    return stems
