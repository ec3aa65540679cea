"""The terms against their definition in plain numpy and libebur128's loudness law."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import signal

from console.analysis.values import BARK_EDGES_HZ
from console.errors import ParamError
from console.losses.sound import Sound, SoundMeter, distance, mean_sound, measure_sound

RATE = 44_100
Audio = NDArray[np.float64]


def song(seconds: float = 6.0, rate: int = RATE, side: float = 0.3) -> Audio:
    """Pink-like stereo noise with hits and a quiet part."""
    random = np.random.default_rng(7)
    count = int(seconds * rate)
    mid, wide = (np.cumsum(random.standard_normal(count)) for _ in range(2))
    b, a = signal.butter(1, 60.0, "highpass", fs=rate)
    mid, wide = (signal.lfilter(b, a, x) for x in (mid, wide))
    level = np.where(np.arange(count) % rate < rate // 10, 1.0, 0.2) * np.where(
        np.arange(count) < count // 3, 0.3, 1.0
    )
    audio = np.stack((mid + side * wide, 0.8 * mid - side * wide)) * level
    return np.asarray(0.5 * audio / np.abs(audio).max())


def loudness_lufs(audio: Audio) -> float:
    """BS.1770 with its gates, at 48 kHz, by the coefficients that its text tabulates."""
    x = signal.resample_poly(audio, 160, 147, axis=1)
    shelf = (
        [1.53512485958697, -2.69169618940638, 1.19839281085285],
        [1.0, -1.69065929318241, 0.73248077421585],
    )
    high = ([1.0, -2.0, 1.0], [1.0, -1.99004745483398, 0.99007225036621])
    for b, a in (shelf, high):
        x = signal.lfilter(b, a, x, axis=1)
    power = np.array(
        [(x[:, s : s + 19200] ** 2).mean(axis=1).sum() for s in range(0, x.shape[1] - 19200 + 1, 4800)]
    )
    above = power[-0.691 + 10 * np.log10(power + 1e-20) > -70.0]
    kept = above[above > 0.1 * above.mean()]
    return float(-0.691 + 10 * np.log10(kept.mean()))


def test_terms_follow_their_definition() -> None:
    audio = song()
    sound = measure_sound(audio, RATE)
    assert sound.loudness_lufs == pytest.approx(loudness_lufs(audio), abs=0.05)
    at_level = audio * 10 ** ((-18.0 - sound.loudness_lufs) / 20)
    mid, side = (at_level[0] + at_level[1]) / 2**0.5, (at_level[0] - at_level[1]) / 2**0.5
    assert sound.width_db == pytest.approx(10 * np.log10((side**2).mean() / (mid**2).mean()), abs=1e-3)
    assert sound.balance_db == pytest.approx(
        10 * np.log10((audio[1] ** 2).mean() / (audio[0] ** 2).mean()), abs=1e-3
    )
    crest = 20 * np.log10(np.abs(audio).max() / np.sqrt((audio**2).mean()))
    assert sound.crest_db == pytest.approx(crest, abs=1e-3)
    frames = at_level[:, : at_level.shape[1] // 17640 * 17640].reshape(2, -1, 17640)
    levels = 10 * np.log10((frames**2).mean(axis=(0, 2)) + 1e-10)
    assert sound.spread_db == pytest.approx(np.percentile(levels, 95) - np.percentile(levels, 10), abs=1e-3)
    for name, x in (("mid_db", mid), ("side_db", side)):
        hz, power = signal.welch(x, RATE, "hann", 8192)
        for band in range(2, 22):
            inside = (hz >= BARK_EDGES_HZ[band]) & (hz < BARK_EDGES_HZ[band + 1])
            expected = 10 * np.log10(power[inside].sum() * (hz[1] - hz[0]))
            assert getattr(sound, name)[band] == pytest.approx(expected, abs=1.0)


@pytest.mark.parametrize("block", [1000, 44_100, 100_000])
def test_block_size_does_not_matter(block: int) -> None:
    audio = song()
    meter = SoundMeter(RATE)
    for start in range(0, audio.shape[1], block):
        meter.push(audio[:, start : start + block])
    whole = measure_sound(audio, RATE)
    parts = meter.result()
    assert distance(whole, parts).total < 1e-6


@pytest.mark.parametrize("gain", [0.1, 0.5])
def test_level_does_not_matter(gain: float) -> None:
    audio = song()
    assert distance(measure_sound(audio, RATE), measure_sound(gain * audio, RATE)).total < 0.01


@pytest.mark.parametrize("rate", [22_050, 48_000, 96_000])
def test_rate_hardly_matters_below_its_limit(rate: int) -> None:
    audio = song(rate=96_000)
    sos = signal.butter(8, 9000.0, fs=96_000, output="sos")
    audio = signal.sosfilt(sos, audio, axis=1)
    same = audio if rate == 96_000 else signal.resample_poly(audio, rate // 150, 640, axis=1)
    first, second = measure_sound(audio, 96_000), measure_sound(same, rate)
    assert np.abs(np.subtract(first.mid_db, second.mid_db))[:21].max() < 0.3
    assert abs(first.width_db - second.width_db) < 0.1


def test_a_silent_side_is_far_but_not_infinitely_far() -> None:
    mono = measure_sound(np.repeat(song()[:1], 2, axis=0), RATE)
    assert mono.width_db == -60.0
    assert set(mono.side_db) == {-80.0}
    assert mono.mono
    assert not measure_sound(song(), RATE).mono
    assert np.isfinite(distance(mono, measure_sound(song(), RATE)).total)


def test_distance_is_a_mean_of_absolute_differences() -> None:
    one = measure_sound(song(), RATE)
    other = replace(
        one,
        crest_db=one.crest_db - 2.0,
        width_db=one.width_db + 3.0,
        mid_db=tuple(x + 1.5 for x in one.mid_db),
    )
    terms = distance(one, other)
    assert terms.crest_db == pytest.approx(2.0)
    assert terms.width_db == pytest.approx(3.0)
    assert terms.mid_db == pytest.approx(1.5)
    assert terms.total == pytest.approx(6.5)
    assert distance(other, one) == terms


def test_mean_lies_between() -> None:
    one = measure_sound(song(), RATE)
    other = replace(one, crest_db=one.crest_db + 4.0)
    assert mean_sound((one, other)).crest_db == pytest.approx(one.crest_db + 2.0)
    with pytest.raises(ParamError, match="0 sounds"):
        mean_sound(())


@pytest.mark.parametrize(
    ("audio", "words"),
    [
        (np.zeros((2, 3 * RATE)), "silent"),
        (song(0.9), r"0\.90 s"),
        (np.zeros((2, 0)), r"0\.00 s"),
        (np.full((2, 2 * RATE), np.nan), "not finite"),
        (np.full((2, 2 * RATE), np.inf), "not finite"),
        (song()[:1], "shape"),
    ],
)
def test_what_has_no_sound_is_refused(audio: Audio, words: str) -> None:
    with np.errstate(all="ignore"), pytest.raises(ParamError, match=words):
        measure_sound(audio, RATE)


def test_a_sound_checks_its_figures() -> None:
    with pytest.raises(ParamError, match="3 entries"):
        Sound(10.0, -10.0, 0.0, 3.0, (1.0, 2.0, 3.0), (0.0,) * 24)
    with pytest.raises(ParamError, match="not finite"):
        Sound(float("nan"), -10.0, 0.0, 3.0, (0.0,) * 24, (0.0,) * 24)
