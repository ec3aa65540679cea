"""Data with a small loader: roles, targets, plugin profiles."""

from presets.roles import load_roles

__all__ = ["load_roles"]
