"""Dynamics in pictures: the static curve of a compressor or gate, and its gain reduction over time."""

import numpy as np
from markupsafe import Markup

from bridge.report import svg, words
from bridge.report.charts.times import time_ticks
from console.analysis.values import HOP_S, FloatArray
from console.dsp.curves import compressor_curve_db, gate_curve_db
from console.mix import Compressor, Gate

HEIGHT = 210.0
STATIC_WIDTH, TIME_WIDTH = 300.0, 720.0
_TOP, _BOTTOM = 26.0, 34.0
_TIME_LEFT, _TIME_RIGHT = 46.0, 44.0
_FLOOR_DB = -72.0
_TIME_FLOOR_DB = -60.0
_REDUCTIONS_DB = (6.0, 12.0, 18.0, 24.0, 36.0, 48.0, 60.0, 90.0)


def static_chart(
    name: str, settings: Compressor | Gate, histogram: FloatArray | None, *, trim_db: float = 0.0, title: str
) -> Markup:
    """Output over input level, with the make-up, over the levels that the source has behind its trim."""
    across = svg.Axis(_FLOOR_DB, 0.0, 40.0, STATIC_WIDTH - 12.0)
    frame = svg.Frame(across, svg.Axis(_FLOOR_DB, 6.0, HEIGHT - _BOTTOM, _TOP))
    level_db = np.linspace(_FLOOR_DB, 0.0, 145)
    if isinstance(settings, Compressor):
        gain_db, makeup_db = compressor_curve_db(settings, level_db), settings.makeup_db
    else:
        gain_db, makeup_db = gate_curve_db(settings, level_db), 0.0
    ticks = [(value, words.number(value, 0)) for value in (-60.0, -40.0, -20.0, 0.0)]
    threshold = across.at(settings.threshold_db)
    inside = [_histogram(frame, histogram, trim_db)] if histogram is not None else []
    inside += [
        svg.path(svg.path_data(*frame.curve(level_db, level_db)), "unity"),
        svg.line(threshold, _TOP, threshold, HEIGHT - _BOTTOM, "threshold"),
        svg.path(svg.path_data(*frame.curve(level_db, level_db + gain_db + makeup_db)), "curve"),
    ]
    parts = [
        frame.grid(ticks, ticks),
        frame.clipped(inside),
        svg.text(4, 14, "out, dB", "axis"),
        svg.text(STATIC_WIDTH - 12, 14, f"threshold {words.level(settings.threshold_db)}", "legend", "end"),
        svg.text(STATIC_WIDTH - 12, HEIGHT - 4, "in, dBFS peak", "axis", "end"),
    ]
    told = f"Output over input level from {words.level(_FLOOR_DB)} to 0 dBFS; threshold {settings.threshold_db:g} dB."
    return svg.drawing(name, STATIC_WIDTH, HEIGHT, parts, title=title, description=told)


def _histogram(frame: svg.Frame, histogram: FloatArray, trim_db: float) -> Markup:
    """Where the source's levels lie (10 ms RMS in 1 dB bins from −100 dBFS), as a hill at the foot."""
    share = np.asarray(histogram, dtype=np.float64)
    if not share.size or share.max() <= 0.0:
        return Markup("")
    level_db = np.arange(len(share), dtype=np.float64) - 100.0 + 0.5 + trim_db
    shown = (level_db >= _FLOOR_DB) & (level_db <= 0.0)
    if not shown.any():
        return Markup("")
    _, top, _, height = frame.box
    x = frame.x.px(level_db[shown])
    y = top + height - 0.35 * height * share[shown] / max(float(share[shown].max(initial=0.0)), 1e-12)
    return svg.path(svg.area_data(x, y, top + height), "fill-before")


def reduction_chart(
    name: str,
    reduction_db: FloatArray,
    source_peak_db: FloatArray | None,
    threshold_db: float,
    *,
    trim_db: float = 0.0,
    title: str,
) -> Markup:
    """Gain reduction hanging from the top, over the source's peak level behind its trim where that is known."""
    reduction, step = svg.decimate_max(np.asarray(reduction_db, dtype=np.float64))
    known = source_peak_db is not None
    seconds = HOP_S * max(len(reduction_db), 0 if source_peak_db is None else len(source_peak_db), 1)
    most_db = float(reduction.max(initial=0.0))
    scale_db = next((value for value in _REDUCTIONS_DB if value >= most_db), _REDUCTIONS_DB[-1])
    across = svg.Axis(0.0, seconds, _TIME_LEFT, TIME_WIDTH - _TIME_RIGHT)
    levels = svg.Frame(across, svg.Axis(_TIME_FLOOR_DB, 0.0, HEIGHT - _BOTTOM, _TOP))
    # Over a level the reduction has twice its range as room, so that it keeps to the upper half.
    falls = svg.Frame(across, svg.Axis(-scale_db * (2.0 if known else 1.0), 0.0, HEIGHT - _BOTTOM, _TOP))
    x, y = falls.curve(_centres(len(reduction), step), -reduction)
    inside = [] if source_peak_db is None else _entering(levels, source_peak_db, trim_db, threshold_db)
    inside += [
        svg.path(svg.area_data(x, y, _TOP), "fill-reduction"),
        svg.path(svg.path_data(x, y), "reduction"),
    ]
    level_ticks = [(value, words.number(value, 0)) for value in (-60.0, -48.0, -36.0, -24.0, -12.0, 0.0)]
    fall_ticks = [(-scale_db * part, words.number(-scale_db * part, 0)) for part in (0.0, 1 / 3, 2 / 3, 1.0)]
    held = "" if step == 1 else f", most in each {words.time_s(step * HOP_S)}"
    samples = [("reduction", f"gain reduction{held}"), *([("threshold", "threshold")] if known else [])]
    parts = [
        levels.grid(time_ticks(seconds), level_ticks if known else []),
        levels.right_ticks(falls.y, fall_ticks, "tick gr"),
        levels.clipped(inside),
        svg.text(6, 14, "input peak, dBFS", "axis") if known else Markup(""),
        svg.legend(190, 14, samples),
        svg.text(TIME_WIDTH - 4, 14, "reduction, dB", "axis gr", "end"),
    ]
    told = (
        f"Over {words.clock(seconds)}: at most {words.level(most_db)} of gain reduction, "
        f"threshold {words.level(threshold_db)}."
    )
    return svg.drawing(name, TIME_WIDTH, HEIGHT, parts, title=title, description=told)


def _entering(frame: svg.Frame, peak_db: FloatArray, trim_db: float, threshold_db: float) -> list[Markup]:
    """The level that enters, as an area, and the threshold across it."""
    peak, step = svg.decimate_max(np.asarray(peak_db, dtype=np.float64) + trim_db)
    x, y = frame.curve(_centres(len(peak), step), peak)
    left, _, width, _ = frame.box
    at = frame.y.at(threshold_db)
    return [
        svg.path(svg.area_data(x, y, HEIGHT - _BOTTOM), "fill-before"),
        svg.line(left, at, left + width, at, "threshold"),
    ]


def _centres(count: int, step: int) -> svg.Array:
    return np.asarray((np.arange(count, dtype=np.float64) + 0.5) * step * HOP_S)
