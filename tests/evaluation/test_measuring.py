"""Measures and distances of mixes against independent references: numpy, scipy, pyloudnorm, auraloss."""

from itertools import pairwise

import numpy as np
import pytest
from scipy import signal

from bridge.evaluation.measuring import (
    HIDDEN_DB,
    aligned_distances,
    at_one_loudness,
    distances,
    dynamic_spread_db,
    masking_figures,
    measure,
)
from bridge.evaluation.published import published_features
from bridge.evaluation.terms import TERMS
from console.analysis.masking import MaskedPair, Masking
from console.errors import ParamError
from console.frozen import FrozenMap

RATE = 44_100
BARK_HZ = (
    0, 100, 200, 300, 400, 510, 630, 770, 920, 1080, 1270, 1480, 1720, 2000, 2320, 2700, 3150, 3700, 4400, 5300,
    6400, 7700, 9500, 12000, 15500,
)  # fmt: skip


def _music(seed: int, seconds: float = 3.0, rate: int = RATE) -> np.ndarray:
    random = np.random.default_rng(seed)
    count = int(seconds * rate)
    tone = signal.sosfilt(signal.butter(1, 2000, fs=rate, output="sos"), random.standard_normal((2, count)))
    envelope = 0.1 + np.exp(-(np.arange(count) % (rate // 2)) / (0.08 * rate))
    audio = tone * envelope
    audio[1] = 0.6 * audio[0] + 0.5 * audio[1]
    return np.asarray(0.2 * audio / np.abs(audio).max())


def _bark_ln(signal_: np.ndarray, rate: int) -> np.ndarray:
    """Mean magnitude a band by scipy's transform of the same frames."""
    frames = [signal_[at : at + 4096] for at in range(0, len(signal_) - 4095, 2048)]
    mean = np.mean([np.abs(np.fft.rfft(frame * signal.get_window("hann", 4096))) for frame in frames], axis=0)
    hz = np.fft.rfftfreq(4096, 1 / rate)
    return np.array(
        [np.log(np.mean(mean[(hz >= low) & (hz < high)]) + 1e-8) for low, high in pairwise(BARK_HZ)]
    )


def test_loudness_and_crest_equal_an_independent_meter() -> None:
    pyloudnorm = pytest.importorskip("pyloudnorm", reason="pyloudnorm measures loudness")
    audio = _music(1, 6.0)
    found = measure(audio, RATE)
    loudness = pyloudnorm.Meter(RATE).integrated_loudness(audio.T)
    assert found.figures["integrated_lufs"] == pytest.approx(loudness, abs=0.1)
    rms = np.sqrt(np.mean(audio**2))
    assert found.figures["crest_db"] == pytest.approx(20 * np.log10(np.abs(audio).max() / rms), abs=1e-4)
    assert found.figures["rms_db"] == pytest.approx(
        20 * np.log10(rms) - 18.0 - found.figures["integrated_lufs"], abs=1e-6
    )
    oversampled = signal.resample_poly(audio, 8, 1, axis=1)
    assert found.figures["true_peak_dbtp"] == pytest.approx(20 * np.log10(np.abs(oversampled).max()), abs=0.3)
    mid, side = (audio[0] + audio[1]) / 2, (audio[0] - audio[1]) / 2
    assert found.figures["width_db"] == pytest.approx(10 * np.log10((side @ side) / (mid @ mid)), abs=1e-6)


def test_published_features_equal_their_definition() -> None:
    audio = _music(2)
    found = published_features(audio, RATE)
    left, right = audio
    mid, side = (left + right) / 2, (left - right) / 2
    assert found["rms"][0] == pytest.approx(np.sqrt(np.mean(audio**2)))
    assert found["crest"][0] == pytest.approx(20 * np.log10(np.abs(audio).max() / np.sqrt(np.mean(audio**2))))
    assert found["width"][0] == pytest.approx(np.sum(side**2) / np.sum(mid**2))
    assert found["imbalance"][0] == pytest.approx(
        (np.sum(right**2) - np.sum(left**2)) / (np.sum(right**2) + np.sum(left**2))
    )
    assert np.allclose(found["mid"], _bark_ln(mid, RATE), rtol=1e-9)
    assert np.allclose(found["side"], _bark_ln(side, RATE), rtol=1e-9)


def test_floored_features_equal_their_definition() -> None:
    audio = _music(3)
    found = measure(audio, RATE)
    even = at_one_loudness(audio, found.sound.loudness_lufs)
    side, mid = (even[0] - even[1]) / 2, (even[0] + even[1]) / 2
    floor = 1e-6 * np.mean(even**2)
    assert found.floored["rms"][0] == pytest.approx(10 * np.log10(np.mean(even**2)), abs=1e-5)
    assert found.floored["width"][0] == pytest.approx(
        (np.mean(side**2) + floor) / (np.mean(mid**2) + floor), rel=1e-6
    )
    window = signal.get_window("hann", 4096)
    frames = [side[at : at + 4096] * window for at in range(0, len(side) - 4095, 2048)]
    power = np.mean([np.abs(np.fft.rfft(frame)) ** 2 for frame in frames], axis=0) * 2 / (0.375 * 4096**2)
    hz = np.fft.rfftfreq(4096, 1 / RATE)
    bands = [np.log10(power[(hz >= low) & (hz < high)].sum() + 1e-8) for low, high in pairwise(BARK_HZ)]
    assert np.allclose(found.floored["side"], bands, atol=1e-4)


def test_a_silent_side_is_infinitely_worse_only_in_the_published_form() -> None:
    """The paper's table has 33.4 for the equal-loudness sum of mono stems: an artefact of the silent side."""
    stereo = _music(4)
    mono = np.repeat(stereo.mean(axis=0, keepdims=True), 2, axis=0)
    terms = distances(measure(mono, RATE), measure(stereo, RATE))
    assert terms["published.side"] > 150.0
    assert terms["published.total"] > 15.0
    assert terms["features.side"] < 25.0
    assert terms["features.total"] < 3.0
    assert terms["published.mid"] < 0.5


def test_weighted_sums_have_the_weights_of_the_paper() -> None:
    terms = distances(measure(_music(5), RATE), measure(_music(6) * np.array([[1.0], [0.5]]), RATE))
    weights = {"rms": 0.1, "crest": 0.001, "width": 1.0, "imbalance": 1.0, "mid": 0.1, "side": 0.1}
    for kind in ("features", "published"):
        total = sum(weight * terms[f"{kind}.{name}"] for name, weight in weights.items())
        assert terms[f"{kind}.total"] == pytest.approx(total, rel=1e-12)
        assert terms[f"{kind}.imbalance"] > 0.01


def test_dynamic_spread_is_the_mean_deviation_of_levels() -> None:
    rate = 48_000
    loud, soft = np.full(rate, 0.5), np.full(rate, 0.05)  # 20 dB apart, as long as one another: ±10 dB
    audio = np.repeat(np.concatenate((loud, soft))[None], 2, axis=0)
    assert dynamic_spread_db(audio, rate) == pytest.approx(10.0, abs=1e-9)
    quiet = np.concatenate((audio, 1e-6 * audio), axis=1)  # 100 dB down, left out
    assert dynamic_spread_db(quiet, rate) == pytest.approx(10.0, abs=1e-9)


def test_a_mix_is_no_distance_from_itself_at_another_level() -> None:
    audio = _music(7)
    for gain in (1.0, 0.25):
        terms = distances(measure(audio, RATE), measure(gain * audio, RATE))
        assert max(terms.values()) < 1e-3
    found = aligned_distances(audio, audio)
    assert max(found.values()) == 0.0


def test_spectral_distances_equal_auraloss() -> None:
    auraloss = pytest.importorskip("auraloss", reason="auraloss has the spectral distances")
    torch = pytest.importorskip("torch")
    one, other = _music(8), _music(9)
    found = aligned_distances(one, other[:, :-700])
    windows = [512, 2048, 8192]
    settings = {
        "fft_sizes": windows, "hop_sizes": [n // 2 for n in windows], "win_lengths": windows, "w_sc": 0.0,
        "w_log_mag": 1.0, "w_lin_mag": 1.0,
    }  # fmt: skip
    pair = [torch.from_numpy(x[:, : one.shape[1] - 700].astype(np.float32))[None] for x in (one, other)]
    whole = auraloss.freq.MultiResolutionSTFTLoss(**settings)(*pair)
    assert found["mrstft"] == pytest.approx(float(whole), rel=1e-3)
    assert found["mrstft"] == pytest.approx(found["mrstft_linear"] + found["mrstft_log"], rel=1e-6)
    sums = [torch.stack((x[:, 0] + x[:, 1], x[:, 0] - x[:, 1]), dim=1) for x in pair]
    parts = [
        float(auraloss.freq.MultiResolutionSTFTLoss(**settings)(*(x[:, n : n + 1] for x in sums)))
        for n in (0, 1)
    ]
    assert found["stereo"] == pytest.approx(np.mean(parts), rel=1e-3)


def test_octaves_are_octaves() -> None:
    rate = 48_000
    t = np.arange(2 * rate) / rate
    low, high = (np.repeat(np.sin(2 * np.pi * hz * t)[None], 2, axis=0) for hz in (1000.0, 4000.0))
    terms = distances(measure(low, rate), measure(high, rate))
    assert terms["centroid_octaves"] == pytest.approx(2.0, abs=0.02)


def test_every_term_that_is_measured_has_its_place_in_the_table() -> None:
    found = measure(_music(10), RATE)
    masking = Masking(
        FrozenMap({"a": 2.0, "b": -8.0}),
        (
            MaskedPair("b", "a", HIDDEN_DB, 0.0, 100.0, 1.0),
            MaskedPair("b", "c", HIDDEN_DB - 0.1, 0.0, 100.0, 1.0),
        ),
    )
    heard = masking_figures(masking)
    assert heard == {"audibility_mean_db": -3.0, "audibility_least_db": -8.0, "hidden_pairs": 1.0}
    figures = {**found.figures, **heard}
    assert set(figures) == {term.key for term in TERMS["figures"]}
    terms = distances(found, found)
    assert set(terms) == {term.key for term in TERMS["to_reference"]}
    assert {*terms, *aligned_distances(_music(10), _music(11))} == {term.key for term in TERMS["to_human"]}


@pytest.mark.parametrize(
    "audio",
    [
        np.zeros((2, RATE * 2)),
        np.full((2, RATE * 2), np.nan),
        np.ones((2, 100)),
        np.zeros((2, 0)),
        np.ones((1, RATE * 2)),
        np.ones(RATE),
    ],
    ids=["silent", "nan", "short", "empty", "mono", "flat"],
)
def test_what_cannot_be_measured_is_refused(audio: np.ndarray) -> None:
    with pytest.raises(ParamError, match=r"give|export"):
        measure(audio, RATE)


def test_no_tracks_no_masking() -> None:
    assert masking_figures(None) == {}
    assert masking_figures(Masking(FrozenMap(), ())) == {}
