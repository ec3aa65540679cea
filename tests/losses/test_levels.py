"""Loudness and true peak with gradients against the meter of the analysis and closed forms."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from console.analysis import TrackAnalyzer  # noqa: E402
from console.errors import ParamError  # noqa: E402
from console.losses.levels import loudness_lufs, over_db, true_peak_dbtp  # noqa: E402
from console.losses.prior import PROFESSIONAL, compressor_implausibility, implausibility  # noqa: E402


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_loudness_of_steady_noise_is_that_of_the_meter(rate: int, channels: int) -> None:
    audio = 0.1 * np.random.default_rng(1).standard_normal((channels, 4 * rate)).astype(np.float32)
    meter = TrackAnalyzer(rate, channels)
    meter.push(audio)
    ours = float(loudness_lufs(torch.from_numpy(audio), rate))
    assert ours == pytest.approx(meter.result().integrated_lufs, abs=0.02)


def test_a_sine_at_997_hz_reads_its_level() -> None:
    t = np.arange(48_000 * 4) / 48_000
    audio = torch.from_numpy(np.stack([0.1 * np.sin(2 * np.pi * 997.0 * t)] * 2))
    assert float(loudness_lufs(audio, 48_000)) == pytest.approx(-20.0, abs=0.02)  # EBU Tech 3341


@pytest.mark.parametrize("phase", [0.0, 0.25, 0.5, 0.785398])
def test_true_peak_sees_between_the_samples(phase: float) -> None:
    t = np.arange(4000)
    envelope = np.hanning(4000)
    audio = 0.5 * envelope * np.sin(0.5 * np.pi * t + phase)
    peak = float(true_peak_dbtp(torch.from_numpy(audio[None])))
    assert peak == pytest.approx(20 * np.log10(0.5), abs=0.1)


def test_gradients_are_right() -> None:
    audio = torch.from_numpy(0.1 * np.random.default_rng(2).standard_normal((2, 2000))).requires_grad_(True)
    loss = loudness_lufs(audio, 48_000) + over_db(true_peak_dbtp(audio), -20.0)
    loss.backward()
    # By Euler's theorem the loudness rises by 20/ln 10 dB, and so does the peak, when all is scaled.
    scaled = float((audio.grad * audio.detach()).sum())
    over = float(true_peak_dbtp(audio.detach())) + 20.0
    assert scaled == pytest.approx((1.0 + 2.0 * over) * 20.0 / np.log(10.0), rel=1e-3)


@pytest.mark.parametrize("audio", [torch.zeros(2, 1000)])
def test_silence_is_finite(audio: "torch.Tensor") -> None:
    audio = audio.requires_grad_(True)
    (loudness_lufs(audio, 48_000) + true_peak_dbtp(audio)).backward()
    assert torch.isfinite(audio.grad).all()


def test_bad_shapes_are_refused() -> None:
    with pytest.raises(ParamError, match="no loudness"):
        loudness_lufs(torch.zeros(3, 100), 48_000)
    with pytest.raises(ParamError, match="no true peak"):
        true_peak_dbtp(torch.zeros(2, 0))


@pytest.mark.parametrize("name", sorted(PROFESSIONAL))
def test_professional_settings_are_plausible_and_others_less_so(name: str) -> None:
    low, median, high = PROFESSIONAL[name]
    assert implausibility(name, low) == implausibility(name, median) == implausibility(name, high) == 0.0
    assert implausibility(name, high * 1.5 if high > 0 else high / 2) > 0.0
    further = implausibility(name, high * 2.0 if high > 0 else high / 4)
    assert further > implausibility(name, high * 1.5 if high > 0 else high / 2)


def test_unknown_parameters_are_plausible() -> None:
    assert implausibility("strip.pan", 0.9) == 0.0


def test_a_compressor_is_judged_against_the_level_that_it_gets() -> None:
    usual = compressor_implausibility(-22.0, 3.3, 2.7, 259.0, level_db=-18.0)
    assert (usual == 0.0).all()
    assert (compressor_implausibility(-32.0, 3.3, 2.7, 259.0, level_db=-28.0) == 0.0).all()
    deep = compressor_implausibility(-38.0, 3.3, 2.7, 259.0, level_db=-18.0)
    assert deep[0] == pytest.approx((-26.0 + 38.0) / 8.0)
    assert (deep[1:] == 0.0).all()
    # What hardly works can hardly be odd.
    hardly = compressor_implausibility(-38.0, 1.02, 90.0, 3000.0, level_db=-18.0)
    odd = compressor_implausibility(-38.0, 3.0, 90.0, 3000.0, level_db=-18.0)
    assert (hardly < 0.05 * odd + 1e-12).all()
    assert hardly[1] == odd[1] == 0.0
    assert compressor_implausibility(-22.0, 20.0, 2.7, 259.0, level_db=-18.0)[1] > 0.0
