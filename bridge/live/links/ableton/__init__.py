"""Ableton Live over AbletonOSC, port 11000, answers on 11001."""

from bridge.live.links.ableton.link import AbletonLink, open_link

__all__ = ["AbletonLink", "open_link"]
