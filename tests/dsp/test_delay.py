"""The delay bus against its difference equation, computed by scipy one repeat after the other."""

import numpy as np
import pytest
from scipy import signal

from console.dsp.delay import DelayProcessor
from console.dsp.design import design_highpass, design_lowpass, stack_sections
from console.mix import Delay


def shifted(audio, samples):
    return np.concatenate([np.zeros(samples), audio[: len(audio) - samples]])


def reference(audio, knobs, rate):
    """Every repeat on its own: filtered once more, g times the one before, one delay later."""
    sos = stack_sections(
        [design_highpass(knobs.low_cut_hz, 12, rate), design_lowpass(knobs.high_cut_hz, 12, rate)]
    )
    samples = round(knobs.time_ms * rate / 1000)
    out = np.zeros_like(audio)
    repeat = np.stack([audio.mean(axis=0), np.zeros(audio.shape[1])]) if knobs.ping_pong else audio.copy()
    for _ in range(audio.shape[1] // samples):
        repeat = signal.sosfilt(sos, np.stack([shifted(x, samples) for x in repeat]))
        out += repeat
        repeat = knobs.feedback * (repeat[::-1] if knobs.ping_pong else repeat)
    return out


@pytest.mark.parametrize("rate", [44100, 96000])
@pytest.mark.parametrize("ping_pong", [False, True])
@pytest.mark.parametrize(("time_ms", "feedback"), [(37.5, 0.0), (20.0, 0.6), (53.1, 0.95)])
def test_echoes_follow_the_law(rate, ping_pong, time_ms, feedback):
    knobs = Delay(time_ms, feedback, 200.0, 6000.0, ping_pong)
    audio = np.random.default_rng(0).normal(size=(2, rate // 2))
    block = audio.copy()
    DelayProcessor(knobs, rate).process(block)
    np.testing.assert_allclose(block, reference(audio, knobs, rate), atol=1e-9)


def test_ping_pong_starts_left_and_alternates():
    audio = np.zeros((2, 40000))
    audio[:, 0] = 1.0
    DelayProcessor(Delay(200.0, 0.5, 20.0, 20000.0, True), 48000).process(audio)
    energy = np.array([[np.sum(side[i : i + 9600] ** 2) for i in range(0, 38400, 9600)] for side in audio])
    assert energy[0, 0] == energy[1, 0] == 0.0
    assert energy[0, 1] > 0.5
    assert energy[1, 1] == 0.0
    assert energy[1, 2] == pytest.approx(0.25 * energy[0, 1], rel=0.3)
    assert energy[0, 2] < 1e-3
