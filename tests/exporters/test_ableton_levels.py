"""The two gains of a panned track by Live's law are the console's, and Live's digits are Live's."""

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporters.ableton.levels import level, moves_of
from exporters.ableton.panlaw import from_live, to_live
from exporters.ableton.values import beats, number, stored

PANS = (-1.0, -0.99, -0.5, -0.1, 0.0, 1e-9, 0.25, 0.7, 1.0)


def live_gains(pan: float, volume: float) -> tuple[float, float]:
    """Live's manual: constant power with sinusoidal gain curves, 0 dB in the middle, +3 dB at the sides."""
    angle = (1.0 + pan) * math.pi / 4.0
    return math.sqrt(2.0) * math.cos(angle) * volume, math.sqrt(2.0) * math.sin(angle) * volume


@pytest.mark.parametrize("pan", PANS)
def test_a_mono_track_sounds_as_on_the_console(pan: float) -> None:
    live = to_live(pan, 1)
    angle = (1.0 + pan) * math.pi / 4.0
    assert live_gains(live.pan, live.gain) == pytest.approx((math.cos(angle), math.sin(angle)), abs=1e-12)


@pytest.mark.parametrize("pan", PANS)
def test_a_stereo_track_sounds_as_on_the_console(pan: float) -> None:
    live = to_live(pan, 2)
    angle = (1.0 + pan) * math.pi / 4.0
    wanted = (min(1.0, math.sqrt(2.0) * math.cos(angle)), min(1.0, math.sqrt(2.0) * math.sin(angle)))
    assert live_gains(live.pan, live.gain) == pytest.approx(wanted, abs=1e-9)


@given(st.floats(-1.0, 1.0), st.sampled_from((1, 2)))
def test_a_pan_comes_back(pan: float, channels: int) -> None:
    live = to_live(pan, channels)
    back = from_live(live.pan, channels)
    assert -1.0 <= live.pan <= 1.0
    assert back.pan == pytest.approx(pan, abs=1e-7)
    assert back.gain == pytest.approx(live.gain, rel=1e-9)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        # Values as Live wrote them: each is the 32-bit float in Live's own digits.
        (0.0003162277571, "0.0003162277571"),
        (1.99526238, "1.99526238"),
        (0.7071067691, "0.7071067691"),
        (1.14999998, "1.14999998"),
        (0.009999999776, "0.009999999776"),
        (15.8489332, "15.8489332"),
        (18000.0059, "18000.0059"),
        (-5.61467886, "-5.61467886"),
        (0.07449258864, "0.07449258864"),
        (120.0, "120"),
        (22000.0, "22000"),
        (0.0, "0"),
        (-0.0, "0"),
        (1e-7, "0.0000001000000012"),
    ],
)
def test_numbers_are_written_in_live_s_digits(value: float, text: str) -> None:
    single = struct.unpack("<f", struct.pack("<f", value))[0]
    assert number(single) == text
    assert struct.unpack("<f", struct.pack("<f", float(text)))[0] == single


@given(st.floats(-63072000.0, 1e15, allow_nan=False))
def test_places_are_written_in_full_without_an_exponent(value: float) -> None:
    text = beats(value)
    assert "e" not in text
    assert float(text) == pytest.approx(value, rel=1e-14, abs=1e-15)


@given(st.floats(1e-6, 1e6))
def test_what_is_stored_is_what_is_read(value: float) -> None:
    assert stored(value) == pytest.approx(value, rel=1e-7)
    assert stored(stored(value)) == stored(value)


def test_a_jump_of_the_fader_stays_a_jump() -> None:
    """Two events at one time, as Live writes a step."""
    moves = moves_of(((0.0, 1.0), (4.0, 1.0), (4.0, 0.5), (8.0, 0.5)), 1.0, 0.0)
    assert moves == ((0.0, 0.0), (3.999, 0.0), (4.0, pytest.approx(-6.0206, abs=1e-4)), (8.0, moves[2][1]))


@pytest.mark.parametrize(
    ("fader_db", "own_gain", "volume_db", "excess_db"),
    [
        (0.0, 1.0, 0.0, 0.0),
        (6.0, 1.0, 6.0, 0.0),
        (12.0, 1.0, 6.0, 6.0),
        (12.0, math.sqrt(0.5), 6.0, 12.0 - 10 * math.log10(2.0) - 6.0),
        (-90.0, 1.0, -70.0, 0.0),
    ],
)
def test_a_fader_and_what_is_over_its_end(
    fader_db: float, own_gain: float, volume_db: float, excess_db: float
) -> None:
    fader = level(fader_db, (), own_gain)
    assert 20.0 * math.log10(fader.volume) == pytest.approx(volume_db, abs=1e-4)
    assert fader.excess_db == pytest.approx(excess_db, abs=1e-9)


def test_moves_are_dense_enough_for_any_way_of_joining_them() -> None:
    fader = level(0.0, ((0.0, 0.0), (10.0, -20.0)), 1.0)
    assert len(fader.events) == 41
    assert fader.events[0] == (0.0, 1.0)
    assert fader.events[-1] == (20.0, pytest.approx(0.1, rel=1e-6))
    for (place, gain), (later, after) in zip(fader.events, fader.events[1:], strict=False):
        middle_db = 20.0 * math.log10((gain + after) / 2.0)
        assert middle_db == pytest.approx(-(place + later) / 2.0, abs=0.0037)
