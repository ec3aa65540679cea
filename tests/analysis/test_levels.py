"""Peaks, RMS, crest, offset, histogram and the stereo figures against plain numpy."""

import numpy as np
import pytest
import soundfile
from scipy import signal

RATE_HZ = 44100


def noise(channels: int, seconds: float = 3.0, seed: int = 0) -> np.ndarray:
    return (0.1 * np.random.default_rng(seed).standard_normal((channels, round(seconds * RATE_HZ)))).astype(
        np.float32
    )


def level(amplitude: float) -> float:
    return 20.0 * np.log10(amplitude)


@pytest.mark.parametrize("channels", [1, 2])
def test_levels_of_noise(measure, channels):
    audio = noise(channels)
    found = measure(audio, RATE_HZ)
    exact = audio.astype(np.float64)
    assert found.sample_peak_dbfs == pytest.approx(level(np.abs(exact).max()), abs=1e-6)
    assert found.rms_dbfs == pytest.approx(level(np.sqrt(np.mean(exact**2))), abs=0.02)
    assert found.crest_db == pytest.approx(found.sample_peak_dbfs - found.rms_dbfs, abs=1e-9)
    np.testing.assert_allclose(found.dc_offset, exact.mean(axis=1), atol=1e-12)
    hops = np.abs(exact).max(axis=0).reshape(30, -1).max(axis=1)
    np.testing.assert_allclose(found.peak_db, level(hops), atol=1e-4)


def test_crest_of_a_sine(measure):
    sine = 0.5 * np.sin(2.0 * np.pi * 997.0 * np.arange(2 * RATE_HZ) / RATE_HZ)
    assert measure(sine, RATE_HZ).crest_db == pytest.approx(3.01, abs=0.05)


