"""The objectives that there are, by name; each is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from console.codec import did_you_mean
from console.errors import ParamError

if TYPE_CHECKING:
    from console.training.material import Material
    from console.training.objective import Objective

#: Makes an objective from its section of the configuration, the material and the seed.
MakeObjective = Callable[[Mapping[str, Any], "Material", int], "Objective"]


def _later(place: str) -> MakeObjective:
    """The function at "module:function", imported when it is called."""

    def make(section: Mapping[str, Any], material: Material, seed: int) -> Objective:
        module, name = place.split(":")
        made: Objective = getattr(import_module(module), name)(section, material, seed)
        return made

    return make


OBJECTIVES: dict[str, MakeObjective] = {
    "controller": _later("console.training.controller:make_objective"),
    "diff-mst": _later("console.training.published:make_objective"),
    "roles": _later("console.training.roles:make_objective"),
}


def register(name: str, make: MakeObjective) -> None:
    """Add an objective.

    Raises:
        ValueError: the name is taken.
    """
    if name in OBJECTIVES:
        raise ValueError(f"there is an objective {name!r} already")
    OBJECTIVES[name] = make


def find_objective(name: str) -> MakeObjective:
    """What makes the objective of that name.

    Raises:
        ParamError: there is none.
    """
    if name not in OBJECTIVES:
        raise ParamError(f"there is no objective {name!r}{did_you_mean(name, list(OBJECTIVES))}")
    return OBJECTIVES[name]
