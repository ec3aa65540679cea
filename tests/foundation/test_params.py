"""The parameter table: scales go there and back, interpolate between exact ends, quantise to knob steps."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import params, within

from console.errors import ParamError
from console.params import PARAMS, ParamSpec, Scale, spec

UNITS = {"_db": "dB", "_hz": "Hz", "_ms": "ms", "_s": "s", "_dbtp": "dBTP"}


@pytest.mark.parametrize("row", PARAMS.values(), ids=lambda row: row.name)
def test_each_row_is_sound(row: ParamSpec) -> None:
    assert row.low < row.high
    assert row.low <= row.default <= row.high
    assert row.step > 0
    assert row.scale is not Scale.LOG or row.low > 0
    suffix = next((unit for end, unit in UNITS.items() if row.name.endswith(end)), "")
    assert row.unit == suffix
    assert row.scale is (Scale.DB if suffix in ("dB", "dBTP") else row.scale)


def test_frequencies_q_and_ratios_move_by_log() -> None:
    names = [name for name in PARAMS if name.endswith(("_hz", ".q", ".ratio"))]
    assert len(names) >= 8
    assert {PARAMS[name].scale for name in names} == {Scale.LOG}


@given(params.flatmap(lambda row: st.tuples(st.just(row), within(row))))
def test_normalise_and_back(drawn: tuple[ParamSpec, float]) -> None:
    row, value = drawn
    position = row.normalise(value)
    assert -1e-12 <= position <= 1 + 1e-12
    assert row.denormalise(position) == pytest.approx(value, rel=1e-12, abs=1e-12 * (row.high - row.low))


@given(params, st.floats(0, 1), st.floats(0, 1))
def test_denormalise_rises_and_stays_inside(row: ParamSpec, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert row.low <= row.denormalise(low) <= row.denormalise(high) <= row.high


@given(params, st.sampled_from([-math.inf, -1e300, -1.0, 2.0, 1e300, math.inf]))
def test_positions_outside_give_the_ends(row: ParamSpec, position: float) -> None:
    assert row.denormalise(position) == pytest.approx(row.low if position < 0 else row.high)


def test_the_middle_of_a_log_scale_is_the_geometric_mean() -> None:
    row = spec("equalizer.frequency_hz")
    assert row.denormalise(0.5) == pytest.approx(math.sqrt(20.0 * 20000.0))
    assert row.interpolate(100.0, 400.0, 0.5) == pytest.approx(200.0)
    assert spec("strip.fader_db").interpolate(-20.0, 0.0, 0.25) == pytest.approx(-15.0)


@st.composite
def rows_with_two_values(draw: st.DrawFn) -> tuple[ParamSpec, float, float]:
    row = draw(params)
    return row, draw(within(row)), draw(within(row))


@given(rows_with_two_values())
def test_interpolation_has_exact_ends(drawn: tuple[ParamSpec, float, float]) -> None:
    row, start, end = drawn
    assert row.interpolate(start, end, 0.0) == start
    assert row.interpolate(start, end, 1.0) == end


@given(rows_with_two_values(), st.floats(0, 1), st.floats(0, 1))
def test_interpolation_never_turns_back(
    drawn: tuple[ParamSpec, float, float], one: float, other: float
) -> None:
    row, start, end = drawn
    early, late = (row.interpolate(start, end, amount) for amount in sorted((one, other)))
    span = abs(end - start)
    slack = 1e-12 * max(abs(start), abs(end), 1.0)
    assert (late - early) * (1 if end >= start else -1) >= -slack
    assert abs(early - start) <= span + slack
    assert row.low <= early <= row.high


@given(params.flatmap(lambda row: st.tuples(st.just(row), within(row))))
def test_quantise_is_near_and_settles_at_once(drawn: tuple[ParamSpec, float]) -> None:
    row, value = drawn
    stepped = row.quantise(value)
    assert row.low <= stepped <= row.high
    assert row.quantise(stepped) == stepped
    limit = 0.0051 * value if row.scale is Scale.LOG else row.step * 0.5001
    assert abs(stepped - value) <= limit
    assert math.copysign(1.0, stepped) == 1.0 or stepped != 0.0, "minus zero is no knob position"


def test_quantise_leaves_no_binary_residue() -> None:
    assert repr(spec("strip.fader_db").quantise(-6.300000000000001)) == "-6.3"
    assert repr(spec("equalizer.frequency_hz").quantise(1234.567)) == "1230.0"


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, -math.inf, 1e300, 10**400, -(10**400), "0", None, True, 1j, [0.0]], ids=str
)
@pytest.mark.parametrize("name", ["strip.fader_db", "equalizer.q"])
def test_check_refuses(name: str, value: object) -> None:
    row = spec(name)
    with pytest.raises(ParamError) as caught:
        row.check(value, where="here")
    assert str(caught.value).startswith("here is ")
    assert row.range_text in str(caught.value)


@pytest.mark.parametrize("value", [1, 1.0, np.float32(1.0), np.float64(1.0), np.int16(1)])
def test_check_takes_any_real_number_as_a_float(value: object) -> None:
    number = spec("strip.fader_db").check(value)
    assert type(number) is float
    assert number == 1.0


@given(params)
def test_check_draws_the_line_at_the_ends(row: ParamSpec) -> None:
    assert row.check(row.low) == row.low
    assert row.check(row.high) == row.high
    for outside in (math.nextafter(row.low, -math.inf), math.nextafter(row.high, math.inf)):
        with pytest.raises(ParamError, match="outside its range"):
            row.check(outside)


def test_an_unknown_parameter_is_named() -> None:
    with pytest.raises(ParamError, match=r"'strip\.volume' is not a parameter"):
        spec("strip.volume")
