"""Examples by chance: a class, a track of it, a few windows, and another colour each time."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from console.models.roles.classes import SOUND_CLASSES, class_names
from console.models.roles.mel import BANDS, FRAMES, HOP_S, Array, as_features
from console.training.roles.clips import Clip, patch_of
from console.training.roles.colours import coloured
from console.training.roles.patches import PATCH_FRAMES, SongPatches, to_power
from console.training.roles.settings import RoleSettings
from console.training.roles.singing import sung

_BLEED_CHANCE = 0.35
#: A kit is made of the parts of a song where it has at least so many.
_KIT_PARTS = 3
_DRUMS, _VOCAL = class_names().index("drums"), class_names().index("vocal")

#: Seconds of a class in the folders at which they are as good a source as the songs; a hit counts as so many.
_RICH_S, _HIT_S = 60.0, 1.0

#: Where the tracks of a class are: (song, track); track −1 is the whole kit.
Places = list[tuple[int, int]]


class Examples:
    """Draws tracks from songs, from folders of sounds, and from the synthetic singer."""

    def __init__(
        self, songs: Sequence[SongPatches], folders: Sequence[list[Clip]], settings: RoleSettings
    ) -> None:
        self._songs, self._settings = songs, settings
        self._places: list[Places] = [places_of(songs, kind) for kind in range(len(SOUND_CLASSES))]
        self._clips: list[list[list[Clip]]] = [
            [
                found
                for found in ([clip for clip in folder if clip.kind == kind] for folder in folders)
                if found
            ]
            for kind in range(len(SOUND_CLASSES))
        ]
        self._seconds = [np.array([_seconds(found) for found in folders]) for folders in self._clips]
        weights = [settings.weights.get(name, 1.0) for name in class_names()]
        there = [
            bool(a or b) or kind == _VOCAL
            for kind, (a, b) in enumerate(zip(self._places, self._clips, strict=True))
        ]
        chance = np.array(weights) * there
        self._chance = chance / chance.sum()

    @property
    def counts(self) -> dict[str, tuple[int, int]]:
        """Per class how many tracks of songs and how many sounds of folders there are."""
        return {
            name: (len(places), sum(map(len, clips)))
            for name, places, clips in zip(class_names(), self._places, self._clips, strict=True)
        }

    def draw(self, rng: np.random.Generator) -> tuple[Array, NDArray[np.int64]]:
        """A batch: (tracks, windows, bands, frames) of features, and the classes, (tracks)."""
        kinds = rng.choice(len(SOUND_CLASSES), self._settings.batch, p=self._chance)
        features = np.stack([self._example(rng, int(kind)) for kind in kinds])
        return features, kinds.astype(np.int64)

    def _example(self, rng: np.random.Generator, kind: int) -> Array:
        power = self._sound(rng, kind)
        bleed = None
        if rng.random() < _BLEED_CHANCE:
            bleed = self._sound(rng, int(rng.choice(len(SOUND_CLASSES), p=self._chance)))
        return as_features(coloured(rng, power, bleed))

    def _sound(self, rng: np.random.Generator, kind: int) -> Array:
        clips, places = self._clips[kind], self._places[kind]
        windows = self._settings.windows
        if kind == _VOCAL and (not (clips or places) or rng.random() < self._settings.sung_share):
            return np.stack([sung(rng) for _ in range(windows)])
        seconds = self._seconds[kind]
        share = self._settings.stem_share * seconds.sum() / (seconds.sum() + _RICH_S)
        if clips and (not places or rng.random() < share):
            chance = np.sqrt(seconds)
            folder = clips[int(rng.choice(len(clips), p=chance / chance.sum()))]
            return np.stack([patch_of(folder, rng) for _ in range(windows)])
        song, track = places[int(rng.integers(len(places)))]
        return _windows(rng, self._songs[song], track, windows)


def _seconds(clips: list[Clip]) -> float:
    return sum(_HIT_S if clip.struck else clip.data.shape[1] * HOP_S for clip in clips)


def places_of(songs: Sequence[SongPatches], kind: int) -> Places:
    """Where the tracks of a class are."""
    found = [
        (index, int(track))
        for index, song in enumerate(songs)
        for track in np.flatnonzero(song.classes == kind)
        if song.played[track].any()
    ]
    if kind == _DRUMS:
        found += [(index, -1) for index, song in enumerate(songs) if song.kit.sum() >= _KIT_PARTS]
    return found


def _windows(rng: np.random.Generator, song: SongPatches, track: int, count: int) -> Array:
    """A few windows of a track, or of the kit, in which it plays."""
    parts = np.flatnonzero(song.kit) if track < 0 else np.array([track])
    # A part may be missing from a kit, and each is as loud as someone likes it.
    gains_db = song.loudest_db[parts] + (rng.normal(0.0, 4.0, len(parts)) if track < 0 else 0.0)
    gains = 10.0 ** ((gains_db - gains_db.max()) / 10.0)
    playing = np.flatnonzero(song.played[parts].any(axis=0))
    chosen = rng.choice(playing, count, replace=len(playing) < count)
    out = np.zeros((count, BANDS, FRAMES), np.float32)
    for window, patch in zip(out, chosen, strict=True):
        start = int(rng.integers(PATCH_FRAMES - FRAMES + 1))
        for part, gain in zip(parts, gains, strict=True):
            window += to_power(song.power[part, patch, :, start : start + FRAMES]) * np.float32(gain)
    return out
