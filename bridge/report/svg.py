"""Inline SVG by hand: axes, paths of arrays, frames with grid and ticks, all text escaped."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from bridge.report.words import visible

Array = NDArray[np.float64]

#: The most points that a curve over time has.
MAX_POINTS = 480
#: How far outside its frame a curve may run, in px; the frame cuts it off.
_OUTSIDE_PX = 40.0


@dataclass(frozen=True, slots=True)
class Axis:
    """A range of values laid over a range of px, linear or logarithmic."""

    low: float
    high: float
    low_px: float
    high_px: float
    log: bool = False

    def px(self, values: Array | float) -> Array:
        """Places of values in px; values that are not finite stay so."""
        values = np.asarray(values, dtype=np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            if self.log:
                share = np.log(values / self.low) / math.log(self.high / self.low)
            else:
                share = (values - self.low) / (self.high - self.low)
            return np.asarray(self.low_px + share * (self.high_px - self.low_px))

    def at(self, value: float) -> float:
        """Place of one value in px."""
        return float(self.px(value))


def px(value: float) -> str:
    """A coordinate with one decimal, as short as it can be."""
    text = f"{value:.1f}"
    return "0" if text == "-0.0" else text.removesuffix(".0")


def path_data(x_px: Array, y_px: Array) -> str:
    """The `d` of a polyline; it breaks where a point is not a number."""
    parts: list[str] = []
    pen_down = False
    for x, y in zip(x_px, y_px, strict=True):
        if not (math.isfinite(x) and math.isfinite(y)):
            pen_down = False
            continue
        parts.append(f"{'L' if pen_down else 'M'}{px(x)} {px(y)}")
        pen_down = True
    return "".join(parts)


def limited(values_px: Array, low_px: float, high_px: float) -> Array:
    """Coordinates kept within a margin of a frame, infinities too; the frame cuts off the rest."""
    return np.asarray(np.clip(values_px, low_px - _OUTSIDE_PX, high_px + _OUTSIDE_PX))


def area_data(x_px: Array, y_px: Array, base_px: float) -> str:
    """The `d` of the area between a curve and a horizontal line."""
    if len(x_px) == 0:
        return ""
    return f"{path_data(x_px, y_px)}V{px(base_px)}H{px(float(x_px[0]))}Z"


def decimate_max(values: Array, most: int = MAX_POINTS) -> tuple[Array, int]:
    """At most `most` values that keep every maximum, and how many of the old ones each stands for."""
    values = np.asarray(values, dtype=np.float64)
    step = max(1, -(-len(values) // most))
    if step == 1:
        return values, 1
    padded = np.full(-(-len(values) // step) * step, -np.inf)
    padded[: len(values)] = values
    return np.asarray(padded.reshape(-1, step).max(axis=1)), step


def text(x: float, y: float, words: str, kind: str = "tick", anchor: str = "start") -> Markup:
    """A line of text."""
    return Markup('<text x="{}" y="{}" class="{}" text-anchor="{}">{}</text>').format(
        px(x), px(y), kind, anchor, visible(words)
    )


def line(x1: float, y1: float, x2: float, y2: float, kind: str = "grid") -> Markup:
    """A straight line."""
    return Markup('<line x1="{}" y1="{}" x2="{}" y2="{}" class="{}"/>').format(
        px(x1), px(y1), px(x2), px(y2), kind
    )


def path(data: str, kind: str) -> Markup:
    """A path; nothing for an empty one."""
    return Markup('<path d="{}" class="{}"/>').format(data, kind) if data else Markup("")


def rect(x: float, y: float, width: float, height: float, kind: str) -> Markup:
    """A rectangle; one of negative width grows to the left."""
    left = min(x, x + width)
    return Markup('<rect x="{}" y="{}" width="{}" height="{}" class="{}"/>').format(
        px(left), px(y), px(abs(width)), px(height), kind
    )


def circle(x: float, y: float, radius: float, kind: str) -> Markup:
    """A circle."""
    return Markup('<circle cx="{}" cy="{}" r="{}" class="{}"/>').format(px(x), px(y), px(radius), kind)


def mark(x: float, y: float, data: str, kind: str) -> Markup:
    """A mark, given around the origin, at a place."""
    return Markup('<path transform="translate({} {})" d="{}" class="{}"/>').format(px(x), px(y), data, kind)


def group(parts: Iterable[Markup], kind: str = "", title: str = "") -> Markup:
    """Several parts as one, with a title that a pointer shows."""
    opened = Markup('<g class="{}">').format(kind) if kind else Markup("<g>")
    named = Markup("<title>{}</title>").format(visible(title)) if title else Markup("")
    return opened + named + Markup("").join(parts) + Markup("</g>")


@dataclass(frozen=True, slots=True)
class Frame:
    """The rectangle that curves are drawn in, with both axes."""

    x: Axis
    y: Axis

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, width and height in px."""
        left, top = min(self.x.low_px, self.x.high_px), min(self.y.low_px, self.y.high_px)
        return left, top, abs(self.x.high_px - self.x.low_px), abs(self.y.high_px - self.y.low_px)

    def clipped(self, parts: Iterable[Markup]) -> Markup:
        """Parts, cut off at the frame (a nested svg does that without any reference by URL)."""
        box = [px(value) for value in self.box]
        opened = Markup('<svg x="{0}" y="{1}" width="{2}" height="{3}" viewBox="{0} {1} {2} {3}">')
        return opened.format(*box) + Markup("").join(parts) + Markup("</svg>")

    def curve(self, x: Array, y: Array) -> tuple[Array, Array]:
        """Places of a curve's points, kept near the frame."""
        _, top, _, height = self.box
        return self.x.px(x), limited(self.y.px(y), top, top + height)

    def grid(
        self,
        x_ticks: Sequence[tuple[float, str]],
        y_ticks: Sequence[tuple[float, str]],
        *,
        x_fine: Sequence[float] = (),
    ) -> Markup:
        """Grid lines with the ticks' words below and to the left; fine lines have none."""
        left, top, width, height = self.box
        parts = [rect(left, top, width, height, "frame")]
        parts += [
            line(self.x.at(value), top, self.x.at(value), top + height, "grid fine") for value in x_fine
        ]
        for value, words in x_ticks:
            at = self.x.at(value)
            parts += [
                line(at, top, at, top + height),
                text(at, top + height + 15, words, anchor="middle"),
            ]
        for value, words in y_ticks:
            at = self.y.at(value)
            parts += [line(left, at, left + width, at), text(left - 6, at + 4, words, anchor="end")]
        return Markup("").join(parts)

    def right_ticks(self, axis: Axis, ticks: Sequence[tuple[float, str]], kind: str = "tick") -> Markup:
        """The words of a second axis on the right."""
        left, _, width, _ = self.box
        return Markup("").join(
            text(left + width + 6, axis.at(value) + 4, words, kind) for value, words in ticks
        )


def legend(x: float, y: float, entries: Sequence[tuple[str, str]]) -> Markup:
    """Samples of line styles with their names, side by side."""
    parts = []
    for kind, words in entries:
        parts += [line(x, y - 4, x + 18, y - 4, kind), text(x + 23, y, words, "legend")]
        x += 23 + 6.9 * len(words) + 16
    return Markup("").join(parts)


def drawing(
    name: str, width: float, height: float, parts: Iterable[Markup], *, title: str, description: str
) -> Markup:
    """A whole picture; `name` is its id, unique in the document, and what title and description hang on."""
    return (
        Markup(
            '<svg class="picture" viewBox="0 0 {0} {1}" role="img" aria-labelledby="{2}-t {2}-d">'
            '<title id="{2}-t">{3}</title><desc id="{2}-d">{4}</desc>'
        ).format(px(width), px(height), name, visible(title), visible(description))
        + Markup("").join(parts)
        + Markup("</svg>")
    )