@pytest.mark.parametrize("rate_hz", [8000, 22050, 48000, 96000])
def test_true_peak_as_a_hundredfold_oversampling(measure, rate_hz):
    """Noise up to 0.35 of the rate: within what 4 (or 2) points between the samples can miss."""
    taps = signal.firwin(201, 0.7)
    audio = 0.3 * signal.lfilter(taps, 1.0, np.random.default_rng(4).standard_normal(rate_hz // 4))
    exact = level(np.abs(signal.resample(np.pad(audio, 1000), 100 * (len(audio) + 2000))).max())
    found = measure(audio, rate_hz).true_peak_dbtp
    assert exact - (0.25 if rate_hz <= 48000 else 1.0) <= found <= exact + 0.03


def test_true_peak_is_found_wherever_it_is(measure):
    """Skipping what cannot be higher skips nothing that is: one loud crossing between two samples."""
    for position in (5, 4099, 44099, 44100, 44101, 80000):
        audio = 0.2 * np.sin(2.0 * np.pi * 440.0 * np.arange(2 * RATE_HZ) / RATE_HZ)
        audio[position : position + 2] += 0.7
        expected = np.abs(signal.resample_poly(audio, 16, 1)).max()
        assert measure(audio, RATE_HZ).true_peak_dbtp == pytest.approx(level(expected), abs=0.15)


@pytest.mark.parametrize(
    ("left", "right", "side", "correlation"),
    [(1.0, 1.0, 0.0, 1.0), (1.0, 0.5, 0.0, None), (0.7, 0.7, 0.5, None), (1.0, -1.0, 0.0, -1.0)],
)
def test_stereo_figures(measure, left, right, side, correlation):
    common, extra = noise(1, seed=5)[0], noise(1, seed=6)[0]
    audio = np.stack((left * common + side * extra, right * common - side * extra)).astype(np.float64)
    found = measure(audio, RATE_HZ)
    audio = audio.astype(np.float32).astype(np.float64)
    middle, difference = np.sum((audio[0] + audio[1]) ** 2), np.sum((audio[0] - audio[1]) ** 2)
    expected = float(np.clip(10.0 * np.log10(max(difference, 1e-30) / max(middle, 1e-30)), -60.0, 60.0))
    assert found.width_db == pytest.approx(expected, abs=0.001)
    energy = (audio**2).sum(axis=1)
    assert found.balance_db == pytest.approx(10.0 * np.log10(energy[1] / energy[0]), abs=0.001)
    exact = float(np.sum(audio[0] * audio[1]) / np.sqrt(energy[0] * energy[1]))
    assert found.correlation == pytest.approx(exact if correlation is None else correlation, abs=1e-6)
    assert found.dual_mono == (found.width_db == -60.0)


def test_mono_has_no_width(measure):
    found = measure(noise(1), RATE_HZ)
    assert (found.width_db, found.correlation, found.balance_db, found.dual_mono) == (-60.0, 1.0, 0.0, False)


def test_one_empty_side(measure):
    audio = noise(2)
    audio[1] = 0.0
    found = measure(audio, RATE_HZ)
    assert found.balance_db == -60.0
    assert found.correlation == 0.0
    assert not found.dual_mono


def test_a_lossy_dual_mono_is_one(measure):
    audio = np.repeat(noise(1), 2, axis=0)
    audio[1] += 1e-5 * noise(1, seed=9)[0]
    assert measure(audio, RATE_HZ).dual_mono


def test_histogram_of_two_levels(measure):
    """A quarter of the time at −10.5 dBFS, the rest at −40.5."""
    square = np.where(np.arange(4 * RATE_HZ) % 2, 1.0, -1.0)
    square *= np.where(np.arange(4 * RATE_HZ) < RATE_HZ, 10.0 ** (-10.5 / 20.0), 10.0 ** (-40.5 / 20.0))
    histogram = measure(square, RATE_HZ).level_histogram
    assert histogram.shape == (100,)
    assert histogram.sum() == pytest.approx(1.0, abs=1e-6)
    assert histogram[89] == pytest.approx(0.25, abs=1e-6)
    assert histogram[59] == pytest.approx(0.75, abs=1e-6)


@pytest.mark.parametrize("rate_hz", [8000, 44100, 192000])
@pytest.mark.parametrize("gain", [1.5, 4.0])
@pytest.mark.parametrize("ceiling", [1.0, 0.5])
def test_clipped_runs_are_counted(measure, rate_hz, gain, ceiling):
    hz = rate_hz / 147.0
    wave = np.sin(2.0 * np.pi * hz * np.arange(rate_hz) / rate_hz + 0.1)
    clipped = ceiling * np.clip(gain * wave, -1.0, 1.0)
    at_top = np.abs(clipped) >= 0.9999 * ceiling
    edges = np.flatnonzero(np.diff(np.concatenate(([0], at_top.astype(int), [0]))))
    lengths = edges[1::2] - edges[::2]
    found = measure(clipped, rate_hz)
    # A run that the signal's end cuts off is not closed.
    assert abs(found.clipped_runs - len(lengths)) <= 1
    assert found.longest_clip_samples == lengths.max()


@pytest.mark.parametrize("hz", [20.0, 50.0, 110.0, 997.0])
def test_a_full_scale_sine_is_not_clipped(measure, hz):
    sine = np.sin(2.0 * np.pi * hz * np.arange(3 * RATE_HZ) / RATE_HZ)
    assert measure(sine, RATE_HZ).clipped_runs == 0
    assert measure(np.round(sine * 32767.0) / 32768.0, RATE_HZ).clipped_runs == 0
    assert measure(0.1 * np.round(sine * 3276.7) / 3276.8, RATE_HZ).clipped_runs == 0


def test_real_music_is_not_clipped(measure, shared):
    """Microphones of a drum kit with peaks well below full scale."""
    for path in sorted((shared / "audio/songs/DrumMics_MuldjordKit_Groove_CC-BY").glob("*.flac")):
        audio, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
        assert measure(audio.T, rate_hz).clipped_runs == 0, path.name
