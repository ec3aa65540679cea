"""The controller's network: sets of tracks and a sound to aim at in, every knob with its doubt out; in PyTorch.

It works in rounds. In each the tracks tell a few latents what they are, the latents settle among themselves and tell
the tracks; then every knob moves a little, and the energy console says how the mix would sound and what each track has
in it, which the next round starts from: descent by a learned rule. The latents keep the cost linear in tracks, and
nothing knows a track's place (Lee et al., "Set Transformer", 2019; Jaegle et al., "Perceiver", 2021).
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn

from console.errors import ParamError
from console.losses.bands import BANDS, SPLIT
from console.models.controller.conditions import CONDITIONS
from console.models.controller.energies import Balance, EnergyConsole, to_db
from console.models.controller.hearing import FIGURES
from console.models.controller.knobs import TABLES, ends, index, steps
from console.session import DRY_ROLES, Role

ROLES: tuple[Role, ...] = tuple(Role)
_BARK = BANDS // SPLIT
#: What a track is told by: figures, spectrum of mid and side, levels, stereo, role.
_TRACK_INPUTS = FIGURES + 2 * _BARK + 4 + 1 + len(ROLES)
_MOST_DOUBT = 3.0
#: A role that is known with less confidence keeps nothing dry.
_SURE = 0.5
#: RMS of finished mixes against their loudness: crest counts from the one, headroom from the other.
_RMS_TO_LOUDNESS_DB = -2.5


@dataclass(frozen=True, slots=True)
class ControllerSizes:
    """How large the network is, and how many answers it knows."""

    width: int = 160
    heads: int = 4
    latents: int = 16
    rounds: int = 4
    candidates: int = 4

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if not isinstance(value, int) or value < 1:
                raise ParamError(f"{name} is {value!r}; give a whole number of 1 or more")
        if self.width % self.heads:
            raise ParamError(
                f"a width of {self.width} does not part into {self.heads} heads; give a multiple"
            )


@dataclass(frozen=True)
class Inputs:
    """A batch of songs. All float32; `mask` is 1 where a track is there and sounds.

    - `figures` (batch, tracks, FIGURES), `power` (batch, tracks, 3, BANDS), `levels` (batch, tracks, 4) of a Hearing;
    - `stereo`, `mask` (batch, tracks); `roles` (batch, tracks, roles): the confidence at the role, else 0;
    - `condition` (batch, CONDITIONS); `candidate` (batch, candidates): 1 at the answer that is asked for.
    """

    figures: Tensor
    power: Tensor
    levels: Tensor
    stereo: Tensor
    mask: Tensor
    roles: Tensor
    condition: Tensor
    candidate: Tensor


@dataclass(frozen=True)
class Answer:
    """Values on the knobs' own scales, and by how many usual moves they may be off, (batch, [tracks,] knobs)."""

    tracks: Tensor
    master: Tensor
    tracks_doubt: Tensor
    master_doubt: Tensor
    balance: Balance


