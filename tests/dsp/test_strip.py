"""Whole strips: order, transparency, time, exactness in any block size, refusal of bad audio."""

import numpy as np
import pytest
from scipy import signal

from console.dsp.design import design_bell, design_high_shelf, design_highpass, design_lowpass, stack_sections
from console.dsp.dynamics import CompressorProcessor, GateProcessor
from console.dsp.strip import StripProcessor
from console.errors import RenderError
from console.mix import (
    Automation,
    Band,
    Compressor,
    Equalizer,
    Gate,
    Highpass,
    Input,
    Lowpass,
    TrackStrip,
)

RATES_HZ = (44100, 48000, 96000)

BANDS = (
    Band("bell", 400.0, -3.0, 1.2),
    Band("bell", 2500.0, 0.0, 1.0),
    Band("high_shelf", 9000.0, 4.0, 0.71),
)
GATE = Gate(True, -45.0, -20.0, 4.0, 1.0, 5.0, 50.0)
COMPRESSOR = Compressor(True, -22.0, 3.3, 8.0, 120.0, 6.0, 2.0)


def full_strip(**changes):
    knobs = {
        "input": Input(3.0, True, 0.0),
        "highpass": Highpass(True, 90.0, 24),
        "lowpass": Lowpass(True, 15000.0, 12),
        "gate": GATE,
        "equalizer": Equalizer(True, BANDS),
        "compressor": COMPRESSOR,
        "width": 1.3,
        "pan": 0.4,
        "fader_db": -6.5,
    }
    return TrackStrip("snare", **{**knobs, **changes})


