"""The shipped JSFX file: its sliders are the table's, and it is made as REAPER wants it."""

import math
import re

import pytest
from eel_jsfx import parse_effect, strip_path

from console.params import PARAMS, Scale
from exporters.reaper.jsfxsliders import FIELDS, SLIDERS, slider_lines

TEXT = strip_path().read_bytes().decode("ascii")

#: The slider variables whose rows of the table have another name.
ROWS = {"width": "strip.width", "input_gain_db": "input.gain_db"}


def row_of(variable: str) -> str:
    """The name of the table's row for a slider with a scale."""
    if variable in ROWS:
        return ROWS[variable]
    name = re.sub(r"^band\d_", "equalizer_", variable)
    module, _, knob = name.partition("_")
    return f"{module}.{knob}"


def test_the_file_s_sliders_are_those_that_the_table_makes() -> None:
    lines = "".join(f"{line}\n" for line in TEXT.split("\n") if line.startswith("slider"))
    assert lines == slider_lines()


def test_every_slider_has_the_range_and_scale_of_its_parameter() -> None:
    for declared in parse_effect(TEXT).sliders:
        if declared.choices:
            assert (declared.low, declared.high, declared.step) == (0.0, len(declared.choices) - 1.0, 1.0)
            continue
        row = PARAMS[row_of(declared.variable)]
        assert (declared.low, declared.high, declared.step) == (row.low, row.high, row.step)
        assert declared.low <= declared.default <= declared.high
        if declared.variable.startswith("band"):
            assert declared.default == row.default or declared.variable.endswith("frequency_hz")
        else:
            assert declared.default == row.default
        if row.unit:
            assert declared.label.endswith(f"({row.unit})")
        if row.scale is Scale.LOG:
            assert declared.middle == pytest.approx(math.sqrt(row.low * row.high), rel=1e-5)
        else:
            assert declared.middle is None


def test_every_knob_of_the_strip_has_its_slider() -> None:
    modules = ("input", "highpass", "lowpass", "gate", "equalizer", "compressor")
    wanted = {name for name in PARAMS if name.split(".")[0] in modules} - {"input.delay_ms"} | {"strip.width"}
    assert {row_of(slider.variable) for slider in SLIDERS if not slider.choices} == wanted


def test_sliders_are_numbered_in_order_and_fit_a_project_s_line() -> None:
    sliders = parse_effect(TEXT).sliders
    assert [slider.number for slider in sliders] == list(range(1, len(sliders) + 1))
    assert len(sliders) <= FIELDS
    assert len({slider.variable for slider in sliders}) == len(sliders)
    assert len({slider.label for slider in sliders}) == len(sliders)


def test_the_header_names_effect_and_pins() -> None:
    effect = parse_effect(TEXT)
    assert effect.header[0] == "desc:mixbridge channel strip"
    assert [line for line in effect.header if "_pin:" in line] == [
        "in_pin:left input",
        "in_pin:right input",
        "out_pin:left output",
        "out_pin:right output",
    ]
    assert set(effect.sections) == {"init", "slider", "block", "sample", "gfx"}


def test_the_file_has_plain_lines() -> None:
    assert "\r" not in TEXT
    assert "\t" not in TEXT
    assert all(len(line) <= 120 for line in TEXT.split("\n"))
    assert not [line for line in TEXT.split("\n") if line != line.rstrip()]
