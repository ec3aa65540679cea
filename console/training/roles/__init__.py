"""Training of the role classifier from songs, folders of stems, and a synthetic singer."""

from console.training.roles.objective import RoleObjective, make_objective
from console.training.roles.settings import RoleSettings, StemFolder

__all__ = ["RoleObjective", "RoleSettings", "StemFolder", "make_objective"]
