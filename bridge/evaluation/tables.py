"""The tables of an evaluation as rows of text, and as a page of Markdown."""

import math
from collections.abc import Sequence

from bridge.evaluation.statistics import FEWEST_SONGS, LEVEL, RESAMPLES, Interval
from bridge.evaluation.summary import Cell, Summary
from bridge.evaluation.terms import TERMS, TITLES
from console.words import MINUS, number, visible

_DIGITS = 3
_SMALL = 1e-3
Table = list[Sequence[str]]


def figure(value: float) -> str:
    """A number with three significant digits."""
    if not math.isfinite(value) or value == 0.0:
        return number(value, 0)
    if abs(value) < _SMALL:
        return f"{value:.1e}".replace("e-0", "e-").replace("-", MINUS)
    whole = math.floor(math.log10(abs(value))) + 1
    return number(value, max(_DIGITS - whole, 0))


def spanned(found: Interval) -> str:
    """A mean and its interval."""
    if found.low is None or found.high is None:
        return figure(found.mean)
    return f"{figure(found.mean)} [{figure(found.low)}, {figure(found.high)}]"


def group_table(summary: Summary, group: str) -> Table:
    """Terms down, systems across, means with their intervals; empty where nothing was measured."""
    return _table(summary, group, against=False)


def difference_table(summary: Summary, group: str) -> Table:
    """Terms down, systems across: each less the baseline, over the pairs of both; * where that is clear."""
    return _table(summary, group, against=True)


def _table(summary: Summary, group: str, *, against: bool) -> Table:
    found = summary.cells.get(group, {})
    columns = [
        system
        for system in summary.systems
        if any(
            system in cells and (not against or cells[system].difference is not None)
            for cells in found.values()
        )
    ]
    if not columns:
        return []
    rows: Table = [("", *(_title(summary, system, found) for system in columns))]
    for term in TERMS[group]:
        cells = found.get(term.key, {})
        texts = []
        for system in columns:
            cell = cells.get(system)
            interval = None if cell is None else cell.difference if against else cell.value
            texts.append(
                "—" if interval is None else spanned(interval) + (" *" if against and interval.clear else "")
            )
        if any(text != "—" for text in texts):
            rows.append((term.label, *texts))
    return rows


def _title(summary: Summary, system: str, found: dict[str, dict[str, Cell]]) -> str:
    """The name of a system, with the number of songs where it has a mix of some alone."""
    songs = max(cells[system].value.songs for cells in found.values() if system in cells)
    most = max(cell.value.songs for cells in found.values() for cell in cells.values())
    return system if songs == most else f"{system} ({songs} song{'s' * (songs != 1)})"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


def heading(summary: Summary) -> str:
    """What was compared, in a sentence."""
    count, done = len(summary.songs), summary.evaluation
    texts = [
        f"{_counted(len(summary.songs), 'song')}, {_counted(len(summary.references), 'reference')}, "
        f"{_counted(summary.pairs, 'pair')}, {len(done.rows)} of {done.expected} rows."
    ]
    if count > 1:
        texts.append(
            f"Means over the songs with {LEVEL:.0%} bootstrap intervals ({RESAMPLES} resamples of the songs)."
        )
    if count < FEWEST_SONGS:
        texts.append(
            f"Of fewer than {FEWEST_SONGS} songs an interval says little, and no difference is called clear."
        )
    return " ".join(texts)


def absences(summary: Summary) -> list[str]:
    """A line for every system that has no mix for some pairs."""
    return [
        f"{item.system}: {item.status} for {_counted(item.pairs, 'pair')}: {item.reason}"
        for item in summary.missing
    ]


def markdown(summary: Summary) -> str:
    """The whole table as a page."""
    parts = ["# Evaluation", "", visible(heading(summary)), ""]
    parts += [f"- {_escaped(line)}" for line in absences(summary)]
    for group, title in TITLES.items():
        parts += _section(title, group_table(summary, group))
        less = difference_table(summary, group)
        parts += _section(
            f"{title}, less that of {summary.baseline} (* where 0 lies outside the interval)", less
        )
    return "\n".join(parts) + "\n"


def _section(title: str, table: Table) -> list[str]:
    if not table:
        return []
    lines = [f"| {' | '.join(map(_escaped, row))} |" for row in table]
    lines.insert(1, "|---" * len(table[0]) + "|")
    return ["", f"## {_escaped(title)}", "", *lines]


def _escaped(text: str) -> str:
    return visible(text).replace("|", "\\|")
