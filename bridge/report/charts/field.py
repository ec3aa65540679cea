"""The pan map: every track at its place in the stereo field and at its level."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from bridge.report import svg, words
from bridge.report.families import FAMILIES, Family

WIDTH = 600.0
_LEFT, _RIGHT, _BOTTOM = 46.0, 22.0, 34.0
_NAME_COLUMNS = 20
_LETTER_PX, _LINE_PX = 6.3, 13.0
#: How far from its mark a name may stand, in px; one that finds no room is left to the pointer and the table.
_REACH_PX = 46.0
_LOWEST_LUFS = -70.0


@dataclass(frozen=True, slots=True)
class Spot:
    """A track in the field."""

    name: str
    family: Family
    pan: float
    loudness_lufs: float
    stereo: bool


def field_chart(name: str, spots: Sequence[Spot]) -> Markup:
    """Pan across, loudness behind the fader upwards; a bar through a mark is a stereo track."""
    height = min(760.0, 380.0 + 7.0 * max(0, len(spots) - 12))
    spots = sorted(spots, key=lambda spot: (-spot.loudness_lufs, spot.name))
    heard = [spot for spot in spots if spot.loudness_lufs > _LOWEST_LUFS]
    levels = [spot.loudness_lufs for spot in heard]
    low = 6.0 * math.floor((min(levels, default=-36.0) - 2.0) / 6.0)
    high = 6.0 * math.ceil((max(levels, default=-12.0) + 2.0) / 6.0)
    legend, top = _legend(heard)
    frame = svg.Frame(
        svg.Axis(-1.12, 1.12, _LEFT, WIDTH - _RIGHT), svg.Axis(low, high, height - _BOTTOM, top)
    )
    pans = [(step / 4, words.pan_position(step / 4).replace(words.NBSP, "")) for step in range(-4, 5)]
    loudness = [
        (6.0 * i, words.number(6.0 * i, 0)) for i in range(math.ceil(low / 6), math.floor(high / 6) + 1)
    ]
    parts = [
        frame.grid(pans, loudness),
        svg.line(frame.x.at(0.0), top, frame.x.at(0.0), height - _BOTTOM, "zero"),
        svg.text(6, 14, "LUFS behind the fader", "axis"),
        legend,
    ]
    places = [(frame.x.at(spot.pan), frame.y.at(spot.loudness_lufs)) for spot in heard]
    labels = _labels(heard, places, (top, height - _BOTTOM))
    for spot, (x, y), label in zip(heard, places, labels, strict=True):
        parts.append(svg.group(_spot(spot, x, y, label), title=_told(spot)))
    return svg.drawing(
        name,
        WIDTH,
        height,
        parts,
        title="Stereo field",
        description=f"{len(heard)} tracks by pan and loudness: {'; '.join(_told(spot) for spot in heard[:24])}.",
    )


def _told(spot: Spot) -> str:
    return f"{spot.name}: {words.pan_position(spot.pan)}, {words.level(spot.loudness_lufs, 'LUFS')}"


def _spot(spot: Spot, x: float, y: float, label: tuple[float, float, str] | None) -> list[Markup]:
    parts = [svg.line(x - 12, y, x + 12, y, f"link line-{spot.family.key}")] if spot.stereo else []
    parts.append(svg.mark(x, y, spot.family.mark, f"role-{spot.family.key}"))
    if label is not None:
        at_x, at_y, anchor = label
        if abs(at_y - y) > 7.0:
            near = at_x - 2 if anchor == "start" else at_x + 2
            parts.insert(0, svg.line(x, y, near, at_y, "leader"))
        parts.append(svg.text(at_x, at_y + 4, words.short_name(spot.name, _NAME_COLUMNS), "name", anchor))
    return parts


def _labels(
    spots: Sequence[Spot], places: Sequence[tuple[float, float]], limits: tuple[float, float]
) -> list[tuple[float, float, str] | None]:
    """A place for each name: beside its mark, else the nearest free one above or below, else none."""
    taken = [(x - 8.0, y - 7.0, x + 8.0, y + 7.0) for x, y in places]
    shifts = sorted((6.5 * step for step in range(-7, 8)), key=lambda shift: (abs(shift), shift))
    found: list[tuple[float, float, str] | None] = []
    for spot, (x, y) in zip(spots, places, strict=True):
        wide = _LETTER_PX * len(words.short_name(spot.name, _NAME_COLUMNS))
        gap = 16.0 if spot.stereo else 10.0
        right, left = (x + gap, x + gap, "start"), (x - gap - wide, x - gap, "end")
        sides = (left, right) if spot.pan < 0 else (right, left)
        choices = [(shift, side) for shift in shifts if abs(shift) <= _REACH_PX for side in sides]
        found.append(None)
        for shift, (begin, at_x, anchor) in choices:
            box = (begin, y + shift - _LINE_PX / 2, begin + wide, y + shift + _LINE_PX / 2)
            inside = box[0] > _LEFT and box[2] < WIDTH - 4 and box[1] > limits[0] and box[3] < limits[1]
            if inside and not any(_overlap(box, other) for other in taken):
                taken.append(box)
                found[-1] = (at_x, y + shift, anchor)
                break
    return found


def _overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _legend(spots: Sequence[Spot]) -> tuple[Markup, float]:
    """The families that are there, in as many lines as they need, and where the picture may begin below."""
    present = {spot.family.key for spot in spots}
    parts, x, y = [], _LEFT + 6.0, 34.0
    for family in FAMILIES.values():
        if family.key in present:
            wide = 10 + 6.9 * len(family.name) + 16
            if x + wide > WIDTH:
                x, y = _LEFT + 6.0, y + 18.0
            parts += [
                svg.mark(x, y, family.mark, f"role-{family.key}"),
                svg.text(x + 10, y + 4, family.name, "legend"),
            ]
            x += wide
    return Markup("").join(parts), y + 16.0
