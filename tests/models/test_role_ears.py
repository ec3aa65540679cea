"""What the role classifier hears: the same at every rate and level, from where the track plays."""

import subprocess
import sys

import numpy as np
import pytest
import soxr
from scipy import signal

from console.errors import ParamError
from console.models.roles import as_features, band_power, choose_starts
from console.models.roles.mel import BANDS, FRAMES, WINDOW_S, band_centres_hz

RATES_HZ = [8_000, 11_025, 22_050, 44_100, 48_000, 96_000, 192_000]


def noise(rate_hz: int, seconds: float = WINDOW_S + 0.1, channels: int = 1) -> np.ndarray:
    """The same noise, without anything above 3.4 kHz, at any rate."""
    rng = np.random.default_rng(5)
    data = rng.standard_normal((round(seconds * 8_000), channels))
    low = signal.sosfiltfilt(signal.butter(8, 3_000, fs=8_000, output="sos"), data, axis=0)
    return np.ascontiguousarray(soxr.resample(low, 8_000, rate_hz, quality="VHQ").T, np.float32)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_the_rate_changes_nothing(rate_hz: int) -> None:
    heard = as_features(band_power(noise(rate_hz), rate_hz)[None, :, :FRAMES])
    reference = as_features(band_power(noise(32_000), 32_000)[None, :, :FRAMES])
    assert heard.shape == reference.shape == (1, BANDS, FRAMES)
    clear = reference > 0.4
    assert clear.sum() > 2_000
    # 1 stands for 80 dB. Frames begin at whole samples, so single cells may differ a little.
    assert np.abs(heard - reference)[clear].mean() * 80.0 < 0.4
    assert not heard[:, band_centres_hz() > rate_hz / 2 + 500].any()


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_power_is_that_of_an_independent_spectrum(rate_hz: int) -> None:
    audio = noise(rate_hz)
    hz, density = signal.welch(
        audio[0].astype(np.float64), rate_hz, nperseg=round(0.04 * rate_hz), noverlap=round(0.02 * rate_hz)
    )
    heard = band_power(audio, rate_hz).mean(axis=1)
    between = (band_centres_hz() > 300) & (band_centres_hz() < 2_500)
    inside = (hz > 300) & (hz < 2_500)
    wanted = density[inside].sum() * (hz[1] - hz[0])
    assert heard[between].sum() == pytest.approx(wanted, rel=0.06)


@pytest.mark.parametrize("gain", [1e-6, 0.01, 30.0])
def test_the_level_changes_nothing(gain: float) -> None:
    audio = noise(44_100, channels=2)
    one, other = (as_features(band_power(data, 44_100)[None]) for data in (audio, audio * np.float32(gain)))
    assert np.abs(one - other).max() < 1e-5


def test_a_side_or_its_opposite_is_heard_alike() -> None:
    audio = noise(44_100)
    both = as_features(band_power(np.concatenate((audio, audio)), 44_100)[None])
    opposed = as_features(band_power(np.concatenate((audio, -audio)), 44_100)[None])
    np.testing.assert_allclose(both, opposed, atol=1e-6)
    np.testing.assert_allclose(both, as_features(band_power(audio, 44_100)[None]), atol=1e-5)


def test_silence_is_nothing() -> None:
    assert not as_features(band_power(np.zeros((2, 90_000), np.float32), 44_100)[None]).any()
    assert band_power(np.zeros((1, 10), np.float32), 44_100).shape == (BANDS, 0)


@pytest.mark.parametrize(("shape", "rate_hz"), [((3, 9_000), 44_100), ((9_000,), 44_100), ((1, 9_000), 100)])
def test_what_cannot_be_heard_is_told(shape: tuple[int, ...], rate_hz: int) -> None:
    with pytest.raises(ParamError, match="give"):
        band_power(np.zeros(shape, np.float32), rate_hz)


def levels(*parts: tuple[float, float]) -> np.ndarray:
    """Levels in dB, each for some seconds."""
    return np.concatenate([np.full(round(seconds * 10), level) for level, seconds in parts])


def test_windows_lie_where_the_track_plays() -> None:
    level_db = levels((-200, 30), (-12, 6), (-200, 60), (-15, 8), (-60, 40))
    starts = choose_starts(level_db)
    assert len(starts) == 7
    assert all(30 <= start < 36 or 96 <= start < 104 for start in starts)
    assert starts == sorted(starts)


@pytest.mark.parametrize("shift_db", [-40.0, 25.0])
def test_a_gain_moves_no_window(shift_db: float) -> None:
    level_db = np.random.default_rng(2).uniform(-40, -5, 1_800)
    assert choose_starts(level_db + shift_db) == choose_starts(level_db)


def test_a_long_song_has_eight_windows_from_front_to_back() -> None:
    starts = choose_starts(np.random.default_rng(1).uniform(-12, -6, 2_000))
    assert len(starts) == 8
    assert all(index * 25 <= start < (index + 1) * 25 for index, start in enumerate(starts))


@pytest.mark.parametrize(
    ("level_db", "starts"),
    [
        (np.zeros(0), []),
        (np.full(50, -np.inf), []),
        (np.full(50, -120.0), []),
        (levels((-200, 1), (-6, 0.1)), [1.0]),
    ],
)
def test_short_and_silent_tracks(level_db: np.ndarray, starts: list[float]) -> None:
    assert choose_starts(level_db) == starts


def test_ears_need_no_torch() -> None:
    code = "import sys, console.models.roles, bridge.sessions.hearing; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
