"""Pictures of an evaluation: a panel a term, a line a system, its mean, its interval and every song as a point."""

import math
from collections.abc import Sequence

from markupsafe import Markup

from bridge.evaluation.statistics import by_pair, over_songs
from bridge.evaluation.summary import Cell, Summary
from bridge.evaluation.tables import figure
from bridge.evaluation.terms import TERMS, TITLES, Term
from bridge.report import svg

_COLUMNS = 3
_WIDTH, _LEFT, _RIGHT = 330.0, 84.0, 16.0
_TOP, _ROW, _BOTTOM = 28.0, 18.0, 30.0
_MARGIN = 12.0
_HEAD = 34.0

_STYLE = Markup(
    "<style>text{font:11px sans-serif;fill:#444}.title{font-size:16px;fill:#111}.axis{font-weight:bold;fill:#111}"
    ".frame{fill:#fbfaf8;stroke:#d6d4ce}.grid{stroke:#e7e5e0}.base{stroke:#868c95;stroke-dasharray:4 3}"
    ".song{fill:#868c95;opacity:.55}.span{stroke:#0b63a8;stroke-width:2}.mean{fill:#0b63a8}</style>"
)


def picture(summary: Summary, group: str) -> str:
    """The panels of a group as a whole SVG file; "" where nothing was measured."""
    found = summary.cells.get(group, {})
    terms = [term for term in TERMS[group] if term.key in found]
    if not terms:
        return ""
    systems = [name for name in summary.systems if any(name in cells for cells in found.values())]
    high = _TOP + _ROW * len(systems) + _BOTTOM
    rows = math.ceil(len(terms) / _COLUMNS)
    width, height = _COLUMNS * _WIDTH + 2 * _MARGIN, _HEAD + rows * high + _MARGIN
    parts = [_STYLE, svg.text(_MARGIN, 22.0, TITLES[group], "title")]
    for index, term in enumerate(terms):
        down, across = divmod(index, _COLUMNS)
        moved = Markup('<g transform="translate({} {})">').format(
            svg.px(_MARGIN + across * _WIDTH), svg.px(_HEAD + down * high)
        )
        parts.append(moved + _panel(summary, group, term, systems, found[term.key]) + Markup("</g>"))
    told = f"{len(terms)} terms of {len(systems)} systems; points are songs, bars the intervals of the means."
    inner = svg.drawing(f"evaluation-{group}", width, height, parts, title=TITLES[group], description=told)
    opened = Markup('<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="{1}" viewBox="0 0 {0} {1}">')
    return str(opened.format(svg.px(width), svg.px(height)) + inner + Markup("</svg>\n"))


def _panel(
    summary: Summary, group: str, term: Term, systems: Sequence[str], cells: dict[str, Cell]
) -> Markup:
    songs = {
        name: list(over_songs(by_pair(summary.evaluation.rows, name, group, term.key)).values())
        for name in cells
    }
    low, high = _range([value for values in songs.values() for value in values])
    bottom = _TOP + _ROW * len(systems)
    frame = svg.Frame(
        svg.Axis(low, high, _LEFT, _WIDTH - _RIGHT), svg.Axis(0.0, float(len(systems)), _TOP, bottom)
    )
    places = [(name, at + 0.5) for at, name in enumerate(systems)]
    ticks = [(value, figure(value)) for value in (low, 0.5 * (low + high), high)]
    parts = [
        frame.grid(ticks, [(at, name) for name, at in places]),
        svg.text(_LEFT, _TOP - 8.0, term.label, "axis"),
    ]
    base = cells.get(summary.baseline)
    if base is not None:
        x = frame.x.at(base.value.mean)
        parts.append(svg.line(x, _TOP, x, bottom, "base"))
    for name, at in places:
        if name in cells:
            parts.append(_system(frame, at, cells[name], songs[name], name))
    return Markup("").join(parts)


def _system(frame: svg.Frame, at: float, cell: Cell, songs: Sequence[float], name: str) -> Markup:
    y = frame.y.at(at)
    parts = [svg.circle(frame.x.at(value), y, 2.0, "song") for value in songs]
    value = cell.value
    told = f"{name}: {figure(value.mean)}"
    if value.low is not None and value.high is not None:
        parts.append(svg.line(frame.x.at(value.low), y, frame.x.at(value.high), y, "span"))
        told += f", {figure(value.low)} to {figure(value.high)}"
    parts.append(svg.circle(frame.x.at(value.mean), y, 3.5, "mean"))
    return svg.group(parts, title=told)


def _range(values: Sequence[float]) -> tuple[float, float]:
    """A range that holds all values, and 0 where they are not far from it."""
    low, high = min(values), max(values)
    if low > 0.0 and low < 0.5 * high:
        low = 0.0
    if high < 0.0 and high > 0.5 * low:
        high = 0.0
    spare = 0.04 * (high - low) or 0.05 * abs(high) or 1.0
    return low - (0.0 if low == 0.0 else spare), high + (0.0 if high == 0.0 else spare)
