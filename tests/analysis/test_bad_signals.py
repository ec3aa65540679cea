"""Signals that are empty, silent, constant, too short, or not numbers."""

import dataclasses
import math

import numpy as np
import pytest

from console.analysis import TrackAnalyzer
from console.errors import ParamError
from console.units import SILENCE_DB

RATES_HZ = [8000, 11025, 44100, 192000]


def assert_finite(found):
    for field in dataclasses.fields(found):
        value = getattr(found, field.name)
        assert np.all(np.isfinite(value)), field.name


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("samples", [0, 1, 2, 63, 1000])
def test_next_to_nothing(measure, rate_hz, channels, samples):
    found = measure(np.full((channels, samples), 0.5), rate_hz)
    assert_finite(found)
    hops = math.ceil(samples * 10 / rate_hz)
    assert found.samples == samples
    assert len(found.bark_db) == len(found.peak_db) == len(found.momentary_lufs) == hops
    assert len(found.short_term_lufs) == hops
    assert found.level_histogram.sum() == pytest.approx(1.0 if samples else 0.0)
    assert found.sample_peak_dbfs == pytest.approx(-6.0206 if samples else SILENCE_DB, abs=1e-3)
    assert found.silent == (samples == 0)


@pytest.mark.parametrize("channels", [1, 2])
def test_silence(measure, channels):
    found = measure(np.zeros((channels, 96000)), 48000)
    assert_finite(found)
    assert found.silent
    assert found.activity == 0.0
    for name in ("integrated_lufs", "max_momentary_lufs", "true_peak_dbtp", "sample_peak_dbfs", "rms_dbfs"):
        assert getattr(found, name) == SILENCE_DB, name
    assert found.crest_db == found.loudness_range_lu == found.transients_per_s == 0.0
    assert not found.dual_mono
    assert found.clipped_runs == 0
    assert (found.spectrum_db == SILENCE_DB).all()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("channels", [1, 2])
def test_not_numbers_count_as_silence(measure, value, channels):
    audio = 0.1 * np.random.default_rng(0).standard_normal((channels, 100000))
    clean = audio.copy()
    for at in (0, 44099, 44100, 99999):
        audio[-1, at], clean[-1, at] = value, 0.0
    found, expected = measure(audio, 44100, 777), measure(clean, 44100)
    assert found.nonfinite_samples == 4
    assert found.integrated_lufs == expected.integrated_lufs
    np.testing.assert_array_equal(found.bark_db, expected.bark_db)


def test_nothing_but_nan(measure):
    found = measure(np.full((2, 50000), np.nan), 48000)
    assert_finite(found)
    assert found.nonfinite_samples == 100000
    assert found.silent


def test_constant(measure):
    found = measure(np.full((1, 96000), 0.25), 48000)
    assert_finite(found)
    assert found.dc_offset == pytest.approx((0.25,), abs=1e-9)
    assert not found.silent


@pytest.mark.parametrize("amplitude", [1e-30, 1e-42, 1e14, 3e38])
def test_extreme_floats(measure, amplitude):
    assert_finite(measure(amplitude * np.sin(np.arange(20000.0)), 44100))


def test_one_short_sound_is_heard(measure):
    """0.2 s of sound: one window of 0.4 s of which half is silent."""
    sine = np.sin(2.0 * np.pi * 1000.0 * np.arange(9600) / 48000)
    assert measure(sine, 48000).integrated_lufs == pytest.approx(-3.01 - 3.01, abs=0.1)


@pytest.mark.parametrize("channels", [0, 3, 6])
def test_channels_are_one_or_two(channels):
    with pytest.raises(ParamError, match=f"{channels} channels.* give 1 or 2"):
        TrackAnalyzer(48000, channels)


@pytest.mark.parametrize("rate_hz", [0, -1, 3999, 768001])
def test_sample_rates_have_limits(rate_hz):
    with pytest.raises(ParamError, match=f"{rate_hz} Hz.*4000 to 768000 Hz"):
        TrackAnalyzer(rate_hz, 1)


@pytest.mark.parametrize("shape", [(10,), (1, 10), (3, 10)])
def test_blocks_have_the_channels_announced(shape):
    with pytest.raises(ParamError, match=r"is not \(2, samples\)"):
        TrackAnalyzer(48000, 2).push(np.zeros(shape, dtype=np.float32))
