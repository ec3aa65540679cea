"""What the controller's answers cost: how far the sound is off, how far the settings, how odd the moves are."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from console.analysis.values import BARK_BANDS
from console.models.controller.energies import Balance
from console.models.controller.knobs import TABLES, index, steps
from console.models.controller.network import Answer, Controller
from console.training.controller.examples import Batch

#: Weights of the terms in the total; distances of sounds are sums of dB, settings are in usual moves.
WEIGHTS = {
    "sound": 0.1,
    "settings": 0.6,
    "doubt": 0.1,
    "moves": 0.012,
    "levels": 0.08,
    "centre": 0.2,
    "hidden": 0.05,
    "pressing": 0.3,
}
#: Rounds before the last count by this.
_EARLIER = 0.3
#: A track whose largest share of any critical band is below this is hidden, in dB.
_HIDDEN_DB = -9.0
#: Ratios of 3:1 on tracks and 2:1 on the master are usual; beyond they cost.
_MOST_RATIO_OCTAVES, _MOST_MASTER_RATIO_OCTAVES = 1.6, 1.0
_LEVEL = index("tracks", "level_db")
_USUAL = {place: torch.from_numpy(steps(place)).float() for place in TABLES}


def sound_distance(balance: Balance, condition: Tensor) -> Tensor:
    """The sum of the terms mid, side, width and balance of console.losses.sound in dB, (batch,)."""
    bark = BARK_BANDS
    mid = (balance.mid_db - condition[:, :bark]).abs().mean(dim=1)
    side = (balance.side_db - condition[:, bark : 2 * bark]).abs().mean(dim=1)
    width = (balance.width_db - condition[:, 2 * bark]).abs()
    lean = (balance.balance_db - condition[:, 2 * bark + 1]).abs()
    return mid + side + width + lean


def losses(network: Controller, batch: Batch, answers: list[Answer]) -> dict[str, Tensor]:
    """The terms of the loss, and their weighted total."""
    labels = levelled_labels(network, batch)
    mask = batch.inputs.mask
    free = 1.0 - batch.labelled
    terms: dict[str, Tensor] = {}
    weights = [_EARLIER] * (len(answers) - 1) + [1.0]
    share = sum(weights)
    sounds = [sound_distance(answer.balance, batch.inputs.condition) for answer in answers]
    terms["sound"] = torch.stack([w * s.mean() for w, s in zip(weights, sounds, strict=True)]).sum() / share
    errors = [setting_errors(answer, labels, batch) for answer in answers]
    terms["settings"] = torch.stack([w * e for w, (e, _) in zip(weights, errors, strict=True)]).sum() / share
    terms["doubt"] = errors[-1][1]
    last = answers[-1]
    terms["moves"] = _mean(_moves(last, mask), free)
    terms["levels"] = _mean(_levels(last, batch), free)
    pan = last.tracks[..., index("tracks", "pan")]
    mono = 1.0 - batch.inputs.stereo
    terms["centre"] = _mean(_by_song((pan / 0.1).abs() * batch.central * mono, mask), free)
    most = last.balance.share_db.amax(dim=-1)
    terms["hidden"] = _mean(_by_song(torch.relu(_HIDDEN_DB - most), mask), free)
    usual = song_errors(last, batch.labels, replace(batch, labelled=free))
    terms["pressing"] = _mean(usual, free)
    terms["total"] = torch.stack([WEIGHTS[name] * value for name, value in terms.items()]).sum()
    return terms


def levelled_labels(network: Controller, batch: Batch) -> Tensor:
    """The labels with all faders moved so that their mix has its loudness, as the answers have; others as they are."""
    inputs = batch.inputs
    rest = network.values("tracks", torch.zeros_like(batch.labels))
    values = torch.where(batch.counts > 0.0, batch.labels, rest)
    master = torch.where(
        batch.master_counts > 0.0,
        batch.master_labels,
        network.values("master", torch.zeros_like(batch.master_labels)),
    )
    with torch.no_grad():
        offset = network.console(inputs.power, inputs.stereo, inputs.mask, values, master).offset_db
    level = batch.labels[..., _LEVEL] + offset.unsqueeze(-1)
    return torch.cat(
        (batch.labels[..., :_LEVEL], level.unsqueeze(-1), batch.labels[..., _LEVEL + 1 :]), dim=-1
    )


def setting_errors(answer: Answer, labels: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
    """Mean absolute error in usual moves, and the Laplace likelihood of it by the doubts, over what is known."""
    by_track = song_errors(answer, labels, batch)
    counts, master_counts = _counts(batch)
    error = (answer.tracks - labels).detach().abs() / _USUAL["tracks"]
    master_error = (answer.master - batch.master_labels).detach().abs() / _USUAL["master"]
    likelihood = ((error / answer.tracks_doubt + answer.tracks_doubt.log()) * counts).sum()
    master_likelihood = (
        (master_error / answer.master_doubt + answer.master_doubt.log()) * master_counts
    ).sum()
    known = counts.sum().clamp(min=1.0) + master_counts.sum()
    return _mean(by_track, batch.labelled), (likelihood + master_likelihood) / known


def song_errors(answer: Answer, labels: Tensor, batch: Batch) -> Tensor:
    """Mean absolute error of each song's settings in usual moves, (batch,)."""
    counts, master_counts = _counts(batch)
    error = ((answer.tracks - labels).abs() / _USUAL["tracks"] * counts).sum(dim=(1, 2))
    master = ((answer.master - batch.master_labels).abs() / _USUAL["master"] * master_counts).sum(dim=1)
    known = counts.sum(dim=(1, 2)) + master_counts.sum(dim=1)
    return (error + master) / known.clamp(min=1.0)


