"""Loudness, range and true peak against other implementations, on real stems and on made-up ones."""

import ctypes
import ctypes.util
import math

import numpy as np
import pytest
import soundfile
from scipy import signal

from console.analysis.weighting import k_weighting

STEMS = [
    "songs/DrumMics_MuldjordKit_Groove_CC-BY/Snare_top.flac",
    "songs/DrumMics_MuldjordKit_Groove_CC-BY/AmbL.flac",
    "songs/MusicDelta_Rock_CC-BY-NC-SA/02_electric_bass.flac",
    "songs/MusicDelta_Reggae_CC-BY-NC-SA/04_male_singer.flac",
    "songs/MusicDelta_Rock_CC-BY-NC-SA/_HUMAN_MIX.flac",
    "songs/EIF_Francium_CC0/BIG_BEAT.flac",
]

MODE_I, MODE_LRA, MODE_TRUE_PEAK = 0b101, 0b1011, 0b110001


class Reference:
    """libebur128 (Jan Kokemüller) on one signal."""

    def __init__(self, audio: np.ndarray, rate_hz: int) -> None:
        name = ctypes.util.find_library("ebur128") or "libebur128.so.1"
        try:
            library = ctypes.CDLL(name)
        except OSError:
            pytest.skip("libebur128 is not installed on this system")
        library.ebur128_init.restype = ctypes.c_void_p
        channels = len(audio)
        mode = MODE_I | MODE_LRA | MODE_TRUE_PEAK
        state = ctypes.c_void_p(library.ebur128_init(channels, ctypes.c_ulong(rate_hz), mode))
        frames = np.ascontiguousarray(audio.T, dtype=np.float32)
        library.ebur128_add_frames_float(
            state, frames.ctypes.data_as(ctypes.POINTER(ctypes.c_float)), ctypes.c_size_t(len(frames))
        )
        value = ctypes.c_double()
        library.ebur128_loudness_global(state, ctypes.byref(value))
        self.integrated_lufs = value.value
        library.ebur128_loudness_range(state, ctypes.byref(value))
        self.range_lu = value.value
        peaks = []
        for channel in range(channels):
            library.ebur128_true_peak(state, channel, ctypes.byref(value))
            peaks.append(value.value)
        self.true_peak_dbtp = 20.0 * math.log10(max(peaks))
        library.ebur128_destroy(ctypes.byref(state))


def read(path):
    audio, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    return np.ascontiguousarray(audio.T), rate_hz


@pytest.mark.parametrize("stem", STEMS)
def test_real_stems_as_libebur128(measure, shared, stem):
    audio, rate_hz = read(shared / "audio" / stem)
    found, expected = measure(audio, rate_hz), Reference(audio, rate_hz)
    assert found.integrated_lufs == pytest.approx(expected.integrated_lufs, abs=0.01)
    # The two interpolate between samples by different filters.
    assert found.true_peak_dbtp == pytest.approx(expected.true_peak_dbtp, abs=0.1)


@pytest.mark.parametrize("rate_hz", [8000, 22050, 44100, 48000, 88200, 96000, 192000])
def test_integrated_at_every_rate_as_libebur128(measure, rate_hz):
    audio = pink_with_a_swell(rate_hz, 20.0)
    found, expected = measure(audio, rate_hz), Reference(audio, rate_hz)
    assert found.integrated_lufs == pytest.approx(expected.integrated_lufs, abs=0.01)


def test_range_of_a_slow_swell_as_libebur128(measure):
    audio = pink_with_a_swell(48000, 120.0)
    expected = Reference(audio, 48000).range_lu
    assert 8.0 < expected < 20.0
    assert measure(audio, 48000).loudness_range_lu == pytest.approx(expected, abs=0.3)


@pytest.mark.parametrize("stem", STEMS)
def test_real_stems_as_pyloudnorm(measure, shared, stem):
    pyloudnorm = pytest.importorskip("pyloudnorm", reason="pyloudnorm is not installed")
    audio, rate_hz = read(shared / "audio" / stem)
    # It counts a block of 0.4 s that the end cuts off; BS.1770 does not. So let none be cut off.
    audio = audio[:, : audio.shape[1] // (rate_hz // 10) * (rate_hz // 10)]
    meter = pyloudnorm.Meter(rate_hz, filter_class="DeMan")
    expected = meter.integrated_loudness(audio.T.astype(np.float64))
    assert measure(audio, rate_hz).integrated_lufs == pytest.approx(expected, abs=1e-6)


def test_weighting_is_the_table_of_bs1770():
    shelf, highpass = k_weighting(48000)
    table = [1.53512485958697, -2.69169618940638, 1.19839281085285, -1.69065929318241, 0.73248077421585]
    np.testing.assert_allclose(shelf, table, atol=1e-7)
    np.testing.assert_allclose(highpass, [1.0, -2.0, 1.0, -1.99004745483398, 0.99007225036621], atol=1e-7)


@pytest.mark.parametrize("rate_hz", [8000, 22050, 44100, 96000, 192000])
def test_weighting_is_the_same_curve_at_other_rates(rate_hz):
    hz = np.geomspace(20.0, 0.15 * rate_hz, 50)
    curve = {}
    for rate in (rate_hz, 768000):
        sos = np.insert(k_weighting(rate), 3, 1.0, axis=1)
        curve[rate] = 20.0 * np.log10(np.abs(signal.sosfreqz(sos, hz, fs=rate)[1]))
    np.testing.assert_allclose(curve[rate_hz], curve[768000], atol=0.35)


def pink_with_a_swell(rate_hz: int, seconds: float) -> np.ndarray:
    rng = np.random.default_rng(7)
    n = round(seconds * rate_hz)
    noise = signal.lfilter([1.0], [1.0, -0.9], rng.standard_normal((2, n)))
    swell = 10.0 ** (0.3 * np.sin(2.0 * np.pi * np.arange(n) / (0.7 * n)))
    return (0.02 * noise * swell).astype(np.float32)
