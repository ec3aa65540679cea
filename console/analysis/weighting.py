"""K-weighting of ITU-R BS.1770-4 at any sample rate."""

import math

import numpy as np
from numpy.typing import NDArray

#: The loudness of a signal is this plus ten times the logarithm of its weighted power.
LOUDNESS_OFFSET_LU = -0.691


def k_weighting(sample_rate_hz: int) -> NDArray[np.float64]:
    """The head shelf and the high-pass as two biquads, rows of (b0, b1, b2, a1, a2).

    BS.1770-4 tabulates them at 48 kHz only; these are the analogue prototypes behind that table, mapped by the
    bilinear transform with pre-warping (B. De Man, "Evaluation of Implementations of the EBU R128 Loudness
    Measurement", AES 145, 2018). At 48 kHz they agree with the table to 1e-8.
    """
    k = math.tan(math.pi * 1681.974450955533 / sample_rate_hz)
    q = 0.7071752369554196
    high = 10.0 ** (3.999843853973347 / 20.0)
    band = high**0.4996667741545416
    a0 = 1.0 + k / q + k * k
    shelf = (
        (high + band * k / q + k * k) / a0,
        2.0 * (k * k - high) / a0,
        (high - band * k / q + k * k) / a0,
        2.0 * (k * k - 1.0) / a0,
        (1.0 - k / q + k * k) / a0,
    )
    k = math.tan(math.pi * 38.13547087602444 / sample_rate_hz)
    q = 0.5003270373238773
    a0 = 1.0 + k / q + k * k
    highpass = (1.0, -2.0, 1.0, 2.0 * (k * k - 1.0) / a0, (1.0 - k / q + k * k) / a0)
    return np.array((shelf, highpass))
