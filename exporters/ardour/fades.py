"""The fades of a region: curves of points in a session, the nearest named curve here."""

import math

import numpy as np

from exporters.ardour.nodes import Node
from exporters.ardour.sessionfile import number, yes
from exporters.ardour.times import Times
from exporters.project import Fade, FadeShape

#: Ardour's fade where a region has none of its own, in samples; it is of equal power.
DEFAULT_SAMPLES = 64

_MOST_POINTS = 10_000
_AT = np.array([0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875])
_CURVES = {
    FadeShape.LINEAR: _AT,
    FadeShape.EQUAL_POWER: np.sin(0.5 * math.pi * _AT),
    FadeShape.FAST_START: _AT * (2.0 - _AT),
    FadeShape.SLOW_START: _AT * _AT,
    FadeShape.S_CURVE: _AT * _AT * (3.0 - 2.0 * _AT),
}


def read_fade(region: Node, side: str, times: Times, sample_rate_hz: int, length_s: float) -> Fade:
    """The fade "in" or "out" of a region, at most as long as it; its curve the nearest of those that have names.

    Raises:
        ExportError: a point's time is none.
    """
    if not yes(region.get(f"fade-{side}-active", "1")):
        return Fade()
    item = region.find("FadeIn" if side == "in" else "FadeOut")
    text = item.findtext("AutomationList/events") if item is not None else None
    if not text:
        default_s = DEFAULT_SAMPLES / sample_rate_hz if item is not None else 0.0
        return Fade(min(default_s, length_s), FadeShape.EQUAL_POWER)
    points = read_points(str(text), times, "a point of a fade")
    if len(points) < 2 or points[-1][0] <= points[0][0]:
        return Fade()
    at_s = np.array([time_s for time_s, _ in points])
    gains = np.array([gain for _, gain in points])
    whole_s = float(at_s[-1])
    if side == "out":
        at_s, gains = whole_s - at_s[::-1], gains[::-1]
    curve = np.interp(_AT * whole_s, at_s, gains)
    shape = min(_CURVES, key=lambda one: float(np.sum((curve - _CURVES[one]) ** 2)))
    return Fade(min(whole_s, length_s), shape)


def read_points(text: str, times: Times, what: str) -> list[tuple[float, float]]:
    """(seconds, value) of a list of points, in rising order; lines that are none are passed over.

    Raises:
        ExportError: a time is none.
    """
    points: list[tuple[float, float]] = []
    for line in text.splitlines()[:_MOST_POINTS]:
        words = line.split()
        if len(words) == 2:
            time_s = times.seconds(words[0], what)
            if time_s >= 0.0 and (not points or time_s > points[-1][0]):
                points.append((time_s, number(words[1], 0.0)))
    return points
