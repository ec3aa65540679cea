"""What is drawn is what is meant: curves read back from the paths agree with independent figures."""

import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import signal

from bridge.report import svg
from bridge.report.charts import dynamics, field, spectrum
from bridge.report.charts.rows import Row, audibility_charts, loudness_charts
from bridge.report.families import family
from console.mix import Band, BandType, Compressor, Equalizer, Gate, Highpass, TrackStrip

STRIP = TrackStrip(
    "t",
    highpass=Highpass(True, 90.0, 24),
    equalizer=Equalizer(
        True, (Band(BandType.BELL, 1000.0, -6.0, 1.0), Band(BandType.HIGH_SHELF, 8000.0, 4.0, 0.71))
    ),
)


def points(picture: str, kind: str) -> NDArray[np.float64]:
    """The points of the path of a kind, (count, 2) in px."""
    found = re.search(rf'<path d="([^"]*)" class="{kind}"/>', picture)
    assert found is not None
    return np.array(
        [[float(x) for x in pair.split()] for pair in re.findall(r"[ML]([-\d.]+ [-\d.]+)", found.group(1))]
    )


def cookbook_response_db(at_hz: NDArray[np.float64], rate_hz: float) -> NDArray[np.float64]:
    """The strip's response by scipy's Butterworth and the cookbook, written out a second time."""
    sections = [signal.butter(4, 90.0, "highpass", fs=rate_hz, output="sos")]
    for band in STRIP.equalizer.bands:
        a = 10 ** (band.gain_db / 40)
        w = 2 * np.pi * band.frequency_hz / rate_hz
        alpha, c = np.sin(w) / (2 * band.q), np.cos(w)
        if band.type is BandType.BELL:
            b = [1 + alpha * a, -2 * c, 1 - alpha * a]
            d = [1 + alpha / a, -2 * c, 1 - alpha / a]
        else:
            r = 2 * np.sqrt(a) * alpha
            b = [
                a * ((a + 1) + (a - 1) * c + r),
                -2 * a * ((a - 1) + (a + 1) * c),
                a * ((a + 1) + (a - 1) * c - r),
            ]
            d = [(a + 1) - (a - 1) * c + r, 2 * ((a - 1) - (a + 1) * c), (a + 1) - (a - 1) * c - r]
        sections.append(np.array([[*b, *d]]) / d[0])
    _, h = signal.sosfreqz(np.concatenate(sections), worN=at_hz, fs=rate_hz)
    return np.asarray(20 * np.log10(np.abs(h)))


@pytest.mark.parametrize("rate_hz", [44100, 96000])
def test_equalizer_curve_agrees_with_scipy(rate_hz: int) -> None:
    picture = spectrum.spectrum_chart("p", STRIP, rate_hz, before=None, after=None, title="t")
    drawn = points(picture, "curve")
    left, right = 46.0, spectrum.WIDTH - 44.0
    at_hz = 20.0 * 1000.0 ** ((drawn[:, 0] - left) / (right - left))
    top, bottom = 26.0, spectrum.HEIGHT - 34.0
    gain_db = -12.0 + 24.0 * (bottom - drawn[:, 1]) / (bottom - top)
    inside = drawn[:, 1] < bottom
    assert inside.sum() > 100
    # A tenth of a px is 0.0104 dB; along a slope of 24 dB per octave the place in Hz adds as much again.
    np.testing.assert_allclose(gain_db[inside], cookbook_response_db(at_hz, rate_hz)[inside], atol=0.06)


def test_bands_and_filters_are_marked_and_told() -> None:
    picture = spectrum.spectrum_chart("p", STRIP, 48000, before=None, after=None, title="t")
    assert [mark for mark, _, _ in spectrum.markers(STRIP)] == ["HP", "1", "2"]
    assert picture.count('class="band"') == 3
    assert "band 1: −6.0\u00a0dB at 1\u00a0kHz, Q 1.00" in picture


def test_a_curve_of_a_low_rate_ends_at_nyquist() -> None:
    picture = spectrum.spectrum_chart("p", STRIP, 8000, before=None, after=None, title="t")
    drawn = points(picture, "curve")
    assert np.isfinite(drawn).all()
    assert drawn[-1, 0] == pytest.approx(
        46.0 + (spectrum.WIDTH - 90.0) * np.log10(3992.0 / 20.0) / 3.0, abs=0.1
    )


@pytest.mark.parametrize("knee_db", [0.0, 6.0, 24.0])
def test_static_curve_of_a_compressor(knee_db: float) -> None:
    settings = Compressor(True, -24.0, 4.0, 10.0, 100.0, knee_db, 3.0)
    drawn = points(dynamics.static_chart("p", settings, None, title="t"), "curve")
    level_db = -72.0 + 72.0 * (drawn[:, 0] - 40.0) / (dynamics.STATIC_WIDTH - 52.0)
    top, bottom = 26.0, dynamics.HEIGHT - 34.0
    out_db = -72.0 + 78.0 * (bottom - drawn[:, 1]) / (bottom - top)
    below, above = level_db < -24.0 - knee_db / 2 - 0.5, level_db > -24.0 + knee_db / 2 + 0.5
    np.testing.assert_allclose(out_db[below], level_db[below] + 3.0, atol=0.1)
    np.testing.assert_allclose(out_db[above], -24.0 + (level_db[above] + 24.0) / 4.0 + 3.0, atol=0.1)


