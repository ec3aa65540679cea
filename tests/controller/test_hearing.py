"""What the controller hears: energies that are right, whatever the gain, the order, the threads and broken samples."""

import itertools
from dataclasses import fields

import numpy as np
import pytest
from numpy.typing import NDArray

from console.errors import ParamError
from console.losses.bands import BANDS, bin_edges
from console.models.controller.hearing import FIGURES, LEVEL_LUFS, WINDOW_S, WINDOWS, Hearing, Reader, hear

RATE_HZ = 44_100
Audio = NDArray[np.float32]


def noise(seed: int, channels: int = 2, seconds: float = 2.0, rate_hz: int = RATE_HZ) -> Audio:
    random = np.random.default_rng(seed)
    return (0.1 * random.standard_normal((channels, round(seconds * rate_hz)))).astype(np.float32)


def reader(audio: Audio) -> Reader:
    return lambda start, samples: audio[:, start : start + samples]


def heard(*tracks: Audio, rate_hz: int = RATE_HZ, threads: int = 1) -> Hearing:
    longest = max(track.shape[1] for track in tracks)
    channels = [len(track) for track in tracks]
    return hear([reader(track) for track in tracks], channels, longest, rate_hz, threads=threads)


def reference_power(left: Audio, right: Audio, rate_hz: int = RATE_HZ) -> NDArray[np.float64]:
    """Mean L², R² and L·R per band by a plain transform in float64, frame by frame, (3, BANDS)."""
    length = 4000
    edges = bin_edges(rate_hz, length)
    window = np.hanning(length + 1)[:-1]
    total = np.zeros((3, BANDS))
    starts = range(0, len(left) - length + 1, length // 2)
    for start in starts:
        a, b = (
            np.fft.rfft(window * side[start : start + length].astype(np.float64)) for side in (left, right)
        )
        for row, product in enumerate((a * a.conj(), b * b.conj(), a * b.conj())):
            total[row] += [product.real[low:high].sum() for low, high in itertools.pairwise(edges)]
    return total * 2.0 / (0.375 * length**2) / len(starts)


def test_products_of_the_channels_are_those_of_a_plain_transform() -> None:
    left, other = noise(1)
    tracks = {
        "independent": np.stack((left, other)),
        "out of phase": np.stack((left, -0.5 * left)),
        "alike": np.stack((left, 0.7 * left + 0.1 * other)),
    }
    found = heard(*tracks.values())
    for row, track in enumerate(tracks.values()):
        gain = 10.0 ** (found.gain_db[row] / 10.0)
        expected = reference_power(*track) * gain
        scale = np.sqrt(expected[0] * expected[1])
        np.testing.assert_allclose(found.power[row, :2], expected[:2], rtol=2e-5)
        np.testing.assert_allclose(found.power[row, 2] / scale, expected[2] / scale, atol=2e-5)
    lean = found.power[:, 2].sum(axis=1) / np.sqrt(
        found.power[:, 0].sum(axis=1) * found.power[:, 1].sum(axis=1)
    )
    assert lean[0] == pytest.approx(0.0, abs=0.05)
    assert lean[1] == pytest.approx(-1.0, abs=1e-4)


def test_a_gain_changes_the_gain_alone() -> None:
    track = noise(2)
    found = heard(track, 0.05 * track)
    assert found.gain_db[1] - found.gain_db[0] == pytest.approx(20.0 * np.log10(20.0), abs=1e-3)
    for name in ("power", "figures", "levels_db"):
        np.testing.assert_allclose(getattr(found, name)[0], getattr(found, name)[1], rtol=1e-3, atol=2e-4)


def test_a_mono_track_is_heard_in_the_middle_at_the_level_of_its_two_copies_3_db_down() -> None:
    track = noise(3, channels=1)
    found = heard(track, np.repeat(track, 2, axis=0) * np.float32(np.sqrt(0.5)))
    np.testing.assert_allclose(found.power[0], found.power[1], rtol=1e-4)
    assert found.gain_db[0] == pytest.approx(found.gain_db[1], abs=1e-4)
    assert found.levels_db[0, 1] - found.levels_db[1, 1] == pytest.approx(3.01, abs=0.02)


def test_more_threads_and_another_order_hear_the_same() -> None:
    tracks = [
        noise(seed, channels=1 + seed % 2, seconds=WINDOWS * WINDOW_S + 4.0, rate_hz=8000)
        for seed in range(5)
    ]
    alone, several = heard(*tracks, rate_hz=8000), heard(*tracks[::-1], rate_hz=8000, threads=3)
    for item in fields(Hearing):
        np.testing.assert_array_equal(getattr(alone, item.name), getattr(several, item.name)[::-1])


def test_broken_samples_and_silence_do_no_harm() -> None:
    broken = noise(4)
    broken[0, 1000], broken[1, 5000] = np.nan, np.inf
    found = heard(broken, np.zeros((2, RATE_HZ), np.float32), noise(5, seconds=0.01))
    assert found.heard.tolist() == [True, False, True]
    for item in fields(Hearing):
        assert np.isfinite(getattr(found, item.name)).all()
    assert not found.power[1].any()
    assert found.figures.shape == (3, FIGURES)
    weighted = heard(noise(4))
    assert found.gain_db[0] == pytest.approx(weighted.gain_db[0], abs=0.01)
    assert -40.0 < LEVEL_LUFS - found.gain_db[0] < 0.0


def test_an_empty_session_is_refused() -> None:
    with pytest.raises(ParamError, match="a sample at least"):
        hear([], [], 0, RATE_HZ)
    assert len(hear([], [], 60 * RATE_HZ, RATE_HZ)) == 0
