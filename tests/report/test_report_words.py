"""Numbers carry units, true minus signs and sensible digits."""

import math

import pytest

from bridge.report import settings, words
from bridge.report.families import FAMILIES, family
from console.params import PARAMS
from console.session import Role


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-3.24, "−3.2 dB"),
        (0.0, "0.0 dB"),
        (-0.04, "0.0 dB"),
        (-160.0, "−∞ dB"),
        (-math.inf, "−∞ dB"),
        (math.nan, "n/a dB"),
    ],
)
def test_levels(value: float, text: str) -> None:
    assert words.level(value).replace("\u00a0", " ") == text


@pytest.mark.parametrize(
    ("value", "text"), [(2.0, "+2.0 dB"), (-2.0, "−2.0 dB"), (0.01, "0.0 dB"), (-0.01, "0.0 dB")]
)
def test_changes_have_their_sign(value: float, text: str) -> None:
    assert words.change(value).replace("\u00a0", " ") == text


@pytest.mark.parametrize(
    ("value_hz", "text"),
    [
        (20.0, "20 Hz"),
        (36.67, "36.7 Hz"),
        (999.4, "999 Hz"),
        (999.9, "1 kHz"),
        (1234.0, "1.23 kHz"),
        (44100.0, "44.1 kHz"),
        (192000.0, "192 kHz"),
        (0.0, "0 Hz"),
    ],
)
def test_frequencies(value_hz: float, text: str) -> None:
    assert words.frequency(value_hz).replace("\u00a0", " ") == text


@pytest.mark.parametrize(("pan", "text"), [(-1.0, "L 100"), (-0.004, "C"), (0.0, "C"), (0.35, "R 35")])
def test_pan(pan: float, text: str) -> None:
    assert words.pan_position(pan).replace("\u00a0", " ") == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.0, "0:00"), (59.6, "1:00"), (605.0, "10:05"), (3725.0, "1:02:05")]
)
def test_clock(seconds: float, text: str) -> None:
    assert words.clock(seconds) == text


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("masked_db", 4.13, ("masked", "4.1 dB")),
        ("peak_dbtp", -1.0, ("peak", "−1.0 dBTP")),
        ("lowest_hz", 1234.0, ("lowest", "1.23 kHz")),
        ("delay_ms", 3.2083, ("delay", "3.21 ms")),
        ("delay_samples", 154.0, ("delay", "154 samples")),
        ("time_share", 0.62, ("time", "62 %")),
        ("correlation", -0.6214, ("correlation", "−0.621")),
        ("hits", 240.0, ("hits", "240")),
    ],
)
def test_figures_read_their_unit_from_their_name(name: str, value: float, shown: tuple[str, str]) -> None:
    label, text = words.figure(name, value)
    assert (label, text.replace("\u00a0", " ")) == shown


@pytest.mark.parametrize("name", ["short", "x" * 255, "名" * 85, "Lead Vox Double Take 3 Comp_07"])
def test_short_names_fit_and_keep_their_end(name: str) -> None:
    short = words.short_name(name, 20)
    assert len(short) <= 20
    assert short[-1] == name[-1]
    assert short == name or "…" in short


def test_every_parameter_has_words_for_its_ends() -> None:
    for name, row in PARAMS.items():
        for value in (row.low, row.high, row.default):
            text = settings.knob(name, value)
            assert text
            assert "-" not in text
            if row.unit in ("dB", "ms", "dBTP"):
                assert row.unit in text


def test_every_role_has_a_family_with_a_mark_of_its_own() -> None:
    assert {family(role).key for role in Role} == set(FAMILIES)
    assert family("no such role").key == "other"
    assert len({item.mark for item in FAMILIES.values()}) == len(FAMILIES)
