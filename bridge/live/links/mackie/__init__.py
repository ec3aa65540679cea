"""A DAW that takes us for a Mackie Control: motor faders, V-pots, LCD and banks, over MIDI."""

from bridge.live.links.mackie.link import Habits, MackieLink
from bridge.live.links.mackie.opening import open_link

__all__ = ["Habits", "MackieLink", "open_link"]
