"""The command `mixbridge`: results on stdout, progress and complaints on stderr, an exit code that tells."""

from bridge.cli.entry import main

__all__ = ["main"]
