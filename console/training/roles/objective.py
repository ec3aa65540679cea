"""The training of the role classifier: cross-entropy over classes that are drawn equally often."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from console.codec import decode, encode
from console.errors import ParamError
from console.models.roles.classes import SOUND_CLASSES, class_names
from console.models.roles.mel import FRAMES, Array, as_features
from console.models.roles.network import RoleNetwork
from console.models.roles.windows import MOST_WINDOWS
from console.training.checkpoint import load_weights
from console.training.material import Material, TrainingSong
from console.training.roles.clips import Clip, read_folder
from console.training.roles.drawing import Examples, places_of
from console.training.roles.patches import SongPatches, gather, to_power
from console.training.roles.settings import RoleSettings

Batch = tuple[Array, NDArray[np.int64]]

_SECTION = "[roles]"
_AT_ONCE = 64


class RoleObjective:
    """The network, the examples that it sees, and how often it is right about songs that it does not."""

    def __init__(self, settings: RoleSettings, material: Material, seed: int) -> None:
        """Listen to everything.

        Raises:
            ParamError: there is nothing to learn from, or a folder of stems is not as it has to be.
            SessionError: a file cannot be read.
        """
        torch.manual_seed(seed)
        self._settings = settings
        self._network = RoleNetwork(settings.width, settings.dropout)
        if settings.start:
            load_weights(Path(settings.start), self._network)
        # Half again as fast on a processor; the stubs know nothing of it.
        self._network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        songs = gather(_kept(material.train, settings), settings.least_confidence, material.cache)
        folders = [(item, read_folder(Path(item.folder))) for item in settings.stems.values()]
        if not songs and not any(clips for item, clips in folders if not item.held_out):
            raise ParamError(
                "there are no songs and no stems to learn roles from; build a store, or give stems"
            )
        self._examples = Examples(songs, [clips for item, clips in folders if not item.held_out], settings)
        held_songs = gather(_kept(material.validation, settings), settings.least_confidence, material.cache)
        held_clips = [clip for item, clips in folders if item.held_out for clip in clips]
        self._held = [*_tracks_of(held_songs), *_tracks_of_clips(held_clips)]

    @property
    def module(self) -> torch.nn.Module:
        """The network."""
        return self._network

    def draw(self, rng: np.random.Generator, step: int) -> Batch:
        """Features (tracks, windows, bands, frames) and classes (tracks)."""
        return self._examples.draw(rng)

    def losses(self, batch: Batch, step: int) -> dict[str, Tensor]:
        """The cross-entropy with smoothed labels, and the share of wrong guesses."""
        features, kinds = (torch.from_numpy(part).to(self._device) for part in batch)
        logits = self._network(features, torch.ones(features.shape[:2], device=self._device))
        total = functional.cross_entropy(logits, kinds, label_smoothing=self._settings.smoothing)
        wrong = (logits.argmax(dim=1) != kinds).float().mean().detach()
        return {"total": total, "wrong": wrong}

    def validate(self) -> dict[str, float]:
        """Cross-entropy and share of right guesses over the held-out tracks, each class counting the same."""
        if not self._held:
            return {"score": 0.0}
        chances = self.probabilities([features for _, features in self._held])
        kinds = np.array([kind for kind, _ in self._held])
        own = chances[np.arange(len(kinds)), kinds]
        right = chances.argmax(axis=1) == kinds
        there = np.unique(kinds)
        surprise = -np.log(np.maximum(own, 1e-9))
        figures = {"score": float(np.mean([surprise[kinds == kind].mean() for kind in there]))}
        figures["right"] = float(np.mean([right[kinds == kind].mean() for kind in there]))
        names = class_names()
        return figures | {f"right_{names[kind]}": float(right[kinds == kind].mean()) for kind in there}

    def probabilities(self, tracks: Sequence[Array]) -> NDArray[np.float64]:
        """What the network makes of tracks, each (windows, bands, frames) of features: (tracks, classes)."""
        was_training = self._network.training
        self._network.eval()
        found = []
        with torch.no_grad():
            for first in range(0, len(tracks), _AT_ONCE):
                features, present = _padded(tracks[first : first + _AT_ONCE])
                logits = self._network(features.to(self._device), present.to(self._device))
                found.append(torch.softmax(logits.double(), dim=1).cpu().numpy())
        self._network.train(was_training)
        return np.concatenate(found)

    def card(self) -> dict[str, Any]:
        """Size, classes, counts of tracks and sounds, credits of the folders, settings."""
        settings = encode(self._settings)
        settings["start"] = bool(self._settings.start)
        for stems in settings["stems"].values():
            del stems["folder"]
        return {
            "parameters": sum(value.numel() for value in self._network.parameters()),
            "classes": {name: sorted(roles) for name, roles in SOUND_CLASSES.items()},
            "tracks_and_sounds": {name: list(pair) for name, pair in self._examples.counts.items()},
            "held_out_tracks": len(self._held),
            "settings": settings,
        }

    @property
    def _device(self) -> torch.device:
        return next(self._network.parameters()).device


def make_objective(section: Mapping[str, Any], material: Material, seed: int) -> RoleObjective:
    """The objective "roles" from its section of the configuration.

    Raises:
        ParamError: an unknown key, a value outside its range, or nothing to learn from.
        SessionError: a song or a stem cannot be read.
    """
    return RoleObjective(decode(RoleSettings, section, _SECTION), material, seed)


def _kept(songs: Sequence[TrainingSong], settings: RoleSettings) -> list[TrainingSong]:
    return [song for song in songs if not any(text in song.id for text in settings.leave_out)]


def _tracks_of(songs: Sequence[SongPatches]) -> list[tuple[int, Array]]:
    """The class and the features of each track that has a class, from the windows in which it plays."""
    found = []
    for kind in range(len(SOUND_CLASSES)):
        for index, track in places_of(songs, kind):
            song = songs[index]
            if track < 0:
                continue
            patches = np.flatnonzero(song.played[track])
            chosen = patches[np.linspace(0, len(patches) - 1, min(MOST_WINDOWS, len(patches))).astype(int)]
            found.append((kind, as_features(to_power(song.power[track, chosen, :, :FRAMES]))))
    return found


def _tracks_of_clips(clips: Sequence[Clip]) -> list[tuple[int, Array]]:
    """The same of stems; single sounds are too short to be judged."""
    found = []
    for clip in clips:
        count = clip.data.shape[1] // FRAMES
        if not count:
            continue
        power = to_power(clip.data[:, : count * FRAMES]).reshape(len(clip.data), count, FRAMES).swapaxes(0, 1)
        loud = power.sum(axis=1).max(axis=1)
        playing = np.flatnonzero(loud >= loud.max() * 0.01)[:MOST_WINDOWS]
        found.append((clip.kind, as_features(power[playing])))
    return found


def _padded(tracks: Sequence[Array]) -> tuple[Tensor, Tensor]:
    most = max(map(len, tracks))
    features = np.zeros((len(tracks), most, *tracks[0].shape[1:]), np.float32)
    present = np.zeros((len(tracks), most), np.float32)
    for row, mask, track in zip(features, present, tracks, strict=True):
        row[: len(track)] = track
        mask[: len(track)] = 1.0
    return torch.from_numpy(features), torch.from_numpy(present)
