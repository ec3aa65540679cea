"""The block size never matters, not even in the last bit."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.analysis import TrackAnalyzer
from console.errors import ParamError


def assert_same(first, second):
    for field in dataclasses.fields(first):
        one, other = getattr(first, field.name), getattr(second, field.name)
        if isinstance(one, np.ndarray):
            assert one.dtype == np.float32
            np.testing.assert_array_equal(one, other, err_msg=field.name)
        else:
            assert one == other, field.name


def music(rate_hz: int, channels: int, seconds: float) -> np.ndarray:
    rng = np.random.default_rng(rate_hz)
    n = round(seconds * rate_hz)
    beat = np.exp(-8.0 * (np.arange(n) % (rate_hz // 3)) / rate_hz)
    return np.clip(0.5 * beat * rng.standard_normal((channels, n)), -0.9, 0.9).astype(np.float32)


@pytest.mark.parametrize("rate_hz", [8000, 11025, 44100, 48000, 96000, 192000])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("block", [997, 44100, 65536])
def test_block_size(measure, rate_hz, channels, block):
    audio = music(rate_hz, channels, 2.37)
    assert_same(measure(audio, rate_hz, block), measure(audio, rate_hz))


def test_single_samples(measure):
    audio = music(8000, 2, 1.3)
    assert_same(measure(audio, 8000, 1), measure(audio, 8000))


@settings(max_examples=25, deadline=None)
@given(cuts=st.lists(st.integers(0, 20000), max_size=6))
def test_any_cuts(cuts):
    audio = music(8000, 1, 2.5)
    whole, pieces = TrackAnalyzer(8000, 1), TrackAnalyzer(8000, 1)
    whole.push(audio)
    for piece in np.split(audio, sorted(cuts), axis=1):
        pieces.push(piece)
    assert_same(pieces.result(), whole.result())


def test_the_result_stays(measure):
    analyzer = TrackAnalyzer(8000, 1)
    analyzer.push(music(8000, 1, 1.0))
    assert analyzer.result() is analyzer.result()
    with pytest.raises(ParamError, match="begin a new one"):
        analyzer.push(music(8000, 1, 1.0))


def test_the_caller_keeps_its_block():
    audio = music(8000, 2, 1.0)
    audio[0, 5] = np.nan
    before = audio.copy()
    analyzer = TrackAnalyzer(8000, 2)
    analyzer.push(audio)
    assert analyzer.result().nonfinite_samples == 1
    np.testing.assert_array_equal(audio, before)


def test_arrays_cannot_be_written(measure):
    with pytest.raises(ValueError, match="read-only"):
        measure(music(8000, 1, 1.0), 8000).bark_db[0] = 0.0
