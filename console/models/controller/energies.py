"""The console on energies instead of audio, with gradients, for whole batches of songs: what the network thinks with.

Strips are taken to be incoherent with one another; the mean products of a strip's two channels are kept. Compressors
and the limiter change no spectrum here. What comes out is the sound of console.losses.sound but for crest and spread.
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
            power: of each track, (…, 3, BANDS).
            values: of its knobs, (…, knobs).
            stereo: 1 for a stereo track, 0 for a mono one, (…).
        """
        pan = values[..., index("tracks", "pan")]
        width = torch.where(stereo > 0.5, values[..., index("tracks", "width")], torch.ones_like(pan))
        angle = (pan + 1.0) * (math.pi / 4.0)
        left, right = math.sqrt(2.0) * torch.cos(angle), math.sqrt(2.0) * torch.sin(angle)
        one = torch.ones_like(pan)
        # A stereo track has a balance: its far side goes down, its near side stays.
        left = torch.where((stereo > 0.5) & (pan <= 0.0), one, left)
        right = torch.where((stereo > 0.5) & (pan >= 0.0), one, right)
        same, other = ((1.0 + width) / 2.0).unsqueeze(-1), ((1.0 - width) / 2.0).unsqueeze(-1)
        ll, rr, lr = power.unbind(dim=-2)
        mixed_ll = same**2 * ll + other**2 * rr + 2.0 * same * other * lr
        mixed_rr = other**2 * ll + same**2 * rr + 2.0 * same * other * lr
        mixed_lr = same * other * (ll + rr) + (same**2 + other**2) * lr
        left, right = left.unsqueeze(-1), right.unsqueeze(-1)
        return torch.stack((left**2 * mixed_ll, right**2 * mixed_rr, left * right * mixed_lr), dim=-2)

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
            power: of the tracks, (batch, tracks, 3, BANDS).
            stereo: (batch, tracks).
            mask: 1 for a track that is there and sounds, (batch, tracks).
            tracks: values of their knobs on their scales, (batch, tracks, knobs).
            master: of the master's, (batch, knobs).
        """
        level = 10.0 ** (tracks[..., index("tracks", "level_db")] / 10.0) * mask
        shaped = power * self.track_power(tracks).unsqueeze(-2)
        out = self.images(shaped, tracks, stereo) * level[..., None, None]
        dry = out.sum(dim=1)  # (batch, 3, BANDS)
        send = 10.0 ** (tracks[..., index("tracks", "send_db")] / 10.0)
        fed = (out * send[..., None, None]).sum(dim=1)
        wet = (
            torch.matmul(self._reverb(master), fed.transpose(1, 2).unsqueeze(-1)).squeeze(-1).transpose(1, 2)
        )
        response = self.equalizer_power("master", master).unsqueeze(-2)
        ll, rr, lr = ((dry + wet) * response).unbind(dim=-2)
        offset_db = LOUDNESS_LUFS - _LOUDNESS_OFFSET_DB - to_db(((ll + rr) * self.weights).sum(dim=-1))
        mid, side = 0.5 * (ll + rr) + lr, torch.clamp(0.5 * (ll + rr) - lr, min=0.0)
        scale = (10.0 ** (offset_db / 10.0)).unsqueeze(-1)
        bark_mid, bark_side = _by_bark(mid * scale), _by_bark(side * scale)
        return Balance(
            mid_db=_floored(to_db(bark_mid), MID_FLOOR_DB),
            side_db=_floored(to_db(bark_side), SIDE_FLOOR_DB),
            width_db=_floored(to_db(bark_side.sum(dim=-1)) - to_db(bark_mid.sum(dim=-1)), WIDTH_FLOOR_DB),
            balance_db=to_db((rr * scale).sum(dim=-1)) - to_db((ll * scale).sum(dim=-1)),
            offset_db=offset_db,
            share_db=_shares(out * response.unsqueeze(1) * scale[:, None, None], bark_mid, bark_side),
        )


def _shares(out: Tensor, mid: Tensor, side: Tensor) -> Tensor:
    """How much of the mid and the side of each critical band a track makes, in dB of −40 … 0."""
    ll, rr, lr = out.unbind(dim=-2)
    own_mid, own_side = 0.5 * (ll + rr) + lr, torch.clamp(0.5 * (ll + rr) - lr, min=0.0)
    own = torch.cat((_by_bark(own_mid), _by_bark(own_side)), dim=-1)
    total = torch.cat((mid, side), dim=-1).unsqueeze(1)
    return torch.clamp(to_db(own) - to_db(total), -40.0, 0.0)


def _by_band(points: Tensor) -> Tensor:
    return points.reshape(*points.shape[:-1], BANDS, POINTS).mean(dim=-1)


def _by_bark(power: Tensor) -> Tensor:
    return power.reshape(*power.shape[:-1], BARK_BANDS, SPLIT).sum(dim=-1)


def _wet_table() -> Tensor:
    """The reverb's energies at each decay without its low cut, (decays, BANDS, 3 out, 3 in); in: L², R², L·R."""
    rows = []
    for decay_s in _DECAYS_S:
        bus = Bus("reverb", BusKind.FX, reverb=Reverb(decay_s=decay_s, low_cut_hz=_LOWEST_CUT_HZ))
        full = wet_response(bus, _RATE_HZ)  # (BANDS, 3, 2, 2)
        rows.append(np.stack((full[..., 0, 0], full[..., 1, 1], full[..., 0, 1] + full[..., 1, 0]), axis=-1))
    return torch.from_numpy(np.stack(rows)).float()
