"""Data with a small loader: roles, targets, plugin profiles."""
