"""How long and how fast a run learns, and on what: the configuration of a run as values, without torch."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from console.codec import decode, did_you_mean
from console.errors import ParamError
from console.training.registry import OBJECTIVES, find_objective

CONFIG_SCHEMA = "mixbridge.train/1"

PRECISIONS = ("float32", "bfloat16")

_HIGHEST_SEED = 2**32 - 1

#: Field → lowest, highest, unit, what to do.
_RANGES: dict[str, tuple[float, float, str, str]] = {
    "steps": (1, 10**9, " steps", "give how many steps the run is to have at most"),
    "minutes": (0.001, 10**6, " minutes", "give how long the run may learn, all resumes together"),
    "learning_rate": (1e-9, 1.0, "", "3e-4 is usual"),
    "warmup_steps": (0, 10**9, " steps", "give over how many steps the learning rate rises"),
    "final_share": (0.0, 1.0, "", "give what share of the learning rate is left at the end"),
    "weight_decay": (0.0, 1.0, "", "0.01 is usual"),
    "clip_norm": (0.0, 1e9, "", "give the longest gradient that is taken as it is, 0 for any"),
    "accumulate": (1, 10**6, " batches", "give how many batches make a step"),
    "validate_every": (1, 10**9, " steps", "give after how many steps the held-out figures are taken"),
    "checkpoint_minutes": (0.0, 10**6, " minutes", "give how much work may be lost, 0 for a save every step"),
    "log_every": (1, 10**9, " steps", "give how many steps a line of the log stands for"),
    "prefetch": (1, 1000, " batches", "give how many batches may wait for their step"),
    "threads": (1, 4096, " threads", "give how many threads a step may use"),
}


@dataclass(frozen=True, slots=True)
class RunSettings:
    """How a network is trained, whatever it is.

    - The run ends at `steps` or after `minutes` of learning, whichever comes first; one of the two must be given.
    - `learning_rate` rises over `warmup_steps`, then falls along a cosine to `final_share` of itself.
    - `clip_norm`: gradients that are longer are cut to it; 0: never.
    - `accumulate`: batches per step, whose gradients are averaged.
    - `precision`: "bfloat16" computes the losses under autocast; weights and optimiser stay float32.
    - `device`: "auto", "cpu", "cuda" or "cuda:N".

    Raises:
        ParamError: a value out of its range.
    """

    steps: int | None = None
    minutes: float | None = None
    learning_rate: float = 3e-4
    warmup_steps: int = 200
    final_share: float = 0.02
    weight_decay: float = 0.01
    clip_norm: float = 1.0
    precision: str = "float32"
    accumulate: int = 1
    validate_every: int = 500
    checkpoint_minutes: float = 2.0
    log_every: int = 10
    prefetch: int = 2
    threads: int = 1
    device: str = "auto"
    tensorboard: bool = False

    def __post_init__(self) -> None:
        for name, (low, high, unit, remedy) in _RANGES.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise ParamError(f"{name} is {value:g}; it goes from {low:g} to {high:g}{unit}; {remedy}")
        if self.steps is None and self.minutes is None:
            raise ParamError("the run has neither steps nor minutes; give one of them, or both")
        if self.precision not in PRECISIONS:
            raise ParamError(
                f"precision is {self.precision!r}{did_you_mean(self.precision, list(PRECISIONS))}"
            )


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """What is trained, how, and from which seed; `section` is the objective's own part of the file."""

    objective: str
    run: RunSettings
    seed: int
    section: Mapping[str, Any]

    def with_run(self, **changes: Any) -> "TrainingConfig":
        """The same with other settings of the run; those that are None stay.

        Raises:
            ParamError: a value out of its range.
        """
        given = {name: value for name, value in changes.items() if value is not None}
        return replace(self, run=replace(self.run, **given))


def make_config(data: Mapping[str, Any], where: str) -> TrainingConfig:
    """The configuration from parsed TOML without its schema line.

    Args:
        data: `objective`, `seed`, `[run]`, and a section that is named as the objective.
        where: what the file is called, for messages.

    Raises:
        ParamError: an unknown objective or key, a wrong type, or a value out of its range.
    """
    name = data.get("objective")
    if not isinstance(name, str):
        raise ParamError(f'{where} names no objective; give objective = "NAME", of {", ".join(OBJECTIVES)}')
    find_objective(name)
    known = ["objective", "seed", "run", name]
    for key in data:
        if key not in known:
            raise ParamError(f"{where} has the unknown key {key!r}{did_you_mean(key, known)}")
    seed = data.get("seed", 0)
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= _HIGHEST_SEED:
        raise ParamError(f"{where}.seed is {seed!r}; give a whole number from 0 to {_HIGHEST_SEED}")
    section = data.get(name, {})
    if not isinstance(section, dict):
        raise ParamError(f"{where}.{name} is {section!r}; give a section [{name}]")
    return TrainingConfig(name, decode(RunSettings, data.get("run", {}), f"{where}.run"), seed, section)
