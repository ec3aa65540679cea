"""The JSFX strip's picture, drawn by the tests' own evaluator: the response is right, and idle costs nothing."""

import math
from pathlib import Path

import numpy as np
import pytest
from eel_picture import Picture

from console.dsp.chain import cut_sections, equalizer_sections
from console.dsp.design import response_db, stack_sections
from console.mix import Band, Equalizer, Highpass, Lowpass, TrackStrip
from exporters.reaper.jsfx import settings_of, slider_values

RATE_HZ = 48000.0

STRIP = TrackStrip(
    "x",
    highpass=Highpass(True, 60.0, 24),
    lowpass=Lowpass(True, 12000.0, 12),
    equalizer=Equalizer(True, (Band("bell", 300.0, -9.0, 2.0), Band("high_shelf", 5000.0, 6.0, 0.71))),
)


def picture(width: int = 560, height: int = 260, strip: TrackStrip = STRIP) -> Picture:
    drawn = Picture(width, height)
    drawn.effect.start(RATE_HZ, slider_values(settings_of(strip)))
    drawn.show()
    return drawn


def test_the_curve_is_the_response_of_the_strip() -> None:
    drawn = picture()
    points = int(drawn.effect.get("points"))
    curve_db = drawn.effect.memory[:points]
    frequencies_hz = 20.0 * 1000.0 ** (np.arange(points) / (points - 1))
    sections = stack_sections(
        [cut_sections(STRIP.highpass, STRIP.lowpass, RATE_HZ), equalizer_sections(STRIP.equalizer, RATE_HZ)]
    )
    np.testing.assert_allclose(curve_db, response_db(sections, frequencies_hz, RATE_HZ), atol=1e-6)


def test_the_curve_is_drawn_where_the_response_is() -> None:
    drawn = picture()
    margin, height = drawn.effect.get("margin"), drawn.effect.get("plot_height")
    yellow = np.all(drawn.pixels == [0.95, 0.7, 0.25], axis=2)
    column = int(margin + drawn.effect.get("plot_width") * math.log(300.0 / 20.0) / math.log(1000.0))
    ys = np.nonzero(yellow[:, column])[0]
    wanted = margin + height * (0.5 + 9.0 / 48.0)
    assert np.abs(ys - wanted).min() <= 2.0


def test_nothing_is_drawn_while_nothing_changes() -> None:
    drawn = picture()
    assert drawn.strokes > 100
    assert drawn.effect.get("gfx_clear") == -1.0
    drawn.show()
    assert drawn.strokes == 0
    drawn.effect.turn({"band1_gain_db": -3.0})
    drawn.show()
    assert drawn.strokes > 100


def test_a_new_size_is_drawn_anew() -> None:
    drawn = picture()
    drawn.pixels = np.zeros((400, 700, 3))
    drawn.show()
    assert drawn.strokes > 100
    assert drawn.outside == 0


@pytest.mark.parametrize("size", [(560, 260), (1200, 700), (5000, 300), (60, 40), (16, 16), (1, 1)])
def test_any_size_is_drawn_without_an_error(size: tuple[int, int]) -> None:
    drawn = picture(*size)
    if min(size) >= 200:
        assert drawn.outside == 0
    assert np.isfinite(drawn.effect.variables).all()


def test_the_meters_show_the_gain_and_come_back() -> None:
    drawn = Picture(560, 260)
    values = {"compressor_on": 1.0, "compressor_threshold_db": -40.0, "compressor_ratio": 20.0}
    drawn.effect.start(RATE_HZ, values | {"compressor_attack_ms": 0.05, "compressor_release_ms": 1.0})
    drawn.show()
    assert drawn.effect.get("compressor_height") == 0.0
    drawn.effect.process(np.full((2, 480), 0.25))
    drawn.show()
    reduction_db = (1.0 - 1.0 / 20.0) * (40.0 + 20.0 * math.log10(0.25))
    height = math.floor(drawn.effect.get("plot_height") * min(reduction_db / 24.0, 1.0))
    assert abs(drawn.effect.get("compressor_height") - height) <= 1.0
    drawn.effect.process(np.zeros((2, 4800)))
    for _ in range(40):
        drawn.show()
    assert drawn.effect.get("compressor_height") == 0.0
    drawn.show()
    assert drawn.strokes == 0


def test_the_axes_are_labelled() -> None:
    texts = [text for _, _, text in picture().texts]
    assert texts == ["100 Hz", "1 kHz", "10 kHz", "12", "0", "-12", "Gate", "Comp"]


def test_the_picture_can_be_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "strip.png"
    picture().save(path)
    assert path.read_bytes().startswith(b"\x89PNG")
