"""The learning rate over a run, and how much of the run is done."""

import math

from console.training.settings import RunSettings


def share_done(settings: RunSettings, step: int, seconds: float) -> float:
    """The share of the run that is done, 0 … 1: by steps or by time, whichever is further on.

    Args:
        settings: of the run.
        step: how many steps are done.
        seconds: how long the run has been learning.
    """
    shares = [0.0]
    if settings.steps is not None:
        shares.append(step / settings.steps)
    if settings.minutes is not None:
        shares.append(seconds / (60.0 * settings.minutes))
    return min(max(shares), 1.0)


def learning_rate(settings: RunSettings, step: int, seconds: float) -> float:
    """The learning rate of step `step` (from 0): a straight rise, times half a cosine down to `final_share`."""
    warm = min((step + 1) / settings.warmup_steps, 1.0) if settings.warmup_steps else 1.0
    falling = 0.5 * (1.0 + math.cos(math.pi * share_done(settings, step, seconds)))
    return settings.learning_rate * warm * (settings.final_share + (1.0 - settings.final_share) * falling)


def seconds_left(settings: RunSettings, step: int, seconds: float, seconds_per_step: float) -> float:
    """How long the run will go on at the present pace."""
    left = [math.inf]
    if settings.steps is not None:
        left.append((settings.steps - step) * seconds_per_step)
    if settings.minutes is not None:
        left.append(60.0 * settings.minutes - seconds)
    return max(min(left), 0.0)
