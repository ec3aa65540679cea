"""The recall sheet as CSV, every parameter a row with its exact value, and the Mix that such a table holds."""

import csv
import io
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from console.codec import decode
from console.errors import ExportError
from console.mix import Mix
from console.words import visible
from exporters.sheet.rows import Row, Section, StripSheet, told
from exporters.unpack import read_bytes

COLUMNS = ("strip", "kind", "module", "state", "parameter", "was", "now", "unit", "why", "path", "exact")
#: First of the rows that are about the whole mix.
RATE_PATH = "sample_rate_hz"
_LIMIT_BYTES = 64 << 20
#: Signs with which a spreadsheet takes a cell for a formula, also in their wide forms.
_FORMULA = re.compile(r"\s*[=+\-@|%＝＋－＠\t\r\n]")
_LONGEST = 2_000
_DEEPEST = 8
_LISTS = frozenset({"tracks", "buses", "bands", "files", "fader_db"})


def text_cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula, and in which nothing hides."""
    shown = visible(text)[:_LONGEST]
    return f"'{shown}" if _FORMULA.match(shown) else shown


def to_csv(strips: Iterable[StripSheet], sample_rate_hz: int) -> bytes:
    """The table in UTF-8 with a byte order mark, by which Excel knows it; lines end as RFC 4180 has it."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    rate = str(sample_rate_hz)
    writer.writerow(("", "mix", "", "", "sample rate", rate, rate, "Hz", "", RATE_PATH, rate))
    for strip in strips:
        for row in strip.about:
            writer.writerow(_cells(strip, "", "", row, told(strip.reasons) if row is strip.about[0] else ""))
        for section in strip.sections:
            for row in section.rows:
                why = told(section.reasons) if row is section.rows[0] else ""
                writer.writerow(_cells(strip, section.name, _state(section), row, why))
    return out.getvalue().encode("utf-8-sig")


def _state(section: Section) -> str:
    return "" if section.on is None else "on" if section.on else "off"


def _cells(strip: StripSheet, module: str, state: str, row: Row, why: str) -> tuple[str, ...]:
    label = f"band {row.band} {row.label}" if row.band else row.label
    # Numbers of ours are numbers there too; names are made safe.
    was, now = (one if _is_number(one) else text_cell(one) for one in (row.was, row.now))
    return (
        text_cell(strip.id),
        strip.kind,
        module,
        state,
        text_cell(label),
        was,
        now,
        row.unit,
        text_cell(why),
        row.path,
        row.exact,
    )


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?", text) is not None


def read_csv(path: Path) -> Mix:
    """The Mix that the columns `path` and `exact` of a table hold; the others are for people.

    Raises:
        ExportError: it cannot be read, is no recall sheet, or a path or a value in it is damaged.
        ParamError: a value is outside its parameter's range.
    """
    data: dict[Any, Any] = {}
    for number, row in enumerate(_rows(path), 2):
        try:
            _put(
                data, [unquote(part, errors="surrogatepass") for part in row["path"].split("/")], row["exact"]
            )
        except (ValueError, RecursionError, TypeError, KeyError, AttributeError) as error:
            raise ExportError(
                f"{path}, row {number}: {row['path'][:80]!r} with {row['exact'][:80]!r} cannot be read ({error}); "
                "leave the last two columns of a recall sheet as they are"
            ) from error
    return decode(Mix, _settled(data, path), str(path))


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        text = read_bytes(path, _LIMIT_BYTES).decode("utf-8-sig")
        # With the separator that the head has: spreadsheets save a table with their country's.
        head = text.split("\n", 1)[0]
        delimiter = max(",;\t", key=head.count)
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ExportError(
            f"{path} is no table that can be read ({error}); give a recall sheet's .csv"
        ) from error
    if not rows or not {"path", "exact"} <= set(rows[0]):
        raise ExportError(f"{path} has no columns 'path' and 'exact'; give a recall sheet's .csv")
    columns = rows[0].index("path"), rows[0].index("exact")
    return [
        {"path": row[columns[0]], "exact": row[columns[1]]}
        for row in rows[1:]
        if len(row) > max(columns) and row[columns[0]]
    ]


def _put(data: dict[Any, Any], parts: list[str], exact: str) -> None:
    """Set a value in a tree of dicts; what will be a list has whole numbers for keys until then."""
    if len(parts) > _DEEPEST:
        raise ValueError("no setting lies so deep")
    at = data
    for depth, part in enumerate(parts[:-1]):
        step: Any = int(part) if depth and parts[depth - 1] in _LISTS and part.isdecimal() else part
        at = at.setdefault(step, {})
    last = parts[-1]
    key: Any = int(last) if len(parts) > 1 and parts[-2] in _LISTS and last.isdecimal() else last
    if key in at:
        raise ValueError("it stands twice")
    at[key] = json.loads(exact, parse_constant=_refuse)


def _refuse(name: str) -> float:
    raise ValueError(f"{name} is no value")


def _settled(data: Any, path: Path, name: str = "") -> Any:
    """The tree with its numbered parts as lists. Its depth is what `_put` lets through."""
    if not isinstance(data, dict):
        return data
    if name in _LISTS and all(isinstance(key, int) for key in data):
        if sorted(data) != list(range(len(data))):
            raise ExportError(f"{path} lacks some of its {name}; leave all rows of a recall sheet in it")
        return [_settled(data[key], path) for key in sorted(data)]
    return {key: _settled(value, path, str(key)) for key, value in data.items()}
