"""The limiter's ceiling by two independent true-peak meters, its times, and that it leaves alone what it may."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
from numpy.typing import NDArray
from scipy import signal

from console.dsp.limiter import MARGIN_DB, LimiterProcessor
from console.mix import Limiter, Master, Mix, TrackStrip

Audio = NDArray[np.float64]


def limited(audio: Audio, law: Limiter, rate_hz: int, block: int | None = None) -> tuple[Audio, Audio]:
    """Output and gains, its latency taken out."""
    running = LimiterProcessor(law, len(audio), rate_hz)
    padded = np.pad(audio, ((0, 0), (0, running.latency)))
    parts = [
        running.process(padded[:, start : start + (block or padded.shape[1])])
        for start in range(0, padded.shape[1], block or padded.shape[1])
    ]
    out = np.concatenate([part for part, _ in parts], axis=1)[:, running.latency :]
    return out, np.concatenate([gains for _, gains in parts])[running.latency :]


def oversampled_peak_dbtp(audio: Audio) -> float:
    """By scipy's polyphase interpolator, sixteenfold."""
    fine = signal.resample_poly(audio, 16, 1, axis=1, window=("kaiser", 9.0))
    return 20.0 * math.log10(np.abs(fine).max())


def ebur128_peak_dbtp(audio: Audio, rate_hz: int) -> float:
    """By libebur128."""
    meter = pytest.importorskip("pyebur128", reason="libebur128 is not here")
    state = meter.R128State(len(audio), rate_hz, meter.MeasurementMode.MODE_TRUE_PEAK)
    state.add_frames(np.ascontiguousarray(audio.T).ravel(), audio.shape[1])
    return 20.0 * math.log10(max(meter.get_true_peak(state, channel) for channel in range(len(audio))))


def material(name: str, rate_hz: int) -> Audio:
    """Hard cases that a recording could hold: nothing above 0.45 of the sample rate."""
    samples = 2 * rate_hz
    random = np.random.default_rng(9)
    t = np.arange(samples)
    band = signal.firwin(301, 0.45 * rate_hz, fs=rate_hz)
    made = {
        "noise": lambda: random.standard_normal((2, samples)),
        "clicks": lambda: (random.random((2, samples)) < 0.002) * random.standard_normal((2, samples)) * 8.0,
        "square": lambda: np.tile(np.sign(np.sin(t * 0.0631)) * 1.6, (2, 1)),
        "quarter of the rate": lambda: np.tile(2.0 * np.sin(t * np.pi / 2.0 + np.pi / 4.0), (2, 1)),
        "bursts": lambda: np.tile((t % (rate_hz // 3) < rate_hz // 9) * 3.0 * np.sin(t * 0.143), (2, 1)),
        "one side": lambda: np.stack([random.standard_normal(samples), np.zeros(samples)]),
    }[name]()
    return np.asarray(signal.oaconvolve(made, band[None, :], axes=1, mode="same"))


@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 96_000])
@pytest.mark.parametrize("name", ["noise", "clicks", "square", "quarter of the rate", "bursts", "one side"])
@pytest.mark.parametrize(("ceiling_dbtp", "release_ms"), [(-1.0, 100.0), (-0.1, 1.0)])
def test_ceiling_holds_between_the_samples(
    name: str, rate_hz: int, ceiling_dbtp: float, release_ms: float
) -> None:
    audio = material(name, rate_hz)
    assert oversampled_peak_dbtp(audio) > 3.0
    out, _ = limited(audio, Limiter(True, ceiling_dbtp, release_ms), rate_hz)
    assert ebur128_peak_dbtp(out, rate_hz) <= ceiling_dbtp
    assert oversampled_peak_dbtp(out) <= ceiling_dbtp
    assert oversampled_peak_dbtp(out) > ceiling_dbtp - MARGIN_DB - 0.35


@pytest.mark.parametrize("push_db", [6.0, 12.0])
def test_ceiling_holds_on_finished_masters(shared: Path, push_db: float) -> None:
    files = sorted((shared / "audio" / "references").iterdir())
    files = [path for path in files if path.suffix in {".flac", ".ogg"}]
    assert len(files) >= 8
    for path in files:
        audio, rate_hz = sf.read(path, frames=44_100 * 8, always_2d=True)
        pushed = audio.T * 10.0 ** (push_db / 20.0)
        out, _ = limited(pushed, Limiter(True, -1.0, 100.0), rate_hz)
        assert ebur128_peak_dbtp(out, rate_hz) <= -1.0, path.name
        assert oversampled_peak_dbtp(out) <= -1.0, path.name


@pytest.mark.parametrize("block", [1, 37, 512, 1000, 65_536])
def test_blocks_do_not_matter(block: int) -> None:
    audio = material("bursts", 8_000)[:, :6_000]
    whole, gains = limited(audio, Limiter(True, -3.0, 30.0), 8_000)
    parts, part_gains = limited(audio, Limiter(True, -3.0, 30.0), 8_000, block)
    assert np.array_equal(whole, parts)
    assert np.array_equal(gains, part_gains)


@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 192_000])
def test_below_the_ceiling_no_bit_changes(rate_hz: int) -> None:
    audio = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 30_000))
    audio *= 0.8 / 10.0 ** (oversampled_peak_dbtp(audio) / 20.0)
    out, gains = limited(audio, Limiter(True, -1.0, 100.0), rate_hz)
    assert np.array_equal(out, audio)
    assert not gains.any()


