"""Finds the law of a knob from what was measured at some of its positions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bridge.host.knobs import number_in
from console.errors import ParamError
from console.params import Scale, spec
from presets.plugins.laws import Knob, LawKind

Array = NDArray[np.float64]

#: A simple law is taken when it errs by no more than this share of the parameter's range.
_SIMPLE = 0.006
#: A scale this near to 1 and an offset this near to 0, as a share of the knob's way, are taken for just that where it
#: costs no more, as a share of the parameter's range.
_NEAT, _NEAT_COSTS = 0.004, 0.0025

#: The laws that are tried before a table, the plainest first.
_TRIED: dict[str, tuple[LawKind, ...]] = {
    "ratio": (LawKind.LINEAR, LawKind.SLOPE, LawKind.OCTAVES, LawKind.POWER),
    "q": (LawKind.LINEAR, LawKind.BANDWIDTH, LawKind.OCTAVES, LawKind.POWER),
    "_db": (LawKind.LINEAR, LawKind.GAIN),
    "": (LawKind.LINEAR, LawKind.OCTAVES, LawKind.POWER),
}


@dataclass(frozen=True, slots=True)
class Point:
    """A position of a knob: raw 0 … 1, the text it shows there, and the console's value that it amounts to."""

    raw: float
    text: str
    value: float


def law_of(key: str, name: str, points: Sequence[Point]) -> Knob | None:
    """The knob of the console's parameter `name`; None where it does not go one way over two points or more.

    What the plugin shows is taken when it shows numbers that differ; raw positions otherwise. A law that is a formula
    is preferred to a table, as it holds between the points too.
    """
    kept = _one_way(points)
    if len(kept) < 3:
        return None
    shown = [number_in(point.text) for point in kept]
    numbers = [number for number in shown if number is not None]
    as_shown = len(numbers) == len(kept) and _strictly_one_way(np.array(numbers))
    ys = np.array(numbers if as_shown else [point.raw for point in kept])
    xs = np.array([point.value for point in kept])
    logarithmic = spec(name).scale is Scale.LOG
    for kind in _kinds(name):
        for by_share in (False, True) if logarithmic else (False,):
            knob = _fitted(key, kind, xs, ys, raw=not as_shown, by_share=by_share)
            if knob is not None and _error(knob, name, xs, ys) <= _SIMPLE:
                return _bounded(_neater(knob, name, xs, ys), ys)
    order = np.argsort(xs)
    table = tuple(zip(xs[order].tolist(), ys[order].tolist(), strict=True))
    try:
        knob = Knob(key, LawKind.TABLE, table=table, logarithmic=logarithmic, raw=not as_shown)
    except ParamError:
        return None
    return _bounded(knob, ys)


def _kinds(name: str) -> tuple[LawKind, ...]:
    bare = name.rpartition(".")[2]
    return next(kinds for ending, kinds in _TRIED.items() if bare.endswith(ending))


def _fitted(
    key: str, kind: LawKind, xs: Array, ys: Array, *, raw: bool, by_share: bool = False
) -> Knob | None:
    """The law of one kind through the points, by least squares; by_share: what is small counts like what is big."""
    exponent = 1.0
    if kind is LawKind.POWER:
        if (xs <= 0.0).any() or (ys <= 0.0).any():
            return None
        exponent = float(np.polyfit(np.log(xs), np.log(ys), 1)[0])
        if abs(exponent) < 1e-3:
            return None
    try:
        plain = Knob(key, kind, exponent=exponent)
        shapes = np.array([plain.to_plugin(value) for value in xs])
        if by_share:
            scale, offset = (
                float(x) for x in np.polyfit(shapes, ys, 1, w=1.0 / np.maximum(np.abs(shapes), 1e-9))
            )
        else:
            scale, offset = (float(x) for x in np.polyfit(shapes, ys, 1))
        return Knob(key, kind, scale=scale, offset=offset, exponent=exponent, raw=raw)
    except (ParamError, ValueError, OverflowError, np.linalg.LinAlgError):
        return None


def _neater(knob: Knob, name: str, xs: Array, ys: Array) -> Knob:
    """The law with a scale of 1 and no offset where the fit is next to that: a knob that shows the console's number."""
    scale = 1.0 if abs(knob.scale - 1.0) < _NEAT else knob.scale
    offset = 0.0 if abs(knob.offset) < _NEAT * float(np.ptp(ys)) else knob.offset
    if (scale, offset) == (knob.scale, knob.offset):
        return knob
    neat = replace(knob, scale=scale, offset=offset)
    return neat if _error(neat, name, xs, ys) <= _error(knob, name, xs, ys) + _NEAT_COSTS else knob


def _error(knob: Knob, name: str, xs: Array, ys: Array) -> float:
    """The worst error of a law, as a share of the parameter's range on its scale."""
    row = spec(name)
    found = np.array([knob.from_plugin(number) for number in ys])
    ends = (row.low, row.high)
    if row.scale is Scale.LOG:
        found, xs, ends = np.log(np.maximum(found, 1e-9)), np.log(np.maximum(xs, 1e-9)), tuple(np.log(ends))
    return float(np.max(np.abs(found - xs)) / (ends[1] - ends[0]))


def _bounded(knob: Knob, ys: Array) -> Knob:
    """The law kept to where it was measured."""
    return Knob(
        knob.key, knob.law, knob.scale, knob.offset, knob.exponent, knob.table, knob.logarithmic, knob.raw,
        low=float(ys.min()), high=float(ys.max()),
    )  # fmt: skip


def _one_way(points: Sequence[Point]) -> list[Point]:
    """The longest row of points, in the order of raw positions, whose values go one way."""
    ordered = sorted(points, key=lambda point: point.raw)
    rows = [_climbing(ordered, sign) for sign in (1.0, -1.0)]
    return max(rows, key=len)


def _climbing(points: Sequence[Point], sign: float) -> list[Point]:
    best: list[list[int]] = []
    for index, point in enumerate(points):
        before = [row for row in best if sign * points[row[-1]].value < sign * point.value]
        best.append([*max(before, key=len, default=[]), index])
    return [points[index] for index in max(best, key=len, default=[])]


def _strictly_one_way(values: Array) -> bool:
    moves = np.diff(values)
    return bool(np.all(moves > 0.0) or np.all(moves < 0.0))
