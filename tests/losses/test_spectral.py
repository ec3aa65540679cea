"""The spectral distances against scipy and, where it is installed, auraloss."""

import numpy as np
import pytest
from scipy import signal

torch = pytest.importorskip("torch")

from console.errors import ParamError  # noqa: E402
from console.losses.spectral import WINDOWS, multi_resolution, sum_and_difference  # noqa: E402


def stereo(seed: int, samples: int = 20_000):  # type: ignore[no-untyped-def]
    return torch.from_numpy(np.random.default_rng(seed).standard_normal((2, samples)) * 0.1)


def by_scipy(one: np.ndarray, other: np.ndarray, length: int) -> tuple[float, float]:
    """Linear and log distance at one window, from scipy's transform of the mirrored signal."""
    window = signal.windows.hann(length, sym=False)
    magnitudes = []
    for x in (one, other):
        padded = np.pad(x, length // 2, mode="reflect")
        starts = range(0, len(padded) - length + 1, length // 2)
        spectra = np.stack([np.fft.rfft(window * padded[s : s + length]) for s in starts])
        magnitudes.append(np.sqrt(np.maximum(np.abs(spectra) ** 2, 1e-8)))
    a, b = magnitudes
    return float(np.abs(a - b).mean()), float(np.abs(np.log(a) - np.log(b)).mean())


def test_terms_are_those_of_a_plain_transform() -> None:
    one, other = stereo(1)[0], stereo(2)[0]
    terms = multi_resolution(one, other)
    expected = np.mean([by_scipy(one.numpy(), other.numpy(), length) for length in WINDOWS], axis=0)
    assert float(terms.linear) == pytest.approx(expected[0], rel=1e-9)
    assert float(terms.log) == pytest.approx(expected[1], rel=1e-9)


def test_sum_and_difference_take_channels_apart() -> None:
    one, other = stereo(1), stereo(2)
    total = sum_and_difference(one, other)
    parts = [
        multi_resolution(a[0] + s * a[1], b[0] + s * b[1]).total for a, b in [(one, other)] for s in (1, -1)
    ]
    assert float(total) == pytest.approx(float(sum(parts)) / 2.0)
    assert float(sum_and_difference(one.flip(0), other.flip(0))) == pytest.approx(float(total), rel=1e-9)


def test_auraloss_agrees() -> None:
    auraloss = pytest.importorskip("auraloss")
    settings = {
        "fft_sizes": list(WINDOWS),
        "hop_sizes": [length // 2 for length in WINDOWS],
        "win_lengths": list(WINDOWS),
        "w_sc": 0.0,
        "w_log_mag": 1.0,
        "w_lin_mag": 1.0,
    }
    one, other = stereo(3), stereo(4)
    theirs = auraloss.freq.MultiResolutionSTFTLoss(**settings)(one[None], other[None])
    assert float(multi_resolution(one, other).total) == pytest.approx(float(theirs), rel=1e-6)
    theirs = auraloss.freq.SumAndDifferenceSTFTLoss(**settings)(one[None], other[None])
    assert float(sum_and_difference(one, other)) == pytest.approx(float(theirs), rel=1e-6)


def test_gradients_are_finite_and_lead_there() -> None:
    wanted = stereo(5)
    audio = (0.3 * wanted).requires_grad_(True)
    before = sum_and_difference(audio, wanted)
    before.backward()
    assert torch.isfinite(audio.grad).all()
    moved = (audio - 0.5 * audio.grad / audio.grad.norm()).detach()
    assert float(sum_and_difference(moved, wanted)) < float(before.detach())


@pytest.mark.parametrize("silent", ["audio", "wanted", "both"])
def test_silence_gives_finite_losses_and_gradients(silent: str) -> None:
    sound = stereo(6)
    audio = (torch.zeros_like(sound) if silent != "wanted" else sound.clone()).requires_grad_(True)
    wanted = torch.zeros_like(sound) if silent != "audio" else sound
    loss = sum_and_difference(audio, wanted)
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(audio.grad).all()


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(ParamError, match="differ"):
        multi_resolution(stereo(1), stereo(1)[:, :-1])
    with pytest.raises(ParamError, match="too few"):
        multi_resolution(stereo(1, 100), stereo(1, 100))
    with pytest.raises(ParamError, match="not stereo"):
        sum_and_difference(stereo(1)[:1], stereo(1)[:1])
