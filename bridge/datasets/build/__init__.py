"""Builds a local store of songs to learn from: out of Debian packages, and from data sets that lie on disk."""

from bridge.datasets.build.adding import AddRequest, add_songs
from bridge.datasets.build.engine import BuildRequest, BuildResult, build_store, plan_build

__all__ = ["AddRequest", "BuildRequest", "BuildResult", "add_songs", "build_store", "plan_build"]
