"""Training of Diff-MST as published."""

from console.training.published.objective import make_objective

__all__ = ["make_objective"]