class Controller(nn.Module):
    """The network. Its rounds have weights of their own."""

    master_rest: Tensor
    master_step: Tensor
    tracks_rest: Tensor
    tracks_down: Tensor
    dry_roles: Tensor
    is_send: Tensor
    is_headroom: Tensor

    def __init__(self, sizes: ControllerSizes | None = None) -> None:
        super().__init__()
        self.sizes = sizes = sizes or ControllerSizes()
        width = sizes.width
        self.console = EnergyConsole()
        self.embed_track = _perceptron(_TRACK_INPUTS, 2 * width, width)
        self.embed_condition = _perceptron(CONDITIONS + sizes.candidates, 2 * width, width)
        self.latents = nn.Parameter(torch.randn(sizes.latents, width) * width**-0.5)
        self.rounds = nn.ModuleList(_Round(sizes) for _ in range(sizes.rounds))
        self.doubt = nn.ModuleDict({place: nn.Linear(width, len(table)) for place, table in TABLES.items()})
        for place in TABLES:
            low, rest, high = ends(place)
            step = steps(place)
            for name, value in {"rest": rest, "up": high - rest, "down": rest - low, "step": step}.items():
                self.register_buffer(f"{place}_{name}", torch.from_numpy(value).float(), persistent=False)
        dry = torch.tensor([float(role in DRY_ROLES) for role in ROLES])
        self.register_buffer("dry_roles", dry, persistent=False)
        for name, place, knob in (
            ("is_send", "tracks", "send_db"),
            ("is_headroom", "master", "headroom_db"),
        ):
            self.register_buffer(name, torch.eye(len(TABLES[place]))[index(place, knob)], persistent=False)

    def values(self, place: str, raw: Tensor) -> Tensor:
        """Raw numbers, in usual moves off the rest, as values on the knobs' scales: smooth, and never beyond an end."""
        rest, up, down, step = (getattr(self, f"{place}_{name}") for name in ("rest", "up", "down", "step"))
        above, below = up * torch.tanh(raw * step / up), down * torch.tanh(raw * step / down)
        value: Tensor = rest + torch.where(raw > 0.0, above, below)
        return value

    def forward(self, inputs: Inputs) -> list[Answer]:
        """The answer after each round, the last one last."""
        mask = inputs.mask.unsqueeze(-1)
        tracks = self.embed_track(_described(inputs)) * mask
        aim = self.embed_condition(torch.cat((_scaled(inputs.condition), inputs.candidate), dim=-1))
        latents = self.latents.unsqueeze(0) + aim.unsqueeze(1)
        raw = inputs.figures.new_zeros((*inputs.mask.shape, len(TABLES["tracks"])))
        raw_master = self._at_first(inputs.condition)
        answers: list[Answer] = []
        balance = self._play(inputs, raw, raw_master)
        for step in self.rounds:
            tracks, latents, moves, master_moves = step(tracks, latents, inputs, balance, raw, raw_master)
            raw, raw_master = raw + moves * mask, raw_master + master_moves
            balance = self._play(inputs, raw, raw_master)
            answers.append(self._answer(inputs, tracks, latents, raw, raw_master, balance))
        return answers

    def _at_first(self, condition: Tensor) -> Tensor:
        """The master's raw numbers to begin with: the limiter's ceiling where the crest that is aimed at has it."""
        crest, told = condition[:, 2 * _BARK + 2], condition[:, -1]
        headroom = crest + _RMS_TO_LOUDNESS_DB
        off = (headroom.unsqueeze(1) - self.master_rest) / self.master_step * self.is_headroom
        return torch.clamp(off, -3.0, 2.0) * told.unsqueeze(1)

    def _play(self, inputs: Inputs, raw: Tensor, raw_master: Tensor) -> Balance:
        values, master = self._track_values(inputs, raw), self.values("master", raw_master)
        balance: Balance = self.console(inputs.power, inputs.stereo, inputs.mask, values, master)
        return balance

    def _track_values(self, inputs: Inputs, raw: Tensor) -> Tensor:
        """Values of the tracks' knobs; what stays dry by its role feeds no reverb."""
        values = self.values("tracks", raw)
        dry = (inputs.roles @ self.dry_roles).unsqueeze(-1) > _SURE
        off = self.tracks_rest - self.tracks_down
        return torch.where(dry & (self.is_send > 0.5), off, values)

    def _answer(
        self,
        inputs: Inputs,
        tracks: Tensor,
        latents: Tensor,
        raw: Tensor,
        raw_master: Tensor,
        balance: Balance,
    ) -> Answer:
        # What is not known is told apart from what is done: the doubt moves no knob.
        doubts = {
            "tracks": self.doubt["tracks"](tracks.detach()),
            "master": self.doubt["master"](latents[:, 0].detach()),
        }
        doubts = {
            place: torch.clamp(value, -_MOST_DOUBT, _MOST_DOUBT).exp() for place, value in doubts.items()
        }
        values = self._track_values(inputs, raw)
        level = index("tracks", "level_db")
        # All faders together bring the mix to its loudness.
        moved = values[..., level] + balance.offset_db.unsqueeze(-1)
        values = torch.cat((values[..., :level], moved.unsqueeze(-1), values[..., level + 1 :]), dim=-1)
        return Answer(values, self.values("master", raw_master), doubts["tracks"], doubts["master"], balance)


