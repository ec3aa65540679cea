"""Descent without a gradient, for consoles that have none: SPSA and CMA-ES over knobs on a scale of 0 to 1.

Both only ask what a setting is worth. SPSA (J. C. Spall, IEEE Trans. Automatic Control 37, 1992) moves all knobs at
once by a random ± and takes the slope from two settings a step, however many knobs there are. CMA-ES (N. Hansen, "The
CMA evolution strategy", 2006; package `cmaes`) draws a population a step and learns its shape: dearer, and less easily
caught in a dip. Losses that are not finite count as the worst so far, so that a plugin that fails once is no harm.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from console.errors import ParamError
from console.progress import Progress, no_progress

Array = NDArray[np.float64]
#: What a setting is worth: positions 0 … 1, (knobs,), to a loss.
Loss = Callable[[Array], float]

_WORST = 1e30


class Optimizer(Protocol):
    """Asks for losses, and learns from them."""

    def ask(self) -> list[Array]:
        """Settings to be tried next, each (knobs,) within 0 … 1."""
        ...

    def tell(self, losses: Sequence[float]) -> None:
        """The losses of the settings of the last `ask`, in that order."""
        ...


class Spsa:
    """Simultaneous perturbation: two settings a step.

    The step is scaled by a running mean of the slopes' size, so that neither the loss's unit nor the number of knobs
    asks for another rate.
    """

    def __init__(self, start: Array, *, seed: int = 0, rate: float = 0.05, reach: float = 0.04) -> None:
        """Stand at a setting.

        Args:
            start: (knobs,), within 0 … 1.
            seed: of the perturbations.
            rate: of the first step, as a share of each knob's range.
            reach: how far from where it stands it tries, first.
        """
        self.position = _checked(start)
        self._chance = np.random.default_rng(seed)
        self._rate, self._reach = rate, reach
        self._step = 0
        self._slope = 0.0
        self._sign = np.ones_like(self.position)
        self._pair: list[Array] = []

    def ask(self) -> list[Array]:
        """Two settings, to either side of where it stands."""
        self._step += 1
        reach = self._reach / self._step**0.101
        self._sign = self._chance.choice((-1.0, 1.0), size=self.position.size)
        self._pair = [np.clip(self.position + side * reach * self._sign, 0.0, 1.0) for side in (1.0, -1.0)]
        return [setting.copy() for setting in self._pair]

    def tell(self, losses: Sequence[float]) -> None:
        """Take a step down the slope between the two."""
        up, down = losses
        if not (math.isfinite(up) and math.isfinite(down)):
            return
        apart = self._pair[0] - self._pair[1]
        slope = (up - down) / max(float(np.abs(apart).max(initial=0.0)), 1e-12)
        keep = 0.9 if self._step > 1 else 0.0
        self._slope = keep * self._slope + (1.0 - keep) * slope * slope
        if self._slope <= 0.0:
            return
        rate = self._rate / (1.0 + self._step / 20.0) ** 0.602
        step = np.clip(slope / math.sqrt(self._slope), -2.0, 2.0) * rate
        self.position = np.clip(self.position - step * self._sign, 0.0, 1.0)


class CmaEs:
    """Covariance matrix adaptation: a population a step."""

    def __init__(
        self, start: Array, *, seed: int = 0, spread: float = 0.15, population: int | None = None
    ) -> None:
        """Stand at a setting.

        Args:
            start: (knobs,), within 0 … 1, at least two knobs.
            seed: of the population, at least 0.
            spread: standard deviation of the first population.
            population: settings a step; 4 + 3 ln(knobs) by default.

        Raises:
            ParamError: fewer than two knobs, or a start outside 0 … 1.
        """
        from cmaes import CMA

        mean = _checked(start)
        if mean.size < 2:
            raise ParamError(f"CMA-ES has {mean.size} knobs to move; give at least 2, or take SPSA")
        bounds = np.stack([np.zeros(mean.size), np.ones(mean.size)], axis=1)
        self._cma: Any = CMA(mean=mean, sigma=spread, bounds=bounds, seed=seed, population_size=population)
        self._asked: list[Array] = []
        self._worst = -math.inf

    def ask(self) -> list[Array]:
        """A population."""
        self._asked = [np.asarray(self._cma.ask()) for _ in range(self._cma.population_size)]
        return [setting.copy() for setting in self._asked]

    def tell(self, losses: Sequence[float]) -> None:
        """Learn from a population."""
        finite = [loss for loss in losses if math.isfinite(loss)]
        self._worst = max([self._worst, *finite])
        instead = self._worst if math.isfinite(self._worst) else _WORST
        told = [loss if math.isfinite(loss) else instead for loss in losses]
        self._cma.tell(list(zip(self._asked, told, strict=True)))

    @property
    def is_done(self) -> bool:
        """Whether the population has come together."""
        return bool(self._cma.should_stop())


#: A method's own settings are its defaults.
NO_OPTIONS: Mapping[str, float] = MappingProxyType({})

OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {"spsa": Spsa, "cma-es": CmaEs}


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """The best setting that was tried, its loss, how many were tried, and whether Ctrl-C ended it."""

    position: Array
    loss: float
    tried: int
    interrupted: bool = False


def minimise(
    loss: Loss,
    start: Array,
    *,
    method: str = "spsa",
    evaluations: int = 400,
    patience: int | None = None,
    gain: float = 0.0,
    seed: int = 0,
    options: Mapping[str, float] = NO_OPTIONS,
    progress: Progress = no_progress,
) -> Found:
    """The best setting after so many evaluations; the start is one of them, so the result is never worse.

    Args:
        loss: of positions 0 … 1, (knobs,).
        start: (knobs,).
        method: one of OPTIMIZERS.
        evaluations: the most calls of `loss`.
        patience: stop when so many calls have not brought the loss down by more than `gain`; None: never.
        gain: what counts as progress.
        seed: of all chance.
        options: of the method, such as CmaEs.spread and Spsa.rate.
        progress: told "search" and the share done.

    Raises:
        ParamError: an unknown method, no knobs, a start outside 0 … 1, or a loss at the start that is not finite.
    """
    if method not in OPTIMIZERS:
        raise ParamError(f"there is no method {method!r}; give one of {', '.join(OPTIMIZERS)}")
    position = _checked(start)
    best, tried = float(loss(position.copy())), 1
    if not math.isfinite(best):
        raise ParamError(f"the loss at the start is {best}; give a start that can be rendered")
    optimizer = OPTIMIZERS[method](position, seed=seed, **options)
    since, mark = tried, best
    try:
        while not getattr(optimizer, "is_done", False):
            settings = optimizer.ask()
            if best < mark - gain:
                since, mark = tried, best
            if tried + len(settings) > evaluations or (patience is not None and tried - since >= patience):
                break
            losses = []
            for setting in settings:
                losses.append(float(loss(setting.copy())))
                tried += 1
                if losses[-1] < best:
                    best, position = losses[-1], setting
            optimizer.tell(losses)
            progress("search", tried / evaluations)
        centre = getattr(optimizer, "position", None)
        if centre is not None and tried < evaluations:
            reached = float(loss(centre.copy()))
            tried += 1
            if reached < best:
                best, position = reached, centre
    except KeyboardInterrupt:
        return Found(position, best, tried, True)
    return Found(position, best, tried)


def _checked(start: Array) -> Array:
    position = np.array(start, dtype=np.float64)
    if position.ndim != 1 or not position.size:
        raise ParamError(f"the start has the shape {position.shape}; give one position for each knob")
    if not (np.isfinite(position).all() and (position >= 0.0).all() and (position <= 1.0).all()):
        raise ParamError("the start lies outside 0 … 1; normalise each knob by its ParamSpec")
    return position
