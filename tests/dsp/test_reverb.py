"""The reverb's stated laws, measured on its impulse responses."""

import numpy as np
import pytest
from scipy import signal

from console.dsp.reverb import ReverbProcessor
from console.dsp.reverb_design import DAMPING_DEPTH, design_network, hadamard
from console.mix import Reverb


def responses(knobs, rate, seconds):
    """Impulse responses (2 inputs, 2 outputs, samples)."""
    both = []
    for side in range(2):
        audio = np.zeros((2, int(seconds * rate)))
        audio[side, 0] = 1.0
        processor = ReverbProcessor(knobs, rate)
        for start in range(0, audio.shape[1], 4096):
            block = audio[:, start : start + 4096].copy()
            processor.process(block)
            audio[:, start : start + 4096] = block
        both.append(audio)
    return np.array(both)


def open_reverb(decay_s, size=0.5, damping=0.0, predelay_ms=0.0):
    return Reverb(decay_s, predelay_ms, size, damping, 20.0, 20000.0)


def octave(audio, centre_hz, rate):
    edges = [centre_hz / np.sqrt(2), centre_hz * np.sqrt(2)]
    return signal.sosfiltfilt(signal.butter(4, edges, "bandpass", fs=rate, output="sos"), audio, axis=-1)


def decay_time_s(audio, rate):
    """Schroeder's backward integration over all responses, a line through -5 ... -35 dB."""
    energy = np.sum(audio**2, axis=tuple(range(audio.ndim - 1)))
    fall_db = 10 * np.log10(np.cumsum(energy[::-1])[::-1] / energy.sum() + 1e-30)
    first, last = np.argmax(fall_db < -5), np.argmax(fall_db < -35)
    slope = np.polyfit(np.arange(first, last) / rate, fall_db[first:last], 1)[0]
    return -60 / slope


@pytest.mark.parametrize(
    ("rate", "decay_s"), [(44100, 0.3), (48000, 0.6), (48000, 1.4), (96000, 0.8), (44100, 8.0)]
)
@pytest.mark.parametrize(("size", "damping"), [(0.0, 0.0), (0.5, 0.4), (1.0, 1.0)])
def test_decay_at_1_khz_is_the_one_asked_for(rate, decay_s, size, damping):
    heard = responses(open_reverb(decay_s, size, damping), rate, 1.3 * decay_s + 0.4)
    assert decay_time_s(octave(heard, 1000, rate), rate) == pytest.approx(decay_s, rel=0.05)


@pytest.mark.parametrize("damping", [0.0, 0.5, 1.0])
def test_treble_dies_away_by_the_law_of_damping(damping):
    rate, decay_s = 48000, 2.0
    heard = responses(open_reverb(decay_s, 0.5, damping), rate, 2.6)
    expected = decay_s * (1 - DAMPING_DEPTH * damping)
    measured = decay_time_s(octave(heard, 15000, rate), rate)
    assert measured == pytest.approx(expected, rel=0.1)


@pytest.mark.parametrize("decay_s", [0.3, 1.4, 8.0])
@pytest.mark.parametrize(("low_cut_hz", "high_cut_hz"), [(20.0, 20000.0), (600.0, 3000.0)])
@pytest.mark.parametrize("size", [0.0, 1.0])
def test_white_noise_keeps_its_power(decay_s, low_cut_hz, high_cut_hz, size):
    knobs = Reverb(decay_s, 20.0, size, 0.4, low_cut_hz, high_cut_hz)
    energy = np.sum(responses(knobs, 44100, 1.2 * decay_s + 0.5) ** 2)
    assert energy == pytest.approx(2.0, rel=0.005)


@pytest.mark.parametrize("decay_s", [0.3, 1.4, 4.0])
@pytest.mark.parametrize("size", [0.0, 0.5, 1.0])
def test_left_and_right_are_decorrelated(decay_s, size):
    rate = 48000
    heard = responses(open_reverb(decay_s, size, 0.4), rate, decay_s + 0.2)
    mono = heard.sum(axis=0)[:, int(0.05 * rate) :]
    assert abs(np.corrcoef(mono)[0, 1]) < 0.2
    for from_one_side in heard[:, :, int(0.05 * rate) :]:
        assert abs(np.corrcoef(from_one_side)[0, 1]) < 0.2