def music(channels, samples, seed=0):
    rng = np.random.default_rng(seed)
    envelope = 10 ** (
        np.interp(np.arange(samples), np.arange(0, samples, 800), rng.uniform(-70, 0, -(-samples // 800)))
        / 20
    )
    return (rng.uniform(-0.5, 0.5, (channels, samples)) * envelope).astype(np.float32)


def run(strip, audio, rate, size):
    processor = StripProcessor(strip, rate, audio.shape[0])
    parts = [processor.process(audio[:, i : i + size]) for i in range(0, audio.shape[1], size)]
    return np.concatenate(parts, axis=1), processor


def reference(audio, rate):
    """full_strip in another order of words: scipy's filters, the tested dynamics, the pan law spelt out."""
    x = audio.astype(np.float64) * -(10 ** (3.0 / 20))
    x = signal.sosfilt(stack_sections([design_highpass(90, 24, rate), design_lowpass(15000, 12, rate)]), x)
    GateProcessor(GATE, rate).process(x)
    x = signal.sosfilt(
        stack_sections([design_bell(400, -3, 1.2, rate), design_high_shelf(9000, 4, 0.71, rate)]), x
    )
    CompressorProcessor(COMPRESSOR, rate).process(x)
    theta = (0.4 + 1) * np.pi / 4
    gains = np.array([np.cos(theta), np.sin(theta)])
    if len(x) == 2:
        mid, side = (x[0] + x[1]) / 2, (x[0] - x[1]) / 2 * 1.3
        x = np.stack([mid + side, mid - side])
        gains = np.minimum(1.0, np.sqrt(2) * gains)
    return gains[:, None] * x * 10 ** (-6.5 / 20)


@pytest.mark.parametrize("rate", RATES_HZ)
@pytest.mark.parametrize("channels", [1, 2])
def test_strip_is_its_modules_in_the_stated_order(rate, channels):
    audio = music(channels, 20000)
    result, processor = run(full_strip(), audio, rate, 4096)
    expected = reference(audio, rate)
    assert result.shape == (2, 20000)
    assert 20 * np.log10(np.abs(result - expected).max() / np.abs(expected).max()) < -150
    assert processor.latency_samples == 0
    assert processor.compressor_gain_db().min() < -1
    assert processor.gate_gain_db().min() < -5


@pytest.mark.parametrize("rate", RATES_HZ)
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("size", [1, 7, 512, 65536])
def test_strip_gives_the_same_bits_in_any_block_size(rate, channels, size):
    samples = 3000 if size == 1 else 70000
    audio = music(channels, samples)
    strip = full_strip(
        input=Input(1.0, False, 0.3337), automation=Automation(((0.0, -6.0), (0.01, 0.0), (0.5, -20.0)))
    )
    whole, _ = run(strip, audio, rate, samples)
    np.testing.assert_array_equal(run(strip, audio, rate, size)[0], whole)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("size", [7, 512, 65536])
def test_a_neutral_strip_is_transparent(channels, size):
    audio = music(channels, 10000)
    neutral = TrackStrip(
        "t",
        gate=GATE.neutral(),
        equalizer=Equalizer(True, BANDS).neutral(),
        compressor=COMPRESSOR.neutral(),
    )
    for strip in (TrackStrip("t"), neutral):
        result, processor = run(strip, audio, 48000, size)
        expected = audio.astype(np.float64) * (1.0 if channels == 2 else np.sqrt(0.5))
        np.testing.assert_array_equal(result, np.broadcast_to(expected, result.shape))
        assert processor.compressor_gain_db().size == 0
        assert processor.gate_gain_db().size == 0


def test_the_input_is_left_as_it_is():
    audio = music(2, 5000).astype(np.float64)
    before = audio.copy()
    run(full_strip(), audio, 48000, 5000)
    np.testing.assert_array_equal(audio, before)


@pytest.mark.parametrize("delay_ms", [0.0, 2.0, -2.0, 0.013, 1.7321, -0.4567])
@pytest.mark.parametrize("rate", [44100, 96000])
def test_a_delay_lands_where_it_should_when_read_from_first_sample(delay_ms, rate):
    length, centre = 4096, 2000
    time = (np.arange(-1000, length + 1000) - centre) / rate
    pulse = np.exp(-0.5 * (time * 6000) ** 2)  # band-limited far below Nyquist
    strip = TrackStrip("t", input=Input(0.0, False, delay_ms))
    processor = StripProcessor(strip, rate, 1)
    first = 1000 + processor.first_sample
    result = processor.process(pulse[None, first : first + length])
    shifted = np.exp(-0.5 * ((time[1000 : 1000 + length] - delay_ms / 1000) * 6000) ** 2)
    np.testing.assert_allclose(result[0], shifted * np.sqrt(0.5), atol=2e-5)
    assert processor.latency_samples == (0 if (delay_ms * rate / 1000) % 1 == 0 else 31)


def test_moving_fader_replaces_the_fixed_one():
    strip = TrackStrip("t", fader_db=-40.0, automation=Automation(((0.0, 0.0), (1.0, -20.0))))
    result, _ = run(strip, np.ones((2, 96001)), 48000, 1000)
    np.testing.assert_allclose(
        20 * np.log10(result[0, [0, 24000, 48000, 96000]]), [0, -10, -20, -20], atol=1e-9
    )


@pytest.mark.parametrize("rate", [8000, 192000])
def test_extreme_rates_are_stable(rate):
    result, _ = run(full_strip(lowpass=Lowpass(True, 22000.0, 24)), music(2, rate), rate, 4096)
    assert np.isfinite(result).all()
    assert 0.01 < np.abs(result).max() < 10


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_audio_that_is_not_finite_is_refused_with_its_place(bad):
    audio = music(2, 1000)
    audio[1, 700] = bad
    processor = StripProcessor(full_strip(), 48000, 2)
    processor.process(audio[:, :500])
    with pytest.raises(RenderError, match=r"'snare': sample 700 of channel 2 is (nan|inf)"):
        processor.process(audio[:, 500:])


def test_wrong_shapes_are_refused():
    with pytest.raises(RenderError, match="6 channels"):
        StripProcessor(full_strip(), 48000, 6)
    with pytest.raises(RenderError, match="give 1 channel"):
        StripProcessor(full_strip(), 48000, 1).process(np.zeros((2, 10)))
    with pytest.raises(RenderError, match="give 2 channel"):
        StripProcessor(full_strip(), 48000, 2).process(np.zeros(10))


@pytest.mark.parametrize("channels", [1, 2])
def test_silence_and_nothing_stay_so(channels):
    assert not run(full_strip(), np.zeros((channels, 5000), dtype=np.float32), 48000, 512)[0].any()
    assert StripProcessor(full_strip(), 48000, channels).process(np.zeros((channels, 0))).shape == (2, 0)
