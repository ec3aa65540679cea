"""The audio features against plain numpy; floors, gradients and bad input."""

import numpy as np
import pytest
from scipy import signal

torch = pytest.importorskip("torch")

from console.analysis.values import BARK_EDGES_HZ  # noqa: E402
from console.errors import ParamError  # noqa: E402
from console.losses.features import WEIGHTS, feature_loss, feature_losses, features  # noqa: E402

RATE = 44_100


def stereo(seed: int, samples: int = 40_000):  # type: ignore[no-untyped-def]
    return torch.from_numpy(np.random.default_rng(seed).standard_normal((2, samples)) * [[0.1], [0.05]])


def test_features_follow_the_paper() -> None:
    audio = stereo(1)
    x = audio.numpy()
    got = features(audio, RATE)
    mid, side = (x[0] + x[1]) / 2, (x[0] - x[1]) / 2
    assert float(got.rms) == pytest.approx(10 * np.log10((x**2).mean()))
    assert float(got.crest) == pytest.approx(
        20 * np.log10(np.abs(x).max() / np.sqrt((x**2).mean())), abs=1e-3
    )
    assert float(got.width) == pytest.approx((side**2).sum() / (mid**2).sum(), rel=1e-4)
    right, left = (x[1] ** 2).sum(), (x[0] ** 2).sum()
    assert float(got.imbalance) == pytest.approx((right - left) / (right + left), rel=1e-6)
    hz, power = signal.welch(mid, RATE, "hann", 4096, detrend=False)
    for band in range(3, 24):
        inside = (hz >= BARK_EDGES_HZ[band]) & (hz < BARK_EDGES_HZ[band + 1])
        expected = np.log10(power[inside].sum() * (hz[1] - hz[0]) + 1e-8)
        assert float(got.mid[band]) == pytest.approx(expected, abs=1e-3)


def test_loss_is_the_weighted_sum_of_its_terms() -> None:
    one, other = stereo(1), 0.5 * stereo(2)
    terms = feature_losses(one, other, RATE)
    assert set(terms) == set(WEIGHTS)
    expected = sum(WEIGHTS[name] * float(value) for name, value in terms.items())
    assert float(feature_loss(one, other, RATE)) == pytest.approx(expected)
    assert float(feature_loss(one, one, RATE)) == 0.0


def test_a_silent_side_cannot_dominate() -> None:
    mono = stereo(1)[:1].repeat(2, 1)
    terms = feature_losses(mono, stereo(2), RATE)
    # Unfloored, one silent band of the side (10^-24 against 10^-5) would be off by 19², not by some decades.
    assert float(terms["side"]) < 6.0**2
    assert float(terms["width"]) < 1.0


@pytest.mark.parametrize("silent", ["all", "one channel", "side"])
def test_gradients_are_finite_in_silence(silent: str) -> None:
    audio = stereo(3)
    audio = {
        "all": 0.0 * audio,
        "one channel": audio * torch.tensor([[1.0], [0.0]]),
        "side": audio[:1].repeat(2, 1),
    }[silent]
    audio = audio.clone().requires_grad_(True)
    loss = feature_loss(audio, stereo(4), RATE)
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(audio.grad).all()


def test_gradient_is_that_of_finite_differences() -> None:
    audio, wanted = stereo(5, 6000).requires_grad_(True), stereo(6, 6000)
    feature_loss(audio, wanted, RATE).backward()
    direction = stereo(7, 6000)
    direction[:, audio.detach().abs().argmax(dim=1)] = 0.0  # the crest has a corner there
    step = 1e-6
    with torch.no_grad():
        up, down = (feature_loss(audio + s * step * direction, wanted, RATE) for s in (1, -1))
    assert float((audio.grad * direction.detach()).sum()) == pytest.approx(
        float(up - down) / (2 * step), rel=1e-4
    )


@pytest.mark.parametrize("shape", [(1, 100), (2, 0), (100,)])
def test_what_is_not_stereo_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ParamError, match="not stereo"):
        features(torch.zeros(shape), RATE)


@pytest.mark.parametrize("rate", [8000, 192_000])
def test_odd_rates_and_short_signals_work(rate: int) -> None:
    assert torch.isfinite(feature_loss(stereo(1, 50), stereo(2, 50), rate))
