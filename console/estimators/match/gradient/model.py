"""The mix's sound as a function of its knobs, with gradients: whole-song energies per band instead of audio.

Of each strip the products of its channels with all others are known (see `playing`). Gain, pan, width and
sends are matrices on them, equalizers factors per band, an FX bus a fixed linear map; sums of correlated tracks come
out right, since their products with one another are counted. What the model leaves out (a changed compressor's work,
phase, the master's dynamics) is measured where it departs from and carried along as a correction, so that at that
point it is exact.

The equalizers' responses are those of console.dsp.design (RBJ cookbook), squared, in sin²(w/2).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from console.analysis.masking import SPREADING, own_bands
from console.analysis.values import BARK_BANDS
from console.estimators.match.knobs import SLOTS, Knobs, Values
from console.estimators.match.playing import Played
from console.losses.bands import BANDS, LOUDNESS_WEIGHTS, POINTS, SPLIT
from console.losses.curves import band_responses, cut_responses, probe_versine
from console.losses.sound import (
    LOUDNESS_LUFS,
    MID_FLOOR_DB,
    SIDE_FLOOR_DB,
    SPREAD_PERCENTILES,
    WIDTH_FLOOR_DB,
    Sound,
)
from console.mix import BandType

Tensor = torch.Tensor
Array = NDArray[np.float64]

_TINY = 1e-14
#: Corrections stay within this: a band that is empty here and there says nothing.
_MOST_CORRECTION_DB = 15.0
#: The loudness of a power of 1, in LUFS.
_LOUDNESS_OFFSET_DB = -0.691


@dataclass(frozen=True, slots=True, eq=False)
class Predicted:
    """The terms of a sound as tensors, the audibility of each track, and what each equalizer does in each band."""

    width_db: Tensor
    balance_db: Tensor
    spread_db: Tensor
    mid_db: Tensor
    side_db: Tensor
    loudness_db: Tensor
    audibility_db: Tensor
    response_db: Tensor


def to_db(power: Tensor) -> Tensor:
    """Power in dB, without a corner at silence."""
    return 10.0 * torch.log10(power + _TINY)


def _floored(level_db: Tensor, floor_db: float) -> Tensor:
    """A level that nears its floor smoothly."""
    return 10.0 * torch.log10(10.0 ** (level_db / 10.0) + 10.0 ** (floor_db / 10.0))


def _by_bark_db(power: Tensor) -> Tensor:
    """Power per critical band in dB, (24,), from that per band."""
    return to_db(power.reshape(BARK_BANDS, SPLIT).sum(dim=1))


class SpectralModel:
    """Predicts the sound of a mix around the point where it was played."""

    def __init__(
        self, knobs: Knobs, played: Played, wet: list[Array], at: Values, sample_rate_hz: int
    ) -> None:
        """Set up the model around a point.

        Args:
            knobs: the order of everything.
            played: what was measured with the knobs at `at`.
            wet: the response of each FX bus, from `console.losses.wet.wet_response`.
            at: where the knobs stood.
            sample_rate_hz: of the session.
        """
        self._knobs = knobs
        self._owners = torch.from_numpy(played.owners)
        self._covariance = torch.from_numpy(played.covariance)
        self._moments = torch.from_numpy(played.moments)
        self._wet = torch.from_numpy(np.stack(wet)) if wet else torch.zeros((0, BANDS, 3, 2, 2)).double()
        self._versine = probe_versine(sample_rate_hz)
        self._rate_hz = float(sample_rate_hz)
        self._weights = torch.from_numpy(LOUDNESS_WEIGHTS)
        self._shelves = torch.tensor([kind is not BandType.BELL for kind in SLOTS])
        self._signs = torch.tensor([-1.0 if kind is BandType.HIGH_SHELF else 1.0 for kind in SLOTS]).double()
        first = np.searchsorted(played.owners, np.arange(len(knobs.tracks)))
        self._first = torch.from_numpy(first)
        self._mono = torch.tensor([count == 1 for count in knobs.channels])
        self._prepare_audibility(played.moments)
        tensors = {name: torch.from_numpy(np.ascontiguousarray(value)) for name, value in at.items()}
        with torch.no_grad():
            self._base_response = torch.ones(())
            response = self.responses(tensors)
            self._base_response = response[: len(knobs.tracks)].clone()
            self._base_cut = self._low_cut(tensors["low_cut"])
            zero = torch.zeros(())
            self._corrections: tuple[Tensor, ...] = (zero, zero, zero, zero, zero)
            self._heard = torch.zeros(())
            predicted = self.predict(tensors)
            self._corrections = self._measure_corrections(predicted, played.sound)
            self._heard = (torch.from_numpy(played.audibility_db) - predicted.audibility_db).clamp(
                -_MOST_CORRECTION_DB, _MOST_CORRECTION_DB
            )

    def _prepare_audibility(self, moments: Array) -> None:
        """Weights of each track's own critical bands, and when it plays."""
        power = moments.reshape(len(moments), BARK_BANDS, SPLIT, -1).sum(axis=2)
        total = power.sum(axis=1)
        playing = total > 0.01 * total.max(axis=0, initial=1e-20)
        weights = [own_bands(power[:, :, i], playing[:, i]) for i in range(power.shape[2])]
        self._own = torch.from_numpy(np.stack(weights, axis=1)) if weights else torch.zeros((BARK_BANDS, 0))
        self._playing = torch.from_numpy(playing.astype(np.float64))
        self._spreading = torch.from_numpy(SPREADING)

    def _measure_corrections(self, predicted: Predicted, sound: Sound) -> tuple[Tensor, ...]:
        names = ("width_db", "balance_db", "spread_db", "mid_db", "side_db")
        return tuple(
            (torch.tensor(getattr(sound, name)).double() - getattr(predicted, name)).clamp(
                -_MOST_CORRECTION_DB, _MOST_CORRECTION_DB
            )
            for name in names
        )

    def responses(self, values: dict[str, Tensor]) -> Tensor:
        """Mean power response of each equalizer in each band, (rows, BANDS)."""
        bands = band_responses(
            values["octave"],
            values["gain"],
            values["q"],
            self._shelves,
            self._signs,
            self._versine,
            self._rate_hz,
        )
        points = bands.prod(dim=1)
        return points.reshape(len(points), BANDS, POINTS).mean(dim=2)

    def _low_cut(self, octave: Tensor) -> Tensor:
        """Power response of each FX bus's low cut (Butterworth, 12 dB an octave), (buses, BANDS)."""
        cuts = cut_responses(octave, self._versine, self._rate_hz)
        return cuts.reshape(len(octave), BANDS, POINTS).mean(dim=2)

    def _matrices(self, values: dict[str, Tensor]) -> Tensor:
        """Gains from all channels to left and right by width, pan and fader, (2, channels)."""
        pan, width = values["pan"], values["width"]
        angle = (pan + 1.0) * (math.pi / 4.0)
        left, right = torch.cos(angle), torch.sin(angle)
        root = math.sqrt(2.0)
        less_left = torch.where(pan > 0.0, root * left, torch.ones_like(pan))
        less_right = torch.where(pan < 0.0, root * right, torch.ones_like(pan))
        same, other = (1.0 + width) / 2.0, (1.0 - width) / 2.0
        first = torch.stack(
            (
                torch.where(self._mono, left, same * less_left),
                torch.where(self._mono, right, other * less_right),
            )
        )
        second = torch.stack((other * less_left, same * less_right))
        is_first = torch.arange(len(self._owners)) == self._first[self._owners]
        gain = 10.0 ** (values["fader"] / 20.0)
        return torch.where(is_first, (first * gain)[:, self._owners], (second * gain)[:, self._owners])

    def predict(self, values: dict[str, Tensor]) -> Predicted:
        """The terms of the sound with the knobs at these values."""
        tracks = len(self._knobs.tracks)
        response = self.responses(values)
        change = response[:tracks] / self._base_response
        gains = self._matrices(values).unsqueeze(0) * torch.sqrt(change).T[:, self._owners].unsqueeze(1)
        dry = self._products(gains)
        send = 10.0 ** (values["send"] / 20.0)
        cut = self._low_cut(values["low_cut"]) / self._base_cut if len(self._wet) else None
        total, wet_share = dry, torch.zeros((BANDS, tracks), dtype=torch.float64)
        for j in range(len(self._wet)):
            fed = gains * send[self._owners, j]
            level = 10.0 ** (values["return"][j] / 10.0) * response[tracks + j]
            level = level * cut[j] if cut is not None else level
            inside = self._full(fed)
            wet = torch.einsum("bopq,bpq->bo", self._wet[j], inside) * level.unsqueeze(1)
            total = total + wet
            through = 0.5 * (self._wet[j][:, 0] + self._wet[j][:, 1]).diagonal(dim1=1, dim2=2).sum(dim=1)
            wet_share = wet_share + through.unsqueeze(1) * level.unsqueeze(1) * (send[:, j] ** 2)
        total = total * response[-1].unsqueeze(1)
        return self._terms(total, self._over_time(gains, wet_share, response[-1]), to_db(response))

    def _full(self, gains: Tensor) -> Tensor:
        return gains @ self._covariance @ gains.transpose(1, 2)

    def _products(self, gains: Tensor) -> Tensor:
        full = self._full(gains)
        return torch.stack((full[:, 0, 0], full[:, 1, 1], full[:, 0, 1]), dim=1)

    def _over_time(self, gains: Tensor, wet_share: Tensor, master: Tensor) -> Tensor:
        """Power over time of each track in the mix, its reverberation included, (moments, BANDS, tracks)."""
        square = (gains**2).sum(dim=1)
        one = torch.zeros((BANDS, len(self._knobs.tracks)), dtype=torch.float64)
        counts = torch.ones(len(self._owners), dtype=torch.float64)
        number = torch.zeros(len(self._knobs.tracks), dtype=torch.float64).index_add(0, self._owners, counts)
        mean = one.index_add(1, self._owners, square) / torch.clamp(number, min=1.0)
        return self._moments * (mean * (1.0 + wet_share) * master.unsqueeze(1))

    def _terms(self, total: Tensor, over_time: Tensor, response_db: Tensor) -> Predicted:
        left, right, cross = total.unbind(dim=1)
        mid, side = 0.5 * (left + right) + cross, torch.clamp(0.5 * (left + right) - cross, min=0.0)
        loudness = _LOUDNESS_OFFSET_DB + to_db((self._weights * (left + right)).sum())
        to_level = LOUDNESS_LUFS - loudness
        width, balance, spread, mid_off, side_off = self._corrections
        levels = to_db(over_time.sum(dim=(1, 2))) + to_level
        low, high = (torch.quantile(levels, share / 100.0) for share in SPREAD_PERCENTILES)
        return Predicted(
            width_db=_floored(to_db(side.sum()) - to_db(mid.sum()) + width, WIDTH_FLOOR_DB),
            balance_db=to_db(right.sum()) - to_db(left.sum()) + balance,
            spread_db=high - low + spread,
            mid_db=_floored(_by_bark_db(mid) + to_level + mid_off, MID_FLOOR_DB),
            side_db=_floored(_by_bark_db(side) + to_level + side_off, SIDE_FLOOR_DB),
            loudness_db=loudness,
            audibility_db=self._audibility(over_time),
            response_db=response_db,
        )

    def _audibility(self, over_time: Tensor) -> Tensor:
        """As console.analysis.masking.audibility_db, over moments instead of hops, (tracks,)."""
        power = over_time.reshape(len(over_time), BARK_BANDS, SPLIT, -1).sum(dim=2)
        spread = torch.einsum("tbi,bc->tci", power, self._spreading)
        rest = spread.sum(dim=2, keepdim=True) - spread
        margin = torch.clamp(10.0 * torch.log10((power + 1e-10) / (rest + 1e-10)), -40.0, 20.0)
        margin = (margin * self._own).sum(dim=1)
        own = (power * (self._own > 0.0)).sum(dim=1) * self._playing
        return (margin * own).sum(dim=0) / (own.sum(dim=0) + 1e-20) + self._heard
