"""How far a run is, apart from its weights: what a checkpoint holds as JSON, and the means of the log's next line."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from console.frozen import FrozenMap


@dataclass(frozen=True, slots=True)
class RunState:
    """A run between two steps.

    - `step`: steps done, those that were skipped too; `skipped`: how many were; `in_a_row`: without one between;
    - `seconds`: time spent learning, all resumes together;
    - `validated`: the step of the last held-out figures;
    - `best_score` and `best_step`: of the best held-out score; None before there is one;
    - `sums` and `counts`: of each figure since the last line of the log.
    """

    seed: int
    step: int = 0
    seconds: float = 0.0
    skipped: int = 0
    in_a_row: int = 0
    validated: int = 0
    best_score: float | None = None
    best_step: int | None = None
    sums: FrozenMap[float] = field(default_factory=FrozenMap)
    counts: FrozenMap[int] = field(default_factory=FrozenMap)

    def after_step(self, seconds: float, figures: Mapping[str, float], *, skipped: bool) -> "RunState":
        """The state one step later; figures of a skipped step, and those that are not finite, count nowhere."""
        sums, counts = dict(self.sums), dict(self.counts)
        for name, value in () if skipped else figures.items():
            if math.isfinite(value):
                sums[name] = sums.get(name, 0.0) + value
                counts[name] = counts.get(name, 0) + 1
        return replace(
            self,
            step=self.step + 1,
            seconds=seconds,
            skipped=self.skipped + skipped,
            in_a_row=self.in_a_row + 1 if skipped else 0,
            sums=FrozenMap(sums),
            counts=FrozenMap(counts),
        )

    def means(self) -> dict[str, float]:
        """The mean of each figure since the last line of the log."""
        return {name: total / self.counts[name] for name, total in self.sums.items()}

    def after_line(self) -> "RunState":
        """The state when the means have been written."""
        return replace(self, sums=FrozenMap(), counts=FrozenMap())
