"""The link to REAPER over OSC, with its web interface for read-back and one-step undo where that is on."""

from bridge.live.links.reaper.link import ReaperLink, open_link
from bridge.live.links.reaper.weblink import ReaperWebLink

__all__ = ["ReaperLink", "ReaperWebLink", "open_link"]
