"""Responses of equalizer bands against scipy's in float64: down to the lowest bell, in float32 too."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.signal import freqz

from console.losses.bands import PROBES_HZ
from console.losses.curves import band_responses, probe_versine

#: Hz, dB, q and kind: −1 a high shelf, 0 a bell, 1 a low shelf.
BANDS = (
    (25.0, 9.0, 0.71, 1.0),
    (30.0, -9.0, 4.0, 0.0),
    (60.0, 6.0, 0.4, 0.0),
    (150.0, -12.0, 1.0, 1.0),
    (3000.0, 12.0, 2.0, 0.0),
    (9000.0, -6.0, 0.71, -1.0),
)


def _cookbook(hz: float, gain_db: float, q: float, kind: float, rate: float) -> NDArray[np.float64]:
    """The power response of a biquad of Bristow-Johnson's cookbook at the probes."""
    a, w = 10.0 ** (gain_db / 40.0), 2.0 * np.pi * hz / rate
    cosine, alpha = np.cos(w), np.sin(w) / (2.0 * q)
    if kind == 0.0:
        b = (1.0 + alpha * a, -2.0 * cosine, 1.0 - alpha * a)
        c = (1.0 + alpha / a, -2.0 * cosine, 1.0 - alpha / a)
    else:
        k, root = kind * cosine, 2.0 * np.sqrt(a) * alpha
        b = (
            a * (a + 1 - (a - 1) * k + root),
            kind * 2 * a * (a - 1 - (a + 1) * k),
            a * (a + 1 - (a - 1) * k - root),
        )
        c = (a + 1 + (a - 1) * k + root, -kind * 2 * (a - 1 + (a + 1) * k), a + 1 + (a - 1) * k - root)
    at = np.minimum(PROBES_HZ, 0.5 * rate)
    return np.abs(freqz(b, c, at, fs=rate, include_nyquist=True)[1]) ** 2


@pytest.mark.parametrize("rate", [44_100, 192_000])
@pytest.mark.parametrize(("dtype", "within_db"), [(torch.float64, 1e-6), (torch.float32, 2e-4)])
def test_a_response_is_the_cookbooks(rate: int, dtype: torch.dtype, within_db: float) -> None:
    hz, gain_db, q, kind = torch.tensor(BANDS, dtype=dtype).unbind(dim=1)
    signs = torch.where(kind < 0.0, -1.0, 1.0).to(dtype)
    got = band_responses(
        torch.log2(hz), gain_db, torch.log2(q), kind != 0.0, signs, probe_versine(rate).to(dtype), rate
    )
    wanted = np.stack([_cookbook(*band, float(rate)) for band in BANDS])
    np.testing.assert_allclose(10.0 * np.log10(got.numpy()), 10.0 * np.log10(wanted), atol=within_db)