def test_static_curve_of_a_gate_falls_by_its_ratio_to_its_range() -> None:
    settings = Gate(True, -30.0, -20.0, 3.0)
    drawn = points(dynamics.static_chart("p", settings, None, title="t"), "curve")
    level_db = -72.0 + 72.0 * (drawn[:, 0] - 40.0) / (dynamics.STATIC_WIDTH - 52.0)
    out_db = -72.0 + 78.0 * (dynamics.HEIGHT - 34.0 - drawn[:, 1]) / (dynamics.HEIGHT - 60.0)
    falling = (level_db < -31.0) & (level_db > -39.0)
    np.testing.assert_allclose(out_db[falling], -30.0 + 3.0 * (level_db[falling] + 30.0), atol=0.15)
    low = (level_db < -41.0) & (level_db > -51.0)
    np.testing.assert_allclose(out_db[low], level_db[low] - 20.0, atol=0.15)


@pytest.mark.parametrize("hops", [1, 300, 6000])
def test_reduction_over_time_keeps_its_deepest_point(hops: int) -> None:
    reduction = np.zeros(hops, np.float32)
    reduction[hops // 2] = 11.0
    picture = dynamics.reduction_chart("p", reduction, np.full(hops, -30.0, np.float32), -20.0, title="t")
    drawn = points(picture, "reduction")
    assert len(drawn) <= svg.MAX_POINTS
    room = dynamics.HEIGHT - 60.0
    assert drawn[:, 1].max() == pytest.approx(26.0 + room * 11.0 / 24.0, abs=0.1)
    seconds = hops * 0.1
    at_s = seconds * (drawn[np.argmax(drawn[:, 1]), 0] - 46.0) / (dynamics.TIME_WIDTH - 90.0)
    assert at_s == pytest.approx((hops // 2 + 0.5) * 0.1, abs=0.1 * max(1, hops // svg.MAX_POINTS + 1))


def test_without_a_known_input_level_there_is_no_level_and_no_threshold() -> None:
    picture = dynamics.reduction_chart("p", np.full(300, 3.0, np.float32), None, -20.0, title="t")
    assert 'class="threshold"' not in picture
    assert "input peak" not in picture
    # 3 of 6 dB: half way down.
    np.testing.assert_allclose(
        points(picture, "reduction")[:, 1], 26.0 + (dynamics.HEIGHT - 60.0) / 2, atol=0.06
    )


def test_the_level_under_a_reduction_is_behind_the_trim() -> None:
    peak = np.full(300, -30.0, np.float32)
    picture = dynamics.reduction_chart("p", np.zeros(300, np.float32), peak, -20.0, trim_db=12.0, title="t")
    level = points(picture, "fill-before")
    np.testing.assert_allclose(level[:, 1], 26.0 + (dynamics.HEIGHT - 60.0) * 18.0 / 60.0, atol=0.06)


@given(st.lists(st.floats(-100, 100), max_size=2000), st.integers(1, 500))
def test_decimation_keeps_maxima_and_limits(values: list[float], most: int) -> None:
    fewer, step = svg.decimate_max(np.array(values), most)
    assert len(fewer) <= most
    assert len(fewer) == -(-len(values) // step)
    for index, value in enumerate(fewer):
        assert value == max(values[index * step : (index + 1) * step])


def test_a_path_breaks_where_a_value_is_missing() -> None:
    assert (
        svg.path_data(np.array([0.0, 1.0, 2.0, 3.0]), np.array([0.0, np.nan, 2.0, 3.5])) == "M0 0M2 2L3 3.5"
    )


def test_tracks_stand_in_the_field_by_pan_and_loudness() -> None:
    spots = [
        field.Spot(f"track {i}", family("keys"), pan, -20.0 - i, False)
        for i, pan in enumerate((-1.0, 0.0, 1.0))
    ]
    places = [
        (float(x), float(y))
        for x, y in re.findall(r"translate\(([-\d.]+) ([-\d.]+)\)", field.field_chart("f", spots))[1:]
    ]
    across, down = zip(*places, strict=True)
    assert across[1] - across[0] == pytest.approx(across[2] - across[1], abs=0.2)
    assert down[0] < down[1] < down[2]


def test_names_in_the_field_never_lie_over_each_other() -> None:
    spots = [field.Spot(f"track number {i}", family("keys"), 0.0, -20.0 - 0.2 * i, False) for i in range(40)]
    picture = field.field_chart("f", spots)
    labels = re.findall(r'<text x="([-\d.]+)" y="([-\d.]+)" class="name" text-anchor="(\w+)">', picture)
    assert len(labels) >= 12
    for side in ("start", "end"):
        down = sorted(float(y) for _, y, anchor in labels if anchor == side)
        assert all(b - a >= 12.9 for a, b in pairwise(down))


def test_rows_are_split_into_pictures_and_hold_every_track() -> None:
    rows = [Row(f"track {i}", family("bass"), -20.0, None if i == 3 else -25.0) for i in range(100)]
    for pictures in (loudness_charts("l", rows), audibility_charts("a", rows)):
        assert len(pictures) == 3
        assert sum(picture.count('class="name"') for picture in pictures) == 100
    assert "−20.0 → –" in loudness_charts("l", rows)[0]
