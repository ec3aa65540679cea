"""The building blocks against independent references: regression, tone, derivatives, spectral distance."""

from dataclasses import replace

import numpy as np
import pytest
from mixed_stems import RATE_HZ, instruments, random_mix
from scipy.signal import butter, freqz, lfilter

from console.dsp.chain import cut_sections, equalizer_sections
from console.dsp.design import design_low_shelf, response_db, stack_sections
from console.dsp.strip import StripProcessor
from console.estimators.recover.knobs import coordinate, knobs_of, set_to
from console.estimators.recover.regress import regress
from console.estimators.recover.running import RunningStrip
from console.estimators.recover.shifting import shifted
from console.estimators.recover.tone import fit_tone
from console.mix import Band, Equalizer, Highpass, TrackStrip


def test_regression_finds_known_filters_beside_noise() -> None:
    chance = np.random.default_rng(0)
    a, b = chance.standard_normal((2, 20 * RATE_HZ))
    filters = [butter(2, 1000.0, fs=RATE_HZ), butter(2, 300.0, "high", fs=RATE_HZ)]
    left = 0.5 * lfilter(*filters[0], a) + 2.0 * lfilter(*filters[1], b)
    right = 0.25 * lfilter(*filters[0], a)
    extra = 0.05 * chance.standard_normal((2, len(a)))
    found = regress([[a, b]], [np.stack([left, right]) + extra], RATE_HZ)
    hz = found.frequencies_hz
    for track, gain in ((0, 0.5), (1, 2.0)):
        wanted = gain * np.abs(freqz(*filters[track], hz, fs=RATE_HZ)[1])
        strong = wanted > 0.05
        apart = np.abs(np.abs(found.gains[strong, 0, track]) / wanted[strong] - 1.0)
        assert np.median(apart) < 0.02
        within = (
            np.abs(np.abs(found.gains[:, 0, track]) - wanted) < 5.0 * found.errors[:, 0, track] + 0.03 * gain
        )
        assert within.mean() > 0.9
    assert np.median(np.abs(found.gains[hz < 800.0, 1, 1])) < 0.01
    assert 1.0 - found.explained == pytest.approx(np.sum(extra**2) / np.sum(left**2 + right**2), rel=0.1)


def test_a_silent_input_is_not_known() -> None:
    chance = np.random.default_rng(0)
    a = chance.standard_normal(4 * RATE_HZ)
    found = regress([[a, np.zeros_like(a)]], [np.stack([a, a])], RATE_HZ)
    assert np.isinf(found.errors[:, :, 1]).all()
    assert not found.gains[:, :, 1].any()


@pytest.mark.parametrize("seed", range(4))
def test_the_tone_of_a_known_strip(seed: int) -> None:
    strip = random_mix(seed).tracks[0]
    sections = stack_sections(
        [cut_sections(strip.highpass, strip.lowpass, 44100.0), equalizer_sections(strip.equalizer, 44100.0)]
    )
    hz = np.geomspace(30.0, 18000.0, 110)
    wanted = response_db(sections, hz, 44100.0) - 7.0
    noise = 0.1 * np.random.default_rng(seed).standard_normal(len(hz))
    tone = fit_tone(hz, wanted + noise, np.full(len(hz), 0.1), 44100.0)
    assert np.abs(tone.response_db(hz, 44100.0) + tone.gain_db - wanted).max() < 0.8


def test_a_low_shelf_far_up_is_a_high_shelf() -> None:
    """Both have one response but for a gain; which of them it is has to be a convention."""
    hz = np.geomspace(30.0, 10000.0, 90)
    low = response_db(design_low_shelf(3000.0, -4.0, 0.71, 44100.0), hz, 44100.0)
    tone = fit_tone(hz, low + 1.0, np.full(90, 0.1), 44100.0)
    (band,) = tone.equalizer.bands
    assert band.type == "high_shelf"
    assert [band.frequency_hz, band.gain_db] == pytest.approx([3000.0, 4.0], rel=0.02)
    assert tone.gain_db == pytest.approx(-3.0, abs=0.05)


def test_a_flat_response_needs_no_filter() -> None:
    hz = np.geomspace(30.0, 10000.0, 90)
    tone = fit_tone(hz, np.full(90, -4.0), np.full(90, 0.3), RATE_HZ)
    assert tone.gain_db == pytest.approx(-4.0)
    assert [tone.equalizer.enabled, tone.highpass.enabled, tone.lowpass.enabled] == [False] * 3


def test_derivatives_are_those_of_the_renderer() -> None:
    """Each column against the difference of two whole strips at either side."""
    stem = instruments(2.0)[0]
    strip = replace(
        random_mix(0).tracks[0],
        highpass=Highpass(True, 60.0, 24),
        sends=TrackStrip("x").sends,
    )
    strip = replace(strip, compressor=replace(strip.compressor, enabled=True))
    knobs = knobs_of(strip, False, (), ())
    assert len(knobs) == 20
    running = RunningStrip(strip, 1, RATE_HZ, knobs, (), np.array([1.0]))
    out, columns = running.process(stem)
    assert out == pytest.approx(StripProcessor(strip, RATE_HZ, 1).process(stem), abs=1e-9)
    for knob, column in zip(knobs, columns, strict=True):
        step = 1e-3
        sides = [set_to(strip, knob, coordinate(strip, knob) + side * step) for side in (1.0, -1.0)]
        up, down = (StripProcessor(side, RATE_HZ, 1).process(stem) for side in sides)
        wanted = (up - down) / (2.0 * step)
        assert np.linalg.norm(column - wanted) < 0.02 * np.linalg.norm(wanted), knob.name


def test_a_knob_stays_inside_its_range() -> None:
    strip = TrackStrip("x", equalizer=Equalizer(True, (Band("bell", 1000.0, 3.0, 1.0),)))
    for knob in knobs_of(strip, True, ("reverb",), ()):
        for position in (-1e3, 1e3):
            set_to(strip, knob, position)


@pytest.mark.parametrize("samples", [0.0, 5.0, -7.0, 3.25, -2.5])
def test_a_shifted_stem(samples: float) -> None:
    rate_hz, hz = 8000, 440.0
    time_s = np.arange(4000) / rate_hz
    tone = np.sin(2.0 * np.pi * hz * time_s).astype(np.float32)[None]
    wanted = np.sin(2.0 * np.pi * hz * (time_s - samples / rate_hz))
    assert np.abs(shifted(tone, samples)[0] - wanted)[100:-100].max() < 1e-3


def test_the_spectral_distance_is_zero_for_the_target_and_blind_to_its_level() -> None:
    import torch

    from console.losses.spectral import Mrstft

    target = torch.from_numpy(np.random.default_rng(0).standard_normal((2, 20000)).astype(np.float32))
    assert float(Mrstft(target)(target)) == 0.0
    other = target * torch.tensor([[1.0], [0.5]])
    loud, quiet = float(Mrstft(target)(other)), float(Mrstft(target * 1e-3)(other * 1e-3))
    assert loud > 0.1
    assert quiet == pytest.approx(loud, rel=1e-3)
    assert float(Mrstft(target.flip(0))(other.flip(0))) == pytest.approx(loud, rel=1e-5)
