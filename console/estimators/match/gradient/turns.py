"""The turns of a match: descend, play, correct, until nothing is gained; the best mix that was really played wins."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import torch
from numpy.typing import NDArray

from console.estimators.match.bounds import held_back
from console.estimators.match.digest import Digest
from console.estimators.match.gradient.descent import Aim, Descent, descend, term_losses
from console.estimators.match.gradient.dynamics import match_dynamics
from console.estimators.match.gradient.model import SpectralModel
from console.estimators.match.knobs import Knobs, Values, groups_of, standing, to_mix, wider
from console.estimators.match.playing import Played, finish, play
from console.estimators.match.prepare import may_compress, may_limit
from console.estimators.match.result import STEPS, Passed
from console.estimators.match.riding import find_ride, ridden
from console.frozen import FrozenMap
from console.losses.sound import Sound, Terms, distance, measure_sound
from console.losses.wet import wet_response
from console.mix import Master, Mix
from console.progress import Progress

STAGE = "match"
#: A turn that gains less than this, in dB, is the last.
_LEAST_GAIN_DB = 0.15
#: Weights of the terms in the descent.
_WEIGHTS = {"width_db": 1.0, "balance_db": 1.0, "spread_db": 0.5, "mid_db": 2.0, "side_db": 1.0}
#: Terms of the stereo image, of which a mono reference says nothing.
_IMAGE = frozenset({"width_db", "balance_db", "side_db"})
#: A reference wider than the start by more than this is tried from a wider start as well, in dB.
_WIDER_DB = 3.0
#: At the end what is still hidden by more than this is raised, so many times, by so much of what it lacks, in dB.
_LEAST_RAISE_DB, _RAISES, _RAISE = 0.3, 3, 1.2
#: Faders move over time only if that brings so much, in dB.
_LEAST_RIDE_GAIN_DB = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Turn:
    """A mix that was played, where its knobs stand, and how far it is from the reference."""

    mix: Mix
    values: Values
    played: Played
    terms: Terms


class Turns:
    """One match under way."""

    def __init__(
        self,
        knobs: Knobs,
        digest: Digest,
        least_audible: NDArray[np.float64],
        wanted: Sound,
        groups: Collection[str],
        workers: int,
        progress: Progress,
        steps: Sequence[int] = STEPS,
    ) -> None:
        self._knobs, self._digest, self._wanted = knobs, digest, wanted
        self._least_audible = least_audible
        self._groups, self._workers, self._progress = groups, workers, progress
        self._steps, self._taken = tuple(steps), 0
        self._history: list[Passed] = []
        self._weights = dict(_WEIGHTS)
        if wanted.mono:
            self._weights |= dict.fromkeys(_IMAGE, 0.0)

    @property
    def history(self) -> tuple[Passed, ...]:
        """The points that the run passed."""
        return tuple(self._history)

    def cost(self, turn: Turn) -> float:
        """What decides between two mixes: the sum of the terms that count and of what tracks are hidden by, in dB."""
        left_out = _IMAGE if self._wanted.mono else frozenset()
        terms = sum(getattr(turn.terms, item.name) for item in fields(Terms) if item.name not in left_out)
        return float(terms + self._hidden_db(turn).sum())

    def _hidden_db(self, turn: Turn) -> NDArray[np.float64]:
        """By how much each track is less audible than it has to be, (tracks,)."""
        return np.maximum(self._least_audible - turn.played.audibility_db, 0.0)

    def run(self, prepared: Mix) -> tuple[Turn, Turn, bool]:
        """The first turn (the start as it is), the best one, and whether it was interrupted."""
        self._progress(STAGE, 0.0)
        first = self._played(prepared, self._knobs.start, prepared.master)
        self._least_audible = np.minimum(self._least_audible, first.played.audibility_db)
        best, interrupted = first, False
        self._pass(best)
        threads = torch.get_num_threads()
        # The model's tensors are small: more threads would only wait for one another.
        torch.set_num_threads(1)
        try:
            last = first
            aim = None
            for number in range(len(self._steps)):
                model = self._model(last)
                aim = aim or self._aim(model, first)
                descent = self._descend(model, aim, last, number)
                values = held_back(self._knobs, descent.values, self._digest.sample_rate_hz)
                mix = to_mix(prepared, self._knobs, values)
                last = self._played(mix, values, prepared.master, going_on=last.mix.master)
                gained = self.cost(best) - self.cost(last)
                best = last if gained > 0.0 else best
                self._pass(best)
                interrupted = descent.interrupted
                if interrupted or gained < _LEAST_GAIN_DB:
                    break
            if not interrupted:
                best = self._touched_up(best, prepared)
                self._pass(best)
        except KeyboardInterrupt:
            interrupted = True
        finally:
            torch.set_num_threads(threads)
        self._progress(STAGE, 1.0)
        return first, best, interrupted

    def _pass(self, best: Turn) -> None:
        self._history.append(Passed(self._taken, best.terms.total))

    def _touched_up(self, best: Turn, prepared: Mix) -> Turn:
        """The best turn, what it hides raised and its faders ridden where that helps."""
        faders = self._knobs.families["fader"]
        for _ in range(_RAISES):
            hidden_db = self._hidden_db(best)
            if hidden_db.max(initial=0.0) < _LEAST_RAISE_DB:
                break
            raised = faders.clamp(best.values["fader"] + _RAISE * hidden_db)
            if (raised == best.values["fader"]).all():
                break
            values = {**best.values, "fader": raised}
            mix = to_mix(prepared, self._knobs, values)
            best = min(best, self._played(mix, values, prepared.master, best.mix.master), key=self.cost)
        rate = self._digest.sample_rate_hz
        finished = finish(best.played.before, best.mix.master, rate)
        ride = find_ride(finished, self._digest, self._wanted.spread_db)
        moving = ridden(best.mix, ride, self._groups, self._knobs.tracks)
        if moving == best.mix:
            return best
        turn = self._played(moving, best.values, prepared.master, best.mix.master)
        return turn if self.cost(turn) < self.cost(best) - _LEAST_RIDE_GAIN_DB else best

    def _played(self, mix: Mix, values: Values, base: Master, going_on: Master | None = None) -> Turn:
        """Play a mix, its master's dynamics set anew where they may be."""
        rate = self._digest.sample_rate_hz

        def set_master(before: NDArray[np.float64]) -> Master:
            if going_on is None:
                return mix.master
            now = replace(mix.master, compressor=going_on.compressor, limiter=going_on.limiter)
            if not may_limit(mix, self._groups):
                return now
            return match_dynamics(
                before, now, base, self._wanted, rate, compressor=may_compress(mix, self._groups)
            )

        played = play(mix, self._digest, self._workers, set_master)
        at = standing(self._knobs, mix, values)
        return Turn(replace(mix, master=played.master), at, played, distance(played.sound, self._wanted))

    def _model(self, turn: Turn) -> SpectralModel:
        rate = self._digest.sample_rate_hz
        wet = [wet_response(turn.mix.bus(name), rate) for name in self._knobs.effects]
        return SpectralModel(self._knobs, turn.played, wet, turn.values, rate)

    def _aim(self, model: SpectralModel, first: Turn) -> Aim:
        with torch.no_grad():
            predicted = model.predict(_tensors(first.values))
        return Aim(self._wanted, self._weights, self._least_audible, float(predicted.loudness_db))

    def _descend(self, model: SpectralModel, aim: Aim, last: Turn, number: int) -> Descent:
        starts = [self._start(last)]
        if number == 0 and not self._wanted.mono:
            if self._wanted.width_db - last.played.sound.width_db > _WIDER_DB:
                starts.append(wider(self._knobs, starts[0]))
        steps = self._steps[number]
        results = []
        for which, start in enumerate(starts):

            def tell(step: int, loss: float, which: int = which) -> None:
                share = (which + step / steps) / len(starts)
                self._progress(STAGE, (number + 0.8 * share) / len(self._steps))

            results.append(descend(model, self._knobs, aim, start, tell, steps))
            self._taken += results[-1].steps
            if results[-1].interrupted:
                break
        return min(results, key=lambda result: result.loss)

    def _start(self, turn: Turn) -> Values:
        """Where to go on from: as it stands, new sends from where they begin."""
        family = self._knobs.families["send"]
        send = turn.values["send"]
        off = family.free & (send < family.low)
        return {**turn.values, "send": np.where(off, family.start, send)}

    def contributions(self, first: Turn, best: Turn) -> FrozenMap[float]:
        """By group, how many dB larger the sum of the terms would be with that group put back to its start."""
        model = self._model(best)
        with torch.no_grad():
            full = self._sum(model, best.values)
            result = {}
            for group in ("fader", "eq", "pan", "sends", "master"):
                values = self._put_back(first.values, best.values, group)
                result[group] = round(self._sum(model, values) - full, 2)
        rate = self._digest.sample_rate_hz
        without = measure_sound(finish(best.played.before, first.mix.master, rate), rate)
        result["dynamics"] = round(distance(without, self._wanted).total - best.terms.total, 2)
        return FrozenMap(result)

    def _sum(self, model: SpectralModel, values: Values) -> float:
        losses = term_losses(model.predict(_tensors(values)), self._wanted)
        return float(sum(loss for name, loss in losses.items() if self._weights[name] > 0.0))

    def _put_back(self, start: Values, end: Values, group: str) -> Values:
        result = {}
        for name, value in end.items():
            rows = [groups_of(name, row, self._knobs) == group for row in range(len(value))]
            chosen = np.array(rows, bool).reshape(-1, *(1,) * (value.ndim - 1))
            result[name] = np.where(chosen, start[name], value)
        return result


def _tensors(values: Values) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(np.array(value, dtype=np.float64)) for name, value in values.items()}
