"""The link to Ardour over OSC."""

from bridge.live.links.ardour.link import ArdourLink
from bridge.live.links.ardour.opening import open_link

__all__ = ["ArdourLink", "open_link"]
