"""Changes to a stem against what numpy and a ruler say of them."""

import numpy as np
import pytest

from console.dsp.design import design_bell, response_db
from console.errors import ParamError
from console.training.augment.rooms import through_impulse, with_bleed
from console.training.augment.sound import Side, at_speed, filtered, random_filter, through_rate, with_side

RATE_HZ = 48_000


def tone(hz: float, samples: int = RATE_HZ, rate_hz: int = RATE_HZ) -> np.ndarray:
    wave = np.sin(2 * np.pi * hz * np.arange(samples) / rate_hz)
    return np.stack([wave, 0.5 * wave]).astype(np.float32)


def loudest_hz(audio: np.ndarray, rate_hz: int = RATE_HZ) -> float:
    spectrum = np.abs(np.fft.rfft(audio[0] * np.hanning(audio.shape[1])))
    return float(np.argmax(spectrum)) * rate_hz / audio.shape[1]


def level_db(audio: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(np.square(audio, dtype=np.float64)) + 1e-30))


@pytest.mark.parametrize("hz", [100.0, 1000.0, 9000.0])
def test_a_filter_does_what_its_response_says(hz: float) -> None:
    sections = design_bell(1000.0, 6.0, 1.0, RATE_HZ)
    before = tone(hz)
    change = level_db(filtered(before, sections)[:, 2000:]) - level_db(before[:, 2000:])
    assert change == pytest.approx(response_db(sections, [hz], RATE_HZ)[0], abs=0.02)


@pytest.mark.parametrize("rate_hz", [8000, 44_100, 192_000])
def test_random_filters_are_mild_and_repeat(rate_hz: int) -> None:
    middles = np.geomspace(300.0, 2000.0, 20)
    peaks = []
    for seed in range(100):
        sections = random_filter(np.random.default_rng(seed), rate_hz)
        np.testing.assert_array_equal(sections, random_filter(np.random.default_rng(seed), rate_hz))
        peaks.append(np.abs(response_db(sections, middles, rate_hz)).max())
    assert 1.0 < np.median(peaks) < 6.0
    assert max(peaks) < 20.0


@pytest.mark.parametrize("ratio", [0.9, 1.0, 1.06, 1.5])
def test_speed_moves_pitch_and_length(ratio: float) -> None:
    fast = at_speed(tone(1000.0), ratio)
    assert fast.shape == (2, pytest.approx(RATE_HZ / ratio, abs=1.0))
    assert loudest_hz(fast) == pytest.approx(1000.0 * ratio, rel=2e-3)
    with pytest.raises(ParamError, match=r"0\.5 to 2"):
        at_speed(tone(1000.0), 3.0)


def test_a_lower_rate_takes_the_top_away() -> None:
    low, high = tone(1000.0), tone(15_000.0)
    np.testing.assert_allclose(through_rate(low, RATE_HZ, 16_000)[:, 500:-500], low[:, 500:-500], atol=2e-3)
    assert level_db(through_rate(high, RATE_HZ, 16_000)[:, 500:-500]) < level_db(high) - 60.0
    for rate_hz in (100, 96_000):
        with pytest.raises(ParamError, match="Hz"):
            through_rate(low, RATE_HZ, rate_hz)


def test_sides_go_wrong_as_told() -> None:
    audio = np.random.default_rng(0).standard_normal((2, 100)).astype(np.float32)
    before = audio.copy()
    np.testing.assert_array_equal(with_side(audio, Side.SWAPPED), audio[::-1])
    np.testing.assert_array_equal(with_side(audio, Side.LEFT), audio[[0, 0]])
    np.testing.assert_array_equal(with_side(audio, Side.RIGHT), audio[[1, 1]])
    np.testing.assert_allclose(with_side(audio, Side.MONO), np.tile(audio.mean(0), (2, 1)), rtol=1e-6)
    np.testing.assert_array_equal(audio, before)


@pytest.mark.parametrize("channels", [1, 2])
def test_a_room_is_a_convolution_that_begins_at_once(channels: int) -> None:
    random = np.random.default_rng(3)
    audio = random.standard_normal((2, 3000)).astype(np.float32)
    impulse = np.zeros((channels, 900), np.float32)
    impulse[:, 200] = 1.0
    impulse[:, 201:] = 0.05 * random.standard_normal((channels, 699))
    expected = np.stack(
        [np.convolve(audio[side].astype(float), impulse[side % channels, 200:])[:3000] for side in range(2)]
    )
    expected *= np.sqrt(np.square(audio).sum() / np.square(expected).sum())
    np.testing.assert_allclose(through_impulse(audio, impulse, 1.0), expected, atol=1e-5)
    np.testing.assert_allclose(
        through_impulse(audio, impulse, 0.25), 0.75 * audio + 0.25 * expected, atol=1e-5
    )
    np.testing.assert_array_equal(through_impulse(audio, impulse, 0.0), audio)


@pytest.mark.parametrize("impulse", [np.zeros((1, 10)), np.zeros((1, 0)), np.full((1, 5), np.nan)])
def test_a_room_that_does_not_ring_is_told(impulse: np.ndarray) -> None:
    with pytest.raises(ParamError, match="impulse response"):
        through_impulse(tone(100.0), impulse.astype(np.float32), 0.5)


def test_silence_through_a_room_is_silence() -> None:
    silent = np.zeros((2, 500), np.float32)
    assert not through_impulse(silent, np.ones((1, 10), np.float32), 1.0).any()


def test_microphones_hear_their_neighbours_later_and_quieter() -> None:
    tracks = np.zeros((4, 2, 8000), np.float32)
    tracks[0, :, 1000] = 1.0
    out = with_bleed(tracks, np.random.default_rng(1), RATE_HZ, np.array([True, True, True, False]))
    np.testing.assert_array_equal(out[0], tracks[0])
    assert not out[3].any()
    for microphone in (1, 2):
        heard = np.flatnonzero(np.abs(out[microphone, 0]) > 1e-7)
        metres = (heard[0] - 1000) / RATE_HZ * 343.0
        assert 0.3 <= metres <= 6.1
        assert 0.0 < np.abs(out[microphone]).max() < 10 ** (-14.0 / 20.0)
    alone = with_bleed(tracks, np.random.default_rng(1), RATE_HZ, np.array([True, False, False, False]))
    np.testing.assert_array_equal(alone, tracks)
