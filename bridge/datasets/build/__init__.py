"""Builds a local store of songs to learn from out of Debian packages: stems, labels, masters, impulse responses."""

from bridge.datasets.build.engine import BuildRequest, BuildResult, build_store, plan_build

__all__ = ["BuildRequest", "BuildResult", "build_store", "plan_build"]
