"""REAPER's fader taper against what others read in REAPER and published, and the laws of its plugins' parameters."""

import math

import pytest

from bridge.live.links.reaper.laws import EQ_FREQUENCY, EQ_GAINS, EQ_OCTAVES, ROWS, matches_text
from bridge.live.links.reaper.plugins import slider_law, strip_parameter
from bridge.live.links.reaper.taper import db_of_position, position_of_db
from bridge.live.parameters import meaning
from exporters.reaper.jsfxsliders import SLIDERS

#: Position and level as REAPER's own functions give them: the tests of helgoboss/reaper-rs, run in REAPER, its table of
#: constants, and an envelope's unity in the fader's scaling. 1.0 is +12 dB and 0.716 is 0 dB in REAPER's documentation.
PUBLISHED = (
    (0.25, -30.009531739774296),
    (0.0025138729793972, -150.0),
    (0.0031647785560398, -144.0),
    (0.7162178503126559, 0.0),
    (1.0, 12.0),
    (0.716, 0.0),
)


@pytest.mark.parametrize(("position", "level_db"), PUBLISHED)
def test_the_taper_gives_the_published_levels(position, level_db):
    assert db_of_position(position) == pytest.approx(level_db, abs=1e-7)


@pytest.mark.parametrize(("position", "level_db"), [*PUBLISHED[:1], *PUBLISHED[2:3], *PUBLISHED[4:]])
def test_and_back(position, level_db):
    assert position_of_db(level_db) == pytest.approx(position, rel=1e-9)


def test_unity_beside_the_law_is_read_as_unity_in_float32():
    assert db_of_position(0.7160000205039978) == 0.0
    assert db_of_position(0.7159) == pytest.approx(-0.0147, abs=1e-4)


def test_the_bottom_is_the_bottom():
    assert db_of_position(0.0) == db_of_position(-1.0) == -150.0
    assert position_of_db(-150.0) == position_of_db(-400.0) == 0.0
    assert position_of_db(99.0) == pytest.approx(1.0)


@pytest.mark.parametrize("level_db", [-149.0, -90.0, -60.0, -33.3, -12.0, -6.0, -0.1, 0.3, 6.0, 11.99])
def test_taper_and_back(level_db):
    assert db_of_position(position_of_db(level_db)) == pytest.approx(level_db, abs=1e-9)


#: ReaEQ's frequency slider by positions that somebody set and read in REAPER, to three digits.
READ_HZ = {
    0.29: 300,
    0.395: 600,
    0.476: 1000,
    0.589: 2000,
    0.655: 3000,
    0.74: 5000,
    0.855: 10000,
    0.922: 15000,
    1: 24000,
}


@pytest.mark.parametrize("position", READ_HZ)
def test_reaeq_frequency(position):
    near = [EQ_FREQUENCY.decode(position + off) for off in (-5e-4, 5e-4)]
    assert near[0] <= READ_HZ[position] * 1.01
    assert near[1] >= READ_HZ[position] * 0.99
    assert EQ_FREQUENCY.encode(EQ_FREQUENCY.decode(position)) == pytest.approx(position)


def test_reaeq_gain_has_two_scales():
    bent, straight = EQ_GAINS
    assert bent.decode(0.5) == straight.decode(0.25) == pytest.approx(0.0)
    assert bent.decode(1.0) == straight.decode(1.0) == pytest.approx(12.0412, abs=1e-4)
    assert bent.decode(0.25) == pytest.approx(-6.0206, abs=1e-4)
    for law in EQ_GAINS:
        for gain_db in (-18.0, -3.0, 0.0, 3.0, 12.0):
            assert law.decode(law.encode(gain_db)) == pytest.approx(gain_db)
    assert EQ_OCTAVES.decode(0.295) == pytest.approx(1.18)


#: ReaComp's parameters: position, value (ReaLearn's notes on the threshold; REAPER's ranges on its knobs).
REACOMP = {
    "Threshold": [(0.5, 0.0), (1.0, 6.0206), (0.0629463, -18.0)],
    "Ratio": [(0.0, 1.0), (1.0, 100.0), (3 / 99, 4.0)],
    "Attack": [(0.006, 3.0), (1.0, 500.0)],
    "Release": [(0.02, 100.0), (1.0, 5000.0)],
    "Knee": [(0.25, 6.0), (1.0, 24.0)],
    "Wet": [(0.5, 0.0), (1.0, 6.0206)],
}


@pytest.mark.parametrize("name", REACOMP)
def test_reacomp(name):
    row = next(row for row in ROWS["ReaComp"] if row.name == name)
    for position, value in REACOMP[name]:
        assert row.law.decode(position) == pytest.approx(value, abs=2e-4)
        assert row.law.encode(value) == pytest.approx(position, abs=1e-5)


@pytest.mark.parametrize("plugin", ROWS)
def test_every_law_goes_both_ways_inside_its_range(plugin):
    for row in ROWS[plugin]:
        assert meaning(row.parameter).spec is not None
        for share in (0.0, 0.1, 0.5, 0.9, 1.0):
            value = row.law.low + share * (row.law.high - row.law.low)
            position = row.law.encode(value)
            assert -1e-12 <= position <= 1.0 + 1e-12
            assert row.law.decode(position) == pytest.approx(value, abs=1e-6 * max(1.0, abs(value)))


def test_what_reaper_prints_decides():
    law = ROWS["ReaComp"][0].law
    assert matches_text(law, 0.5, "+0.0 dB") is True
    assert matches_text(law, 0.5, "-6.0") is False
    assert matches_text(law, 0.0, "-inf") is True
    assert matches_text(law, 0.5, "") is None
    assert matches_text(law, 0.5, "Off") is None


def test_every_slider_of_the_strip_has_a_name_on_the_desk_but_polarity():
    named = {slider.variable: strip_parameter(slider.variable) for slider in SLIDERS}
    assert [variable for variable, name in named.items() if not name] == ["invert_polarity"]
    for name in filter(None, named.values()):
        meaning(name)
    for slider in SLIDERS:
        law = slider_law(slider)
        assert law.decode(0.0) == law.low
        assert law.decode(1.0) == law.high
        assert math.isclose(law.encode(law.high), 1.0)