class _Round(nn.Module):
    """Tracks to latents, latents among themselves, latents to tracks, and the moves of all knobs."""

    def __init__(self, sizes: ControllerSizes) -> None:
        super().__init__()
        width = sizes.width
        knobs, master_knobs = len(TABLES["tracks"]), len(TABLES["master"])
        self.hear_track = _perceptron(4 * _BARK + knobs, width, width)
        self.hear_mix = _perceptron(4 * _BARK + 4 + master_knobs, width, width)
        self.gather = _Attention(width, sizes.heads)
        self.settle = _Attention(width, sizes.heads)
        self.tell = _Attention(width, sizes.heads)
        self.latent_step = _perceptron(width, 2 * width, width)
        self.track_step = _perceptron(width, 2 * width, width)
        self.latent_norm, self.track_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.move = nn.Linear(width, knobs)
        self.move_master = nn.Linear(width, master_knobs)
        for layer in (self.move, self.move_master):
            nn.init.normal_(layer.weight, std=0.1 * width**-0.5)
            nn.init.zeros_(layer.bias)

    def forward(
        self,
        tracks: Tensor,
        latents: Tensor,
        inputs: Inputs,
        balance: Balance,
        raw: Tensor,
        raw_master: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        gap = _gap(inputs.condition, balance)
        spectral = gap[:, : 2 * _BARK].unsqueeze(1).expand(-1, raw.shape[1], -1)
        share = 1.0 + balance.share_db / 20.0
        # What a band lacks, weighed by how much of it is this track's.
        owned = spectral * 10.0 ** (balance.share_db / 10.0)
        tracks = tracks + self.hear_track(torch.cat((share, owned, raw / 3.0), dim=-1))
        mix = torch.cat((balance.mid_db, balance.side_db), dim=-1) / 20.0 + 2.0
        heard = self.hear_mix(torch.cat((gap, mix, raw_master / 3.0), dim=-1))
        latents = torch.cat((latents[:, :1] + heard.unsqueeze(1), latents[:, 1:]), dim=1)
        latents = latents + self.gather(latents, tracks, inputs.mask)
        latents = latents + self.settle(latents, latents, None)
        latents = latents + self.latent_step(self.latent_norm(latents))
        tracks = tracks + self.tell(tracks, latents, None)
        tracks = tracks + self.track_step(self.track_norm(tracks))
        return tracks, latents, self.move(tracks), self.move_master(latents[:, 0])


class _Attention(nn.Module):
    """Attention of several heads, normalised on its way in; written out so that every runtime has its parts."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm_query, self.norm_key = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query, self.key = nn.Linear(width, width), nn.Linear(width, width)
        self.value, self.out = nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, queries: Tensor, keys: Tensor, mask: Tensor | None) -> Tensor:
        queries, keys = self.norm_query(queries), self.norm_key(keys)
        query, key, value = (
            layer(x).reshape(*x.shape[:2], self.heads, -1).transpose(1, 2)
            for layer, x in ((self.query, queries), (self.key, keys), (self.value, keys))
        )
        weight = query @ key.transpose(2, 3) / math.sqrt(query.shape[-1])
        if mask is not None:
            weight = weight - 1e4 * (1.0 - mask[:, None, None, :])
        out: Tensor = self.out((torch.softmax(weight, dim=-1) @ value).transpose(1, 2).flatten(2))
        return out


def _perceptron(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, hidden), nn.GELU(), nn.Linear(hidden, outputs))


def _described(inputs: Inputs) -> Tensor:
    ll, rr, lr = inputs.power.unbind(dim=2)
    mid, side = 0.5 * (ll + rr) + lr, torch.clamp(0.5 * (ll + rr) - lr, min=0.0)
    spectrum = torch.cat(
        [
            to_db(part.reshape(*part.shape[:-1], _BARK, SPLIT).sum(dim=-1)) / 20.0 + 2.0
            for part in (mid, side)
        ],
        dim=-1,
    )
    levels = inputs.levels / 10.0 + 1.0
    return torch.cat(
        (inputs.figures, spectrum, levels, inputs.stereo.unsqueeze(-1), inputs.roles), dim=-1
    ) * inputs.mask.unsqueeze(-1)


def _scaled(condition: Tensor) -> Tensor:
    spectra, single = condition[:, : 2 * _BARK], condition[:, 2 * _BARK :]
    width, balance, crest, spread, told = single.unbind(dim=-1)
    rest = torch.stack(
        (width / 20.0 + 0.5, balance / 3.0, (crest / 5.0 - 3.0) * told, spread / 10.0, told), dim=-1
    )
    return torch.cat((spectra / 20.0 + 2.0, rest), dim=-1)


def _gap(condition: Tensor, balance: Balance) -> Tensor:
    """What the mix lacks, in usual moves: spectra of mid and side, width, balance; and crest and spread aimed at."""
    spectra = condition[:, : 2 * _BARK] - torch.cat((balance.mid_db, balance.side_db), dim=-1)
    width, lean, crest, spread, told = condition[:, 2 * _BARK :].unbind(dim=-1)
    rest = (
        (width - balance.width_db) / 6.0,
        (lean - balance.balance_db) / 3.0,
        (crest / 5.0 - 3.0) * told,
        spread / 10.0,
    )
    return torch.cat((torch.clamp(spectra / 6.0, -5.0, 5.0), torch.stack(rest, dim=-1)), dim=-1)


def sizes_from(section: dict[str, Any]) -> ControllerSizes:
    """Sizes from a table of settings.

    Raises:
        ParamError: an unknown name, or a size that is none.
    """
    known = ControllerSizes.__dataclass_fields__
    for name in section:
        if name not in known:
            raise ParamError(f"{name!r} is no size of the controller; give some of {', '.join(known)}")
    return ControllerSizes(**section)
