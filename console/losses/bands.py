"""Half critical bands, in which energies are counted: their edges, loudness weights and filter responses."""

import numpy as np
from numpy.typing import NDArray

from console.analysis.values import BARK_BANDS, BARK_EDGES_HZ
from console.analysis.weighting import k_weighting
from console.dsp import design

Array = NDArray[np.float64]

#: Bands per critical band.
SPLIT = 2
BANDS = SPLIT * BARK_BANDS
#: Points of each band at which a filter's response is taken.
POINTS = 3


def _edges_hz() -> Array:
    edges = np.array(BARK_EDGES_HZ)
    inner = edges[:-1, None] + (edges[1:] - edges[:-1])[:, None] * np.arange(SPLIT) / SPLIT
    return np.append(inner.ravel(), edges[-1])


EDGES_HZ = _edges_hz()


def _probes_hz() -> Array:
    low, high = EDGES_HZ[:-1], EDGES_HZ[1:]
    position = (np.arange(POINTS) + 0.5) / POINTS
    return np.asarray(np.maximum(low[:, None] + (high - low)[:, None] * position, 25.0)).ravel()


#: Frequencies of the points, (BANDS * POINTS,).
PROBES_HZ = _probes_hz()


def band_power(response_db: Array) -> Array:
    """Mean power response of each band, (BANDS,), from a response at PROBES_HZ."""
    return np.asarray((10.0 ** (response_db / 10.0)).reshape(BANDS, POINTS).mean(axis=1))


def _loudness_weights() -> Array:
    """Power weight of each band in loudness (the K-weighting of ITU-R BS.1770)."""
    sections = np.insert(k_weighting(48000), 3, 1.0, axis=1)
    return band_power(design.response_db(sections, PROBES_HZ, 48000.0))


LOUDNESS_WEIGHTS = _loudness_weights()


def bin_edges(sample_rate_hz: float, length: int) -> NDArray[np.int64]:
    """First bin of each band and the end of the last, (BANDS + 1,), of a transform of this length."""
    bins = np.ceil(EDGES_HZ * length / sample_rate_hz).astype(np.int64)
    return np.minimum(bins, length // 2 + 1)
