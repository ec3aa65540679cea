"""Masking: how far each track stands above everything else in the critical bands that carry it.

Excitation spreads over the critical bands with the slopes of Schroeder, Atal & Hall (JASA 66, 1979): 25 dB
per Bark towards lower bands, 10 dB per Bark towards higher ones. A band carries a track by its share of the
track's specific loudness (power to the 0.23, after Zwicker), so that neither sub-bass nor one resonance stands
for all.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from console.analysis.values import BARK_BANDS, BARK_EDGES_HZ, FloatArray
from console.frozen import FrozenMap

Array = NDArray[np.float64]

#: Loudness exponent of power in a critical band.
_EXPONENT = 0.23
#: Power below which a band holds nothing that could mask or be masked (−100 dB).
_FLOOR = 1e-10
#: Beyond this a band counts as fully clear, or fully buried, in dB.
_CLEAR_DB = 20.0
_BURIED_DB = -40.0
#: The most hops that are looked at: of longer material every second, third, … hop stands for its neighbours.
_MOST_HOPS = 600
_MOST_PAIR_HOPS = 400
#: Hidden by less than this on average is not worth a word, in dB.
_LEAST_HIDDEN_DB = 0.5
#: Share of a track's loudness that its own bands hold.
_OWN_SHARE = 0.9


@dataclass(frozen=True, slots=True)
class MaskedPair:
    """One track hides another: by how much where it hides it most, in which critical band, how often."""

    masked: str
    masker: str
    amount_db: float
    low_hz: float
    high_hz: float
    time_share: float


@dataclass(frozen=True, slots=True)
class Masking:
    """Audibility of every track, and the pairs in which one hides another, the strongest first.

    `audibility_db`: the track's level over that of all others in its own critical bands, weighted by the
    loudness that each band carries and, over time, by the power that it has there itself: what counts is how far
    it stands out when it sounds, not while it dies away.
    """

    audibility_db: FrozenMap[float]
    pairs: tuple[MaskedPair, ...]


def _spreading() -> Array:
    """Power that one Bark band lends to another, (from, to)."""
    distance = np.arange(BARK_BANDS)[None, :] - np.arange(BARK_BANDS)[:, None]
    slope_db = np.where(distance >= 0, -10.0 * distance, 25.0 * distance)
    return np.asarray(10.0 ** (slope_db / 10.0))


SPREADING = _spreading()


def thinning(hops: int) -> int:
    """Of how many hops one is looked at, so that the work does not grow with the length."""
    return max(1, -(-hops // _MOST_HOPS))


def own_bands(power: Array, active: NDArray[np.bool_]) -> Array:
    """Weight of each critical band for a track, summing to 1; 0 outside the bands that carry it.

    Args:
        power: (hops, 24), mean power in each critical band.
        active: (hops,), where the track plays.
    """
    chosen = power[active] if active.any() else power
    loudness = np.maximum(chosen, _FLOOR).mean(axis=0) ** _EXPONENT if len(chosen) else np.ones(BARK_BANDS)
    loudness = np.where(chosen.mean(axis=0) > _FLOOR, loudness, 0.0) if len(chosen) else loudness
    order = np.argsort(-loudness, kind="stable")
    total = float(loudness.sum())
    if total <= 0.0:
        return np.full(BARK_BANDS, 1.0 / BARK_BANDS)
    cumulative = np.cumsum(loudness[order]) / total
    kept = order[: int(np.searchsorted(cumulative, _OWN_SHARE)) + 1]
    weights = np.zeros(BARK_BANDS)
    weights[kept] = loudness[kept]
    return np.asarray(weights / weights.sum())


def margins_db(power: Array, rest: Array, weights: Array) -> Array:
    """Level of a track over the rest per hop, in dB, weighted over its own bands.

    Args:
        power: (hops, 24) of the track.
        rest: (hops, 24) of everything else, spread.
        weights: (24,) from `own_bands`.
    """
    margin = 10.0 * np.log10(np.maximum(power, _FLOOR) / np.maximum(rest, _FLOOR))
    return np.asarray(np.clip(margin, _BURIED_DB, _CLEAR_DB) @ weights)


def audibility_db(power: Array, rest: Array, weights: Array, active: NDArray[np.bool_]) -> float:
    """How far a track stands out when it sounds, in dB; fully clear where it never plays.

    Args:
        power: (hops, 24) of the track.
        rest: (hops, 24) of everything else, spread.
        weights: (24,) from `own_bands`.
        active: (hops,), where the track plays.
    """
    own = power[active] @ (weights > 0.0)
    total = float(own.sum())
    if total <= 0.0:
        return _CLEAR_DB
    return float(margins_db(power[active], rest[active], weights) @ own / total)


def masking(bark_db: Mapping[str, FloatArray], active: Mapping[str, NDArray[np.bool_]]) -> Masking:
    """Who hides whom in a set of tracks.

    Args:
        bark_db: per track (hops, 24), power in each critical band in dB, all on one time line; shorter arrays
            count as silent afterwards.
        active: per track (hops,), where it plays.
    """
    names = sorted(bark_db)
    if not names:
        return Masking(FrozenMap(), ())
    power, playing = stack(bark_db, active, names)
    spread = power @ SPREADING
    total = spread.sum(axis=0)
    weights = np.stack([own_bands(power[i], playing[i]) for i in range(len(names))])
    audibility = {}
    for index, name in enumerate(names):
        rest = total - spread[index]
        audibility[name] = audibility_db(power[index], rest, weights[index], playing[index])
    return Masking(FrozenMap(audibility), _pairs(names, power, spread, playing, weights))


def stack(
    bark_db: Mapping[str, FloatArray], active: Mapping[str, NDArray[np.bool_]], names: list[str]
) -> tuple[Array, NDArray[np.bool_]]:
    """Power (tracks, hops, 24) and activity (tracks, hops), thinned out and padded to one length."""
    step = thinning(max(len(bark_db[name]) for name in names))
    hops = max(len(bark_db[name][::step]) for name in names)
    power = np.zeros((len(names), hops, BARK_BANDS))
    playing = np.zeros((len(names), hops), dtype=np.bool_)
    for index, name in enumerate(names):
        levels = bark_db[name][::step]
        power[index, : len(levels)] = 10.0 ** (levels.astype(np.float64) / 10.0)
        playing[index, : len(levels)] = active[name][::step]
    return power, playing


def _pairs(
    names: list[str], power: Array, spread: Array, playing: NDArray[np.bool_], weights: Array
) -> tuple[MaskedPair, ...]:
    step = max(1, -(-power.shape[1] // _MOST_PAIR_HOPS))
    power, playing = power[:, ::step], playing[:, ::step]
    level = 10.0 * np.log10(np.maximum(power, _FLOOR))
    spread_level = 10.0 * np.log10(np.maximum(spread[:, ::step], _FLOOR))
    found = []
    for masked, name in enumerate(names):
        hops, bands = np.flatnonzero(playing[masked]), np.flatnonzero(weights[masked])
        # What hides a sound matters while it sounds: hops count by the power that the track has there.
        share = power[masked][np.ix_(hops, bands)]
        share = share / np.maximum(share.sum(axis=0), _FLOOR)
        own = level[masked][np.ix_(hops, bands)]
        for masker, other in enumerate(names):
            both = playing[masker, hops]
            if masker == masked or not both.any():
                continue
            excess = spread_level[masker][np.ix_(hops, bands)] - own
            hidden = (np.clip(excess, 0.0, _CLEAR_DB) * share * both[:, None]).sum(axis=0)
            worst = int(np.argmax(hidden * weights[masked, bands]))
            if hidden[worst] > _LEAST_HIDDEN_DB:
                low_hz, high_hz = BARK_EDGES_HZ[bands[worst]], BARK_EDGES_HZ[bands[worst] + 1]
                time_share = float(both.mean())
                found.append(MaskedPair(name, other, float(hidden[worst]), low_hz, high_hz, time_share))
    return tuple(sorted(found, key=lambda pair: (-pair.amount_db, pair.masked, pair.masker)))
