"""What objectives learn from: songs by split, finished masters, impulse responses."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from console.mix import Mix
from console.session import Role

Samples = NDArray[np.float32]


class TrainingTrack(Protocol):
    """One track of a song: what it is called, what plays on it, and whether its stem is mono or stereo."""

    @property
    def id(self) -> str:
        """Its name within the song."""

    @property
    def role(self) -> Role:
        """What plays on it."""

    @property
    def role_confidence(self) -> float:
        """How sure that is, 0 … 1."""

    @property
    def channels(self) -> int:
        """1 or 2, of its dry stem."""


class TrainingSong(Protocol):
    """A song, a finished master or an impulse response whose audio is read as it is asked for.

    `bridge.datasets.store.StoredSong` is one.
    """

    @property
    def id(self) -> str:
        """Its name within the material."""

    @property
    def group(self) -> str:
        """The music itself; songs of one group are renderings of it, and in one split."""

    @property
    def split(self) -> str:
        """train, validation or test."""

    @property
    def sample_rate_hz(self) -> int:
        """The rate of all its audio."""

    @property
    def samples(self) -> int:
        """Its length."""

    @property
    def tracks(self) -> Sequence[TrainingTrack]:
        """Its tracks, none for a master or an impulse response."""

    def read(self, start: int = 0, samples: int | None = None, *, wet: bool = False) -> Samples:
        """A segment of all tracks, (tracks, 2, samples), silent beyond the song's end."""

    def read_mix(self, start: int = 0, samples: int | None = None) -> Samples:
        """A segment of the mix, (channels, samples), silent beyond the song's end."""

    def strips(self) -> Mix | None:
        """The author's settings, tracks in the order of `tracks`; None where nobody knows them."""


@dataclass(frozen=True, slots=True)
class Material:
    """All that an objective may learn from and be measured on; songs of the test split are never in it.

    `impulses` are impulse responses, whose sound `read_mix` gives. `cache` is a folder for what is worth keeping
    between runs, None where nothing is to be kept.
    """

    train: tuple[TrainingSong, ...]
    validation: tuple[TrainingSong, ...] = ()
    references_train: tuple[TrainingSong, ...] = ()
    references_validation: tuple[TrainingSong, ...] = ()
    impulses: tuple[TrainingSong, ...] = ()
    cache: Path | None = None
