"""Descends from where the knobs stand to where the mix sounds most like the reference, by the gradient.

Adam on knobs counted in usual moves, brought back into their ranges after each step. What is minimised is the sum of
the terms in dB, plus what the moves themselves cost: the smallest change that gets there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from console.estimators.match.gradient.model import Predicted, SpectralModel
from console.estimators.match.knobs import MOST_MASTER_DB, MOST_STRIP_DB, Knobs, Values
from console.losses.sound import Sound

Array = NDArray[np.float64]
Tensor = torch.Tensor

#: Distances round off below this, and count less and less beyond that, in dB.
_ROUND_DB, _FAR_DB = 0.3, 20.0
#: Cost in dB of one usual move (it grows with the square), and of each dB of a band that the start did not have.
_MOVE_COST = 0.035
_NEW_BAND_COST = 0.015
#: Cost in dB of the first dB that a track is less audible than it has to be (it grows with the square as well), and of
#: a changed level of the whole mix.
_HIDDEN_COST = 1.0
_LEVEL_COST = 0.02
#: Cost of each squared dB by which all bands of an equalizer together do more than one band may.
_EXCESS_COST = 0.2
_STEP = 0.12
_STEPS = 300
_PATIENCE, _GAIN = 40, 0.005


@dataclass(frozen=True, slots=True, eq=False)
class Aim:
    """What a descent aims at.

    `weights` are those of the terms, by name; `audible_db` (tracks,) is what each track must not fall below;
    `loudness_db` is the level of the mix ahead of the master's dynamics that they are set for.
    """

    sound: Sound
    weights: dict[str, float]
    audible_db: Array
    loudness_db: float


@dataclass(frozen=True, slots=True, eq=False)
class Descent:
    """Where a descent arrived, its loss in dB, the steps it took, and whether it was interrupted."""

    values: dict[str, Array]
    loss: float
    steps: int
    interrupted: bool = False


def rounded(difference: Tensor) -> Tensor:
    """An absolute difference that is round at 0 and saturates far out."""
    near = torch.sqrt(difference**2 + _ROUND_DB**2) - _ROUND_DB
    return near / torch.sqrt(1.0 + (near / _FAR_DB) ** 2)


def term_losses(predicted: Predicted, sound: Sound) -> dict[str, Tensor]:
    """The terms of the loss in dB, each on its own."""
    result = {}
    for name in ("width_db", "balance_db", "spread_db", "mid_db", "side_db"):
        wanted = torch.tensor(getattr(sound, name), dtype=torch.float64)
        result[name] = rounded(getattr(predicted, name) - wanted).mean()
    return result


def total_loss(model: SpectralModel, knobs: Knobs, aim: Aim, values: dict[str, Tensor]) -> Tensor:
    """Everything that a descent minimises, in dB."""
    predicted = model.predict(values)
    losses = term_losses(predicted, aim.sound)
    loss = sum((aim.weights[name] * value for name, value in losses.items()), torch.zeros(()).double())
    hidden = torch.relu(torch.from_numpy(aim.audible_db) - predicted.audibility_db)
    loss = (
        loss
        + _HIDDEN_COST * (hidden + hidden**2).sum()
        + _LEVEL_COST * (predicted.loudness_db - aim.loudness_db) ** 2
    )
    most = torch.full((len(predicted.response_db), 1), MOST_STRIP_DB - _ROUND_DB, dtype=torch.float64)
    most[-1] = MOST_MASTER_DB - _ROUND_DB
    loss = loss + _EXCESS_COST * (torch.relu(predicted.response_db.abs() - most) ** 2).sum()
    for name, family in knobs.families.items():
        free = torch.from_numpy(family.free)
        moved = (values[name] - torch.from_numpy(family.start)) / torch.from_numpy(family.usual)
        loss = loss + _MOVE_COST * (moved[free] ** 2).sum()
    fresh = values["gain"][torch.from_numpy(knobs.new & knobs.families["gain"].free)]
    return loss + _NEW_BAND_COST * (torch.sqrt(fresh**2 + 0.01) - 0.1).sum()


def descend(
    model: SpectralModel,
    knobs: Knobs,
    aim: Aim,
    start: Values,
    tell: Callable[[int, float], None],
    steps: int = _STEPS,
) -> Descent:
    """Descend from `start`; `tell` hears the step and the best loss so far.

    Deterministic: the same input gives the same values on one machine.
    """
    scales = {name: torch.from_numpy(family.usual) for name, family in knobs.families.items()}
    free = {name: torch.from_numpy(family.free) for name, family in knobs.families.items()}
    fixed = {name: torch.from_numpy(np.array(start[name], dtype=np.float64)) for name in knobs.families}
    moving = {
        name: (fixed[name] / scales[name]).clone().requires_grad_(True)
        for name in knobs.families
        if bool(free[name].any())
    }
    best = Descent({name: value.numpy().copy() for name, value in fixed.items()}, float("inf"), 0)
    if not moving:
        return best
    step, last_gain = 0, 0
    optimizer = torch.optim.Adam(list(moving.values()), lr=_STEP, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps, eta_min=0.1 * _STEP)
    try:
        for step in range(steps):
            optimizer.zero_grad()
            values = {
                name: torch.where(free[name], moving[name] * scales[name], fixed[name])
                if name in moving
                else fixed[name]
                for name in knobs.families
            }
            loss = total_loss(model, knobs, aim, values)
            now = float(loss.detach())
            if now < best.loss - _GAIN:
                last_gain = step
            if now < best.loss:
                best = Descent({k: v.detach().numpy().copy() for k, v in values.items()}, now, step)
            tell(step, best.loss)
            if step - last_gain > _PATIENCE:
                break
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            _bring_back(moving, knobs)
    except KeyboardInterrupt:
        return Descent(best.values, best.loss, step, True)
    return Descent(best.values, best.loss, step + 1)


def _bring_back(moving: dict[str, Tensor], knobs: Knobs) -> None:
    """Put every knob back into its range."""
    with torch.no_grad():
        for name, tensor in moving.items():
            family = knobs.families[name]
            low, high = (torch.from_numpy(end / family.usual) for end in (family.low, family.high))
            tensor.copy_(torch.minimum(torch.maximum(tensor, low), high))
