"""The lighter meters say to the bit what the whole analysis says."""

import numpy as np
import pytest

from console.analysis.parts import BarkMeter, LoudnessMeter
from console.analysis.track import TrackAnalyzer
from console.errors import ParamError


def signal(seconds: float, rate: int, channels: int) -> np.ndarray:
    random = np.random.default_rng(round(100 * seconds) + rate)
    count = round(seconds * rate)
    audio = (
        0.1 * random.standard_normal((channels, count)) * (0.2 + np.sin(np.arange(count) / rate * 3.0) ** 2)
    )
    return audio.astype(np.float32)


@pytest.mark.parametrize(("seconds", "rate"), [(0.3, 8000), (3.97, 44_100), (2.0, 48_000), (5.02, 22_050)])
@pytest.mark.parametrize("broken", [False, True])
def test_the_same_to_the_bit(seconds: float, rate: int, broken: bool) -> None:
    audio = signal(seconds, rate, 2)
    if broken:
        audio[0, 100], audio[1, -50], audio[0, 700] = np.nan, np.inf, 1e20
    whole, left = TrackAnalyzer(rate, 2), TrackAnalyzer(rate, 1)
    loudness, bark = LoudnessMeter(rate, 2), BarkMeter(rate)
    for start in range(0, audio.shape[1], 7919):
        block = audio[:, start : start + 7919]
        for meter, part in ((whole, block), (loudness, block), (left, block[:1]), (bark, block[:1])):
            meter.push(part)
    assert loudness.result() == whole.result().integrated_lufs
    np.testing.assert_array_equal(bark.result(), left.result().bark_db)
    # Asked again they say the same.
    assert loudness.result() == whole.result().integrated_lufs
    np.testing.assert_array_equal(bark.result(), left.result().bark_db)


@pytest.mark.parametrize("meter", [lambda rate: LoudnessMeter(rate, 2), BarkMeter])
def test_a_rate_that_is_none_is_refused(meter) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ParamError, match="no sample rate"):
        meter(1000)
