"""Behringer X32 and Midas M32 over OSC, port 10023."""

from bridge.live.links.x32.link import X32Link, open_link

__all__ = ["X32Link", "open_link"]