def _counts(batch: Batch) -> tuple[Tensor, Tensor]:
    known = batch.labelled[:, None]
    return batch.counts * batch.inputs.mask.unsqueeze(-1) * known.unsqueeze(-1), batch.master_counts * known


def _moves(answer: Answer, mask: Tensor) -> Tensor:
    """Squares of equalizer gains, widths, pans and sends in usual moves, by song."""
    total = torch.zeros_like(mask)
    for at, knob in enumerate(TABLES["tracks"]):
        if knob.name.endswith(".gain_db") or knob.name in ("pan", "width", "send_db"):
            weight = 0.3 if knob.name in ("pan", "width", "send_db") else 1.0
            total = total + weight * ((answer.tracks[..., at] - knob.ends[1]) / knob.step) ** 2
    master = torch.zeros_like(mask[:, 0])
    for at, knob in enumerate(TABLES["master"]):
        if knob.name.endswith(".gain_db"):
            master = master + ((answer.master[..., at] - knob.ends[1]) / knob.step) ** 2
    return _by_song(total, mask) + master


def _levels(answer: Answer, batch: Batch) -> Tensor:
    """How far the levels are from where their roles usually stand, in usual moves squared, by song."""
    mask = batch.inputs.mask
    off = (answer.tracks[..., _LEVEL] - batch.forward_db) * mask
    middle = off.sum(dim=1, keepdim=True) / mask.sum(dim=1, keepdim=True).clamp(min=1.0)
    return _by_song(((off - middle) / 4.0) ** 2, mask)


def squash_cost(answer: Answer) -> Tensor:
    """What compressors cost that squash: squares of the octaves of their ratios beyond a usual one, of all tracks."""
    ratio = answer.tracks[..., index("tracks", "ratio")]
    master = answer.master[..., index("master", "ratio")]
    return (
        4.0 * (torch.relu(ratio - _MOST_RATIO_OCTAVES) ** 2).mean()
        + 4.0 * (torch.relu(master - _MOST_MASTER_RATIO_OCTAVES) ** 2).mean()
    )


def _by_song(values: Tensor, mask: Tensor) -> Tensor:
    return (values * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1.0)


def _mean(values: Tensor, weights: Tensor) -> Tensor:
    return (values * weights).sum() / weights.sum().clamp(min=1.0)
