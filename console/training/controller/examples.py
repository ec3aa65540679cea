"""Batches for the controller on energies: songs changed by chance, what each is to sound like, and what is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from console.losses.bands import BANDS, LOUDNESS_WEIGHTS, SPLIT
from console.models.controller.conditions import CONDITIONS
from console.models.controller.energies import Balance, EnergyConsole
from console.models.controller.hearing import FIGURES, Hearing
from console.models.controller.knobs import MASTER_KNOBS, TRACK_KNOBS, index
from console.models.controller.network import Inputs
from console.session import Role
from console.training.controller.consoles import (
    CENTRAL,
    FORWARD_DB,
    ROLES,
    master_console,
    track_consoles,
    usual_compressors,
)
from console.training.controller.heard import EXCERPTS, HeardSong

Float32 = NDArray[np.float32]

_BARK = BANDS // SPLIT
_LEVEL, _PAN = index("tracks", "level_db"), index("tracks", "pan")
#: Among a track's figures: percentiles of bark levels come first, right over left is the third from the end.
_LEVEL_FIGURES, _BALANCE_FIGURE = 3 * _BARK, FIGURES - 3
_BALANCE_CONDITION, _TOLD_CONDITION = 2 * _BARK + 1, CONDITIONS - 1
_CENTRES = (np.arange(BANDS) + 0.5) / BANDS
#: What carries a tune now and then.
_TUNEFUL = [
    ROLES.index(role)
    for role in (
        Role.KEYS,
        Role.SYNTH,
        Role.WOODWIND,
        Role.BRASS,
        Role.STRINGS,
        Role.ORGAN,
        Role.ELECTRIC_GUITAR,
        Role.ACOUSTIC_GUITAR,
    )
]


@dataclass(frozen=True, slots=True)
class Chances:
    """How songs are changed and what they are to learn from; chances are 0 … 1.

    - `unpaired`, `halves`: shares of method 2 (a master of another song) and method 1 (a console by chance, heard in
      another excerpt); the rest are authors' own mixes;
    - `colour`, `colour_db`: of a track's spectrum; `join`: two songs made one; `drop`: tracks left out;
    - `no_roles`, `no_role`: nobody knows the roles, or that of one track; `lead`: an instrument is said to be the lead
      vocal, and treated as one, as hardly any song that may be trained on has singing;
    - `tint_db`: a reference's spectrum moves by so much, smoothly.
    """

    unpaired: float = 0.5
    halves: float = 0.35
    colour: float = 0.4
    colour_db: float = 4.0
    join: float = 0.2
    drop: float = 0.5
    no_roles: float = 0.25
    no_role: float = 0.1
    lead: float = 0.4
    tint_db: float = 2.0


@dataclass(frozen=True)
class Batch:
    """Songs and what is wanted of them.

    - `labels`, `counts` (batch, tracks, knobs): settings on the knobs' scales, and how much each is to count;
    - `master_labels`, `master_counts` (batch, knobs);
    - `labelled` (batch,): 1 where settings are known, 0 where only the sound is, and `labels` are usual compressors;
    - `forward_db`, `central` (batch, tracks): how far a track usually stands out, and whether it is in the middle.
    """

    inputs: Inputs
    labels: Tensor
    counts: Tensor
    master_labels: Tensor
    master_counts: Tensor
    labelled: Tensor
    forward_db: Tensor
    central: Tensor


@dataclass
class Example:
    """One song of a batch, as arrays; see Inputs and Batch."""

    figures: Float32
    power: Float32
    levels: Float32
    stereo: Float32
    roles: Float32
    condition: Float32
    labels: Float32
    counts: Float32
    master_labels: Float32
    master_counts: Float32
    labelled: float


class Examples:
    """Draws batches from songs and references that were heard."""

    def __init__(self, songs: Sequence[HeardSong], references: Float32, chances: Chances) -> None:
        self._songs, self._references, self._chances = tuple(songs), references, chances
        self._authored = tuple(
            song for song in songs if song.told[:, _LEVEL].any() and np.isfinite(song.mixes).all()
        )

    def draw(self, rng: np.random.Generator, size: int, most_tracks: int, candidates: int) -> Batch:
        """A batch of `size` songs of at most so many tracks; the answer asked for is the first of `candidates`."""
        return collate([self._one(rng, most_tracks) for _ in range(size)], candidates)

    def _one(self, rng: np.random.Generator, most_tracks: int) -> Example:
        kind = rng.random()
        chances = self._chances
        if kind >= chances.unpaired + chances.halves and self._authored:
            song = self._author(rng, most_tracks)
        else:
            song = self._any(rng, most_tracks, halves=kind >= chances.unpaired or not len(self._references))
        if rng.random() < 0.5:
            _mirror(song)
        known = (rng.random() >= chances.no_roles) * (rng.random(len(song.roles)) >= chances.no_role)
        song.roles = song.roles * known[:, None].astype(np.float32)
        return song

    def _author(self, rng: np.random.Generator, most_tracks: int) -> Example:
        source = self._authored[int(rng.integers(len(self._authored)))]
        # The reference is his mix of another part of the song.
        at, other = _two(source, rng)
        keep = np.flatnonzero(source.excerpts[at].heard)[:most_tracks]
        song = _bare(source, at, keep)
        song.condition = source.mixes[other].copy()
        song.labels = source.level_labels(at)[keep]
        song.counts = source.told[keep].astype(np.float32)
        song.labelled = 1.0
        return song

    def _any(self, rng: np.random.Generator, most_tracks: int, *, halves: bool) -> Example:
        chances = self._chances
        places = [int(rng.integers(len(self._songs)))]
        if rng.random() < chances.join:
            places.append(int(rng.integers(len(self._songs))))
        parts, others = [], []
        for place in places:
            source = self._songs[place]
            at, other = _two(source, rng)
            keep = np.flatnonzero(source.excerpts[at].heard)
            parts.append(_bare(source, at, keep))
            others.append((source, at, other, keep))
        song = _joined(parts)
        count = len(song.figures)
        order = rng.permutation(count)
        size = int(rng.integers(1, count + 1)) if rng.random() < chances.drop else count
        kept = np.sort(order[: min(size, most_tracks)])
        seen = _other_power(others)[kept]
        gains = np.concatenate(
            [s.excerpts[a].gain_db[k] - s.excerpts[o].gain_db[k] for s, a, o, k in others]
        )[kept]
        song = _picked(song, kept)
        if rng.random() < chances.lead:
            _make_lead(song, rng)
        colours = _colours(len(kept), rng, chances)
        change = _colour(song, colours)
        if halves:
            song.labels, song.counts = track_consoles(song.roles, song.stereo, song.levels, rng)
            song.master_labels, song.master_counts = master_console(rng)
            song.labelled = 1.0
            _forget_master_dynamics(song)
            power = seen * 10.0 ** ((colours[:, None, :] + change[:, None, None]) / 10.0)
            song.condition = self._heard_through(song, power.astype(np.float32), gains)
        else:
            song.labels, song.counts = usual_compressors(song.roles, song.levels, rng)
            song.condition = _tinted(self._references[int(rng.integers(len(self._references)))], rng, chances)
        return song

    def _heard_through(self, song: Example, power: Float32, gains_db: Float32) -> Float32:
        """The sound of the console that was drawn, over another excerpt of the same tracks."""
        labels = song.labels.copy()
        labels[:, _LEVEL] += gains_db
        there = power.sum(axis=(1, 2)) > 0.0
        if not there.any():
            power, labels, there = song.power, song.labels, np.ones(len(power), np.bool_)
        tracks = (power, song.stereo, there, labels, song.master_labels)
        balance = _played(*tracks)
        single = (balance.width_db, balance.balance_db)
        spectra = torch.cat((balance.mid_db[0], balance.side_db[0], *single)).numpy()
        return np.concatenate((spectra, np.zeros(3, np.float32)))


def _two(song: HeardSong, rng: np.random.Generator) -> tuple[int, int]:
    """Two excerpts of a song, in the first of which something sounds."""
    order = [int(at) for at in rng.permutation(EXCERPTS)]
    first = next(at for at in order if song.excerpts[at].heard.any())
    return first, next(at for at in order if at != first)


@cache
def _energies() -> EnergyConsole:
    return EnergyConsole()


def _played(*arrays: NDArray[np.generic]) -> Balance:
    with torch.no_grad():
        balance: Balance = _energies()(*(torch.from_numpy(np.asarray(x, np.float32))[None] for x in arrays))
    return balance


def offset_db(song: Example) -> float:
    """By how much a song's labels' faders miss the loudness of a mix."""
    there = np.ones(len(song.power))
    played = _played(song.power, song.stereo, there, song.labels, song.master_labels)
    return float(played.offset_db)


def collate(songs: Sequence[Example], candidates: int) -> Batch:
    """Songs as tensors, filled up with tracks that are not there."""
    most = max(len(song.figures) for song in songs)

    def stacked(name: str) -> Tensor:
        rows = [np.asarray(getattr(song, name), np.float32) for song in songs]
        return torch.from_numpy(np.stack([_filled(row, most) for row in rows]))

    def plain(name: str) -> Tensor:
        return torch.from_numpy(np.stack([np.asarray(getattr(song, name), np.float32) for song in songs]))

    mask = torch.from_numpy(np.stack([(np.arange(most) < len(s.figures)).astype(np.float32) for s in songs]))
    candidate = torch.zeros((len(songs), candidates))
    candidate[:, 0] = 1.0
    roles = stacked("roles")
    inputs = Inputs(
        stacked("figures"),
        stacked("power"),
        stacked("levels"),
        stacked("stereo"),
        mask,
        roles,
        plain("condition"),
        candidate,
    )
    forward = torch.tensor([FORWARD_DB.get(role, 0.0) for role in ROLES])
    central = torch.tensor([float(role in CENTRAL) for role in ROLES])
    return Batch(
        inputs,
        stacked("labels"),
        stacked("counts"),
        plain("master_labels"),
        plain("master_counts"),
        plain("labelled"),
        roles @ forward,
        (roles @ central).clamp(0.0, 1.0),
    )


def _filled(row: Float32, most: int) -> Float32:
    return np.pad(row, ((0, most - len(row)), *((0, 0),) * (row.ndim - 1)))


def _bare(song: HeardSong, at: int, keep: NDArray[np.int64]) -> Example:
    return song_of(song.excerpts[at], keep, song.roles[keep].copy())


def song_of(heard: Hearing, keep: NDArray[np.int64], roles: Float32) -> Example:
    """The kept tracks of a hearing, without anything that is wanted of them yet."""
    return Example(
        heard.figures[keep].copy(),
        heard.power[keep].copy(),
        heard.levels_db[keep].copy(),
        (heard.channels[keep] == 2).astype(np.float32),
        roles,
        np.zeros(CONDITIONS, np.float32),
        np.zeros((len(keep), len(TRACK_KNOBS)), np.float32),
        np.zeros((len(keep), len(TRACK_KNOBS)), np.float32),
        np.zeros(len(MASTER_KNOBS), np.float32),
        np.zeros(len(MASTER_KNOBS), np.float32),
        0.0,
    )


_BY_TRACK = ("figures", "power", "levels", "stereo", "roles", "labels", "counts")


def _joined(parts: Sequence[Example]) -> Example:
    song = parts[0]
    for name in _BY_TRACK:
        setattr(song, name, np.concatenate([getattr(part, name) for part in parts]))
    return song


def _picked(song: Example, kept: NDArray[np.int64]) -> Example:
    for name in _BY_TRACK:
        setattr(song, name, getattr(song, name)[kept])
    return song


def _other_power(others: Sequence[tuple[HeardSong, int, int, NDArray[np.int64]]]) -> Float32:
    return np.concatenate([source.excerpts[other].power[keep] for source, _, other, keep in others])


def _colours(count: int, rng: np.random.Generator, chances: Chances) -> Float32:
    """Smooth random responses in dB, (tracks, BANDS), 0 for tracks that stay as they are."""
    changed = rng.random(count) < chances.colour
    return (_smooth(count, rng) * chances.colour_db * changed[:, None]).astype(np.float32)


def _smooth(count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Sums of three bumps of any width, (count, BANDS), about 1 in size."""
    centres, widths = rng.uniform(0.0, 1.0, (count, 3, 1)), rng.uniform(0.05, 0.6, (count, 3, 1))
    sizes = rng.normal(0.0, 1.0, (count, 3, 1))
    return np.asarray((sizes * np.exp(-0.5 * ((_CENTRES - centres) / widths) ** 2)).sum(axis=1))


