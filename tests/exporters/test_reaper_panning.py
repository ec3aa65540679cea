"""Pan, polarity of the ends, and fader gain: the two channel gains REAPER makes are the console's."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.dsp.pan import balance_gains, pan_gains
from exporters.reaper.panlaw import CONSTANT_POWER_LAW, PROJECT_LAW, from_reaper, to_reaper

PANS = [-1.0, -0.999, -0.7, -0.3, -0.01, 0.0, 1e-9, 0.2, 0.5, 0.85, 1.0]


def reaper_gains(pan: float, law: float) -> tuple[float, float]:
    """REAPER's panner in mode 3 under the two laws that are used: constant power, and 0 dB in the middle."""
    if law == PROJECT_LAW:
        assert pan == 0.0
        return 1.0, 1.0
    assert law == pytest.approx(math.sqrt(0.5), abs=1e-15)
    angle = (1.0 + pan) * math.pi / 4.0
    return math.cos(angle), math.sin(angle)


@pytest.mark.parametrize("pan", PANS)
@pytest.mark.parametrize(("channels", "ours"), [(1, pan_gains), (2, balance_gains)])
def test_both_channel_gains_are_the_consoles(pan: float, channels: int, ours: object) -> None:
    setting = to_reaper(pan, channels)
    left, right = reaper_gains(setting.pan, setting.law)
    wanted = ours(pan)  # type: ignore[operator]
    assert left * setting.gain == pytest.approx(wanted[0], abs=1e-12)
    assert right * setting.gain == pytest.approx(wanted[1], abs=1e-12)


@given(st.floats(-1.0, 1.0), st.sampled_from([1, 2]))
def test_pan_comes_back(pan: float, channels: int) -> None:
    setting = to_reaper(pan, channels)
    back, gain = from_reaper(setting.pan, channels)
    assert back == pytest.approx(pan, abs=1e-9)
    assert gain == pytest.approx(setting.gain, rel=1e-9)
    assert -1.0 <= setting.pan <= 1.0


def test_a_stereo_track_in_the_middle_needs_no_law_of_its_own() -> None:
    assert to_reaper(0.0, 2).law == PROJECT_LAW
    assert to_reaper(0.0, 1).law == CONSTANT_POWER_LAW
