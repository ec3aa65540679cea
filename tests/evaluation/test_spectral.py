"""Spectral figures and panning against plain loops in float64, and against what is known of simple signals."""

from itertools import pairwise

import numpy as np
import pytest
from scipy import signal

from bridge.evaluation.spectral import measure_spectral


def _plain(audio: np.ndarray, rate: int) -> dict[str, float]:
    """The definitions of docs/evaluation.md, frame by frame, on scipy's short-time transform."""
    length = int(2 ** round(np.log2(0.0464 * rate)))
    transform = signal.ShortTimeFFT(signal.get_window("hann", length), length // 2, rate, fft_mode="onesided")
    found: dict[str, list[float]] = {}
    starts = range(0, audio.shape[1] - length + 1, length // 2)
    powers = [float((audio[:, at : at + length] ** 2).sum()) for at in starts]
    hz = transform.f
    edges = [0, 200, 400, 800, 1600, 3200, 6400, np.inf]
    for at, power in zip(starts, powers, strict=True):
        if power < 1e-6 * max(powers):
            continue
        left, right = (
            np.abs(np.fft.rfft(channel[at : at + length] * transform.win)).astype(np.float64)
            for channel in audio
        )
        a = np.sqrt((left**2 + right**2) / 2)
        floored = np.maximum(a, 1e-5 * a.max())
        centroid = np.average(hz, weights=a)
        row = {
            "centroid": centroid,
            "bandwidth": np.sqrt(np.average((hz - centroid) ** 2, weights=a)),
            "rolloff": hz[[a[: k + 1].sum() >= 0.85 * a.sum() for k in range(len(a))].index(True)],
            "flatness": 10 * np.log10(np.exp(np.mean(np.log(floored**2))) / np.mean(floored**2)),
        }
        contrasts = []
        for low, high in pairwise(edges):
            inside = np.sort(floored[(hz >= low) & (hz < high)])
            if len(inside):
                count = max(1, round(0.02 * len(inside)))
                contrasts.append(20 * np.log10(np.mean(inside[-count:]) / np.mean(inside[:count])))
        row["contrast"] = float(np.mean(contrasts))
        energy = left**2 + right**2
        index = [
            1 - 2 * p * q / e if e > 1e-8 * energy.max() else 0.0
            for p, q, e in zip(left, right, energy, strict=True)
        ]
        for name, low, high in (
            ("low", 0, 250),
            ("mid", 250, 2500),
            ("high", 2500, np.inf),
            ("all", 0, np.inf),
        ):
            chosen = [value for value, f in zip(index, hz, strict=True) if low <= f < high]
            row[name] = float(np.sqrt(np.mean(np.square(chosen))))
        for name, value in row.items():
            found.setdefault(name, []).append(float(value))
    return {name: float(np.mean(values)) for name, values in found.items()}


@pytest.mark.parametrize("rate", [8_000, 44_100, 96_000])
def test_all_figures_equal_a_plain_loop(rate: int) -> None:
    random = np.random.default_rng(rate)
    shape = signal.butter(1, 0.2, output="sos")
    audio = signal.sosfilt(shape, random.standard_normal((2, rate)))
    audio[1] = 0.3 * audio[0] + 0.5 * audio[1]
    audio[:, rate // 2 : rate // 2 + rate // 4] *= 1e-5  # quiet frames, which are left out
    found, plain = measure_spectral(audio, rate), _plain(audio, rate)
    assert found.centroid_hz == pytest.approx(plain["centroid"], rel=1e-9)
    assert found.bandwidth_hz == pytest.approx(plain["bandwidth"], rel=1e-9)
    assert found.rolloff_hz == pytest.approx(plain["rolloff"], rel=1e-9)
    assert found.flatness_db == pytest.approx(plain["flatness"], rel=1e-9)
    assert found.contrast_db.mean() == pytest.approx(plain["contrast"], rel=1e-9)
    for band in ("all", "low", "mid", "high"):
        assert found.panning[band] == pytest.approx(plain[band], rel=1e-9)


@pytest.mark.parametrize("gain", [1e-3, 1.0, 30.0])
def test_the_level_takes_no_part(gain: float) -> None:
    audio = np.random.default_rng(1).standard_normal((2, 44_100))
    one, other = measure_spectral(audio, 44_100), measure_spectral(gain * audio, 44_100)
    assert other.centroid_hz == pytest.approx(one.centroid_hz, rel=1e-9)
    assert other.flatness_db == pytest.approx(one.flatness_db, rel=1e-9)
    assert np.allclose(other.contrast_db, one.contrast_db)


def test_a_sine_has_its_centroid_at_its_frequency() -> None:
    rate = 44_100
    sine = np.sin(2 * np.pi * 3000.0 * np.arange(rate) / rate)
    found = measure_spectral(np.stack((sine, sine)), rate)
    assert found.centroid_hz == pytest.approx(3000.0, rel=0.02)
    assert found.rolloff_hz == pytest.approx(3000.0, abs=2 * rate / 2048)
    assert found.flatness_db < -60.0
    assert found.panning["all"] == 0.0


@pytest.mark.parametrize(("left", "right", "place"), [(1.0, 1.0, 0.0), (1.0, 0.0, 1.0), (1.0, 0.5, 0.2)])
def test_panning_of_one_source_is_its_place(left: float, right: float, place: float) -> None:
    """One source with gains l and r: 1 − 2lr/(l² + r²), whatever its spectrum."""
    noise = np.random.default_rng(2).standard_normal(44_100)
    found = measure_spectral(np.stack((left * noise, right * noise)), 44_100)
    for band in ("all", "low", "mid", "high"):
        assert found.panning[band] == pytest.approx(place, abs=2e-3)


def test_a_low_rate_leaves_no_room_above_it() -> None:
    found = measure_spectral(np.random.default_rng(3).standard_normal((2, 16_000)), 4_000)
    assert found.panning["high"] == 0.0
    assert len(found.contrast_db) == 5  # edges at 0, 200, 400, 800, 1600 Hz lie below 2 kHz
