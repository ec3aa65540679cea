"""Runs a pruning: drop what costs less than the tolerance, adjust the rest, and again until nothing can go.

S. Lee et al., "Searching for music mixing graphs: a pruning approach", DAFx 2024: `brute-force` tries every processor
at every turn and drops the cheapest first; `dry/wet` asks how much each changes its own track, drops the weakest in
groups and halves a group that is too much; `hybrid` does this first and tries the rest one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from console.errors import ParamError
from console.estimators.prune.hearing import Heard, Hearing
from console.estimators.prune.processors import Processor, is_idle, processors, setting, tidied, without
from console.estimators.prune.values import PruneSettings, Pruning, Removal, Tolerance, Unit
from console.estimators.recover.excerpts import make_material
from console.estimators.recover.inputs import lined_up, with_inputs, without_inputs
from console.estimators.recover.material import Audio, Material
from console.estimators.recover.measuring import play
from console.estimators.recover.polish import polished
from console.estimators.recover.shifting import Shift
from console.mix import Mix, keep_locked
from console.progress import Progress, no_progress
from console.session import Session

#: Without a word the distance may rise by this, or by this share of it where that is more.
_DISTANCE, _SHARE = 0.02, 0.04
_TUNING_STEPS = 24
_TUNED = ("eq", "dynamics", "pan", "fader", "sends", "master")


def prune(
    mix: Mix,
    session: Session,
    tolerance: Tolerance | None = None,
    *,
    target: Audio | None = None,
    settings: PruneSettings | None = None,
    progress: Progress = no_progress,
) -> Pruning:
    """The mix with the fewest processors that is as near to the target as the tolerance asks.

    An interruption (KeyboardInterrupt) ends it; what was reached is returned.

    Args:
        mix: what is pruned; locks hold.
        session: its stems.
        tolerance: how much may be lost in all; a distance of 0.02, or 4 % where that is more, by default.
        target: a finished mix on the session's time line, (2, samples); the mix itself by default.
        settings: how it is done.
        progress: told "prune" and the share done.

    Raises:
        SessionError: a file cannot be read.
        ParamError: the mix is not of this session, or silent.
    """
    chosen = settings or PruneSettings()
    if {track.id for track in mix.tracks} != {track.id for track in session.tracks}:
        raise ParamError("mix and session have other tracks; give the stems that the mix was made of")
    order = {track.id: index for index, track in enumerate(session.tracks)}
    ordered = replace(mix, tracks=tuple(sorted(mix.tracks, key=lambda track: order[track.id])))
    material, bare = _material(ordered, session, target, chosen)
    if material.energy <= 0.0:
        raise ParamError("the mix is silent in the passages that were chosen; give one that sounds")
    run = _Run(bare, material, tolerance, chosen, progress)
    run.all()
    done = with_inputs(
        tidied(run.best.mix), ordered, [Shift() for _ in ordered.tracks], session.sample_rate_hz
    )
    done = keep_locked(ordered, done)
    return Pruning(
        mix=replace(done, estimator=mix.estimator, seed=mix.seed),
        removed=tuple(run.removed),
        before=run.count,
        after=len(processors(done)),
        loss_before=run.start.loss,
        loss=run.best.loss,
        change_db=run.hearing.change_db(run.best, run.start),
        interrupted=run.interrupted,
    )


def _material(
    mix: Mix, session: Session, target: Audio | None, settings: PruneSettings
) -> tuple[Material, Mix]:
    """Passages whose target is the mix itself where none is given, and the mix for them."""
    import numpy as np

    bare = without_inputs(mix)
    given = target if target is not None else np.ones((2, session.samples), dtype=np.float32)
    material = lined_up(make_material(session, given, settings.seconds), [Shift() for _ in mix.tracks], mix)
    if target is None:
        played = [play(bare, e).astype(np.float32) for e in material.excerpts]
        excerpts = tuple(replace(e, target=p) for e, p in zip(material.excerpts, played, strict=True))
        material = replace(material, excerpts=excerpts)
    return material, bare


class _Run:
    """A pruning under way."""

    def __init__(
        self,
        mix: Mix,
        material: Material,
        tolerance: Tolerance | None,
        settings: PruneSettings,
        progress: Progress,
    ) -> None:
        self.hearing = Hearing(material, settings.workers)
        self.start = self.best = self.hearing.hear(mix)
        self.removed: list[Removal] = []
        self.count = len([p for p in processors(mix) if not is_idle(mix, p)])
        self.interrupted = False
        self._tolerance = tolerance or Tolerance(max(_DISTANCE, _SHARE * self.start.loss), Unit.LOSS)
        self._material, self._settings = material, settings
        self._progress = progress

    def all(self) -> None:
        """Turn after turn, until nothing goes any more."""
        try:
            for turn in range(self._settings.turns):
                self._progress("prune", turn / self._settings.turns)
                gone = len(self.removed)
                self._turn()
                if len(self.removed) == gone:
                    break
                if self._settings.fine_tune:
                    self._tune()
            self._progress("prune", 1.0)
        except KeyboardInterrupt:
            self.interrupted = True

    def _left(self) -> list[Processor]:
        mix = self.best.mix
        return [processor for processor in processors(mix) if not is_idle(mix, processor)]

    def _turn(self) -> None:
        """Drop what can go; `hybrid` asks each processor only once the order of weakness is exhausted."""
        gone = len(self.removed)
        if self._settings.order != "brute-force":
            self._by_weakness()
        exhausted = len(self.removed) == gone
        if self._settings.order == "brute-force" or (self._settings.order == "hybrid" and exhausted):
            self._one_by_one()

    def _by_weakness(self) -> None:
        """Groups of the weakest; a group that is too much is halved."""
        weak = sorted(self._left(), key=lambda processor: self._weight(processor))
        size = max(1, len(weak) // 3)
        while weak and size:
            group = weak[:size]
            if self._try(group):
                weak = weak[len(group) :]
            elif size == 1:
                weak = weak[1:]
            else:
                size //= 2

    def _one_by_one(self) -> None:
        """Each by itself; then the cheapest first, as long as the tolerance lasts."""
        costs = []
        for processor in self._left():
            heard = self._without([processor])
            if self._is_fine(heard):
                costs.append((heard.loss, processor.place, processor.index, processor.name, processor))
        for *_, processor in sorted(costs, key=lambda cost: cost[:4]):
            self._try([processor])

    def _weight(self, processor: Processor) -> float:
        """How much a processor changes, as energy: on its own track where it has one, else of the whole mix."""
        if processor.place != "tracks":
            return self.hearing.change(self._without([processor]), self.best)
        if processor.name.startswith("sends."):
            level_db = self.best.mix.tracks[processor.index].sends[processor.name.partition(".")[2]]
            gain: float = 10.0 ** (level_db / 10.0)
            return gain * self.hearing.energy(self.best, processor.index)
        mix = self.hearing.levelled(without(self.best.mix, processor), processor.index, self.best)
        return self.hearing.change_of_track(mix, processor.index, self.best)

    def _without(self, group: Sequence[Processor]) -> Heard:
        mix = self.best.mix
        tracks = {processor.index for processor in group if processor.place == "tracks"}
        for processor in group:
            mix = without(mix, processor)
        for track in sorted(tracks):
            mix = self.hearing.levelled(mix, track, self.best)
        return self.hearing.hear(mix, self.best, tracks)

    def _try(self, group: Sequence[Processor]) -> bool:
        """Drop a group if what is left is near enough."""
        heard = self._without(group)
        if not self._is_fine(heard):
            return False
        share = (heard.loss - self.best.loss) / len(group)
        change_db = self.hearing.change_db(heard, self.best)
        mix = self.best.mix
        self.removed += [Removal(p.strip_id(mix), p.name, setting(mix, p), share, change_db) for p in group]
        self.best = heard
        return True

    def _is_fine(self, heard: Heard) -> bool:
        value, unit = self._tolerance.value, self._tolerance.unit
        if unit is Unit.DB:
            return self.hearing.change_db(heard, self.start) <= value
        allowed = value * self.start.loss if unit is Unit.SHARE else value
        return heard.loss <= self.start.loss + allowed

    def _tune(self) -> None:
        """Adjust what is left; kept only where it comes nearer."""
        bare = tidied(self.best.mix)  # a band at 0 dB would come back
        mix, _ = polished(bare, self._material, groups=_TUNED, steps=_TUNING_STEPS, seconds=4.0)
        heard = self.hearing.hear(mix)
        better = heard.loss < self.best.loss and self._is_fine(heard)
        self.best = heard if better else replace(self.best, mix=bare)
