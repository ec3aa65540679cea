"""Prunes a mix: the fewest processors that sound the same, after the mixing-graph search of Lee et al. (DAFx 2024)."""

from console.estimators.prune.estimate import prune
from console.estimators.prune.values import ORDERS, PruneSettings, Pruning, Removal, Tolerance

__all__ = ["ORDERS", "PruneSettings", "Pruning", "Removal", "Tolerance", "prune"]
