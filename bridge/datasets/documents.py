"""Reads the metadata beside the audio: YAML, JSON, tables and plain text, in whatever encoding it came."""

import codecs
import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from console.errors import SessionError

#: More is no metadata of one song.
_MAX_DOCUMENT_BYTES = 4_000_000
#: The tables of MTG-Jamendo have some ten million bytes.
_MAX_TABLE_BYTES = 200_000_000

_YES, _NO = frozenset({"yes", "true", "1", "y"}), frozenset({"no", "false", "0", "n"})


def read_text(path: Path, *, limit_bytes: int = _MAX_DOCUMENT_BYTES) -> str:
    """A text file: UTF-8, UTF-16 by its mark, else Windows-1252, which is what older tools wrote.

    Raises:
        SessionError: it cannot be read, is too large, or is no text.
    """
    try:
        size = path.stat().st_size
        if size > limit_bytes:
            raise SessionError(f"{str(path)!r} has {size} bytes; metadata has at most {limit_bytes} bytes")
        data = path.read_bytes()
    except FileNotFoundError:
        raise SessionError(f"{str(path)!r} is missing; unpack the data set again") from None
    except OSError as error:
        raise SessionError(f"{str(path)!r} cannot be read ({error.strerror}); unpack it again") from error
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = data.decode("utf-16", "replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1252", "replace")
    if "\0" in text:
        raise SessionError(f"{str(path)!r} is no text; unpack the data set again")
    return text


def read_yaml(path: Path) -> Mapping[str, Any]:
    """A YAML file whose top is a mapping; every value stays text, so that `no` is no falsehood and 1999 a title.

    Raises:
        SessionError: it cannot be read, is no YAML, or no mapping.
    """
    import yaml

    try:
        found = yaml.load(read_text(path), Loader=yaml.BaseLoader)  # noqa: S506  # makes only text, lists, mappings
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" in line {mark.line + 1}" if mark is not None else ""
        raise SessionError(f"{str(path)!r} is no YAML{place}; {_AGAIN}") from error
    except RecursionError:
        raise SessionError(f"{str(path)!r} is nested too deeply to be metadata; {_AGAIN}") from None
    return _mapping(path, found)


def read_json(path: Path) -> Mapping[str, Any]:
    """A JSON file whose top is an object.

    Raises:
        SessionError: it cannot be read, is no JSON, or no object.
    """
    try:
        found = json.loads(read_text(path))
    except ValueError as error:
        line = getattr(error, "lineno", None)
        place = f" in line {line}" if line else ""
        raise SessionError(f"{str(path)!r} is no JSON{place}; {_AGAIN}") from error
    except RecursionError:
        raise SessionError(f"{str(path)!r} is nested too deeply to be metadata; {_AGAIN}") from None
    return _mapping(path, found)


def read_rows(path: Path) -> Iterator[list[str]]:
    """The rows of a table of tab-separated values, cells stripped, empty rows left out.

    Raises:
        SessionError: it cannot be read.
    """
    lines = read_text(path, limit_bytes=_MAX_TABLE_BYTES).splitlines()
    for row in csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
        if any(cell.strip() for cell in row):
            yield [cell.strip() for cell in row]


def text(value: Any) -> str:
    """A value of metadata as one line of text; "" for what is absent or is no single value.

    Halves of characters, which JSON and YAML can spell, become whole ones or U+FFFD.
    """
    if value is None or isinstance(value, Mapping | list):
        return ""
    whole_text = str(value).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    found = " ".join(whole_text.split())
    return "" if found in {"null", "~"} else found


def flag(value: Any) -> bool | None:
    """A yes or no of metadata however it was spelt; None for anything else."""
    spelt = text(value).lower()
    return True if spelt in _YES else False if spelt in _NO else None


def whole(value: Any) -> int | None:
    """A whole number of metadata; None for anything else."""
    try:
        return int(text(value))
    except ValueError:
        return None


def mapping_in(path: Path, about: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The mapping under a key that has to be there.

    Raises:
        SessionError: it is absent or something else.
    """
    found = about.get(key)
    if not isinstance(found, Mapping):
        raise SessionError(f"{str(path)!r} has no mapping {key!r}; {_AGAIN}")
    return found


def rows_in(path: Path, about: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """The list of mappings under a key that has to be there.

    Raises:
        SessionError: it is absent or something else.
    """
    found = about.get(key)
    if not isinstance(found, list) or not all(isinstance(row, Mapping) for row in found):
        raise SessionError(f"{str(path)!r} has no list {key!r} of objects; {_AGAIN}")
    return found


_AGAIN = "take the file from the data set's publisher again"


def _mapping(path: Path, found: Any) -> Mapping[str, Any]:
    if not isinstance(found, Mapping):
        raise SessionError(f"{str(path)!r} does not hold a song's metadata but a {_kind(found)}; {_AGAIN}")
    return found


def _kind(found: Any) -> str:
    return {"NoneType": "void", "str": "text"}.get(type(found).__name__, type(found).__name__)
