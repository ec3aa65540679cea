"""Two mixes, or two projects, side by side: what changed, in an engineer's words."""

from bridge.compare.arrangement import arrangement_changes
from bridge.compare.strips import StripChanges, strip_changes

__all__ = ["StripChanges", "arrangement_changes", "strip_changes"]
