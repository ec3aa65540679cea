"""Plays variants of a mix quickly: only the tracks that changed are played again."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from console.estimators.recover.material import Material
from console.estimators.recover.measuring import play, play_track, spectral_loss
from console.mix import Mix
from console.params import PARAMS

Array = NDArray[np.float64]
_NOTHING_DB = -160.0


@dataclass(frozen=True)
class Heard:
    """A mix, its tracks and its sum in every passage, and its distance to the target."""

    mix: Mix
    parts: tuple[tuple[Array, ...], ...]
    mixes: tuple[Array, ...]
    loss: float


class Hearing:
    """Plays mixes on passages and tells how far they are from their target."""

    def __init__(self, material: Material, workers: int) -> None:
        self._material, self._workers = material, workers
        self._distance = spectral_loss(material)

    def hear(self, mix: Mix, before: Heard | None = None, changed: Collection[int] = ()) -> Heard:
        """A mix; with the one before, only the tracks that changed are played."""
        parts = []
        with ThreadPoolExecutor(self._workers) as pool:
            for number, excerpt in enumerate(self._material.excerpts):
                old = before.parts[number] if before is not None else None
                wanted = range(len(mix.tracks)) if old is None else sorted(changed)
                new = dict(
                    zip(wanted, pool.map(lambda i, e=excerpt: play_track(mix, i, e), wanted), strict=True)
                )
                parts.append(
                    tuple(new[i] if old is None or i in new else old[i] for i in range(len(mix.tracks)))
                )
        mixes = tuple(play(mix, e, list(p)) for e, p in zip(self._material.excerpts, parts, strict=True))
        return Heard(mix, tuple(parts), mixes, self._loss(mixes))

    def _loss(self, mixes: Sequence[Array]) -> float:
        """The spectral distance to the target, and the share of the waveform's energy that is wrong."""
        left = sum(
            float(np.square(e.target[:, e.run_in :] - mix[:, e.run_in :]).sum())
            for e, mix in zip(self._material.excerpts, mixes, strict=True)
        )
        return float(self._distance(list(mixes))) + left / self._material.energy

    def levelled(self, mix: Mix, track: int, before: Heard) -> Mix:
        """The mix with the fader of a changed track set so that what it gives is nearest to what it gave."""
        strip = mix.tracks[track]
        if strip.automation.fader_db or {"all", "fader_db"} & set(strip.locked):
            return mix
        across = own = 0.0
        for excerpt, parts in zip(self._material.excerpts, before.parts, strict=True):
            new, old = play_track(mix, track, excerpt), parts[track]
            across += float((new * old).sum())
            own += float(np.square(new).sum())
        if own <= 0.0 or across <= 0.0:
            return mix
        level_db = PARAMS["strip.fader_db"].clamp(strip.fader_db + 20.0 * math.log10(across / own))
        tracks = list(mix.tracks)
        tracks[track] = replace(strip, fader_db=level_db)
        return replace(mix, tracks=tuple(tracks))

    def energy(self, heard: Heard, track: int) -> float:
        """What a track has of energy in the mix."""
        return float(sum(np.square(parts[track]).sum() for parts in heard.parts))

    def change_of_track(self, mix: Mix, track: int, before: Heard) -> float:
        """The energy of what changes in a track."""
        return float(
            sum(
                np.square(play_track(mix, track, excerpt) - parts[track]).sum()
                for excerpt, parts in zip(self._material.excerpts, before.parts, strict=True)
            )
        )

    def change(self, new: Heard, old: Heard) -> float:
        """The energy of the difference of two mixes."""
        rows = zip(self._material.excerpts, new.mixes, old.mixes, strict=True)
        return float(sum(np.square(a[:, e.run_in :] - b[:, e.run_in :]).sum() for e, a, b in rows))

    def change_db(self, new: Heard, old: Heard) -> float:
        """How loud the difference of two mixes is, against the old one, in dB."""
        left = self.change(new, old)
        rows = zip(self._material.excerpts, old.mixes, strict=True)
        whole = float(sum(np.square(b[:, e.run_in :]).sum() for e, b in rows))
        if left <= 0.0 or whole <= 0.0:
            return _NOTHING_DB
        return max(10.0 * math.log10(left / whole), _NOTHING_DB)