@pytest.mark.parametrize("size", [0.0, 0.5, 1.0])
def test_echoes_are_dense_after_50_ms(size):
    """Abel and Huang's normalised echo density: the share of samples beyond one deviation over Gauss's 0.317."""
    rate = 48000
    mono = responses(open_reverb(2.0, size), rate, 0.4).sum(axis=0)[0]
    for start_s in (0.05, 0.1, 0.2):
        window = mono[int(start_s * rate) : int((start_s + 0.03) * rate)]
        density = np.mean(np.abs(window) > window.std()) / 0.3173
        assert density > 0.85, f"at {start_s} s"


@pytest.mark.parametrize(("size", "least"), [(0.0, 0.25), (0.5, 0.35), (1.0, 0.4)])
@pytest.mark.parametrize("decay_s", [0.6, 2.0])
def test_the_tail_does_not_ring(size, least, decay_s):
    """Spectral flatness of 0.6 s of tail at 1.7 Hz, decay undone; Gaussian noise has exp(-0.577) = 0.56.

    Small rooms have fewer modes. The strongest of thousands of bins lies 9.4 dB over the mean in noise; a mode
    that rings would stand far out.
    """
    rate = 48000
    heard = responses(open_reverb(decay_s, size), rate, 1.2)[0, 0]
    start, length = int(0.2 * rate), int(0.6 * rate)
    tail = heard[start : start + length] * 10 ** (3 * np.arange(length) / rate / decay_s)
    power = np.abs(np.fft.rfft(tail * np.hanning(length))) ** 2
    at_hz = np.fft.rfftfreq(length, 1 / rate)
    power = power[(at_hz > 200) & (at_hz < 10000)]
    assert np.exp(np.mean(np.log(power))) / np.mean(power) > least
    assert 10 * np.log10(power.max() / power.mean()) < 16


def test_predelay_is_exact_and_size_moves_the_first_reflection():
    rate = 48000
    plain = responses(open_reverb(1.0, 0.5), rate, 0.5)
    late = responses(open_reverb(1.0, 0.5, predelay_ms=40.0), rate, 0.5)
    np.testing.assert_array_equal(late[:, :, 1920:], plain[:, :, :-1920])
    assert not late[:, :, :1920].any()
    small, large = (
        np.argmax(np.abs(responses(open_reverb(2.0, s), rate, 0.2)[0, 0]) > 0) for s in (0.0, 1.0)
    )
    assert small < 0.010 * rate < large < 0.025 * rate


def test_reverb_is_linear_and_time_invariant():
    knobs, rate = Reverb(0.8, 5.0, 0.3, 0.6, 150.0, 8000.0), 48000
    audio = np.random.default_rng(0).normal(size=(2, 12000))
    heard = responses(knobs, rate, 0.25)
    expected = [sum(signal.fftconvolve(audio[i], heard[i, o])[:12000] for i in range(2)) for o in range(2)]
    block = audio.copy()
    ReverbProcessor(knobs, rate).process(block)
    np.testing.assert_allclose(block, expected, atol=1e-9)


@pytest.mark.parametrize("rate", [8000, 192000])
@pytest.mark.parametrize(
    ("decay_s", "size", "damping"), [(0.1, 0.0, 1.0), (20.0, 1.0, 1.0), (20.0, 0.0, 0.0)]
)
def test_every_setting_is_stable(rate, decay_s, size, damping):
    network = design_network(decay_s, size, damping, rate)
    at_hz = np.linspace(0, rate / 2, 500)
    for b0, b1, a1 in network.shelves:
        loss = signal.freqz([b0, b1], [1.0, a1], at_hz, fs=rate)[1]
        assert np.abs(loss).max() < 1.0
    assert len(set(network.line_samples.tolist())) == len(network.line_samples)
    assert network.diffuser_samples.min() > 0


def test_a_long_silence_ends_without_denormals():
    processor = ReverbProcessor(Reverb(0.1, 0.0, 0.0, 0.5, 180.0, 9000.0), 48000)
    processor.process(np.random.default_rng(0).normal(size=(2, 4800)))
    for _ in range(100):
        block = np.zeros((2, 4800))
        processor.process(block)
        assert not ((np.abs(block) > 0) & (np.abs(block) < np.finfo(np.float64).tiny)).any()
    assert not block.any()


def test_the_feedback_matrix_is_orthogonal():
    matrix = hadamard(16)
    np.testing.assert_array_equal(matrix @ matrix.T, 16 * np.eye(16))
