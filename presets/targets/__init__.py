"""Styles of mixing as TOML files, read into the Target that estimators aim at."""

from pathlib import Path

from console.estimators.target import Target
from presets.shelf import Shelf

TARGETS = Shelf("presets.targets", Target, "mixbridge.target/1", "target")

target_names = TARGETS.names
read_target = TARGETS.read


def load_target(name: str | Path = "modern") -> Target:
    """A target by its name, or from a TOML file of the user's.

    Raises:
        ParamError: no such target or file, or one that does not fit the schema.
    """
    return TARGETS.load(name)
