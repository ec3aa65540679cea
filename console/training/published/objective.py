"""Trains Diff-MST as published: through the console, by halves of random mixes or towards finished songs; in PyTorch.

Vanka et al., "Diff-MST: Differentiable Mixing Style Transfer", ISMIR 2024, methods 1 and 2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from console.codec import decode
from console.dsp.differentiable.backends import console_by_name
from console.errors import ParamError
from console.losses.features import WEIGHTS, feature_losses
from console.losses.levels import loudness_lufs
from console.losses.spectral import multi_resolution
from console.models.published.knobs import console_parameters, published_layout
from console.models.published.network import Positions, PublishedNetwork, parameter_count
from console.training.material import Material
from console.training.objective import SCORE, TOTAL
from console.training.published.drawing import Example, draw_example
from console.training.published.settings import SAMPLE_RATE_HZ, PublishedSettings

SECTION = "diff-mst"
#: A random mix is brought to its loudness by no more than this.
_MOST_GAIN_DB = 60.0


class PublishedObjective:
    """The published network with its examples and losses; one example a batch."""

    def __init__(self, settings: PublishedSettings, material: Material, seed: int) -> None:
        """Make an untrained network.

        Raises:
            ParamError: no songs, or no references where the method needs them.
        """
        if not material.train:
            raise ParamError("0 songs are given to learn from; build a store by mixbridge data build")
        if settings.method == 2 and not material.references_train:
            raise ParamError("0 references are given; add finished songs to the store, or take method 1")
        self.settings = settings
        self._material = material
        self._seed = seed
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.network = PublishedNetwork(settings.network)
        self._held_out: list[Example] = []

    @property
    def module(self) -> nn.Module:
        """The network."""
        return self.network

    def draw(self, rng: np.random.Generator, step: int) -> Example:
        """One example.

        Raises:
            ParamError: nothing sounds in any song that was tried.
            SessionError: a file is gone or damaged.
        """
        return draw_example(self._material.train, self._material.references_train, self.settings, rng, step)

    def losses(self, batch: Example, step: int) -> dict[str, Tensor]:
        """The terms of the loss, their weights in them, and "total", their sum."""
        mix, wanted = self._mixed(batch)
        if self.settings.method == 1 and step < self.settings.features_from_step:
            spectral = multi_resolution(mix, wanted)
            return {"linear": spectral.linear, "log": spectral.log, TOTAL: spectral.total}
        terms = _feature_terms(mix, wanted)
        return {**terms, TOTAL: torch.stack(list(terms.values())).sum()}

    def validate(self) -> dict[str, float]:
        """Mean weighted audio features over held-out examples, and their sum as the score."""
        if not self._held_out:
            self._held_out = self._draw_held_out()
        training = self.network.training
        self.network.eval()
        try:
            with torch.no_grad():
                rows = [_feature_terms(*self._mixed(example)) for example in self._held_out]
        finally:
            self.network.train(training)
        means = {name: float(np.mean([float(row[name]) for row in rows])) for name in WEIGHTS}
        return {**means, SCORE: sum(means.values())}

    def card(self) -> dict[str, Any]:
        """Settings, sizes and how much there was to learn from."""
        return {
            "network": "Diff-MST as published (Vanka et al., ISMIR 2024), built from its description",
            "parameters": parameter_count(self.network),
            "settings": asdict(self.settings),
            "sample_rate_hz": SAMPLE_RATE_HZ,
            "seed": self._seed,
            "songs": len(self._material.train),
            "references": len(self._material.references_train),
            "held_out": "validation" if self._material.validation else "none: measured on training songs",
        }

    def _draw_held_out(self) -> list[Example]:
        """The same examples every time; of the training songs where none are held out."""
        songs = self._material.validation or self._material.train
        references = self._material.references_validation or self._material.references_train
        rng = np.random.default_rng([self._seed, 1])
        last = self.settings.curriculum_steps
        return [
            draw_example(songs, references, self.settings, rng, last)
            for _ in range(self.settings.validation_examples)
        ]

    def _mixed(self, example: Example) -> tuple[Tensor, Tensor]:
        """What the network makes of an example, and what was wanted, (2, samples) each."""
        device = next(self.network.parameters()).device
        tracks = torch.from_numpy(example.tracks).to(device)
        if example.reference is None:
            with torch.no_grad():
                reference, wanted = self._halves(tracks, example)
            tracks = tracks[:, reference.shape[1] :]
        else:
            reference = wanted = torch.from_numpy(example.reference).to(device)
        decided: Positions = self.network(tracks.unsqueeze(0), reference.unsqueeze(0))
        return self._render(tracks, decided.strips[0].float(), decided.master[0].float()), wanted

    def _halves(self, tracks: Tensor, example: Example) -> tuple[Tensor, Tensor]:
        """Both halves of a random mix at the loudness of references."""
        strips, master = (
            torch.from_numpy(part).to(tracks) for part in (example.strips, example.master) if part is not None
        )
        mix = self._render(tracks, strips, master)
        gain_db = self.settings.reference_lufs - loudness_lufs(mix, SAMPLE_RATE_HZ)
        mix = mix * 10.0 ** (gain_db.clamp(max=_MOST_GAIN_DB) / 20.0).to(mix)
        half = self.settings.segment_samples
        return mix[:, :half], mix[:, half:]

    def _render(self, tracks: Tensor, strips: Tensor, master: Tensor) -> Tensor:
        # Half precision is for the network: filters and levels need all of theirs.
        with torch.autocast(tracks.device.type, enabled=False):
            layout = _layout(len(tracks))
            console = console_by_name(self.settings.console, layout)
            return console.render(tracks.unsqueeze(1), console_parameters(strips, master, layout))


_layout = cache(lambda tracks: published_layout(tracks, SAMPLE_RATE_HZ))


def _feature_terms(mix: Tensor, wanted: Tensor) -> dict[str, Tensor]:
    """Each audio feature's distance by its weight in the paper."""
    with torch.autocast(mix.device.type, enabled=False):
        found = feature_losses(mix, wanted, SAMPLE_RATE_HZ)
        return {name: WEIGHTS[name] * loss for name, loss in found.items()}


def make_objective(section: Mapping[str, Any], material: Material, seed: int) -> PublishedObjective:
    """The objective of a section `[diff-mst]`.

    Raises:
        ParamError: an unknown key or a wrong value, no songs, or no references where the method needs them.
    """
    return PublishedObjective(decode(PublishedSettings, section, SECTION), material, seed)
