"""`mixbridge live`: move a real desk, safely."""

from bridge.cli.live.group import live

__all__ = ["live"]
