"""The controller's objective: batches, loss and held-out figures, as the trainer asks for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from console.codec import did_you_mean
from console.errors import ParamError
from console.models.controller.network import Controller, ControllerSizes, Inputs
from console.progress import Progress, no_progress
from console.training.controller.audio import AudioSong, audio_terms, draw_audio, render
from console.training.controller.examples import Batch, Chances, Examples
from console.training.controller.heard import hear_references, hear_songs
from console.training.controller.losses import (
    WEIGHTS,
    levelled_labels,
    losses,
    setting_errors,
    song_errors,
    sound_distance,
    squash_cost,
)
from console.training.material import Material

T = TypeVar("T")
Float32 = NDArray[np.float32]
#: Distances of crest and spread count less and less beyond this.
_OUT_OF_REACH_DB = 5.0
_VALIDATION_SEED, _VALIDATION_BATCHES = 20_000, 6


@dataclass(frozen=True, slots=True)
class ControllerSettings:
    """Settings of a training of the controller.

    - `batch`: songs a step; `most_tracks`: in a song;
    - `few_tracks`, `curriculum_steps`: songs grow from so few tracks to the most over so many steps;
    - `candidate_share`: of the steps, those that teach the further answers to differ;
    - `audio_songs`: songs that are rendered every `audio_every` steps, from step `audio_from` on: excerpts of
      `audio_seconds` with at most `audio_tracks` tracks, by method 1 with the chance `audio_halves`; they count by
      `audio_weight` of their distance in dB;
    - `listeners`: threads that listen to the material.
    """

    sizes: ControllerSizes = field(default_factory=ControllerSizes)
    chances: Chances = field(default_factory=Chances)
    batch: int = 32
    most_tracks: int = 24
    few_tracks: int = 6
    curriculum_steps: int = 2000
    candidate_share: float = 0.25
    audio_songs: int = 1
    audio_every: int = 4
    audio_from: int = 800
    audio_seconds: float = 8.0
    audio_tracks: int = 8
    audio_halves: float = 0.4
    audio_weight: float = 0.1
    listeners: int = 2


@dataclass(frozen=True)
class Drawn:
    """What a step learns from: songs as energies, and songs that are rendered."""

    batch: Batch
    audio: tuple[AudioSong, ...]


class ControllerObjective:
    """See console.training.objective.Objective."""

    def __init__(
        self, settings: ControllerSettings, material: Material, seed: int, progress: Progress = no_progress
    ) -> None:
        torch.manual_seed(seed)
        self.module = Controller(settings.sizes)
        self._settings = settings
        self._material = material

        def songs(which: str) -> tuple[Examples, Float32]:
            heard = hear_songs(
                getattr(material, which), material.cache, threads=settings.listeners, progress=progress
            )
            references = hear_references(
                getattr(material, f"references_{which}"),
                material.cache,
                threads=settings.listeners,
                progress=progress,
            )
            if not heard:
                raise ParamError(
                    f"{len(getattr(material, which))} songs for {which}, none of which has two tracks that sound; "
                    "build or add more"
                )
            return Examples(heard, references, settings.chances), references

        self._train, self._references = songs("train")
        self._validation = songs("validation")[0] if material.validation else self._train
        self._held_out: list[Batch] = []

    def draw(self, rng: np.random.Generator, step: int) -> Drawn:
        """A batch of songs, and the songs that are rendered."""
        settings = self._settings
        grown = min(1.0, step / max(settings.curriculum_steps, 1))
        most = round(settings.few_tracks + grown * (settings.most_tracks - settings.few_tracks))
        batch = self._train.draw(rng, settings.batch, most, settings.sizes.candidates)
        if settings.sizes.candidates > 1 and rng.random() < settings.candidate_share:
            batch = asked_for(
                batch, torch.from_numpy(rng.integers(1, settings.sizes.candidates, settings.batch))
            )
        turn = step >= settings.audio_from and step % settings.audio_every == 0
        count = settings.audio_songs if turn else 0
        audio = [self._audio(rng) for _ in range(count)]
        return Drawn(batch, tuple(song for song in audio if song is not None))

    def _audio(self, rng: np.random.Generator) -> AudioSong | None:
        settings = self._settings
        return draw_audio(
            self._material.train,
            self._references,
            rng,
            seconds=settings.audio_seconds,
            most_tracks=settings.audio_tracks,
            candidates=settings.sizes.candidates,
            halves=settings.audio_halves,
        )

    def losses(self, drawn: Drawn, step: int) -> dict[str, Tensor]:
        """The terms; where a further answer is asked for, that one learns which is the nearest already."""
        batch = on_device(drawn.batch, self.module.latents.device)
        if bool(batch.inputs.candidate[:, 0].min() < 0.5):
            batch = self._nearest(batch)
        terms = losses(self.module, batch, self.module(batch.inputs))
        for song in drawn.audio:
            heard = self._rendered(song)
            terms |= {f"audio_{name}": value for name, value in heard.items()}
            share = self._settings.audio_weight / len(drawn.audio)
            terms["total"] = terms["total"] + share * torch.stack(list(heard.values())).sum()
        return terms

    def _rendered(self, song: AudioSong) -> dict[str, Tensor]:
        """How far the answer, played, is from what is wanted, in dB by term; and its settings, where they are known."""
        batch = on_device(song.batch, self.module.latents.device)
        answers = self.module(batch.inputs)
        last = answers[-1]
        mix = render(
            song.stems.to(last.tracks.device),
            song.channels,
            last.tracks[0],
            last.master[0],
            batch.inputs.levels[0],
            song.sample_rate_hz,
        )
        terms = audio_terms(mix, batch.inputs.condition[0], song.sample_rate_hz)
        # What is out of reach in a few seconds of a few tracks is not to be had at any price.
        terms |= {
            name: _OUT_OF_REACH_DB * torch.tanh(terms[name] / _OUT_OF_REACH_DB)
            for name in ("crest", "spread")
        }
        terms["squash"] = squash_cost(last)
        if bool(batch.labelled[0] > 0.5):
            settings, doubt = setting_errors(last, levelled_labels(self.module, batch), batch)
            terms["settings"] = (settings + WEIGHTS["doubt"] * doubt) / self._settings.audio_weight
        return terms

    def _nearest(self, batch: Batch) -> Batch:
        """For labelled songs ask for the further answer that is nearest to the labels (winner takes all)."""
        found = []
        labels = levelled_labels(self.module, batch)
        with torch.no_grad():
            for candidate in range(1, self._settings.sizes.candidates):
                asked = asked_for(batch, torch.full((len(batch.labels),), candidate))
                found.append(song_errors(self.module(asked.inputs)[-1], labels, batch))
        best = torch.stack(found).argmin(dim=0) + 1
        drawn = batch.inputs.candidate.argmax(dim=1)
        return asked_for(batch, torch.where(batch.labelled > 0.5, best, drawn))

    def validate(self) -> dict[str, float]:
        """Over held-out songs and references: distance of the sound, errors of the settings, in usual moves."""
        if not self._held_out:
            rng = np.random.default_rng(_VALIDATION_SEED)
            settings = self._settings
            self._held_out = [
                self._validation.draw(rng, settings.batch, settings.most_tracks, settings.sizes.candidates)
                for _ in range(_VALIDATION_BATCHES)
            ]
        sounds, errors, totals = [], [], []
        self.module.eval()
        with torch.no_grad():
            for kept in self._held_out:
                batch = on_device(kept, self.module.latents.device)
                answers = self.module(batch.inputs)
                terms = losses(self.module, batch, answers)
                totals.append(float(terms["total"]))
                free = batch.labelled < 0.5
                sounds.append(sound_distance(answers[-1].balance, batch.inputs.condition)[free])
                error = song_errors(answers[-1], levelled_labels(self.module, batch), batch)
                errors.append(error[~free])
        self.module.train()
        return {
            "sound_db": float(torch.cat(sounds).mean()),
            "settings": float(torch.cat(errors).mean()),
            "score": float(np.mean(totals)),
        }

    def card(self) -> dict[str, Any]:
        """Sizes and settings."""
        return {
            "parameters": sum(p.numel() for p in self.module.parameters()),
            "settings": asdict(self._settings),
            "songs": {
                name: len(getattr(self._material, name))
                for name in ("train", "validation", "references_train", "references_validation")
            },
        }


def asked_for(batch: Batch, candidate: Tensor) -> Batch:
    """The batch with other answers asked for, (batch,) whole numbers."""
    wanted = torch.zeros_like(batch.inputs.candidate)
    wanted[torch.arange(len(wanted)), candidate.to(wanted.device)] = 1.0
    return replace(batch, inputs=replace(batch.inputs, candidate=wanted))


def on_device(batch: Batch, device: torch.device) -> Batch:
    """The batch on a device."""
    moved = {name: getattr(batch, name).to(device) for name in Batch.__dataclass_fields__ if name != "inputs"}
    inputs = Inputs(**{name: getattr(batch.inputs, name).to(device) for name in Inputs.__dataclass_fields__})
    return Batch(inputs, **moved)


def make_objective(section: Mapping[str, Any], material: Material, seed: int) -> ControllerObjective:
    """The objective from its section of a configuration.

    Raises:
        ParamError: an unknown key, a setting out of its range, or no songs.
    """
    plain = dict(section)
    sizes = _read(ControllerSizes, plain.pop("sizes", {}), "controller.sizes")
    chances = _read(Chances, plain.pop("chances", {}), "controller.chances")
    settings = _read(ControllerSettings, plain, "controller")
    return ControllerObjective(replace(settings, sizes=sizes, chances=chances), material, seed)


def _read(kind: type[T], table: Mapping[str, Any], where: str) -> T:
    known = list(kind.__dataclass_fields__)  # type: ignore[attr-defined]
    for name in table:
        if name not in known:
            raise ParamError(f"{where}.{name} is no setting{did_you_mean(name, known)}")
    return kind(**table)
