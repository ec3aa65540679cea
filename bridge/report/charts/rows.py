"""One row a track: loudness before and after as bars, audibility before and after as two linked points."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from bridge.report import svg, words
from bridge.report.families import Family

WIDTH = 600.0
_ROW = 21.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 158.0, 112.0, 26.0, 30.0
_NAME_COLUMNS = 22
#: So many rows go into one picture, so that it fits on a page.
ROWS_PER_PICTURE = 36
#: Below this loudness nothing is heard; a bar ends here, in LUFS.
_QUIETEST_LUFS = -70.0


@dataclass(frozen=True, slots=True)
class Row:
    """A track with one figure before and after; None where there is none."""

    name: str
    family: Family
    before: float | None
    after: float | None

    @property
    def values(self) -> tuple[float, ...]:
        """The figures that there are and that can be drawn."""
        return tuple(
            value for value in (self.before, self.after) if value is not None and value > words.SILENT_DB
        )


def loudness_charts(name: str, rows: Sequence[Row]) -> list[Markup]:
    """Integrated loudness of every track, in LUFS."""
    values = [max(value, _QUIETEST_LUFS) for row in rows for value in row.values]
    low = 6.0 * math.floor(min(values, default=-48.0) / 6.0) - 6.0
    high = 6.0 * math.ceil((max(values, default=0.0) + 0.5) / 6.0)
    axis = svg.Axis(low, max(high, low + 12.0), _LEFT, WIDTH - _RIGHT)
    return _pictures(name, rows, axis, _bars, ("Loudness before and after", "LUFS integrated", "LUFS"))


def audibility_charts(name: str, rows: Sequence[Row]) -> list[Markup]:
    """Level of every track over all others in its own critical bands, in dB."""
    values = [value for row in rows for value in row.values]
    low = min(-12.0, 6.0 * math.floor(min(values, default=0.0) / 6.0))
    high = max(6.0, 6.0 * math.ceil(max(values, default=0.0) / 6.0))
    axis = svg.Axis(low, high, _LEFT, WIDTH - _RIGHT)
    return _pictures(name, rows, axis, _points, ("Audibility before and after", "dB over the rest", "dB"))


Drawer = Callable[[svg.Axis, float, Row], list[Markup]]


def _pictures(
    name: str, rows: Sequence[Row], axis: svg.Axis, drawer: Drawer, told: tuple[str, str, str]
) -> list[Markup]:
    starts = range(0, len(rows), ROWS_PER_PICTURE)
    return [
        _picture(f"{name}-{start}", rows[start : start + ROWS_PER_PICTURE], axis, drawer, told)
        for start in starts
    ]


def _picture(
    name: str, rows: Sequence[Row], axis: svg.Axis, drawer: Drawer, told: tuple[str, str, str]
) -> Markup:
    title, axis_words, unit = told
    height = _TOP + _ROW * len(rows) + _BOTTOM
    frame = svg.Frame(axis, svg.Axis(0.0, 1.0, height - _BOTTOM, _TOP))
    step = max(6.0, 6.0 * math.ceil((axis.high - axis.low) / 6.0 / 8.0))
    first = math.ceil(axis.low / step)
    ticks = [(step * i, words.number(step * i, 0)) for i in range(first, math.floor(axis.high / step) + 1)]
    parts = [frame.grid(ticks, [])]
    if axis.low < 0.0 < axis.high:
        parts.append(svg.line(axis.at(0.0), _TOP, axis.at(0.0), height - _BOTTOM, "zero"))
    for index, row in enumerate(rows):
        middle = _TOP + _ROW * (index + 0.5)
        parts.append(
            svg.group(
                [
                    svg.text(_LEFT - 8, middle + 4, words.short_name(row.name, _NAME_COLUMNS), "name", "end"),
                    *drawer(axis, middle, row),
                    svg.text(WIDTH - 4, middle + 4, _figures(row), "figure", "end"),
                ],
                title=f"{row.name}: {_figures(row)} {unit}",
            )
        )
    parts += [
        svg.text(_LEFT, 14, axis_words, "axis"),
        svg.text(WIDTH - 4, 14, f"before → after, {unit}", "axis", "end"),
    ]
    description = f"{len(rows)} tracks, one row each; the figures stand at the end of each row."
    return svg.drawing(name, WIDTH, height, parts, title=title, description=description)


def _figures(row: Row) -> str:
    before, after = (
        "–" if value is None else words.number(-math.inf if value <= words.SILENT_DB else value)
        for value in (row.before, row.after)
    )
    return f"{before} → {after}"


def _bars(axis: svg.Axis, middle: float, row: Row) -> list[Markup]:
    parts = []
    for value, down, thick, kind in (
        (row.before, -7.5, 5.0, "bar-before"),
        (row.after, -1.5, 8.0, f"role-{row.family.key}"),
    ):
        if value is not None and value > axis.low:
            parts.append(svg.rect(_LEFT, middle + down, axis.at(value) - _LEFT, thick, kind))
    return parts


def _points(axis: svg.Axis, middle: float, row: Row) -> list[Markup]:
    parts = []
    if row.before is not None and row.after is not None:
        start, end = axis.at(row.before), axis.at(row.after)
        parts.append(svg.line(start, middle, end, middle, f"link line-{row.family.key}"))
    if row.before is not None:
        parts.append(svg.circle(axis.at(row.before), middle, 4, "point-before"))
    if row.after is not None:
        parts.append(svg.mark(axis.at(row.after), middle, row.family.mark, f"role-{row.family.key}"))
    return parts
