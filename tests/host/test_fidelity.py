"""The figures of fidelity, on differences that are known."""

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from numpy.typing import NDArray
from scipy.signal import lfilter

from bridge.render.fidelity import Fidelity, compare, compare_audio, compare_files

RATE_HZ = 44_100


def noise(seconds: float = 6.0, channels: int = 2) -> NDArray[np.float64]:
    return np.random.default_rng(7).standard_normal((channels, round(seconds * RATE_HZ))) * 0.1


def measured(folder: Path, real: NDArray[np.float64], predicted: NDArray[np.float64]) -> Fidelity:
    for name, audio in (("real", real), ("predicted", predicted)):
        sf.write(folder / f"{name}.wav", audio.T, RATE_HZ, subtype="DOUBLE")
    found = compare_files(folder / "real.wav", folder / "predicted.wav")
    assert found is not None
    return found


def test_the_same_is_the_same(tmp_path: Path) -> None:
    found = measured(tmp_path, noise(), noise())
    assert found.null_db < -290.0
    assert (found.level_db, found.third_octave_db, found.gain_95_db, found.lag_samples) == (0.0, 0.0, 0.0, 0)


@pytest.mark.parametrize("gain_db", [-3.0, 0.1, 6.0])
def test_a_gain_is_a_level_and_nothing_else(gain_db: float, tmp_path: Path) -> None:
    gain = 10.0 ** (gain_db / 20.0)
    found = measured(tmp_path, noise() * gain, noise())
    assert found.level_db == pytest.approx(gain_db, abs=1e-9)
    assert found.third_octave_db == pytest.approx(gain_db, abs=1e-9)
    assert found.null_db == pytest.approx(20.0 * np.log10(abs(gain - 1.0)), abs=1e-9)
    assert found.gain_95_db == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("lag", [1, 480, -37])
def test_a_lag_is_found(lag: int, tmp_path: Path) -> None:
    found = measured(tmp_path, np.roll(noise(), lag, axis=1) * 0.5, noise())
    assert found.lag_samples == lag
    assert found.null_db == pytest.approx(20.0 * np.log10(0.5), abs=0.05)  # of both in line


def test_what_is_only_unlike_is_not_late(tmp_path: Path) -> None:
    other = np.random.default_rng(9).standard_normal(noise().shape) * 0.1
    found = measured(tmp_path, other, noise())
    assert found.lag_samples == 0
    assert found.null_db == pytest.approx(3.0, abs=0.2)


@pytest.mark.parametrize("sizes", [(1000, 7), (300_000, 65_536)])
def test_blocks_of_any_size_give_the_same(sizes: tuple[int, int]) -> None:
    real, predicted = np.roll(noise(), 37, axis=1) * 0.9, noise()

    def cut(audio: NDArray[np.float64], size: int) -> list[NDArray[np.float64]]:
        return [audio[:, start : start + size] for start in range(0, audio.shape[1], size)]

    first, second = (cut(audio, size) for audio, size in zip((real, predicted), sizes, strict=True))
    assert compare(lambda: first, lambda: second, RATE_HZ) == compare_audio(real, predicted, RATE_HZ)


def test_a_band_is_found_where_it_is(tmp_path: Path) -> None:
    w = 2.0 * np.pi * 2000.0 / RATE_HZ
    a, alpha = 10.0 ** (4.0 / 40.0), np.sin(w) / 4.0
    bell = [1 + alpha * a, -2 * np.cos(w), 1 - alpha * a], [1 + alpha / a, -2 * np.cos(w), 1 - alpha / a]
    found = measured(tmp_path, lfilter(*bell, noise()), noise())
    assert found.third_octave_hz == pytest.approx(2000.0)
    assert found.third_octave_db == pytest.approx(
        4.0, abs=0.35
    )  # the band's mean is a little under the bell's top


def test_movement_is_told_from_level(tmp_path: Path) -> None:
    samples = noise().shape[1]
    moves_db = np.where(np.arange(samples) // 22_050 % 2 == 0, 0.0, -6.0)
    found = measured(tmp_path, noise() * 10.0 ** (moves_db / 20.0), noise())
    assert found.gain_95_db == pytest.approx(6.0, abs=0.7)
    assert found.lag_samples == 0


def test_silence_has_no_figures(tmp_path: Path) -> None:
    for name in ("a", "b"):
        sf.write(tmp_path / f"{name}.wav", np.zeros((1000, 1)), RATE_HZ)
    assert compare_files(tmp_path / "a.wav", tmp_path / "b.wav") is None