def _colour(song: Example, colours: Float32) -> Float32:
    """Give each track another spectrum at the same loudness; returns by how much it was levelled, in dB."""
    before = (song.power[:, 0] + song.power[:, 1]) @ LOUDNESS_WEIGHTS
    song.power = (song.power * 10.0 ** (colours[:, None, :] / 10.0)).astype(np.float32)
    after = (song.power[:, 0] + song.power[:, 1]) @ LOUDNESS_WEIGHTS
    change = (10.0 * np.log10((before + 1e-12) / (after + 1e-12))).astype(np.float32)
    song.power = song.power * 10.0 ** (change[:, None, None] / 10.0)
    by_bark = colours.reshape(len(colours), _BARK, SPLIT).mean(axis=2) + change[:, None]
    song.figures[:, :_LEVEL_FIGURES] += np.tile(by_bark, (1, 3)) / 20.0
    return change


def _forget_master_dynamics(song: Example) -> None:
    """Energies do not tell what the master's compressor and the limiter did: nobody is to guess it from them.

    Those of tracks follow from what the tracks are.
    """
    for name in ("threshold_db", "ratio", "attack_ms", "release_ms", "headroom_db"):
        song.master_counts[index("master", name)] = 0.0


def _make_lead(song: Example, rng: np.random.Generator) -> None:
    """Say of one instrument that carries a tune that it is the lead vocal."""
    found = np.flatnonzero(song.roles[:, _TUNEFUL].max(axis=1) > 0.0)
    if len(found):
        at = int(found[rng.integers(len(found))])
        song.roles[at] = 0.0
        song.roles[at, ROLES.index(Role.LEAD_VOCAL)] = rng.uniform(0.7, 1.0)


def _mirror(song: Example) -> None:
    """Left becomes right."""
    song.power = np.ascontiguousarray(song.power[:, (1, 0, 2)])
    song.figures[:, _BALANCE_FIGURE] *= -1.0
    song.labels[:, _PAN] *= -1.0
    song.condition[_BALANCE_CONDITION] *= -1.0


def _tinted(condition: Float32, rng: np.random.Generator, chances: Chances) -> Float32:
    """A reference a little other than it is: spectrum, width, dynamics."""
    tinted = condition.copy()
    tint = _smooth(2, rng).reshape(2, _BARK, SPLIT).mean(axis=2) * chances.tint_db
    tinted[:_BARK] += tint[0]
    tinted[_BARK : 2 * _BARK] += tint[0] + 0.5 * tint[1]
    tinted[2 * _BARK] += rng.normal(0.0, 1.0)
    tinted[_TOLD_CONDITION] = float(rng.random() < 0.9)
    return tinted
