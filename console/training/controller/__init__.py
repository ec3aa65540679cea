"""Trains the controller: on energies for breadth, on audio for dynamics."""

from console.training.controller.objective import make_objective

__all__ = ["make_objective"]
