"""The reference song is finished: format, loudness after BS.1770, true peak, width."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from numpy.typing import NDArray
from scipy import signal

REFERENCE = Path(__file__).parents[2] / "examples" / "reference" / "reference.flac"
RATE_HZ = 48_000


@pytest.fixture(scope="module")
def song() -> NDArray[np.float64]:
    audio, rate_hz = sf.read(REFERENCE, dtype="float64", always_2d=True)
    assert rate_hz == RATE_HZ
    return np.asarray(audio.T)


def test_the_reference_is_20_s_of_24_bit_stereo() -> None:
    info = sf.info(REFERENCE)
    assert (info.format, info.subtype, info.channels) == ("FLAC", "PCM_24", 2)
    assert info.frames == 20 * RATE_HZ


def test_its_loudness_is_minus_14_lufs(song: NDArray[np.float64]) -> None:
    # K weighting by the magnitude of BS.1770's two stages, applied to the spectrum of each gating block
    hz = np.fft.rfftfreq(19_200, 1.0 / RATE_HZ)
    _, head = signal.freqz(
        [1.53512485958697, -2.69169618940638, 1.19839281085285],
        [1.0, -1.69065929318241, 0.73248077421585],
        hz,
        fs=RATE_HZ,
    )
    _, low = signal.freqz([1.0, -2.0, 1.0], [1.0, -1.99004745483398, 0.99007225036621], hz, fs=RATE_HZ)
    starts = range(0, song.shape[1] - 19_200 + 1, 4_800)
    blocks = np.stack([song[:, start : start + 19_200] for start in starts])
    power = 2.0 * np.sum(np.abs(np.fft.rfft(blocks) * head * low) ** 2, axis=(1, 2)) / 19_200**2
    loud = power[power > 10.0 ** (-6.9309)]
    gated = loud[loud > 0.1 * np.mean(loud)]
    assert -0.691 + 10.0 * np.log10(np.mean(gated)) == pytest.approx(-14.0, abs=0.2)


def test_its_true_peak_is_under_minus_1_dbtp(song: NDArray[np.float64]) -> None:
    peak = np.max(np.abs(signal.resample_poly(song, 8, 1, axis=1)))
    assert -3.0 < 20.0 * np.log10(peak) < -1.0


def test_it_is_wide_balanced_and_holds_at_mono(song: NDArray[np.float64]) -> None:
    left, right = song
    assert 0.2 < np.corrcoef(left, right)[0, 1] < 0.9
    assert 10.0 * np.log10(np.mean(left**2) / np.mean(right**2)) == pytest.approx(0.0, abs=1.0)


def test_every_octave_from_40_hz_to_10_khz_is_filled(song: NDArray[np.float64]) -> None:
    hz, density = signal.welch(song.mean(axis=0), RATE_HZ, nperseg=16_384)
    edges = 40.0 * 2.0 ** np.arange(9)
    octaves = [np.sum(density[(hz >= low) & (hz < 2.0 * low)]) for low in edges[:-1]]
    levels_db = 10.0 * np.log10(octaves)
    assert np.max(levels_db) - np.min(levels_db) < 20.0
