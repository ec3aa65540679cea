"""The console on energies instead of audio, with gradients, for whole batches of songs: what the network thinks with.

Strips are taken to be incoherent with one another; the mean products of a strip's middle and side are kept, M² and S²
and M·S with M = (L + R) / √2, as left and right would give the side of a mono track as a small difference of large
numbers, which in float32 is noise. Compressors and the limiter change no spectrum here. What comes out is the sound of
console.losses.sound but for crest and spread.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from console.analysis.values import BARK_BANDS
from console.losses.bands import BANDS, LOUDNESS_WEIGHTS, POINTS, SPLIT
from console.losses.curves import band_responses, cut_responses, probe_versine
from console.losses.sound import LOUDNESS_LUFS, MID_FLOOR_DB, SIDE_FLOOR_DB, WIDTH_FLOOR_DB
from console.losses.wet import wet_response
from console.mix import BandType, Bus, BusKind, Reverb
from console.models.controller.knobs import SHELF_Q, SLOTS, TABLES, index

_RATE_HZ = 44_100
_LOUDNESS_OFFSET_DB = -0.691
_TINY = 1e-10
#: Decays, in seconds, at which the reverb's energies are measured; in between they are drawn straight by log decay.
_DECAYS_S = (0.3, 0.6, 1.2, 2.4, 5.0)
_LOWEST_CUT_HZ = 20.0


@dataclass(frozen=True)
class Balance:
    """What comes out, (batch, …).

    - `mid_db`, `side_db` (batch, 24); `width_db`, `balance_db` (batch,);
    - `offset_db` (batch,): what all faders have to be moved by for the mix to have LOUDNESS_LUFS;
    - `share_db` (batch, tracks, 48): of each track in the mid and the side of each critical band.
    """

    mid_db: Tensor
    side_db: Tensor
    width_db: Tensor
    balance_db: Tensor
    offset_db: Tensor
    share_db: Tensor


def to_db(power: Tensor) -> Tensor:
    """Power in dB, without a corner at silence."""
    return 10.0 * torch.log10(power + _TINY)


def _floored(level_db: Tensor, floor_db: float) -> Tensor:
    return torch.clamp(level_db, min=floor_db)


class EnergyConsole(nn.Module):
    """Knobs and the energies of tracks in, the sound of the mix out. Nothing in it is learned."""

    versine: Tensor
    shelves: Tensor
    signs: Tensor
    weights: Tensor
    wet: Tensor

    def __init__(self) -> None:
        super().__init__()
        kinds = [kind for kind, *_ in SLOTS]
        bells = [slot for slot, kind in enumerate(kinds) if kind is BandType.BELL]
        self._bells = bells
        self._first_octave, self._last_octave = math.log2(_DECAYS_S[0]), math.log2(_DECAYS_S[-1])
        constants = {
            "versine": probe_versine(_RATE_HZ).float(),
            "shelves": torch.tensor([kind is not BandType.BELL for kind in kinds]),
            "signs": torch.tensor([-1.0 if kind is BandType.HIGH_SHELF else 1.0 for kind in kinds]),
            "weights": torch.from_numpy(LOUDNESS_WEIGHTS).float(),
            "wet": _wet_table(),
        }
        for name, value in constants.items():
            self.register_buffer(name, value, persistent=False)
        self._places = {
            place: {
                part: [
                    index(place, f"eq{slot}.{part}") for slot in (bells if part == "q" else range(len(SLOTS)))
                ]
                for part in ("gain_db", "frequency_hz", "q")
            }
            for place in TABLES
        }

    def equalizer_power(self, place: str, values: Tensor) -> Tensor:
        """Mean power response of the equalizer in each band, (…, BANDS), from values on the knobs' scales."""
        places = self._places[place]
        gain, octave = values[..., places["gain_db"]], values[..., places["frequency_hz"]]
        q = torch.full_like(gain, math.log2(SHELF_Q))
        q = torch.cat((q[..., :1], values[..., places["q"]], q[..., :1]), dim=-1)
        bands = band_responses(octave, gain, q, self.shelves, self.signs, self.versine, _RATE_HZ)
        points = torch.exp(torch.log(bands).sum(dim=-2))
        return _by_band(points)

    def track_power(self, values: Tensor) -> Tensor:
        """Power response of the tracks' high-pass and equalizer, (…, BANDS)."""
        octave = values[..., index("tracks", "highpass_hz")]
        return self.equalizer_power("tracks", values) * _by_band(
            cut_responses(octave, self.versine, _RATE_HZ)
        )

    def images(self, power: Tensor, values: Tensor, stereo: Tensor) -> Tensor:
        """Mean products (…, 3, BANDS) behind width and pan, without the fader.

        Args:
            power: M², S² and M·S of each track, (…, 3, BANDS).
            values: of its knobs, (…, knobs).
            stereo: 1 for a stereo track, 0 for a mono one, (…).
        """
        pan = values[..., index("tracks", "pan")]
        width = torch.where(stereo > 0.5, values[..., index("tracks", "width")], torch.ones_like(pan))
        turn = pan * (math.pi / 4.0)
        sine, cosine = torch.sin(turn), torch.cos(turn)
        # Half the sum and half the difference of what left and right are multiplied by: of a mono track by √2 times
        # cosine and sine of its angle; of a stereo one, which has a balance, the far side alone goes down.
        balanced = stereo > 0.5
        even = torch.where(balanced, (1.0 + cosine - sine.abs()) / 2.0, cosine).unsqueeze(-1)
        odd = torch.where(balanced, -(sine + torch.sign(pan) * (1.0 - cosine)) / 2.0, -sine).unsqueeze(-1)
        width = width.unsqueeze(-1)
        mm, ss, ms = power.unbind(dim=-2)
        ss, ms = width**2 * ss, width * ms
        both = 2.0 * even * odd * ms
        return torch.stack(
            (
                torch.clamp(even**2 * mm + odd**2 * ss + both, min=0.0),
                torch.clamp(odd**2 * mm + even**2 * ss + both, min=0.0),
                even * odd * (mm + ss) + (even**2 + odd**2) * ms,
            ),
            dim=-2,
        )

    def _reverb(self, master: Tensor) -> Tensor:
        """Of each product that comes out the share of each that goes in, (batch, BANDS, 3 out, 3 in)."""
        octave = master[..., index("master", "decay_s")]
        place = (
            (octave - self._first_octave) / (self._last_octave - self._first_octave) * (len(_DECAYS_S) - 1)
        )
        knots = torch.arange(len(_DECAYS_S), dtype=master.dtype, device=master.device)
        near = torch.clamp(1.0 - (place.unsqueeze(-1) - knots).abs(), min=0.0)  # (batch, decays)
        wet = (near @ self.wet.reshape(len(_DECAYS_S), -1)).reshape(-1, BANDS, 3, 3)
        cut = _by_band(cut_responses(master[..., index("master", "low_cut_hz")], self.versine, _RATE_HZ))
        return wet * cut[..., None, None]

    def forward(self, power: Tensor, stereo: Tensor, mask: Tensor, tracks: Tensor, master: Tensor) -> Balance:
        """The sound of a mix.

        Args:
            power: L², R² and L·R of the tracks, (batch, tracks, 3, BANDS).
            stereo: (batch, tracks).
            mask: 1 for a track that is there and sounds, (batch, tracks).
            tracks: values of their knobs on their scales, (batch, tracks, knobs).
            master: of the master's, (batch, knobs).
        """
        level = 10.0 ** (tracks[..., index("tracks", "level_db")] / 10.0) * mask
        shaped = middle_and_side(power) * self.track_power(tracks).unsqueeze(-2)
        out = self.images(shaped, tracks, stereo) * level[..., None, None]
        dry = out.sum(dim=1)  # (batch, 3, BANDS)
        send = 10.0 ** (tracks[..., index("tracks", "send_db")] / 10.0)
        fed = (out * send[..., None, None]).sum(dim=1)
        wet = (
            torch.matmul(self._reverb(master), fed.transpose(1, 2).unsqueeze(-1)).squeeze(-1).transpose(1, 2)
        )
        response = self.equalizer_power("master", master).unsqueeze(-2)
        mid, side, cross = ((dry + wet) * response).unbind(dim=-2)
        offset_db = LOUDNESS_LUFS - _LOUDNESS_OFFSET_DB - to_db(((mid + side) * self.weights).sum(dim=-1))
        scale = (10.0 ** (offset_db / 10.0)).unsqueeze(-1)
        bark_mid, bark_side = _by_bark(mid * scale), _by_bark(side * scale)
        left, right = (torch.clamp(0.5 * (mid + side) + sign * cross, min=0.0) for sign in (1.0, -1.0))
        return Balance(
            mid_db=_floored(to_db(bark_mid), MID_FLOOR_DB),
            side_db=_floored(to_db(bark_side), SIDE_FLOOR_DB),
            width_db=_floored(to_db(bark_side.sum(dim=-1)) - to_db(bark_mid.sum(dim=-1)), WIDTH_FLOOR_DB),
            balance_db=to_db((right * scale).sum(dim=-1)) - to_db((left * scale).sum(dim=-1)),
            offset_db=offset_db,
            share_db=_shares(out * response.unsqueeze(1) * scale[:, None, None], bark_mid, bark_side),
        )


