"""Numbers in sentences: true minus signs, no negative zero, places as an engineer says them."""

import math

import pytest

from console.words import number, pan_place, signed


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (-3.14159, 1, "−3.1"),
        (-3.14159, 0, "−3"),
        (-0.04, 1, "0.0"),
        (2.0, 2, "2.00"),
        (-math.inf, 1, "−∞"),
        (math.inf, 1, "∞"),
        (math.nan, 1, "n/a"),
    ],
)
def test_a_number(value: float, decimals: int, text: str) -> None:
    assert number(value, decimals) == text


@pytest.mark.parametrize(("value", "text"), [(1.25, "+1.2"), (-1.0, "−1.0"), (-0.01, "0.0"), (0.0, "0.0")])
def test_a_difference_has_its_sign_unless_it_is_none(value: float, text: str) -> None:
    assert signed(value) == text


@pytest.mark.parametrize(
    ("pan", "text"),
    [(0.0, "in the middle"), (0.004, "in the middle"), (-1.0, "100 % left"), (0.35, "35 % right")],
)
def test_a_place(pan: float, text: str) -> None:
    assert pan_place(pan) == text