def test_back_to_the_bit_after_a_peak() -> None:
    """Released fully, the gain is exactly one again."""
    audio = np.full((2, 96_000), 0.1)
    audio[:, 1_000] = 2.0
    out, _ = limited(audio, Limiter(True, -1.0, 20.0), 48_000)
    assert abs(out[0, 1_000]) < 0.9
    assert np.array_equal(out[:, 60_000:], audio[:, 60_000:])


def test_gain_is_there_when_the_peak_comes_and_recovers_by_the_release() -> None:
    """A second of +6 dB: full reduction over all of it, then 63 % back (in dB) after the release."""
    rate_hz, release_ms = 48_000, 200.0
    tone = np.sin(np.arange(2 * rate_hz) * 2.0 * np.pi * 1000.0 / rate_hz) * 0.5
    tone[rate_hz // 2 : rate_hz] *= 4.0
    _, gains = limited(np.tile(tone, (2, 1)), Limiter(True, 0.0, release_ms), rate_hz)
    needed_db = -20.0 * math.log10(2.0) - MARGIN_DB
    inside = gains[rate_hz // 2 + 48 : rate_hz - 48]
    assert np.all(inside <= needed_db + 0.01)
    assert inside.min() == pytest.approx(needed_db, abs=0.01)
    assert not gains[: rate_hz // 2 - round(0.006 * rate_hz)].any()
    recovering = gains[rate_hz + 48 :]
    share = recovering / needed_db
    gone = [np.argmax(share < level) for level in (0.9, 0.9 * math.exp(-1.0))]
    assert gone[1] - gone[0] == pytest.approx(release_ms * rate_hz / 1000.0, rel=0.01)


def test_channels_are_linked() -> None:
    audio = material("one side", 48_000)
    audio[1] = 0.25
    out, gains = limited(audio, Limiter(True, -1.0, 50.0), 48_000)
    assert np.allclose(out[1], 0.25 * 10.0 ** (gains / 20.0), rtol=1e-12)


def test_in_the_render(studio: Any) -> None:
    audio = material("noise", 48_000)
    studio.add("a", audio)
    mix = Mix(48_000, (TrackStrip("a"),), master=Master(limiter=Limiter(True, -2.0, 60.0)))
    expected, gains = limited(audio.astype(np.float32).astype(float), Limiter(True, -2.0, 60.0), 48_000)
    with studio.rendered(mix, block_samples=1_000) as rendered:
        heard = np.concatenate([part.T for part in rendered.work.blocks()], axis=1)
        assert np.array_equal(heard, expected.astype(np.float32))
        assert rendered.limiter_reduction.max() == pytest.approx(-gains.min(), rel=1e-6)
        assert rendered.measurement.true_peak_dbtp <= -2.0


def test_why_not_pedalboards() -> None:
    """Its limiter lets true peaks over the ceiling; the figures stand in docs/rendering.md."""
    from pedalboard import BrickwallLimiter

    audio = material("clicks", 44_100)
    theirs = BrickwallLimiter(ceiling_db=-1.0, release_ms=100.0, lookahead_ms=5.0, true_peak=True)
    heard = theirs(audio.astype(np.float32), 44_100).astype(float)
    assert oversampled_peak_dbtp(heard) > -1.0