def _shares(out: Tensor, mid: Tensor, side: Tensor) -> Tensor:
    """How much of the mid and the side of each critical band a track makes, in dB of −40 … 0."""
    own = torch.cat([_by_bark(part) for part in out[..., :2, :].unbind(dim=-2)], dim=-1)
    total = torch.cat((mid, side), dim=-1).unsqueeze(1)
    return torch.clamp(to_db(own) - to_db(total), -40.0, 0.0)


def middle_and_side(power: Tensor) -> Tensor:
    """M², S² and M·S from L², R² and L·R, (…, 3, BANDS)."""
    ll, rr, lr = power.unbind(dim=-2)
    mean = 0.5 * (ll + rr)
    return torch.stack(
        (torch.clamp(mean + lr, min=0.0), torch.clamp(mean - lr, min=0.0), 0.5 * (ll - rr)), dim=-2
    )


def _by_band(points: Tensor) -> Tensor:
    return points.reshape(*points.shape[:-1], BANDS, POINTS).mean(dim=-1)


def _by_bark(power: Tensor) -> Tensor:
    return power.reshape(*power.shape[:-1], BARK_BANDS, SPLIT).sum(dim=-1)


def _wet_table() -> Tensor:
    """The reverb's energies at each decay without its low cut, (decays, BANDS, 3 out, 3 in), of M², S² and M·S."""
    rows = []
    turned = np.array(((0.5, 0.5, 1.0), (0.5, 0.5, -1.0), (0.5, -0.5, 0.0)))
    for decay_s in _DECAYS_S:
        bus = Bus("reverb", BusKind.FX, reverb=Reverb(decay_s=decay_s, low_cut_hz=_LOWEST_CUT_HZ))
        full = wet_response(bus, _RATE_HZ)  # (BANDS, 3, 2, 2)
        rows.append(np.stack((full[..., 0, 0], full[..., 1, 1], full[..., 0, 1] + full[..., 1, 0]), axis=-1))
    return torch.from_numpy(turned @ np.stack(rows) @ np.linalg.inv(turned)).float()
