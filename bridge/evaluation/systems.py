"""The systems that are compared, an explicit registry: a new one is one row."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bridge.evaluation.consoles import Maker, by_chance, by_estimators
from bridge.evaluation.mastered import matchering
from bridge.evaluation.plain import equal_loudness, human_mix, raw_sum, reference_itself
from console.codec import did_you_mean
from console.errors import ParamError
from presets.weights import read_card, weight_names


@dataclass(frozen=True, slots=True)
class System:
    """One way to make a mix.

    Attributes:
        name: in the table and on the command line.
        text: what it is, in a line.
        make: the mix of a task.
        by_reference: whether its mix depends on the reference; others are made once a song.
        aligned: whether its mix is on the time line of the stems, so that it can be held against the human one.
        content: a hash over what it has learned; "" for one that is nothing but code.
        weights: the name of the weights whose hash that is, where they are.
    """

    name: str
    text: str
    make: Maker
    by_reference: bool = False
    aligned: bool = True
    content: str = ""
    weights: str = ""


SYSTEMS: dict[str, System] = {}


def register(system: System) -> None:
    """Make a system known.

    Raises:
        ParamError: the name is taken.
    """
    if system.name in SYSTEMS:
        raise ParamError(f"there already is a system {system.name!r}; give this one another name")
    SYSTEMS[system.name] = system


for _row in (
    System("raw", "the stems as they are", raw_sum),
    System("equal", "every stem at one loudness", equal_loudness),
    System("random", "a random console with plausible settings", by_chance),
    System("rules", "the estimator rules, from the stems alone", by_estimators("rules")),
    System(
        "match",
        "the estimator match, towards the reference",
        by_estimators("match", needs_reference=True),
        by_reference=True,
    ),
    System(
        "controller",
        "the learned controller, towards the reference",
        by_estimators("controller", needs_reference=True),
        by_reference=True,
        weights="controller",
    ),
    System(
        "controller+match",
        "match, from the mix of the controller",
        by_estimators("controller", "match", needs_reference=True),
        by_reference=True,
        weights="controller",
    ),
    System("matchering", "matchering on the equal-loudness sum", matchering, by_reference=True),
    System("human", "the finished mix by a person", human_mix),
    System("reference", "the reference itself", reference_itself, by_reference=True, aligned=False),
):
    register(_row)


def find_systems(names: Sequence[str]) -> tuple[System, ...]:
    """Systems by their names, each once; all of them where no name is given.

    Raises:
        ParamError: there is none of that name.
    """
    wanted = list(dict.fromkeys(names)) or list(SYSTEMS)
    for name in wanted:
        if name not in SYSTEMS:
            raise ParamError(
                f"there is no system {name!r}{did_you_mean(name, list(SYSTEMS))}; there are {', '.join(SYSTEMS)}"
            )
    return tuple(_as_installed(SYSTEMS[name]) for name in wanted)


def _as_installed(system: System) -> System:
    """The system with the hash of its weights, so that rows of other ones are made anew."""
    if system.weights not in weight_names():
        return system
    return replace(system, content=read_card(system.weights).sha256)
