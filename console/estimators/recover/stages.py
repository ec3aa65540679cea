"""The steps of a recovery, from the robust to the fine, each with its residual; Ctrl-C keeps the best so far."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from console.estimators.recover.compression import with_compressors
from console.estimators.recover.descent import Problem, Strips, descend, whitening_taps
from console.estimators.recover.filling import filled, tidied
from console.estimators.recover.material import Material
from console.estimators.recover.measuring import residual_of, spectral_loss, step_of
from console.estimators.recover.moves import with_moves
from console.estimators.recover.polish import polished, with_master, without_idle_master, worth_of
from console.estimators.recover.tracking import Correction, imaged, respond, retoned, toned
from console.estimators.recover.values import RecoverSettings, Residual, Step
from console.mix import Bus, BusKind, Compressor, Mix, Reverb
from console.mix.blend import GROUPS
from console.progress import Progress

_DECAYS_S = (0.6, 1.2, 2.4)
#: An effect has to lower the residual's energy by this share.
_WORTH_EFFECT = 0.004
_LEAST_GAIN = 0.04
#: A waveform met to this, in dB, needs no descent on spectra; to this by levels alone, no processor at all.
_MET_DB, _EXACT_DB = -25.0, -65.0
_GRID_SECONDS, _FIRST_SECONDS = 12.0, 14.0
_POLISH_STEPS = 60
#: Errors of the mean level above this, in dB, are worth a note.
_UNSURE_DB = 3.0
#: Faders of tracks are to stay below this.
_MOST_FADER_DB = 6.0


class Stages:
    """A recovery under way.

    Attributes:
        mix: the best so far, on the aligned stems.
        steps: the residual after each step.
        explained: share of the target that the stems explain, filtered at will, 0 … 1.
        gain_db: what the master fader has to add to the mix.
        interrupted: whether Ctrl-C ended it.
        ambiguous: tracks whose level the audio hardly tells.
        residual: what the mix leaves.
    """

    residual: Residual

    def __init__(self, material: Material, base: Mix, settings: RecoverSettings, progress: Progress) -> None:
        self._base, self._settings, self._progress = base, settings, progress
        self.gain_db = 0.0
        self._set_up(material)
        loudest_db = max((_level_db(c) for c in self._corrections), default=0.0)
        if loudest_db > _MOST_FADER_DB and not {"all", "fader_db"} & set(base.master.locked):
            # A mix that was made loud: the master fader takes what the faders of the tracks have not.
            self.gain_db = min(loudest_db - _MOST_FADER_DB, _MOST_FADER_DB * 2.0)
            self._set_up(material.louder(-self.gain_db))
        self.mix, self.steps, self.interrupted = base, list[Step](), False
        self._done = 0.0

    def _set_up(self, material: Material) -> None:
        settings, base = self._settings, self._base
        self._material = material
        buses = tuple(_linear(bus) for bus in base.buses if bus.kind is BusKind.FX)
        self._problem = Problem(
            material=material,
            buses=buses if "sends" in settings.groups else (),
            locked=tuple((*track.locked, *_held(settings)) for track in base.tracks),
            taps=whitening_taps([e.target for e in material.excerpts]),
            workers=settings.workers,
        )
        self._quick = replace(self._problem, material=material.shorter(_FIRST_SECONDS))
        self._loss = spectral_loss(material)
        self._strips: Strips = base.tracks
        self._energy = self._problem.energy()
        found, self._corrections = respond(self._problem, self._strips)
        self.explained = found.explained
        self._unexplained = 1.0 - found.explained
        self.ambiguous = tuple(
            track.id
            for track, correction in zip(base.tracks, self._corrections, strict=True)
            if not track.muted and not np.nanmin(correction.error_db, initial=np.inf) < _UNSURE_DB
        )

    def run(self) -> None:
        """Do all steps."""
        try:
            self._record("dry", 0.02)
            self._levels()
            if self.steps[-1].residual_db > _EXACT_DB:
                self._processors()
        except KeyboardInterrupt:
            self.interrupted = True
        self.residual = residual_of(self.mix, self._material, self._unexplained)

    def _processors(self) -> None:
        self._tones()
        if self._problem.buses or (self._settings.reverb and "sends" in self._settings.groups):
            self._effects()
        self._turns()
        if self._settings.moves and "fader" in self._settings.groups:
            self._moves()
        if self._settings.spectrum and self.steps[-1].residual_db > _MET_DB:
            self._spectra()

    def _levels(self) -> None:
        counts = [len(stem) for stem in self._material.excerpts[0].stems]
        rows = zip(self._strips, self._corrections, counts, self._problem.locked, strict=True)
        self._strips = tuple(s if s.muted else imaged(s, c, n, lock) for s, c, n, lock in rows)
        image = replace(self._problem, modules=frozenset({"fader_db", "pan", "width"}))
        strips, _ = descend(image, self._strips, steps=6)
        self._strips = tidied(strips)
        self._record("gain/pan", 0.08)

    def _tones(self) -> None:
        if "eq" not in self._settings.groups:
            return
        counts = [len(stem) for stem in self._material.excerpts[0].stems]
        rate_hz = self._material.sample_rate_hz
        before, energy = self._strips, self._problem.residual(self._strips)
        rows = zip(self._strips, self._corrections, counts, self._problem.locked, strict=True)
        self._strips = tuple(s if s.muted else toned(s, c, n, rate_hz, lock) for s, c, n, lock in rows)
        self._strips, _ = descend(self._quick, self._strips, steps=2, best=self._tell)
        if self._problem.residual(self._strips) > energy:
            self._strips = before
        self._record("equalizer", 0.2)

    def _effects(self) -> None:
        """Send levels into the effects that are known, or into the reverb that explains most."""
        tried = [self._problem.buses] if self._problem.buses else [(_reverb(decay),) for decay in _DECAYS_S]
        sends = frozenset({"sends", "fader_db"})
        before = self._quick.residual(self._strips)
        results = []
        for buses in tried:
            trial = replace(self._quick, buses=buses, modules=sends, every_send=True)
            strips, reached = descend(trial, self._strips, steps=1)
            results.append((reached, buses, strips))
        reached, buses, strips = min(results, key=lambda item: item[0])
        if reached < before * (1.0 - _WORTH_EFFECT) or self._base.buses:
            self._problem, self._quick = (
                replace(self._problem, buses=buses),
                replace(self._quick, buses=buses),
            )
            self._strips = strips
        self._record("sends", 0.25)

    def _turns(self) -> None:
        """Compressors, filters and a descent over everything, in turns until nothing is gained."""
        energy = self._problem.residual(self._strips)
        rounds = self._settings.rounds
        for turn in range(rounds):
            if "dynamics" in self._settings.groups:
                grid = replace(self._quick, material=self._material.shorter(_GRID_SECONDS))
                self._strips, _ = with_compressors(grid, self._strips)
            self._strips, _ = descend(
                self._quick, self._strips, steps=5, least_gain=_LEAST_GAIN, best=self._tell
            )
            if turn == 0:
                self._record("compressor", 0.4)
            if "eq" in self._settings.groups:
                self._strips = retoned(self._quick, self._strips)
            freed = replace(self._quick, every_send=turn == 0)
            self._strips, _ = descend(freed, self._strips, steps=5, least_gain=_LEAST_GAIN, best=self._tell)
            reached = self._problem.residual(self._strips)
            self._advance(0.4 + 0.3 * (turn + 1) / rounds)
            if reached > 0.9 * energy:
                break
            energy = reached
        strips = filled(self._problem, self._strips) if "eq" in self._settings.groups else self._strips
        # New bands first take over from old ones: a step that gains little is not the end of it.
        strips, _ = descend(self._quick, strips, steps=12, least_gain=0.02, patience=2, best=self._tell)
        strips, reached = descend(
            self._problem, tidied(strips), steps=6, least_gain=0.02, patience=2, best=self._tell
        )
        if reached <= self._problem.residual(self._strips):
            self._strips = strips
        self._record("all together", 0.8)

    def _moves(self) -> None:
        strips = with_moves(self._problem, self._strips)
        if strips is not self._strips:
            self._strips, _ = descend(self._quick, strips, steps=3, best=self._tell)
            self._record("fader moves", 0.85)

    def _spectra(self) -> None:
        """A descent on the spectra, with a master; kept where the spectra come nearer."""
        wanted = [name for name in GROUPS if name in self._settings.groups]
        start = with_master(self.mix) if "master" in wanted else self.mix
        mix, worth = polished(
            start,
            self._material,
            groups=wanted,
            steps=_POLISH_STEPS,
            progress=lambda share: self._advance(0.85 + 0.14 * share),
        )
        if worth >= worth_of(self.mix, self._material):
            return
        mix = replace(mix, master=without_idle_master(mix.master))
        self._strips = mix.tracks
        self._problem = replace(self._problem, buses=tuple(b for b in mix.buses if b.kind is BusKind.FX))
        self.mix = mix
        self.steps.append(step_of("master", self._problem, mix.tracks, mix, self._loss))

    def _record(self, name: str, done: float) -> None:
        self.mix = self._mix_of(self._strips)
        self.steps.append(step_of(name, self._problem, self._strips, self.mix, self._loss))
        self._advance(done)

    def _mix_of(self, strips: Strips) -> Mix:
        kept = [bus for bus in self._base.buses if bus.id not in {b.id for b in self._problem.buses}]
        return replace(self._base, tracks=strips, buses=(*kept, *self._problem.buses))

    def _tell(self, strips: Strips, energy: float) -> None:
        """A better setting of the quick problem: kept against an interruption."""
        self.mix = self._mix_of(strips)
        self._advance(self._done)

    def _advance(self, done: float) -> None:
        self._done = max(done, self._done)
        self._progress("recover", self._done)


def _level_db(correction: Correction) -> float:
    """The level at which a track comes into the mix, in dB; −160 where nothing is known."""
    weights = correction.weights
    return float((weights * correction.level_db).sum() / weights.sum()) if weights.any() else -160.0


def _linear(bus: Bus) -> Bus:
    """An effect without its compressor: least squares needs effects that add up."""
    return replace(bus, compressor=Compressor()) if bus.compressor.enabled else bus


def _reverb(decay_s: float) -> Bus:
    return Bus("reverb", BusKind.FX, reverb=Reverb(decay_s=decay_s))


def _held(settings: RecoverSettings) -> tuple[str, ...]:
    """What the groups that were not asked for keep still."""
    fields = [name for group, names in GROUPS.items() if group not in settings.groups for name in names]
    return tuple(sorted(fields))
