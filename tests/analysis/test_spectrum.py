"""Critical bands and sixth octaves against Welch's method, sines and Parseval's theorem."""

import numpy as np
import pytest
from scipy import signal

from console.analysis.values import BARK_EDGES_HZ

RATES_HZ = [8000, 11025, 16000, 22050, 32000, 44100, 48000, 88200, 96000, 176400, 192000]


def sine(hz: float, rate_hz: int, seconds: float = 3.0) -> np.ndarray:
    return np.sin(2.0 * np.pi * hz * np.arange(round(seconds * rate_hz)) / rate_hz)


def db(power):
    return 10.0 * np.log10(np.maximum(power, 1e-30))


def welch_bands(audio: np.ndarray, rate_hz: int, edges_hz) -> np.ndarray:
    """Power between edges from Welch's periodogram, channels summed, in dB."""
    hz, density = signal.welch(audio, rate_hz, nperseg=rate_hz, axis=-1)
    below = np.concatenate(([0.0], np.cumsum(density.sum(axis=0)) * (hz[1] - hz[0])))
    at = np.interp(edges_hz, np.concatenate((hz - 0.5 * hz[1], [hz[-1] + 0.5 * hz[1]])), below)
    return db(np.diff(at))


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("channels", [1, 2])
def test_noise_in_critical_bands_as_welch(measure, rate_hz, channels):
    audio = 0.1 * np.random.default_rng(1).standard_normal((channels, 8 * rate_hz))
    found = measure(audio, rate_hz)
    whole = [band for band in range(24) if BARK_EDGES_HZ[band + 1] <= 0.45 * rate_hz]
    mean = db(np.mean(10.0 ** (found.bark_db.astype(np.float64) / 10.0), axis=0))
    np.testing.assert_allclose(mean[whole], welch_bands(audio, rate_hz, BARK_EDGES_HZ)[whole], atol=0.2)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_noise_in_sixth_octaves_as_welch(measure, rate_hz):
    audio = 0.1 * np.random.default_rng(2).standard_normal((2, 20 * rate_hz))
    found = measure(audio, rate_hz)
    centres = found.spectrum_hz.astype(np.float64)
    edges = np.append(centres * 2.0 ** (-1 / 12), centres[-1] * 2.0 ** (1 / 12))
    # Narrow bands hold few degrees of freedom: the two methods weigh them differently.
    use = (centres > 100.0) & (edges[1:] < 0.45 * rate_hz)
    np.testing.assert_allclose(
        found.spectrum_db[use], welch_bands(audio, rate_hz, edges)[use], atol=0.6, err_msg=f"{rate_hz}"
    )
    assert np.abs(np.mean(found.spectrum_db[use] - welch_bands(audio, rate_hz, edges)[use])) < 0.1


@pytest.mark.parametrize("rate_hz", [8000, 44100, 96000])
@pytest.mark.parametrize("hz", [50.0, 250.0, 1370.0, 3400.0])
def test_full_scale_sine_reads_minus_three(measure, hz, rate_hz):
    found = measure(sine(hz, rate_hz), rate_hz)
    band = int(np.searchsorted(BARK_EDGES_HZ, hz, side="right")) - 1
    np.testing.assert_allclose(found.bark_db[3:-3, band], -3.01, atol=0.06)


@pytest.mark.parametrize("rate_hz", [8000, 44100, 48000, 192000])
def test_a_sine_lies_in_its_own_sixth_octave(measure, rate_hz):
    for centre in 1000.0 * 2.0 ** (np.arange(-27, 12, 3) / 6.0):
        tone = sine(centre, rate_hz, 16.0)
        ramp = np.linspace(0.0, 1.0, rate_hz // 20)
        tone[: len(ramp)] *= ramp
        tone[-len(ramp) :] *= ramp[::-1]
        found = measure(tone, rate_hz)
        band = int(np.argmax(found.spectrum_db))
        assert found.spectrum_hz[band] == pytest.approx(centre, rel=1e-4)
        # Its two neighbours are narrower than the window's main lobe below 100 Hz.
        if centre > 100.0:
            assert found.spectrum_db[band] == pytest.approx(-3.01, abs=0.1)
            far = np.abs(np.arange(len(found.spectrum_db)) - band) > 3
            assert found.spectrum_db[far].max() < -60.0


@pytest.mark.parametrize("rate_hz", [8000, 11025, 44100, 48000, 192000])
def test_all_energy_is_in_the_bands(measure, rate_hz):
    """Where a click falls within its hop changes nothing (below 15.5 kHz, where the bands end)."""
    low = signal.firwin(63, 0.4 * min(rate_hz, 30000), fs=rate_hz)
    click = 0.9 * low / np.abs(low).max()
    for offset in (0.31, 0.325, 0.35, 0.375, 0.399):
        audio = np.zeros(rate_hz)
        start = round(offset * rate_hz)
        audio[start : start + len(click)] = click
        found = measure(audio, rate_hz)
        energy = np.sum(10.0 ** (found.bark_db.astype(np.float64) / 10.0)) * rate_hz / 10.0
        assert db(energy) == pytest.approx(db(np.sum(click**2)), abs=0.1)


def test_spectrum_looks_only_at_the_time_it_plays(measure):
    """A quarter of sound and three quarters of silence: the spectrum is that of the sound."""
    rate_hz = 44100
    audio = np.concatenate((sine(1000.0, rate_hz, 10.0), np.zeros(30 * rate_hz)))
    found = measure(audio, rate_hz)
    # Its 0.4 s windows still hear it for three hops after its end.
    assert found.activity == pytest.approx(10.3 / 40.0, abs=1e-6)
    expected = -3.01 + 10.0 * np.log10(10.0 / 10.3)
    assert found.spectrum_db.max() == pytest.approx(expected, abs=0.03)
    assert found.rms_dbfs == pytest.approx(expected, abs=0.01)


def test_bands_above_half_the_rate_are_silent(measure):
    found = measure(np.random.default_rng(3).standard_normal(16000), 8000)
    assert (found.spectrum_db[found.spectrum_hz > 4500.0] == -160.0).all()
    assert (found.bark_db[:, -6:] == -160.0).all()


@pytest.mark.parametrize("seconds", [0.03, 0.1, 0.25, 0.4, 1.0, 1.05])
def test_short_sounds_have_a_spectrum(measure, seconds):
    """A burst at the very start: its level may be diluted by the windows around it, but not its shape."""
    rate_hz = 44100
    noise = 0.1 * np.random.default_rng(5).standard_normal(round(seconds * rate_hz))
    found = measure(noise, rate_hz)
    per_hz_db = found.spectrum_db - db(found.spectrum_hz)
    assert np.ptp(per_hz_db[found.spectrum_hz > 1500.0]) < 10.0
    low = np.mean(per_hz_db[(found.spectrum_hz > 150.0) & (found.spectrum_hz < 330.0)])
    high = np.mean(per_hz_db[found.spectrum_hz > 1500.0])
    assert abs(low - high) < 8.0
