"""Running filters against scipy in float64, the same bits in blocks of any size, and their recovery."""

import numpy as np
import pytest
from scipy import signal

from console.dsp.design import (
    design_bell,
    design_high_shelf,
    design_highpass,
    design_low_shelf,
    stack_sections,
)
from console.dsp.filters import BiquadCascade, FirFilter
from console.dsp.shift import LATENCY_SAMPLES, fractional_delay_taps, split_delay

RATES_HZ = (44100, 48000, 96000)


def equalizer(sample_rate_hz, sections):
    parts = [
        design_highpass(33, 24, sample_rate_hz),
        design_low_shelf(120, -4, 0.71, sample_rate_hz),
        design_bell(20, 12, 5, sample_rate_hz),
        design_bell(400, -9, 8, sample_rate_hz),
        design_bell(3000, 6, 0.7, sample_rate_hz),
        design_high_shelf(9000, 5, 0.71, sample_rate_hz),
        design_bell(15000, -5, 2, sample_rate_hz),
        design_bell(1000, 3, 1, sample_rate_hz),
    ]
    return stack_sections(parts)[:sections]


def noise(channels, samples, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, (channels, samples))


def in_blocks(process, audio, size):
    """Run a process that works in place over copies of consecutive blocks."""
    parts = []
    for start in range(0, audio.shape[1], size):
        block = audio[:, start : start + size].copy()
        process(block)
        parts.append(block)
    return np.concatenate(parts, axis=1)


@pytest.mark.parametrize("sample_rate_hz", RATES_HZ)
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("sections", [1, 3, 4, 5, 9])
def test_cascade_is_scipys_sosfilt(sample_rate_hz, channels, sections):
    audio = noise(channels, sample_rate_hz // 4)
    sos = equalizer(sample_rate_hz, sections)
    result = in_blocks(BiquadCascade(sos, channels).process, audio, 4096)
    np.testing.assert_allclose(result, signal.sosfilt(sos, audio), rtol=0, atol=1e-10)


@pytest.mark.parametrize("sample_rate_hz", RATES_HZ)
def test_impulse_through_the_cascade_has_the_designed_response(sample_rate_hz):
    sos = equalizer(sample_rate_hz, 9)
    length = 2 * sample_rate_hz
    impulse = np.zeros((1, length))
    impulse[0, 0] = 1.0
    BiquadCascade(sos, 1).process(impulse)
    at_hz = np.fft.rfftfreq(length, 1 / sample_rate_hz)
    heard = (at_hz >= 20) & (at_hz <= 20000)
    measured = 20 * np.log10(np.abs(np.fft.rfft(impulse[0])[heard]))
    expected = 20 * np.log10(np.abs(signal.freqz_sos(sos, at_hz[heard], fs=sample_rate_hz)[1]))
    np.testing.assert_allclose(measured, expected, rtol=0, atol=0.001)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("size", [1, 7, 512, 65536])
def test_cascade_gives_the_same_bits_in_any_block_size(channels, size):
    audio = noise(channels, 5000)
    audio[:, 2000:4000] *= 1e-32
    sos = equalizer(48000, 7)
    whole = in_blocks(BiquadCascade(sos, channels).process, audio, 5000)
    np.testing.assert_array_equal(in_blocks(BiquadCascade(sos, channels).process, audio, size), whole)


def test_channels_do_not_hear_each_other():
    audio = noise(2, 3000)
    sos = equalizer(48000, 7)
    both = in_blocks(BiquadCascade(sos, 2).process, audio, 3000)
    for channel in range(2):
        alone = in_blocks(BiquadCascade(sos, 1).process, audio[channel : channel + 1], 3000)
        np.testing.assert_array_equal(both[channel], alone[0])


def test_empty_cascade_and_empty_block_change_nothing():
    audio = noise(2, 100)
    block = audio.copy()
    BiquadCascade(np.empty((0, 6)), 2).process(block)
    np.testing.assert_array_equal(block, audio)
    BiquadCascade(equalizer(48000, 3), 2).process(np.empty((2, 0)))


def test_a_filter_falls_silent_without_denormals():
    cascade = BiquadCascade(equalizer(48000, 9), 1)
    cascade.process(noise(1, 4800))
    tail = in_blocks(cascade.process, np.zeros((1, 48000 * 10)), 4096)
    magnitude = np.abs(tail[tail != 0.0])
    assert magnitude.min() > np.finfo(np.float64).tiny
    assert not tail[0, -4096:].any()


def test_one_bad_sample_does_not_silence_the_rest():
    audio = noise(1, 48000)
    audio[0, 100] = np.nan
    result = in_blocks(BiquadCascade(equalizer(48000, 3), 1).process, audio, 4096)
    assert np.isfinite(result[0, 600:]).all()
    assert result[0, 40000:].std() > 0.1


@pytest.mark.parametrize("fraction", [0.0, 0.1, 0.25, 0.5, 0.75, 0.999])
def test_fractional_delay_is_flat_and_in_time_to_nine_tenths_of_nyquist(fraction):
    angle = np.linspace(0.001, 0.9 * np.pi, 1000)
    response = signal.freqz(fractional_delay_taps(fraction), worN=angle)[1]
    assert np.abs(20 * np.log10(np.abs(response))).max() < 0.001
    in_time = response * np.exp(1j * angle * (LATENCY_SAMPLES + fraction))
    assert np.abs(np.angle(in_time)).max() < 0.0001


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("size", [1, 7, 512, 65536])
def test_fir_is_a_convolution_in_any_block_size(channels, size):
    audio = noise(channels, 3000)
    taps = fractional_delay_taps(0.3)
    whole = in_blocks(FirFilter(taps, channels).process, audio, 3000)
    np.testing.assert_array_equal(in_blocks(FirFilter(taps, channels).process, audio, size), whole)
    np.testing.assert_allclose(whole, signal.lfilter(taps, 1, audio), rtol=0, atol=1e-13)


@pytest.mark.parametrize(
    ("delay_ms", "whole", "fraction"),
    [(0.0, 0, 0.0), (1.0, 48, 0.0), (0.03125, 1, 0.5), (-0.03125, -2, 0.5), (-1.0, -48, 0.0)],
)
def test_delay_splits_into_whole_samples_and_a_fraction(delay_ms, whole, fraction):
    assert split_delay(delay_ms, 48000) == (whole, pytest.approx(fraction))
